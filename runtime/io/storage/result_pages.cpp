#include "runtime/io/storage/content_repository.hpp"
#include "runtime/io/storage/filter.hpp"
#include "runtime/io/storage/label_sets.hpp"
#include "runtime/io/storage/result_repository.hpp"
#include "runtime/io/storage/result_rows.hpp"
#include "runtime/io/storage/result_search.hpp"

#include <algorithm>
#include <iterator>

/// The part of `result_repository` that reads.
namespace aops::storage {

namespace {

check_result read_result(const row& r) {
  check_result x;
  x.host_id = r.string(0);
  x.start.ms = r.integer(1);
  x.end.ms = r.integer(2);
  x.check_item = r.string(3);
  x.value = r.string(4);
  // What others saved may be no rule of ours; the row is shown without a copy then.
  if (auto rule = decode_rule(r.text(5), r.text(6))) {
    x.data_list = (*rule)->data_list;
    x.condition = (*rule)->condition;
    x.description = (*rule)->description;
    x.severity = (*rule)->severity;
    x.host_group_list = (*rule)->host_group_list;
  }
  x.labels = labels_of(r.text(7));
  x.reason = r.string(8);
  return x;
}

constexpr std::string_view found_columns =
  "r.check_item, r.start_ms, r.end_ms, r.value, r.reason, c.digest, l.labels ";

last_result read_found(const row& r) {
  return {r.string(0),
          {r.integer(1), r.integer(2), r.string(3), r.string(4)},
          r.string(5),
          labels_of(r.text(6))};
}

} // namespace

expected<results_page> result_repository::page(const scope& of, const results_query& q) {
  snapshot view{db_};
  if (!view)
    return fail(view.error());
  for (auto [field, size] :
       {std::pair{"check_items", q.check_items.size()}, std::pair{"host_list", q.host_list.size()}})
    if (auto fair = check_length(field, size); !fair)
      return fail(std::move(fair.error()));
  auto search = result_search::explore(db_, of, q);
  if (!search)
    return fail(std::move(search.error()));
  auto p = paging_of(q);
  results_page out;
  set_totals(out, search->total(), p);
  auto window = window_of(p, search->total());
  if (!window)
    return fail(std::move(window.error()));
  if (search->total() == 0)
    return out;
  // The inner query decides on the page, from indexes alone where it can; the outer one fetches its
  // few rows.
  auto [keys, values] = search->page_of_keys(*window);
  auto rows = db_.list_with("select h.id, r.start_ms, r.end_ms, r.check_item, r.value, c.digest, "
                            "c.body, l.labels, r.reason from (" +
                              keys +
                              ") p join check_result r on r.n = p.n join host h on h.n = r.host "
                              "join content c on c.n = r.rule" +
                              std::string{join_labels} + result_order(p, "r"),
                            values,
                            read_result);
  if (!rows)
    return fail(std::move(rows.error()));
  out.check_result = std::move(*rows);
  return out;
}

expected<result_counts_page> result_repository::counts_page(const scope& of,
                                                            const result_count_query& q) {
  snapshot view{db_};
  if (!view)
    return fail(view.error());
  if (auto fair = check_length("host_list", q.host_list.size()); !fair)
    return fail(std::move(fair.error()));
  auto p = paging_of(q);
  filter matching("c.owner = ? and c.value = 'Abnormal' and c.total > 0", of.owner());
  of.limit_groups(matching, "h.host_group");
  matching.in("h.id", q.host_list);
  const std::string source = "result_count c join host h on h.n = c.host";
  auto window = window_of(db_, p, source, matching);
  if (!window)
    return fail(std::move(window.error()));
  static constexpr sort_choice choices[] = {{"count", "c.total"}};
  auto rows = db_.list_with("select h.id, c.total from " + source + " where " + matching.where() +
                              order_by(p, choices, "h.n", "h.n") + " limit ? offset ?",
                            matching.values_and(window->limit, window->offset),
                            [](const row& r) {
                              return result_count{r.string(0), r.integer(1)};
                            });
  if (!rows)
    return fail(std::move(rows.error()));
  result_counts_page out;
  set_totals(out, window->total, p);
  out.results = std::move(*rows);
  return out;
}

expected<std::vector<last_result>> result_repository::overlapping(const overlap_query& q) {
  std::vector<last_result> out;
  auto find = [&](const std::vector<std::string>& items) -> expected<void> {
    filter matching("h.owner = ? and h.id = ? and r.start_ms <= ? and r.start_ms >= ? and "
                    "r.end_ms >= ?",
                    q.owner,
                    q.host_id,
                    q.until_ms,
                    q.from_ms - longest_ms,
                    q.from_ms);
    matching.in("r.check_item", items);
    auto rows =
      db_.list_with("select " + std::string{found_columns} + "from host h join check_result r" +
                      db_.sql().use_index("check_result_host") +
                      "on r.host = h.n join content c on c.n = r.rule" + std::string{join_labels} +
                      "where " + matching.where() + " order by r.check_item, r.start_ms, r.n",
                    matching.values(),
                    read_found);
    if (!rows)
      return fail(std::move(rows.error()));
    std::move(rows->begin(), rows->end(), std::back_inserter(out));
    return {};
  };
  auto done = q.check_items.empty() ? find({}) : for_parts(q.check_items, find);
  if (!done)
    return fail(std::move(done.error()));
  return out;
}

expected<std::vector<last_result>> result_repository::last_rows(std::string_view host_id) {
  auto host = db_.first(
    "select h.n, c.until_ms from host h left join host_cursor c on c.host = h.n where h.id = ?",
    [](const row& r) {
      return std::pair{r.integer(0), r.integer(1)};
    },
    host_id);
  if (!host)
    return fail(std::move(host.error()));
  if (!*host)
    return std::vector<last_result>{};
  auto [key, until] = **host;
  return db_.list("select " + std::string{found_columns} +
                    "from (select i.host as host, i.check_item as item, i.mark as mark, "
                    "max(i.start_ms) as newest from check_result i where i.host = ? and "
                    "i.origin = 0 and (i.mark < 4 or i.start_ms >= ?) "
                    "group by i.host, i.check_item, i.mark) x "
                    "join check_result r on r.host = x.host and r.check_item = x.item and "
                    "r.start_ms = x.newest and r.origin = 0 and r.mark = x.mark "
                    "join content c on c.n = r.rule" +
                    std::string{join_labels} + "order by r.check_item, r.start_ms, r.n",
                  read_found,
                  key,
                  until - 2 * longest_ms);
}

} // namespace aops::storage
