#pragma once

#include "messages/check.hpp"
#include "runtime/io/storage/scope.hpp"

namespace aops::storage {

/// ` order by …` of a list of results: all columns of the index that has the order, so that no sort
/// is needed.
std::string result_order(const paging& p, std::string_view table);

/// What one list of results asks for, how many rows match, and the cheapest way to a page of them.
/// The counters beside the rows tell beforehand how many rows each way has to look at.
class result_search {
public:
  /// @param of, query Must outlive it.
  static expected<result_search> explore(database& db, const scope& of, const results_query& query);

  int64_t total() const { return total_; }

  /// A query for the keys `n` of a page's rows, and its values.
  std::pair<std::string, std::vector<parameter>> page_of_keys(const page_window& window) const;

private:
  /// Rows of one index that meet conditions.
  struct walk {
    std::string_view index;
    filter where;
  };

  result_search(database& db, const scope& of, const results_query& query)
      : db_(&db), of_(&of), query_(&query), paging_(paging_of(query)) {}

  expected<void> find_hosts();
  expected<void> count();
  expected<void> count_matches();
  bool has_time() const { return query_->time_range.size() == 2; }
  bool has_items() const { return !query_->check_items.empty(); }
  int64_t from_ms() const { return query_->time_range[0].ms; }
  int64_t until_ms() const { return query_->time_range[1].ms; }
  filter conditions() const; ///< All but time.
  filter conditions_of_day() const;
  std::vector<walk> finding() const;
  walk ordering() const;
  std::string select(const walk& way, std::string_view columns) const;

  database* db_;
  const scope* of_;
  const results_query* query_;
  paging paging_;
  std::vector<int64_t> hosts_; ///< Empty: all.
  bool is_hopeless_ = false;   ///< No host matches.
  int64_t all_ = 0;            ///< Rows of the owner.
  int64_t counted_ = 0;        ///< Rows of the hosts and the value, whatever time and item.
  int64_t total_ = 0;          ///< Rows that match.
};

} // namespace aops::storage
