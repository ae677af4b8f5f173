#include "runtime/core/fault/leaf_item.hpp"

#include "runtime/core/check/instance_text.hpp"

#include <fmt/format.h>

#include <map>

namespace aops::fault {
namespace {

using json = nlohmann::ordered_json;
using label_texts = std::map<std::string, std::string>;

bool is_unknown(leaf_state x) { return x != leaf_state::normal && x != leaf_state::abnormal; }

/// What counts of two results in one slice: abnormal before no data before internal error.
leaf_state worse(leaf_state a, leaf_state b) {
  auto rank = [](leaf_state x) {
    switch (x) {
    case leaf_state::normal:
      return 0;
    case leaf_state::not_evaluated:
      return 1;
    case leaf_state::internal_error:
      return 2;
    case leaf_state::no_data:
      return 3;
    case leaf_state::abnormal:
      break;
    }
    return 4;
  };
  return rank(a) < rank(b) ? b : a;
}

constexpr size_t max_match_labels = 64, max_match_text = 1024;

expected<label_texts> read_match(const json& x) {
  if (!x.is_object() || x.empty() || x.size() > max_match_labels)
    return fail(ec::bad_request,
                "\"match\" must be an object of 1 to 64 labels such as {\"mountpoint\": \"/var\"}");
  label_texts out;
  for (const auto& [label, value] : x.items()) {
    if (!value.is_string() || value.get_ref<const std::string&>().size() > max_match_text)
      return fail(
        ec::bad_request,
        fmt::format("match.{}: must be a text of at most {} bytes", label, max_match_text));
    out.emplace(label, value.get<std::string>());
  }
  return out;
}

std::string asked_of(const leaf_item& x) {
  if (x.is_upstream)
    return x.depth == usual_depth ? "upstream " : fmt::format("upstream({}) ", x.depth);
  return x.is_all ? "all " : "";
}

} // namespace

expected<leaf_item> read_leaf_item(const json& node) {
  leaf_item out;
  out.check_item = node.at("check item").get<std::string>();
  label_texts match;
  if (auto found = node.find(match_member); found != node.end()) {
    auto texts = read_match(*found);
    if (!texts)
      return fail(std::move(texts.error()));
    match = std::move(*texts);
    auto compiled = check::selector::compile(match);
    if (!compiled)
      return fail(ec::bad_request, "match." + compiled.error().detail);
    out.match = std::move(*compiled);
  }
  if (auto found = node.find(instances_member); found != node.end()) {
    if (*found != "any" && *found != "all")
      return fail(ec::bad_request, "\"instances\" must be \"any\" or \"all\"");
    out.is_all = *found == "all";
  }
  if (auto found = node.find(scope_member); found != node.end()) {
    if (*found != own_scope && *found != upstream_scope)
      return fail(ec::bad_request, "\"scope\" must be \"own\" or \"upstream\"");
    out.is_upstream = *found == upstream_scope;
    if (out.is_upstream && out.is_all)
      return fail(ec::bad_request,
                  "\"instances\": \"all\" does not go with \"scope\": \"upstream\"");
  }
  if (out.is_upstream)
    out.depth = usual_depth;
  if (auto found = node.find(depth_member); found != node.end() && out.is_upstream) {
    if (!found->is_number_integer() || *found < 1 || *found > most_depth)
      return fail(ec::bad_request,
                  fmt::format("\"depth\" must be a whole number from 1 to {}", most_depth));
    out.depth = found->get<int64_t>();
  }
  out.text = asked_of(out) + check::match_text(out.check_item, match);
  return out;
}

std::string key_of(const json& node) {
  auto out = node.at("check item").get<std::string>();
  bool is_all = node.contains(instances_member) && node.at(instances_member) == "all";
  bool is_own = !node.contains(scope_member) || node.at(scope_member) == own_scope;
  if (!is_all && is_own && !node.contains(match_member))
    return out;
  out.append(1, '\0').append(is_all ? "all" : "any");
  if (!is_own) { // Also of what is no scope: it has to be refused.
    out.append(1, '\0') +=
      node.at(scope_member).dump(-1, ' ', false, json::error_handler_t::replace);
    if (auto depth = node.find(depth_member); depth != node.end() && *depth != usual_depth)
      out += depth->dump(-1, ' ', false, json::error_handler_t::replace);
  }
  if (auto found = node.find(match_member); found != node.end()) // Its labels in order.
    out += nlohmann::json(*found).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return out;
}

std::vector<bool> selected_instances(const leaf_item& what, std::span<const item_instance> all) {
  auto is_meant = [&](const label_set& labels) {
    return !what.match || what.match->matches(labels);
  };
  std::vector<bool> out{is_meant({})};
  for (const auto& x : all)
    out.push_back(is_meant(x.labels));
  return out;
}

leaf_state state_of_instances(const leaf_item& what,
                              const std::vector<bool>& selected,
                              std::span<const result> results,
                              std::span<const presence> present,
                              slice when,
                              bool is_covered) {
  auto is_selected = [&](uint32_t i) { return i < selected.size() && selected[i]; };
  // What is not known of the rule as a whole is not known of any instance.
  auto is_of_all = [](const result& x) { return x.instance == 0 && is_unknown(x.value); };
  auto state_from = [&](auto of) {
    auto out = is_covered ? leaf_state::normal : leaf_state::not_evaluated;
    for (const auto& x : results)
      if (x.start_ms <= when.end_ms && x.end_ms >= when.start_ms && of(x))
        out = worse(out, x.value);
    return out;
  };
  if (!what.is_all)
    return state_from([&](const result& x) { return is_selected(x.instance) || is_of_all(x); });
  // Those that were there: of what is not well results tell, of the others samples.
  std::vector<bool> is_there(selected.size());
  for (const auto& x : results)
    if (x.instance > 0 && is_selected(x.instance) && x.start_ms <= when.end_ms &&
        x.end_ms >= when.start_ms)
      is_there[x.instance] = true;
  for (const auto& x : present)
    if (x.instance > 0 && is_selected(x.instance) && x.first_ms <= when.end_ms &&
        x.last_ms >= when.start_ms)
      is_there[x.instance] = true;
  std::optional<leaf_state> out;
  for (uint32_t i = 1; i < is_there.size(); ++i) {
    if (!is_there[i])
      continue;
    auto state = state_from([&](const result& x) { return x.instance == i || is_of_all(x); });
    if (state == leaf_state::normal)
      return state;
    if (!out || *out == leaf_state::abnormal || is_unknown(state))
      out = out && is_unknown(*out) ? worse(*out, state) : state;
  }
  if (out)
    return *out;
  return state_from(
    [&](const result& x) { return x.instance == 0 && (is_selected(0) || is_of_all(x)); });
}

leaf_state state_of_upstream(const std::vector<bool>& selected,
                             std::span<const item_instance> all,
                             std::span<const result> results,
                             slice when,
                             bool has_rule) {
  auto out = has_rule ? leaf_state::normal : leaf_state::not_evaluated;
  for (const auto& x : results) {
    bool is_meant = (x.instance < selected.size() && selected[x.instance]) ||
                    (is_unknown(x.value) && is_of_rule(x, all));
    if (is_meant && x.start_ms <= when.end_ms && x.end_ms >= when.start_ms)
      out = worse(out, x.value);
  }
  return out;
}

} // namespace aops::fault
