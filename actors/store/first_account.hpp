#pragma once

#include "messages/error.hpp"
#include "runtime/base/config.hpp"
#include "runtime/io/storage/database.hpp"

namespace aops::actors {

/// Makes the first administrator of an empty store, with a password that must be changed: the
/// default one, or with `auth.first_password = "random"` one that a file in `data_dir`, for its
/// owner only, tells.
expected<void> seed_accounts(storage::database& db, const base::config& config, int64_t now_ms);

} // namespace aops::actors
