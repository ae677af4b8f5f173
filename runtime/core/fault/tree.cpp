#include "runtime/core/fault/tree.hpp"

#include "runtime/base/canonical_json.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/core/fault/node_value.hpp"
#include "runtime/core/fault/tree_builder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace aops::fault {
namespace {

/// Whether no value lies deeper than `levels`; what walks it may then recurse.
template <class Json>
bool is_within(const Json& x, int levels) {
  if (!x.is_structured())
    return true;
  if (levels == 0)
    return false;
  return std::all_of(x.begin(), x.end(), [&](const auto& y) { return is_within(y, levels - 1); });
}

tl::unexpected<error> too_deep() {
  return fail(ec::bad_request, fmt::format("JSON nested deeper than {} levels", max_json_depth));
}

} // namespace

expected<tree> tree::build(const nlohmann::ordered_json& content, origin from) {
  auto out = tree_builder(from).run(content);
  if (!out)
    return out;
  out->sorted_items_.resize(out->items_.size());
  std::iota(out->sorted_items_.begin(), out->sorted_items_.end(), 0U);
  std::sort(out->sorted_items_.begin(), out->sorted_items_.end(), [&](uint32_t a, uint32_t b) {
    return base::utf16_less(out->items_[a], out->items_[b]);
  });
  return out;
}

expected<tree> tree::parse(const nlohmann::ordered_json& content) {
  return parse(content, origin::store);
}

expected<tree> tree::parse(const nlohmann::ordered_json& content, origin from) {
  if (!is_within(content, max_json_depth))
    return too_deep();
  auto out = build(content, from);
  if (out)
    out->digest_ = base::sha256_hex(base::canonical_json(nlohmann::json(content)));
  return out;
}

expected<tree> tree::parse(const nlohmann::json& content) {
  if (!is_within(content, max_json_depth))
    return too_deep();
  return parse(nlohmann::ordered_json(content));
}

expected<tree> tree::parse_text(std::string_view text) { return parse_text(text, origin::store); }

expected<tree> tree::import_text(std::string_view text) { return parse_text(text, origin::import); }

expected<tree> tree::parse_text(std::string_view text, origin from) {
  bool is_too_deep = false;
  auto guard = [&](int depth, nlohmann::ordered_json::parse_event_t, nlohmann::ordered_json&) {
    is_too_deep |= depth > max_json_depth;
    return !is_too_deep;
  };
  auto content = nlohmann::ordered_json::parse(text, guard, false);
  if (is_too_deep)
    return too_deep();
  if (content.is_discarded())
    return fail(ec::bad_request, "the tree is not JSON");
  return parse(content, from);
}

std::optional<uint32_t> tree::find_item(std::string_view text) const {
  auto found = std::find(items_.begin(), items_.end(), text);
  if (found == items_.end())
    return std::nullopt;
  return static_cast<uint32_t>(found - items_.begin());
}

std::vector<std::string> tree::path(uint32_t node) const {
  std::vector<std::string> out;
  for (auto i = node; i != no_parent; i = nodes_[i].parent)
    out.push_back(nodes_[i].name);
  std::reverse(out.begin(), out.end());
  return out;
}

std::vector<warning>
tree::items_without_rule(const std::function<bool(const std::string&)>& has_rule) const {
  std::vector<warning> out;
  for (uint32_t i = 0; i < nodes_.size(); ++i)
    if (nodes_[i].is_leaf && nodes_[i].item < asked_.size())
      if (const auto& item = asked_[nodes_[i].item].check_item; !has_rule(item))
        out.push_back({path(i), fmt::format("no check rule is named \"{}\"", item)});
  return out;
}

expected<std::string> tree::text(std::span<const uint8_t> values) const {
  if (values.size() != nodes_.size())
    return fail(ec::corrupt,
                fmt::format("a report of {} nodes for a tree of {}", values.size(), nodes_.size()));
  std::string out;
  out.reserve(text_.size() + 8 * holes_.size());
  size_t from = 0;
  for (const auto& hole : holes_) {
    out.append(text_, from, hole.at - from);
    from = hole.at;
    if (hole.is_message)
      out.append("\"").append(leaf_message(leaf_state_of(values[hole.node]))).append("\"");
    else
      out.append(value_text(values[hole.node], nodes_[hole.node].is_leaf));
  }
  out.append(text_, from, std::string::npos);
  return out;
}

} // namespace aops::fault
