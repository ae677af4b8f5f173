#pragma once

#include "messages/rounds.hpp"
#include "runtime/io/storage/database.hpp"
#include "runtime/io/storage/outbox_repository.hpp"
#include "runtime/io/storage/scope.hpp"

#include <span>

namespace aops::storage {

/// A result saved by others; its key is (owner, host_id, check_item, start, end), and saving it
/// again updates its value.
struct external_result {
  std::string host_id;
  check_rule rule; ///< check_item, data_list, condition, description, … as given.
  int64_t start_ms = 0, end_ms = 0;
  std::string value;
  std::string reason{}; ///< What was found; of the first saving. At most 256 bytes.
};

/// Results that lie within a range, ends included.
struct result_selection {
  std::vector<std::string> host_ids;    ///< Empty: all.
  std::vector<std::string> check_items; ///< Empty: all.
  int64_t from_ms = 0, until_ms = 0;
};

struct overlap_query {
  std::string owner, host_id;
  std::vector<std::string> check_items; ///< Empty: all.
  int64_t from_ms = 0, until_ms = 0;    ///< Ends included.
};

/// A change of a host that is known by its integer key. Refers to its change.
struct host_change {
  std::string_view owner;
  int64_t host = 0;
  const result_change* change = nullptr;
  std::string_view host_id = {}; ///< For those who are told of it.
  /// Live rounds extend what lasts every few seconds: nobody is told of that, but of its end.
  bool is_live = false;
};

/// Keeps check results: intervals of one value. No stored interval is longer than 24 h; longer ones
/// are split here, neighbours sharing a moment. Counts per (owner, host, value) are kept beside the
/// rows, exact with every change, so that totals cost nothing.
class result_repository {
public:
  static constexpr int64_t longest_ms = 24 * 3600 * 1000;
  static constexpr int64_t usual_ms = 3600 * 1000; ///< Longer ones are searched apart.

  /// @param events Where results are published that come and go.
  explicit result_repository(database& db, event_topics events = {}) : db_(db), events_(events) {}

  /// Engine rows of (owner, host, check_item, labels) with start >= replace_from and end <=
  /// replace_until make room for `rows`. Rows that stay the same are not written; one whose end
  /// moved keeps its identity. A row outside the range with the same start and value as a new one
  /// keeps the later end, and its reason. Results of others are never touched. In a transaction.
  ///
  /// ec::not_found for an unknown host or rule digest; ec::bad_request for a row whose end is
  /// before its start or whose value is unknown.
  expected<void>
  replace_range(std::string_view owner, std::string_view host_id, const result_change& x);

  /// The same for several ranges, in order, of one host or many: in few statements as long as no
  /// instance of a rule of a host comes twice.
  expected<void> replace_ranges(std::string_view owner,
                                std::string_view host_id,
                                std::span<const result_change> changes);
  expected<void> replace_ranges(std::span<const host_change> changes);

  /// In a transaction. ec::not_found for an unknown host.
  expected<void> save_external(std::string_view owner, const external_result& x);

  /// Contract of /check/result/get; sorted by `start`, `end` or `check_item`, else by start. Ties
  /// by identity. ec::bad_request for an unpaged list of more than 50,000 rows.
  expected<results_page> page(const scope& of, const results_query& q);

  /// Contract of /check/result/count: `Abnormal` results of each host that has any. Sorted by
  /// `count`, else by host.
  expected<result_counts_page> counts_page(const scope& of, const result_count_query& q);

  /// Results that touch [from, until], by check item and start.
  expected<std::vector<last_result>> overlapping(const overlap_query& q);

  /// The newest engine row of each (check_item, labels, value) of a host, by check item and start.
  /// Rows of instances that ended a day before the cursor are left out: instances come and go.
  expected<std::vector<last_result>> last_rows(std::string_view host_id);

  /// Deletes at most `limit` results that ended before a time, oldest first; when all are gone,
  /// label sets that none needs any more. @returns How many of both. In a transaction.
  expected<int64_t> expire(int64_t ended_before_ms, int64_t limit = 10'000);

  /// Deletes at most `limit` results, whoever found them. @returns How many. In a transaction.
  expected<int64_t>
  remove(std::string_view owner, const result_selection& x, int64_t limit = 10'000);

  /// Deletes all results of a host. In a transaction.
  expected<void> remove_host(std::string_view owner, int64_t host);

  /// Recounts from the rows; for `doctor`. @returns Counters that were wrong. In a transaction.
  expected<int64_t> recount(std::string_view owner);

private:
  database& db_;
  event_topics events_;
};

} // namespace aops::storage
