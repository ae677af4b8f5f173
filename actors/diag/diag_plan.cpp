#include "actors/diag/diag_plan.hpp"

#include "runtime/base/json_library.hpp"

#include <algorithm>

namespace aops::actors {

namespace {

using nlohmann::json;

/// Of one unit, however small the trees are.
constexpr size_t most_planned_reports = 48;

/// Of the reports of one unit, in bytes.
constexpr size_t most_bytes = 256 * 1024;

/// How large a report may get: a frame, and for each node more than the tree says of it, for its
/// evidence and the digest of its rule come in addition.
size_t report_bytes(const tree_content& tree) { return 2048 + 2 * tree.content.size(); }

json seconds(int64_t ms) {
  return ms % 1000 == 0 ? json(ms / 1000) : json(static_cast<double>(ms) / 1000);
}

/// As JSON. Most are plain and need no marks.
void add_texts(std::string& to, const std::vector<std::string>& list) {
  auto is_plain = [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; };
  to += '[';
  for (size_t i = 0; i < list.size(); ++i) {
    to += i ? "," : "";
    if (std::all_of(list[i].begin(), list[i].end(), is_plain))
      to.append(1, '"').append(list[i]).append(1, '"');
    else
      to += json(list[i]).dump();
  }
  to += ']';
}

int64_t milliseconds(const json& seconds) {
  return seconds.is_number_integer()
           ? seconds.get<int64_t>() * 1000
           : static_cast<int64_t>(std::llround(seconds.get<double>() * 1000));
}

} // namespace

std::string write_diag_plan(const fault::diagnosis_plan& plan, const fault::plan_request& request) {
  // By hand: of ten thousands a second.
  std::string out = R"({"host_list":)";
  add_texts(out, plan.hosts);
  out += R"(,"interval":)" + std::to_string(request.interval_ms / 1000);
  out +=
    R"(,"time_range":[)" + seconds(request.start_ms).dump() + ',' + seconds(request.end_ms).dump();
  out += R"(],"tree_list":)";
  add_texts(out, plan.trees);
  return out += '}';
}

expected<fault::diagnosis_plan> read_diag_plan(const std::string& text) {
  try {
    auto x = json::parse(text);
    fault::diagnosis_plan plan;
    plan.hosts = x.at("host_list").get<std::vector<std::string>>();
    plan.trees = x.at("tree_list").get<std::vector<std::string>>();
    auto slices = fault::slices(milliseconds(x.at("time_range").at(0)),
                                milliseconds(x.at("time_range").at(1)),
                                x.at("interval").get<int64_t>() * 1000);
    if (!slices)
      return fail(slices.error());
    plan.slices = std::move(*slices);
    return plan;
  } catch (const json::exception&) {
    return fail(ec::corrupt, "the plan of a diagnosis");
  }
}

size_t reports_per_unit(const fault::diagnosis_plan& plan, const std::vector<tree_content>& trees) {
  size_t slice = 1;
  for (const auto& tree : trees)
    slice += report_bytes(tree);
  auto slices = std::max<size_t>(1, most_bytes / slice);
  return std::max(std::min(most_planned_reports, slices * plan.trees.size()), plan.trees.size());
}

} // namespace aops::actors
