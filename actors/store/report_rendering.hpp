#pragma once

#include "messages/diag.hpp"
#include "messages/error.hpp"
#include "runtime/core/fault/hidden_hosts.hpp"
#include "runtime/io/storage/report_repository.hpp"

namespace aops::actors {

/// A stored report as users see it. ec::corrupt when its parts do not belong together.
/// @param seen Hosts that the reader sees; what it says of others is left out. Null: he sees all.
expected<report_info> render(const storage::stored_report& stored,
                             const fault::seen_hosts* seen = nullptr);

/// Whether it may say anything of other hosts than its own, at a glance.
bool may_tell_of_other_hosts(const storage::stored_report& stored);

} // namespace aops::actors
