#include "runtime/io/storage/result_repository.hpp"

#include "runtime/io/storage/content_repository.hpp"
#include "runtime/io/storage/filter.hpp"
#include "runtime/io/storage/label_sets.hpp"
#include "runtime/io/storage/result_counts.hpp"
#include "runtime/io/storage/result_rows.hpp"
#include "runtime/io/storage/steps.hpp"

#include <map>

/// The part of `result_repository` that writes; `result_changes.cpp` has what rounds write.
namespace aops::storage {

namespace {

expected<void> insert_row(database& db, const new_row& x, const result_interval& at) {
  return only(db.run_with(insert_result, values_of(x, at.start_ms, at.end_ms)));
}

} // namespace

/// Pieces of at most `longest_ms`; neighbours share a moment.
std::vector<result_interval> split(const result_interval& x) {
  std::vector<result_interval> out;
  auto start = x.start_ms;
  for (; x.end_ms - start > result_repository::longest_ms; start += result_repository::longest_ms)
    out.push_back({start, start + result_repository::longest_ms, x.value, x.reason});
  out.push_back({start, x.end_ms, x.value, x.reason});
  return out;
}

expected<int64_t> host_key(database& db, std::string_view owner, std::string_view host_id) {
  auto host = db.integer("select n from host where owner = ? and id = ?", owner, host_id);
  if (!host)
    return fail(std::move(host.error()));
  if (!*host)
    return fail(ec::not_found, "host " + std::string{host_id});
  return **host;
}

expected<void> result_repository::save_external(std::string_view owner, const external_result& x) {
  if (x.end_ms < x.start_ms)
    return fail(ec::bad_request, "end: before start");
  auto host = host_key(db_, owner, x.host_id);
  if (!host)
    return fail(std::move(host.error()));
  auto content = content_of(x.rule);
  auto rule = content_repository{db_}.intern(content.digest, "rule", content.text);
  if (!rule)
    return fail(std::move(rule.error()));
  result_counts counts{db_};
  auto save = [&](const result_interval& piece) -> expected<void> {
    counts.add(owner, *host, piece.value, 1);
    auto update = [&]() -> expected<int64_t> {
      auto read = [](const row& r) { return std::pair{r.integer(0), r.string(1)}; };
      auto old = db_.first("select n, value from check_result where host = ? and check_item = ? "
                           "and start_ms = ? and origin = ? and mark = ?" +
                             std::string{db_.sql().for_update()},
                           read,
                           *host,
                           x.rule.check_item,
                           piece.start_ms,
                           from_others,
                           piece.end_ms);
      if (!old)
        return fail(std::move(old.error()));
      if (!*old)
        return 0;
      counts.add(owner, *host, (*old)->second, -1);
      return db_.run("update check_result set value = ? where n = ?", piece.value, (*old)->first);
    };
    auto insert = [&] {
      return insert_row(db_,
                        {owner,
                         *host,
                         x.rule.check_item,
                         from_others,
                         piece.end_ms,
                         *rule,
                         piece.value,
                         piece.reason},
                        piece)
        .map([] { return int64_t{1}; });
    };
    return only(update_or_insert(update, insert));
  };
  return in_order(
    [&] {
      return for_each(split({x.start_ms, x.end_ms, x.value, x.reason}), save);
    },
    [&] { return counts.write(); });
}

namespace {

/// A row to delete, and the counter it moves.
struct old_row {
  int64_t key, host;
  std::string value;
};

/// Rows that go, with their counters.
class removal {
public:
  explicit removal(database& db) : db_(db), counts_(db) {}

  expected<void> take(std::string_view owner, const std::string& query, parameters values) {
    auto rows =
      db_.list_with(query + std::string{db_.sql().for_update()}, values, [](const row& r) {
        return old_row{r.integer(0), r.integer(1), r.string(2)};
      });
    if (!rows)
      return fail(std::move(rows.error()));
    for (const auto& x : *rows) {
      counts_.add(owner, x.host, x.value, -1);
      keys_.emplace_back(x.key);
    }
    return {};
  }

  int64_t size() const { return static_cast<int64_t>(keys_.size()); }

