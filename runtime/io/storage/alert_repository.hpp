#pragma once

#include "messages/alerts.hpp"
#include "messages/rounds.hpp"
#include "runtime/base/config.hpp"
#include "runtime/io/storage/database.hpp"
#include "runtime/io/storage/scope.hpp"

#include <span>

namespace aops::storage {

/// What rounds of one host changed, in order.
struct host_alerts {
  int64_t host = 0; ///< Its integer key.
  int64_t time_ms = 0;
  int64_t due_ms = 0; ///< When it is told, which is no earlier than it is known.
  std::string_view owner, host_id;
  const std::vector<alert_change>* changes = nullptr;
};

/// Keeps what is not well now, and puts into the outbox what has to be told of it. Those who tell
/// it work with `notice_repository`.
class alert_repository {
public:
  explicit alert_repository(database& db) : db_(db) {}

  /// Begins, changes and ends alerts, each host at most once; an instance that changed several
  /// times is told of in this order. The same again changes nothing but what the rule says of it:
  /// its severity, and whether `No data` is an alert.
  /// @param tell Who is told: a row of the outbox for each new alert of their severities and
  /// owners. In a transaction.
  expected<void> change(std::span<const host_alerts> hosts,
                        std::span<const base::notify_receiver> tell);

  /// Ends those of rules that are deleted. In a transaction.
  expected<void>
  end_of_rules(std::string_view owner, const std::vector<std::string>& items, int64_t now_ms);

  /// Ends those of a host that is deleted. In a transaction.
  expected<void> end_of_host(int64_t host, int64_t now_ms);

  /// As the host's next start needs them.
  expected<std::vector<alert_change>> of_host(int64_t host);

  /// ec::bad_request when the list is too long.
  expected<alerts_page> page(const scope& of, const alerts_query& q);

  expected<status_counts> counts(const scope& of, const status_query& q);

  /// Of hosts in these slots, whoever owns them; without silent hosts.
  expected<status_counts> counts_in(std::span<const uint16_t> slots);

private:
  database& db_;
};

/// Which alert it is, from its first to its last moment, on every node.
std::string alert_id_of(std::string_view host_id, const alert_change& x);

} // namespace aops::storage
