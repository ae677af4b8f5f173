#pragma once

#include "messages/diag.hpp"
#include "messages/error.hpp"
#include "runtime/io/storage/report_repository.hpp"

namespace aops::actors {

/// A stored report as users see it. ec::corrupt when its parts do not belong together.
expected<report_info> render(const storage::stored_report& stored);

} // namespace aops::actors