  /// @returns How many.
  expected<int64_t> carry_out() {
    auto done =
      in_order([&] { return db_.run_many("delete from check_result where n = ?", 1, keys_); },
               [&] { return counts_.write(); });
    if (!done)
      return fail(std::move(done.error()));
    return size();
  }

private:
  database& db_;
  result_counts counts_;
  std::vector<parameter> keys_;
};

} // namespace

expected<int64_t> result_repository::expire(int64_t ended_before_ms, int64_t limit) {
  auto owners =
    db_.list("select distinct owner from result_count", [](const row& r) { return r.string(0); });
  if (!owners)
    return fail(std::move(owners.error()));
  removal old{db_};
  auto done = for_each(*owners, [&](const std::string& owner) {
    const std::array<parameter, 3> values{owner, ended_before_ms, limit - old.size()};
    return old.take(owner,
                    "select n, host, value from check_result" +
                      db_.sql().use_index("check_result_end") +
                      "where owner = ? and end_ms < ? order by end_ms limit ?",
                    values);
  });
  if (!done)
    return fail(std::move(done.error()));
  auto deleted = old.carry_out();
  if (!deleted || *deleted == limit)
    return deleted;
  return label_sets::expire(db_, ended_before_ms, limit).map([&](int64_t sets) {
    return *deleted + sets;
  });
}

expected<int64_t>
result_repository::remove(std::string_view owner, const result_selection& x, int64_t limit) {
  filter matching("owner = ?", owner);
  matching
    .also("start_ms >= ? and start_ms <= ? and end_ms <= ?", x.from_ms, x.until_ms, x.until_ms)
    .in("check_item", x.check_items);
  filter hosts("owner = ?", owner);
  if (!x.host_ids.empty()) {
    hosts.in("id", x.host_ids);
    matching.also_all("host in (select n from host where " + hosts.where() + ")", hosts.values());
  }
  removal chosen{db_};
  auto found = chosen.take(owner,
                           "select n, host, value from check_result" +
                             db_.sql().use_index("check_result_start") + "where " +
                             matching.where() + " limit ?",
                           matching.values_and(limit));
  if (!found)
    return fail(std::move(found.error()));
  return chosen.carry_out();
}

expected<void> result_repository::remove_host(std::string_view owner, int64_t host) {
  return in_order(
    [&] { return db_.run("delete from check_result where host = ?", host); },
    [&] { return db_.run("delete from result_count where owner = ? and host = ?", owner, host); });
}

namespace {

using totals = std::map<std::pair<int64_t, std::string>, int64_t>; ///< By host and value.

/// @returns How many were wrong.
expected<int64_t>
correct(database& db, std::string_view owner, const totals& kept, const totals& true_ones) {
  result_counts counts{db};
  int64_t wrong = 0;
  for (const auto& [key, rows] : kept) {
    auto found = true_ones.find(key);
    auto difference = (found == true_ones.end() ? 0 : found->second) - rows;
    wrong += difference != 0;
    counts.add(owner, key.first, key.second, difference);
  }
  return counts.write().map([wrong] { return wrong; });
}

} // namespace

expected<int64_t> result_repository::recount(std::string_view owner) {
  auto totals_of = [&](const std::string& query) {
    return db_
      .list(
        query,
        [](const row& r) {
          return totals::value_type{{r.integer(0), r.string(1)}, r.integer(2)};
        },
        owner)
      .map([](auto rows) { return totals(rows.begin(), rows.end()); });
  };
  result_counts counts{db_};
  constexpr int most_looks = 10;
  for (int look = 0; look < most_looks; ++look) {
    // Locked: whoever changes results meanwhile waits with its counters.
    auto kept = totals_of("select host, value, total from result_count where owner = ?" +
                          std::string{db_.sql().for_update()});
    auto true_ones = totals_of("select host, value, count(*) from check_result where owner = ? "
                               "group by host, value");
    if (!kept || !true_ones)
      return fail(!kept ? kept.error() : true_ones.error());
    // A counter that is missing, or was made between the two queries, has yet to be locked.
    bool is_whole = true;
    for (const auto& [key, rows] : *true_ones)
      if (!kept->contains(key)) {
        is_whole = false;
        counts.touch(owner, key.first, key.second);
      }
    if (is_whole)
      return correct(db_, owner, *kept, *true_ones);
    if (auto locked = counts.write(); !locked)
      return fail(std::move(locked.error()));
  }
  return fail(ec::overloaded, "results of new hosts come faster than they are counted");
}

} // namespace aops::storage
