#include "cli/aops/report/diag_summary.hpp"

#include "cli/aops/text/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace aops::cli {

namespace {

constexpr size_t most_causes = 10;

json most_frequent(const std::map<std::string, uint64_t>& causes) {
  std::vector<std::pair<std::string, uint64_t>> ordered(causes.begin(), causes.end());
  std::stable_sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) {
    return a.second > b.second;
  });
  json list = json::array();
  for (const auto& [cause, count] : ordered)
    if (list.size() < most_causes)
      list.push_back({{"root_cause", cause}, {"reports", count}});
  return list;
}

} // namespace

json summary_of(const task_totals& totals, const json& rows) {
  std::map<std::string, uint64_t> verdicts, causes;
  std::set<std::string> faulty_hosts;
  for (const auto& row : rows) {
    auto verdict = text_of(row, "verdict");
    ++verdicts[verdict];
    if (verdict == "true")
      faulty_hosts.insert(text_of(row, "host_id"));
    if (auto named = split_list(text_of(row, "root_cause")); named && verdict == "true")
      for (const auto& cause : *named)
        ++causes[cause];
  }
  return {{"tasks", totals.tasks},
          {"tasks_done", totals.done},
          {"expected_reports", totals.expected},
          {"reports", rows.size()},
          {"faulty", verdicts["true"]},
          {"unknown", verdicts["unknown"]},
          {"fine", verdicts["false"]},
          {"not_read", verdicts[""]},
          {"faulty_hosts", faulty_hosts.size()},
          {"root_causes", most_frequent(causes)}};
}

std::string summary_text(const json& x) {
  auto n = [&](const char* key) { return count_of(x, key); };
  auto text = fmt::format("{} of {} tasks done, {} of {} reports: {} with a fault on {} hosts, {} "
                          "unknown, {} without a fault{}\n",
                          n("tasks_done"),
                          n("tasks"),
                          n("reports"),
                          n("expected_reports"),
                          n("faulty"),
                          n("faulty_hosts"),
                          n("unknown"),
                          n("fine"),
                          n("not_read") ? fmt::format(", {} not read", n("not_read")) : "");
  std::vector<std::string> causes;
  for (const auto& cause : member(x, "root_causes"))
    causes.push_back(
      fmt::format("{} {}", printable(text_of(cause, "root_cause")), count_of(cause, "reports")));
  return causes.empty() ? text : text + "root causes: " + joined(causes, ", ") + "\n";
}

} // namespace aops::cli
