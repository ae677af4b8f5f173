#include "cli/aops/verbs/open_alerts.hpp"

#include "cli/aops/text/language.hpp"

#include <fmt/format.h>

namespace aops::cli {

namespace {

constexpr int64_t most_rows = 1000;

expected<void> take_list(session& s, std::string_view option, maybe<std::vector<std::string>>& to) {
  auto list = s.args.list(option);
  if (!list)
    return fail(list.error());
  if (!list->empty())
    to.emplace(std::move(*list));
  return {};
}

} // namespace

expected<alerts_query> open_selection(session& s) {
  alerts_query query;
  for (auto [option, to] : {std::pair{"severity", &query.severity},
                            std::pair{"check_items", &query.check_items},
                            std::pair{"host_list", &query.host_list}})
    if (auto taken = take_list(s, option, *to); !taken)
      return fail(taken.error());
  if (query.host_list) {
    auto ids = s.host_ids(*query.host_list);
    if (!ids)
      return fail(ids.error());
    query.host_list.emplace(std::move(*ids));
  }
  if (s.args.has("value"))
    query.value = s.args.text("value");
  if (s.args.on("firing"))
    query.firing = true;
  query.page = 1;
  query.per_page = most_rows;
  return query;
}

expected<void> choose_alerts(const session& s, json& page) {
  auto rows = s.chosen(member(page, "alerts"), alerts_view().columns);
  if (!rows)
    return fail(rows.error());
  if (s.args.has("filter"))
    page["total_count"] = rows->size();
  page["alerts"] = std::move(*rows);
  return {};
}

view alerts_view() {
  return {view::kind::whole,
          "alerts",
          {"host_name", "check_item", "severity", "value", "since", "*"},
          {},
          "check_item"};
}

bool is_for_people(const session& s) {
  return s.wants_table() || (s.form() == format::contract && s.io.out_is_terminal);
}

void note_rest(session& s, const json& page) {
  auto shown = static_cast<uint64_t>(member(page, "alerts").size());
  if (auto all = count_of(page, "total_count"); all > shown)
    s.note(tr("{} of {} are shown; --severity, --host_list, --check_items choose", shown, all));
}

} // namespace aops::cli
