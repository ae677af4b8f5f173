#pragma once

#include "messages/alerts.hpp"
#include "runtime/io/storage/database.hpp"

namespace aops::storage {

/// When rules of hosts were alerts, from the results that the engine stored and from what is an
/// alert now. `No data` counts where its rule says so by now. ec::overloaded when there is more
/// than `most`.
expected<alert_history> read_alert_history(database& db, const alert_history_query& q);

} // namespace aops::storage
