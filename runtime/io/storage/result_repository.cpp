#include "runtime/io/storage/result_repository.hpp"

#include "runtime/io/storage/content_repository.hpp"
#include "runtime/io/storage/result_counts.hpp"
#include "runtime/io/storage/steps.hpp"

#include <algorithm>

/// The part of `result_repository` that writes.
namespace aops::storage {

namespace {

constexpr int64_t from_engine = 0;
constexpr int64_t from_others = 1;

/// What completes the key of an engine's row: its value. 0 for an unknown one.
int64_t mark_of(std::string_view value) {
  if (value == "Abnormal")
    return 1;
  if (value == "No data")
    return 2;
  return value == "Internal error" ? 3 : 0;
}

/// Set for the few intervals that a search must look far back for.
std::optional<int64_t> long_start(int64_t start_ms, int64_t end_ms) {
  if (end_ms - start_ms <= result_repository::usual_ms)
    return {};
  return start_ms;
}

/// A row to insert.
struct new_row {
  std::string_view owner;
  int64_t host;
  std::string_view check_item;
  int64_t origin, mark, rule;
};

expected<void> insert_row(database& db, const new_row& x, const result_interval& at) {
  return only(db.run("insert into check_result (owner, host, check_item, origin, mark, start_ms, "
                     "end_ms, value, rule, long_start_ms) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                     x.owner,
                     x.host,
                     x.check_item,
                     x.origin,
                     x.mark,
                     at.start_ms,
                     at.end_ms,
                     at.value,
                     x.rule,
                     long_start(at.start_ms, at.end_ms)));
}

/// Pieces of at most `longest_ms`; neighbours share a moment.
std::vector<result_interval> split(const result_interval& x) {
  std::vector<result_interval> out;
  auto start = x.start_ms;
  for (; x.end_ms - start > result_repository::longest_ms; start += result_repository::longest_ms)
    out.push_back({start, start + result_repository::longest_ms, x.value});
  out.push_back({start, x.end_ms, x.value});
  return out;
}

/// The new rows of a change: checked, split, by start.
expected<std::vector<result_interval>> rows_of(const result_change& x) {
  std::vector<result_interval> out;
  for (const auto& row : x.rows) {
    if (row.end_ms < row.start_ms)
      return fail(ec::bad_request, x.check_item + ": a result ends before it starts");
    if (mark_of(row.value) == 0)
      return fail(ec::bad_request, x.check_item + ": no such result value");
    for (auto& piece : split(row))
      out.push_back(std::move(piece));
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return std::tie(a.start_ms, a.value) < std::tie(b.start_ms, b.value);
  });
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

/// A stored engine row.
struct stored_row {
  int64_t key, end_ms, rule;
  bool is_settled; ///< It lies outside the range, or a new row took its place.
};

/// One `replace_range` at work.
class range_change {
public:
  range_change(database& db, std::string_view owner, int64_t host, const result_change& change)
      : db_(db), owner_(owner), host_(host), change_(change), counts_(db) {}

  expected<void> apply() {
    auto rows = rows_of(change_);
    if (!rows)
      return fail(std::move(rows.error()));
    return in_order([&] { return find_rule(*rows); },
                    [&] { return read_stored(*rows); },
                    [&] { return for_each(*rows, [&](const auto& row) { return store(row); }); },
                    [&] { return delete_rest(); },
                    [&] { return counts_.write(); });
  }

private:
  expected<void> find_rule(const std::vector<result_interval>& rows) {
    if (rows.empty())
      return {};
    auto key = content_repository{db_}.key_of(change_.rule_digest);
    if (!key)
      return fail(std::move(key.error()));
    rule_ = *key;
    return {};
  }

  /// Rows that start in the range, or where a new row starts.
  expected<void> read_stored(const std::vector<result_interval>& rows) {
    auto from = change_.replace_from_ms, until = change_.replace_until_ms;
    auto first = rows.empty() ? from : std::min(from, rows.front().start_ms);
    auto last = rows.empty() ? until : std::max(until, rows.back().start_ms);
    auto read = [&](const row& r) {
      auto start = r.integer(1), end = r.integer(3);
      bool is_outside = start < from || end > until;
      return std::pair{place{start, r.integer(2)},
                       stored_row{r.integer(0), end, r.integer(4), is_outside}};
    };
    auto found = db_.list("select n, start_ms, mark, end_ms, rule from check_result "
                          "where host = ? and check_item = ? and start_ms >= ? and start_ms <= ? "
                          "and origin = ?",
                          read,
                          host_,
                          change_.check_item,
                          first,
                          last,
                          from_engine);
    if (!found)
      return fail(std::move(found.error()));
    stored_.insert(found->begin(), found->end());
    return {};
  }

  expected<void> store(const result_interval& row) {
    auto mark = mark_of(row.value);
    auto found = stored_.find({row.start_ms, mark});
    if (found == stored_.end())
      return insert(row, mark);
    auto& old = found->second;
    // Settled before: it lies outside the range, and what it knows beyond the range stays true.
    auto end = old.is_settled ? std::max(old.end_ms, row.end_ms) : row.end_ms;
    old.is_settled = true;
    if (old.end_ms == end && old.rule == rule_)
      return {};
    old.end_ms = end;
    return only(
      db_.run("update check_result set end_ms = ?, rule = ?, long_start_ms = ? where n = ?",
              end,
              rule_,
              long_start(row.start_ms, end),
              old.key));
  }

