#include "runtime/io/storage/report_repository.hpp"

#include "runtime/io/storage/filter.hpp"
#include "runtime/io/storage/steps.hpp"

#include <unordered_map>

namespace aops::storage {

namespace {

const std::string row_columns =
  "r.host_id, r.tree_name, j.id, r.report_id, r.start_ms, r.end_ms, r.number";

report_row read_row(const row& r) {
  report_row x;
  x.host_id = r.string(0);
  x.tree_name = r.string(1);
  x.task_id = r.string(2);
  x.report_id = r.string(3);
  x.start.ms = r.integer(4);
  x.end.ms = r.integer(5);
  x.number = r.integer(6);
  return x;
}

stored_report read_report(const row& r) {
  stored_report x;
  x.row = read_row(r);
  x.tree_digest = r.string(7);
  x.tree_content = r.string(8);
  x.values = r.string(9);
  x.detail = r.string(10);
  x.content_hash = r.string(11);
  x.error = r.string(12);
  return x;
}

bool is_given(const maybe<std::vector<std::string>>& list) { return list && !list->empty(); }

/// The reports of a list, and how many they are.
struct report_search {
  filter matching;
  expected<int64_t> total;
  std::string_view order = "r.start_ms"; ///< Unless asked for another.
};

expected<int64_t> count(database& db, const filter& matching) {
  return db
    .integer_with("select count(*) from report r where " + matching.where(), matching.values())
    .map([](auto rows) { return rows.value_or(0); });
}

report_search search_task(database& db, const scope& of, const std::string& task) {
  auto read = [](const row& r) { return std::pair{r.integer(0), r.integer(1)}; };
  auto job =
    db.first("select n, stored from job where id = ? and owner = ?", read, task, of.owner());
  if (!job)
    return {filter("1 = 0"), fail(std::move(job.error()))};
  if (!*job)
    return {filter("1 = 0"), 0};
  filter matching("r.job = ?", (*job)->first);
  if (!of.is_limited())
    return {std::move(matching), (*job)->second, "r.number"};
  of.limit_ids(matching, "r.host_id");
  auto total = count(db, matching);
  return {std::move(matching), std::move(total), "r.number"};
}

report_search search_all(database& db, const scope& of, const reports_query& q) {
  filter matching("r.owner = ?", of.owner());
  of.limit_ids(matching, "r.host_id");
  bool is_whole = !of.is_limited();
  if (q.time_range && q.time_range->size() == 2) {
    matching.also(
      "r.start_ms <= ? and r.end_ms >= ?", (*q.time_range)[1].ms, (*q.time_range)[0].ms);
    is_whole = false;
  }
  if (is_given(q.host_list)) {
    matching.in("r.host_id", *q.host_list);
    is_whole = false;
  }
  if (is_given(q.tree_list)) {
    matching.in("r.tree_name", *q.tree_list);
    is_whole = false;
  }
  // Each job counts its stored reports.
  auto total = is_whole ? db.count("select sum(stored) from job where owner = ?", of.owner())
                        : count(db, matching);
  return {std::move(matching), std::move(total)};
}

bool is_beginning(const std::string& id) {
  constexpr size_t least = 8, whole = 32;
  return id.size() >= least && id.size() < whole &&
         id.find_first_not_of("0123456789abcdef") == id.npos;
}

/// The ids with what begins with them in place of beginnings.
expected<std::vector<std::string>>
with_whole_ids(database& db, std::string_view owner, const std::vector<std::string>& ids) {
  constexpr int64_t most_found = 10;
  constexpr size_t most_asked = 100;
  std::vector<std::string> whole;
  size_t asked = 0;
  auto read = [](const row& r) { return r.string(0); };
  for (const auto& id : ids) {
    if (!is_beginning(id) || ++asked > most_asked) {
      whole.push_back(id);
      continue;
    }
    auto found = db.list("select report_id from report where owner = ? and report_id >= ? and "
                         "report_id < ? order by report_id limit ?",
                         read,
                         owner,
                         id,
                         id + "g", // Behind all digits.
                         most_found);
    if (!found)
      return fail(std::move(found.error()));
    whole.insert(whole.end(), found->begin(), found->end());
  }
  return whole;
}

} // namespace

expected<reports_page> report_repository::page(const scope& of, const reports_query& q) {
  snapshot view{db_};
  if (!view)
    return fail(view.error());
  for (const auto* list : {&q.host_list, &q.tree_list})
    if (*list)
      if (auto fair =
            check_length(list == &q.host_list ? "host_list" : "tree_list", (*list)->size());
          !fair)
        return fail(std::move(fair.error()));
  auto p = paging_of(q);
  auto found = q.task_id ? search_task(db_, of, *q.task_id) : search_all(db_, of, q);
  if (!found.total)
    return fail(std::move(found.total.error()));
  auto window = window_of(p, *found.total);
  if (!window)
    return fail(std::move(window.error()));
  static constexpr sort_choice choices[] = {{"start", "r.start_ms"},
                                            {"time", "r.start_ms"},
                                            {"end", "r.end_ms"},
                                            {"tree_name", "r.tree_name"}};
  auto rows = db_.list_with(
    "select " + row_columns + " from report r join job j on j.n = r.job where " +
      found.matching.where() + order_by(p, choices, found.order, "r.n") + " limit ? offset ?",
    found.matching.values_and(window->limit, window->offset),
    read_row);
  if (!rows)
    return fail(std::move(rows.error()));
  reports_page out;
  set_totals(out, *found.total, p);
  out.result = std::move(*rows);
  return out;
}

expected<std::vector<stored_report>>
report_repository::find(const scope& of, const std::vector<std::string>& asked) {
  auto whole = with_whole_ids(db_, of.owner(), asked);
  if (!whole)
    return fail(std::move(whole.error()));
  const auto& ids = *whole;
  std::unordered_map<std::string, stored_report> found;
  auto done = for_parts(ids, [&](const std::vector<std::string>& part) -> expected<void> {
    filter matching("r.owner = ?", of.owner());
    of.limit_ids(matching, "r.host_id");
    matching.in("r.report_id", part);
    auto rows = db_.list_with(
      "select " + row_columns +
        ", c.digest, c.body, b.node_values, b.detail, b.content_hash, b.error from report r" +
        db_.sql().use_index("report_id") +
        "join job j on j.n = r.job join content c on c.n = r.tree "
        "join report_body b on b.report = r.n where " +
        matching.where(),
      matching.values(),
      read_report);
    if (!rows)
      return fail(std::move(rows.error()));
    for (auto& x : *rows)
      found.emplace(x.row.report_id, std::move(x));
    return {};
  });
  if (!done)
    return fail(std::move(done.error()));
  return in_order_of(ids, std::move(found));
}

expected<int64_t> report_repository::remove(std::string_view owner,
                                            const std::vector<std::string>& ids) {
  int64_t removed = 0;
  auto read = [](const row& r) { return std::pair{r.integer(0), r.integer(1)}; };
  auto done = for_each(ids, [&](const std::string& id) -> expected<void> {
    // Locked: two that remove it count it once.
    auto found = db_.first("select n, job from report where owner = ? and report_id = ?" +
                             std::string{db_.sql().for_update()},
                           read,
                           owner,
                           id);
    if (!found)
      return fail(std::move(found.error()));
    if (!*found)
      return {};
    ++removed;
    auto [key, job] = **found;
    return in_order(
      [&, key = key] { return db_.run("delete from report_body where report = ?", key); },
      [&, key = key] { return db_.run("delete from report where n = ?", key); },
      [&, job = job] { return db_.run("update job set stored = stored - 1 where n = ?", job); });
  });
  if (!done)
    return fail(std::move(done.error()));
  return removed;
}

expected<std::vector<report_row>>
report_repository::after(const scope& of, std::string_view job, int64_t after, int64_t limit) {
  filter matching("j.id = ? and r.number > ?", job, after);
  of.limit_ids(matching, "r.host_id");
  return db_.list_with("select " + row_columns + " from job j join report r on r.job = j.n where " +
                         matching.where() + " order by r.number limit ?",
                       matching.values_and(limit),
                       read_row);
}

} // namespace aops::storage
