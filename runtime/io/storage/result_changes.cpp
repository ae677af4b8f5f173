#include "runtime/io/storage/content_repository.hpp"
#include "runtime/io/storage/event_rows.hpp"
#include "runtime/io/storage/label_sets.hpp"
#include "runtime/io/storage/result_counts.hpp"
#include "runtime/io/storage/result_rows.hpp"
#include "runtime/io/storage/steps.hpp"

#include <algorithm>
#include <deque>
#include <set>

/// The part of `result_repository` that writes what rounds found.
namespace aops::storage {

namespace {

/// The new rows of a change: checked, split, by start.
expected<std::vector<result_interval>> rows_of(const result_change& x) {
  std::vector<result_interval> out;
  for (const auto& row : x.rows) {
    if (row.end_ms < row.start_ms)
      return fail(ec::bad_request, x.check_item + ": a result ends before it starts");
    if (number_of(row.value) == 0)
      return fail(ec::bad_request, x.check_item + ": no such result value");
    for (auto& piece : split(row))
      out.push_back(std::move(piece));
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return std::tie(a.start_ms, a.value) < std::tie(b.start_ms, b.value);
  });
  return out;
}

/// A stored engine row.
struct stored_row {
  int64_t key, end_ms, rule;
  std::string reason;
  bool is_settled; ///< It lies outside the range, or a new row took its place.
};
constexpr int64_t not_stored = -1; ///< Key of a row that is still to be inserted.

/// One change at work.
struct range {
  using place = std::pair<int64_t, int64_t>; ///< Start and mark.
  host_change what;
  std::vector<result_interval> rows;
  int64_t rule = 0, labels = 0; ///< Numbers of its rule and its label set.
  std::map<place, stored_row> stored;

  int64_t mark_of(const result_interval& row) const { return storage::mark_of(row.value, labels); }
  const result_change& change() const { return *what.change; }
  /// Where its rows start, old or new.
  int64_t first_ms() const {
    auto from = change().replace_from_ms;
    return rows.empty() ? from : std::min(from, rows.front().start_ms);
  }
  int64_t last_ms() const {
    auto until = change().replace_until_ms;
    return rows.empty() ? until : std::max(until, rows.back().start_ms);
  }
  int64_t last_end_ms() const {
    auto until = change().replace_until_ms;
    for (const auto& row : rows)
      until = std::max(until, row.end_ms);
    return until;
  }
};

/// Changes of different rules, instances or hosts, made in few statements.
class range_changes {
public:
  range_changes(database& db, event_topics events)
      : db_(db), topics_(events), counts_(db), labels_(db) {}

  bool has_room_for(const host_change& x) const {
    return !taken_.contains({x.host, x.change->check_item, x.change->labels});
  }

  expected<void> add(const host_change& x) {
    auto rows = rows_of(*x.change);
    if (!rows)
      return fail(std::move(rows.error()));
    const auto& added = ranges_.emplace_back(range{x, std::move(*rows), 0, 0, {}});
    taken_.insert({x.host, x.change->check_item, x.change->labels});
    labels_.want(x.change->labels, added.last_end_ms());
    return {};
  }

  expected<void> apply() {
    return in_order([&] { return find_rules(); },
                    [&] { return find_labels(); },
                    [&] { return read_stored(); },
                    [&] { return write_rows(); },
                    [&] { return counts_.write(); },
                    [&] { return outbox_repository{db_}.add(events_); });
  }

private:
  expected<void> find_rules() {
    std::set<std::string> digests;
    for (const auto& x : ranges_)
      if (!x.rows.empty())
        digests.insert(x.change().rule_digest);
    auto keys = content_repository{db_}.keys_of({digests.begin(), digests.end()});
    if (!keys)
      return fail(std::move(keys.error()));
    for (auto& x : ranges_)
      if (!x.rows.empty())
        x.rule = keys->at(x.change().rule_digest);
    return {};
  }

  expected<void> find_labels() {
    if (auto found = labels_.find(); !found)
      return found;
    for (auto& x : ranges_) {
      x.labels = labels_.number_of(x.change().labels);
      by_instance_[{x.what.host, x.change().check_item, x.labels}] = &x;
    }
    return {};
  }

  /// Rows that start in the ranges, or where a new row starts.
  expected<void> read_stored() {
    // Few lengths, the last condition repeated, so that few statements are prepared.
    static constexpr size_t lengths[] = {64, 8, 1};
    auto begin = ranges_.begin();
    for (size_t left = ranges_.size(); left > 0;) {
      size_t length = 1;
      if (db_.sql().is_distant())
        length = left > 8 ? lengths[0] : left > 1 ? lengths[1] : lengths[2];
      auto taken = std::min(left, length);
      if (auto done = read_some(begin, taken, length); !done)
        return done;
      std::advance(begin, taken);
      left -= taken;
    }
    return {};
  }

