#include "runtime/io/storage/result_search.hpp"

#include "runtime/io/storage/result_counts.hpp"
#include "runtime/io/storage/result_repository.hpp"
#include "runtime/io/storage/steps.hpp"

#include <algorithm>

namespace aops::storage {

namespace {

/// Rows of hosts that are gathered rather than met on the way through all.
constexpr int64_t few_rows = 50'000;

expected<std::vector<int64_t>>
host_keys(database& db, const scope& of, const std::vector<std::string>& ids) {
  std::vector<int64_t> out;
  auto find = [&](const std::vector<std::string>& part) -> expected<void> {
    filter matching("owner = ?", of.owner());
    of.limit_groups(matching, "host_group");
    matching.in("id", part);
    auto keys = db.list_with("select n from host where " + matching.where(),
                             matching.values(),
                             [](const row& r) { return r.integer(0); });
    if (!keys)
      return fail(std::move(keys.error()));
    out.insert(out.end(), keys->begin(), keys->end());
    return {};
  };
  auto done = ids.empty() ? find({}) : for_parts(ids, find);
  if (!done)
    return fail(std::move(done.error()));
  return out;
}

} // namespace

std::string result_order(const paging& p, std::string_view table) {
  static constexpr std::string_view by_start[] = {"start_ms", "end_ms", "n"};
  static constexpr std::string_view by_end[] = {"end_ms", "n"};
  static constexpr std::string_view by_item[] = {"check_item", "start_ms", "n"};
  std::span<const std::string_view> columns{by_start};
  if (p.sort == "end")
    columns = by_end;
  else if (p.sort == "check_item")
    columns = by_item;
  std::string out;
  for (auto column : columns)
    out.append(out.empty() ? " order by " : ", ")
      .append(table)
      .append(".")
      .append(column)
      .append(p.descending ? " desc" : "");
  return out;
}

expected<result_search>
result_search::explore(database& db, const scope& of, const results_query& query) {
  result_search out{db, of, query};
  auto done = in_order([&] { return out.find_hosts(); }, [&] { return out.count(); });
  if (!done)
    return fail(std::move(done.error()));
  return out;
}

expected<void> result_search::find_hosts() {
  if (query_->host_list.empty() && !of_->is_limited())
    return {};
  auto hosts = host_keys(*db_, *of_, query_->host_list);
  if (!hosts)
    return fail(std::move(hosts.error()));
  if (auto fair = check_length("host_list", hosts->size()); !fair)
    return fair;
  hosts_ = std::move(*hosts);
  is_hopeless_ = hosts_.empty();
  return {};
}

expected<void> result_search::count() {
  result_counts counts{*db_};
  auto all = counts.total(of_->owner());
  if (!all)
    return fail(std::move(all.error()));
  all_ = counted_ = *all;
  if (is_hopeless_)
    return {};
  if (!hosts_.empty() || query_->value) {
    auto counted =
      counts.total(of_->owner(), hosts_, query_->value ? std::string_view{*query_->value} : "");
    if (!counted)
      return fail(std::move(counted.error()));
    counted_ = *counted;
  }
  total_ = counted_;
  if (query_->value && hosts_.empty() && counted_ <= few_rows) {
    // A rare value: few hosts have it.
    auto hosts = counts.hosts_with(of_->owner(), *query_->value);
    if (!hosts)
      return fail(std::move(hosts.error()));
    hosts_ = std::move(*hosts);
    is_hopeless_ = hosts_.empty();
  }
  if (is_hopeless_ || !(has_time() || has_items()))
    return {};
  return count_matches();
}

expected<void> result_search::count_matches() {
  total_ = 0;
  return for_each(finding(), [&](const walk& way) {
    return db_->integer_with(select(way, "count(*)"), way.where.values()).map([&](auto rows) {
      total_ += rows.value_or(0);
    });
  });
}

filter result_search::conditions() const {
  // Hosts were looked up as the owner's: without the column, an index by host is enough.
  auto out = hosts_.empty() ? filter("r.owner = ?", of_->owner()) : filter("1 = 1");
  out.in("r.host", hosts_).in("r.check_item", query_->check_items);
  if (query_->value)
    out.also("r.value = ?", *query_->value);
  return out;
}

filter result_search::conditions_of_day() const {
  auto out = conditions();
  if (has_time())
    // No interval is longer than a day: what started before cannot reach the range.
    out.also("r.start_ms <= ? and r.start_ms >= ? and r.end_ms >= ?",
             until_ms(),
             from_ms() - result_repository::longest_ms,
             from_ms());
  return out;
}

std::vector<result_search::walk> result_search::finding() const {
  bool is_gathered = counted_ <= few_rows || !(has_time() || has_items());
  if (!hosts_.empty() && is_gathered)
    return {{has_items() ? "check_result_host" : "check_result_host_start", conditions_of_day()}};
  if (!has_time())
    return {{has_items() ? "check_result_item" : "check_result_start", conditions()}};
  // An hour back among all, a day back among the long ones.
  auto owned = [&](std::string_view times, auto... values) {
    auto out = conditions();
    if (!hosts_.empty())
      out.also("r.owner = ?", of_->owner());
    return out.also(times, values...);
  };
  auto near = from_ms() - result_repository::usual_ms;
  return {
    {"check_result_start",
     owned("r.start_ms <= ? and r.start_ms >= ? and r.end_ms >= ?", until_ms(), near, from_ms())},
    {"check_result_long",
     owned("r.long_start_ms < ? and r.long_start_ms >= ? and r.end_ms >= ?",
           std::min(near, until_ms() + 1),
           from_ms() - result_repository::longest_ms,
           from_ms())}};
}

result_search::walk result_search::ordering() const {
  auto where = conditions_of_day();
  if (!hosts_.empty())
    where.also("r.owner = ?", of_->owner());
  if (paging_.sort == "end")
    return {"check_result_end", std::move(where)};
  return {paging_.sort == "check_item" ? "check_result_item" : "check_result_start",
          std::move(where)};
}

std::string result_search::select(const walk& way, std::string_view columns) const {
  return "select " + std::string{columns} + " from check_result r" +
         db_->sql().use_index(way.index) + "where " + way.where.where();
}

std::pair<std::string, std::vector<parameter>>
result_search::page_of_keys(const page_window& window) const {
  // Either walk in the order asked for until the page is full, or find all that match and sort.
  auto density = static_cast<double>(total_) / static_cast<double>(std::max<int64_t>(all_, 1));
  auto walked = static_cast<double>(window.offset + window.limit) / std::max(density, 1e-9);
  auto ways = walked <= static_cast<double>(total_) ? std::vector<walk>{ordering()} : finding();
  std::string limit = " limit ? offset ?";
  if (ways.size() == 1)
    return {select(ways[0], "r.n") + result_order(paging_, "r") + limit,
            ways[0].where.values_and(window.limit, window.offset)};
  std::string_view columns = paging_.sort == "check_item"
                               ? "r.n, r.start_ms, r.end_ms, r.check_item"
                               : "r.n, r.start_ms, r.end_ms";
  std::string both;
  std::vector<parameter> values;
  for (const auto& way : ways) {
    both += (both.empty() ? "" : " union all ") + select(way, columns);
    values.insert(values.end(), way.where.values().begin(), way.where.values().end());
  }
  values.emplace_back(window.limit);
  values.emplace_back(window.offset);
  return {"select x.n from (" + both + ") x" + result_order(paging_, "x") + limit,
          std::move(values)};
}

} // namespace aops::storage
