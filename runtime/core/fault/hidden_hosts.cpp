#include "runtime/core/fault/hidden_hosts.hpp"

#include "runtime/core/fault/leaf_item.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

namespace aops::fault {

namespace {

using details_json = nlohmann::json;

constexpr std::string_view on_host = " on ", to_whom = " -> ", after_labels = "\"} on ";

/// Check items that leaves ask of other hosts.
void find_upstream_items(const nlohmann::ordered_json& node, std::vector<std::string>& to) {
  if (!node.is_object())
    return;
  auto item = node.find("check item");
  auto scope = node.find(scope_member);
  if (item != node.end() && item->is_string() && scope != node.end() && *scope == upstream_scope)
    to.push_back(item->get<std::string>());
  if (auto children = node.find("children"); children != node.end() && children->is_array())
    for (const auto& child : *children)
      find_upstream_items(child, to);
}

std::string text_at(const details_json& x, const char* member) {
  auto it = x.find(member);
  return it != x.end() && it->is_string() ? it->get<std::string>() : std::string{};
}

class host_hider {
public:
  host_hider(const nlohmann::ordered_json& tree, const seen_hosts& who_sees) : sees_(who_sees) {
    find_upstream_items(tree, items_);
  }

  void hide(details_json& details) const {
    for_each_in(details, "evidence", [&](details_json& x) { hide_in_evidence(x); });
    for_each_in(details, "root_causes", [&](details_json& x) { hide_in_instances(x); });
    for_each_in(details, "missing", [&](details_json& x) { hide_in_missing(x); });
  }

private:
  template <class Work>
  static void for_each_in(details_json& details, const char* member, Work work) {
    if (auto it = details.find(member); it != details.end() && it->is_array())
      for (auto& x : *it)
        if (x.is_object())
          work(x);
  }

  /// The check item when the text is of an instance on another host: `disk-full on db1`,
  /// `disk-full{mountpoint="/var"} on db1`.
  std::optional<std::string> item_of_another(const std::string& text) const {
    for (const auto& item : items_) {
      if (!text.starts_with(item))
        continue;
      std::string_view rest{text};
      rest.remove_prefix(item.size());
      if (rest.starts_with(on_host) ||
          (rest.starts_with('{') && rest.find(after_labels) != rest.npos))
        return item;
    }
    return std::nullopt;
  }

  bool names_one_seen(const std::string& text) const {
    for (auto at = text.find(on_host); at != std::string::npos; at = text.find(on_host, at + 1))
      if (sees_.names.contains(text.substr(at + on_host.size())))
        return true;
    return false;
  }

  std::string instance_shown(const std::string& text) const {
    auto item = item_of_another(text);
    return !item || names_one_seen(text) ? text : *item + std::string{on_host} + hidden_host;
  }

  /// @returns Whether any was hidden.
  bool hide_in_instances(details_json& x) const {
    auto it = x.find("instances");
    if (it == x.end() || !it->is_array())
      return false;
    auto shown = details_json::array();
    bool is_hidden = false;
    for (const auto& one : *it) {
      auto text = one.is_string() ? one.get<std::string>() : std::string{};
      details_json now = instance_shown(text);
      is_hidden |= now != text;
      if (std::find(shown.begin(), shown.end(), now) == shown.end())
        shown.push_back(std::move(now));
    }
    *it = std::move(shown);
    return is_hidden;
  }

  void hide_in_evidence(details_json& x) const {
    if (!x.contains("host_id"))
      return;
    if (auto path = x.find("path"); path != x.end() && path->is_array())
      for (auto& step : *path)
        step = step_shown(step.is_string() ? step.get<std::string>() : std::string{});
    if (sees_.ids.contains(text_at(x, "host_id")))
      return;
    details_json out;
    for (const auto* kept : {"check_item", "path", "first", "last"})
      if (auto it = x.find(kept); it != x.end())
        out[kept] = *it;
    out["condition"] = "";
    out["samples"] = details_json::array();
    out["instance"] = text_at(x, "check_item") + std::string{on_host} + hidden_host;
    out["labels"] = details_json::object();
    out["host_id"] = "";
    out["host_name"] = hidden_host;
    x = std::move(out);
  }

  void hide_in_missing(details_json& x) const {
    if (!text_at(x, "leaf").starts_with("upstream"))
      return;
    // A reason may be of any of the hosts, and name what is there.
    if (hide_in_instances(x))
      x.erase("detail");
  }

  /// `web1 nginx`, `db1 mysqld 10.0.0.3:3306`: the host's name first.
  bool is_end_seen(std::string_view end) const {
    for (auto at = end.find(' ');; at = end.find(' ', at + 1)) {
      if (sees_.names.contains(std::string{end.substr(0, at)}))
        return true;
      if (at == std::string_view::npos)
        return false;
    }
  }

  std::string step_shown(const std::string& step) const {
    auto middle = step.find(to_whom);
    // A process may be called anything, also so that there are two arrows.
    bool is_plain =
      middle != std::string::npos && step.find(to_whom, middle + 1) == std::string::npos;
    auto shown = [&](std::string_view end) {
      return is_plain && is_end_seen(end) ? std::string{end} : std::string{hidden_host};
    };
    std::string_view text{step};
    if (!is_plain)
      return std::string{hidden_host} + std::string{to_whom} + hidden_host;
    return shown(text.substr(0, middle)) + std::string{to_whom} +
           shown(text.substr(middle + to_whom.size()));
  }

  const seen_hosts& sees_;
  std::vector<std::string> items_;
};

} // namespace

bool tells_of_other_hosts(const details_json& details) {
  for (const auto* part : {"evidence", "missing"})
    if (auto all = details.find(part); all != details.end() && all->is_array())
      for (const auto& x : *all)
        if (x.is_object() && (x.contains("host_id") || text_at(x, "leaf").starts_with("upstream")))
          return true;
  return false;
}

void hide_hosts(details_json& details,
                const nlohmann::ordered_json& tree,
                const seen_hosts& who_sees) {
  host_hider{tree, who_sees}.hide(details);
}

} // namespace aops::fault