  expected<void> insert(const result_interval& row, int64_t mark) {
    counts_.add(owner_, host_, row.value, 1);
    auto added =
      insert_row(db_, {owner_, host_, change_.check_item, from_engine, mark, rule_}, row);
    stored_[{row.start_ms, mark}] = {db_.last_id(), row.end_ms, rule_, true};
    return added;
  }

  expected<void> delete_rest() {
    static constexpr std::string_view values[] = {"", "Abnormal", "No data", "Internal error"};
    return for_each(stored_, [&](const auto& entry) -> expected<void> {
      const auto& [at, x] = entry;
      if (x.is_settled)
        return {};
      counts_.add(owner_, host_, values[at.second], -1);
      return only(db_.run("delete from check_result where n = ?", x.key));
    });
  }

  database& db_;
  std::string_view owner_;
  int64_t host_;
  const result_change& change_;
  result_counts counts_;
  int64_t rule_ = 0;
  using place = std::pair<int64_t, int64_t>; ///< Start and mark.
  std::map<place, stored_row> stored_;
};

} // namespace

expected<void> result_repository::replace_range(std::string_view owner,
                                                std::string_view host_id,
                                                const result_change& x) {
  auto host = host_key(db_, owner, host_id);
  if (!host)
    return fail(std::move(host.error()));
  return replace_range(owner, *host, x);
}

expected<void>
result_repository::replace_range(std::string_view owner, int64_t host, const result_change& x) {
  return range_change{db_, owner, host, x}.apply();
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
    auto read = [](const row& r) { return std::pair{r.integer(0), r.string(1)}; };
    auto old = db_.first("select n, value from check_result where host = ? and check_item = ? and "
                         "start_ms = ? and origin = ? and mark = ?",
                         read,
                         *host,
                         x.rule.check_item,
                         piece.start_ms,
                         from_others,
                         piece.end_ms);
    if (!old)
      return fail(std::move(old.error()));
    counts.add(owner, *host, piece.value, 1);
    if (*old) {
      counts.add(owner, *host, (*old)->second, -1);
      return only(
        db_.run("update check_result set value = ? where n = ?", piece.value, (*old)->first));
    }
    return insert_row(
      db_, {owner, *host, x.rule.check_item, from_others, piece.end_ms, *rule}, piece);
  };
  return in_order(
    [&] {
      return for_each(split({x.start_ms, x.end_ms, x.value}), save);
    },
    [&] { return counts.write(); });
}

expected<int64_t> result_repository::expire(int64_t ended_before_ms, int64_t limit) {
  auto owners =
    db_.list("select distinct owner from result_count", [](const row& r) { return r.string(0); });
  if (!owners)
    return fail(std::move(owners.error()));
  struct old_row {
    int64_t key, host;
    std::string value;
  };
  result_counts counts{db_};
  int64_t removed = 0;
  auto done = for_each(*owners, [&](const std::string& owner) -> expected<void> {
    auto rows = db_.list(
      "select n, host, value from check_result" + db_.sql().use_index("check_result_end") +
        "where owner = ? and end_ms < ? order by end_ms limit ?",
      [](const row& r) {
        return old_row{r.integer(0), r.integer(1), r.string(2)};
      },
      owner,
      ended_before_ms,
      limit - removed);
    if (!rows)
      return fail(std::move(rows.error()));
    removed += static_cast<int64_t>(rows->size());
    return for_each(*rows, [&](const old_row& x) {
      counts.add(owner, x.host, x.value, -1);
      return db_.run("delete from check_result where n = ?", x.key);
    });
  });
  if (done)
    done = counts.write();
  if (!done)
    return fail(std::move(done.error()));
  return removed;
}

expected<void> result_repository::remove_host(std::string_view owner, int64_t host) {
  return in_order(
    [&] { return db_.run("delete from check_result where host = ?", host); },
    [&] { return db_.run("delete from result_count where owner = ? and host = ?", owner, host); });
}

expected<int64_t> result_repository::recount(std::string_view owner) {
  using key = std::pair<int64_t, std::string>;
  auto read = [](const row& r) { return std::pair{key{r.integer(0), r.string(1)}, r.integer(2)}; };
  auto kept = db_.list("select host, value, total from result_count where owner = ?", read, owner);
  auto true_ones =
    db_.list("select host, value, count(*) from check_result where owner = ? group by host, value",
             read,
             owner);
  if (!kept || !true_ones)
    return fail(!kept ? kept.error() : true_ones.error());
  std::map<key, int64_t> differences;
  for (const auto& [k, rows] : *true_ones)
    differences[k] += rows;
  for (const auto& [k, rows] : *kept)
    differences[k] -= rows;
  result_counts counts{db_};
  int64_t wrong = 0;
  for (const auto& [k, rows] : differences) {
    wrong += rows != 0;
    counts.add(owner, k.first, k.second, rows);
  }
  if (auto done = counts.write(); !done)
    return fail(std::move(done.error()));
  return wrong;
}

} // namespace aops::storage