  expected<void> read_some(const std::deque<range>::iterator& begin, size_t count, size_t length) {
    std::vector<parameter> values{from_engine};
    std::string where;
    for (size_t i = 0; i < length; ++i) {
      const auto& x = begin[static_cast<std::ptrdiff_t>(std::min(i, count - 1))];
      where += i ? " or " : "";
      where += "(host = ? and check_item = ? and start_ms >= ? and start_ms <= ? and mark >= ? and "
               "mark <= ?)";
      auto mark = mark_of({}, x.labels);
      values.insert(
        values.end(),
        {x.what.host, x.change().check_item, x.first_ms(), x.last_ms(), mark, mark + 3});
    }
    auto read = [&](const row& r) {
      auto start = r.integer(3), mark = r.integer(4), end = r.integer(5);
      auto& x = *by_instance_.at({r.integer(0), r.text(1), labels_in(mark)});
      bool is_outside = start < x.change().replace_from_ms || end > x.change().replace_until_ms;
      x.stored.emplace(range::place{start, mark},
                       stored_row{r.integer(2), end, r.integer(6), r.string(7), is_outside});
      return true;
    };
    return only(db_.list_with("select host, check_item, n, start_ms, mark, end_ms, rule, reason "
                              "from check_result" +
                                db_.sql().use_index("check_result_host") +
                                "where origin = ? and (" + where + ")" +
                                std::string{db_.sql().for_update()},
                              values,
                              read));
  }

  expected<void> write_rows() {
    for (auto& x : ranges_) {
      for (const auto& row : x.rows)
        settle(x, row);
      insert_new(x);
      delete_rest(x);
    }
    return in_order(
      [&] {
        return db_.run_many(
          "update check_result set end_ms = ?, rule = ?, long_start_ms = ?, reason = ? "
          "where n = ?",
          5,
          updated_);
      },
      [&] { return db_.run_many(insert_result, result_columns, inserted_); },
      [&] { return db_.run_many("delete from check_result where n = ?", 1, deleted_); });
  }

  void settle(range& x, const result_interval& row) {
    range::place at{row.start_ms, x.mark_of(row)};
    auto found = x.stored.find(at);
    if (found == x.stored.end()) {
      x.stored[at] = {not_stored, row.end_ms, x.rule, row.reason, true};
      return;
    }
    auto& old = found->second;
    // Settled before: it lies outside the range, and what it knows beyond the range stays true.
    auto end = old.is_settled ? std::max(old.end_ms, row.end_ms) : row.end_ms;
    bool keeps_reason = row.reason.empty() || (old.is_settled && !old.reason.empty());
    old.is_settled = true;
    if (old.end_ms == end && old.rule == x.rule &&
        (keeps_reason || old.reason == clipped(row.reason)))
      return;
    old.end_ms = end;
    if (!keeps_reason)
      old.reason = clipped(row.reason);
    if (old.key == not_stored)
      return;
    updated_.insert(updated_.end(),
                    {end, x.rule, long_start(row.start_ms, end), old.reason, old.key});
    if (!x.what.is_live)
      tell(x, "found", at, old);
  }

  void tell(const range& x, const char* event, const range::place& at, const stored_row& row) {
    if (topics_.results.empty())
      return;
    check_result_event what;
    what.event = event;
    what.owner = x.what.owner;
    what.host_id = x.what.host_id;
    what.check_item = x.change().check_item;
    what.labels = x.change().labels;
    what.value = value_in(at.second);
    what.start = {at.first};
    what.end = {row.end_ms};
    what.reason = row.reason;
    events_.push_back(event_of(std::move(what), topics_));
  }

  void insert_new(range& x) {
    for (const auto& row : x.rows) {
      auto mark = x.mark_of(row);
      auto& stored = x.stored.find({row.start_ms, mark})->second;
      if (stored.key != not_stored)
        continue;
      stored.key = 0; // Only once, when two rows have the same place.
      tell(x, "found", {row.start_ms, mark}, stored);
      counts_.add(x.what.owner, x.what.host, row.value, 1);
      auto one = values_of({x.what.owner,
                            x.what.host,
                            x.change().check_item,
                            from_engine,
                            mark,
                            x.rule,
                            value_in(mark),
                            stored.reason},
                           row.start_ms,
                           stored.end_ms);
      inserted_.insert(inserted_.end(), one.begin(), one.end());
    }
  }

  void delete_rest(const range& x) {
    for (const auto& [at, stored] : x.stored) {
      if (stored.is_settled)
        continue;
      counts_.add(x.what.owner, x.what.host, value_in(at.second), -1);
      deleted_.emplace_back(stored.key);
      tell(x, "removed", at, stored);
    }
  }

  database& db_;
  event_topics topics_;
  std::vector<outbox_event> events_;
  std::deque<range> ranges_;
  std::set<std::tuple<int64_t, std::string_view, label_set>> taken_;
  std::map<std::tuple<int64_t, std::string_view, int64_t>, range*> by_instance_;
  std::vector<parameter> updated_, inserted_, deleted_;
  result_counts counts_;
  label_sets labels_;
};

} // namespace

expected<void> result_repository::replace_range(std::string_view owner,
                                                std::string_view host_id,
                                                const result_change& x) {
  return replace_ranges(owner, host_id, {&x, 1});
}

expected<void> result_repository::replace_ranges(std::string_view owner,
                                                 std::string_view host_id,
                                                 std::span<const result_change> changes) {
  auto host = host_key(db_, owner, host_id);
  if (!host)
    return fail(std::move(host.error()));
  std::vector<host_change> all;
  for (const auto& x : changes)
    all.push_back({owner, *host, &x, host_id});
  return replace_ranges(all);
}

expected<void> result_repository::replace_ranges(std::span<const host_change> changes) {
  while (!changes.empty()) {
    range_changes several{db_, events_};
    size_t taken = 0;
    for (; taken < changes.size() && several.has_room_for(changes[taken]); ++taken)
      if (auto added = several.add(changes[taken]); !added)
        return added;
    if (auto done = several.apply(); !done)
      return done;
    changes = changes.subspan(taken);
  }
  return {};
}

} // namespace aops::storage
