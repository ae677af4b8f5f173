#pragma once

#include "runtime/base/json_library.hpp"
#include "runtime/core/fault/slice.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

/// A slow, independent reading of fault trees to compare the engine with: it walks JSON and
/// condition text each time.
namespace aops::fault::tests {

/// What missing knowledge counts as: false for values, nothing known for verdicts.
enum class missing_is { not_abnormal, unknown };

using truth3 = std::optional<bool>;

inline truth3 naive_and(truth3 a, truth3 b) {
  if (a == false || b == false)
    return false;
  return a && b ? truth3(true) : std::nullopt;
}

inline truth3 naive_not(truth3 a) { return a ? truth3(!*a) : std::nullopt; }
inline truth3 naive_or(truth3 a, truth3 b) {
  return naive_not(naive_and(naive_not(a), naive_not(b)));
}

/// Recursive descent over a condition whose names have no blanks.
class naive_condition {
public:
  naive_condition(std::string_view text, const std::map<std::string, truth3>& names)
      : text_(text), names_(names) {}
  truth3 any() {
    auto out = all();
    while (take("||"))
      out = naive_or(out, all());
    return out;
  }

private:
  truth3 all() {
    auto out = one();
    while (take("&&"))
      out = naive_and(out, one());
    return out;
  }
  truth3 one() {
    if (take("!"))
      return naive_not(one());
    if (take("(")) {
      auto out = any();
      take(")");
      return out;
    }
    auto size = std::min(text_.find_first_of(" !()&|"), text_.size());
    auto name = std::string(text_.substr(0, size));
    text_.remove_prefix(size);
    return names_.at(name);
  }
  bool take(std::string_view what) {
    while (text_.starts_with(' '))
      text_.remove_prefix(1);
    if (!text_.starts_with(what))
      return false;
    text_.remove_prefix(what.size());
    return true;
  }
  std::string_view text_;
  const std::map<std::string, truth3>& names_;
};

inline truth3 naive_value(const nlohmann::ordered_json& node,
                          const std::map<std::string, leaf_state>& items,
                          missing_is missing) {
  if (node.contains("check item")) {
    auto state = items.at(node["check item"].get<std::string>());
    if (state == leaf_state::normal || state == leaf_state::abnormal)
      return state == leaf_state::abnormal;
    return missing == missing_is::unknown ? std::nullopt : truth3(false);
  }
  std::map<std::string, truth3> names;
  for (const auto& child : node["children"])
    names[child["node name"].get<std::string>()] = naive_value(child, items, missing);
  return naive_condition(node["condition"].get_ref<const std::string&>(), names).any();
}

} // namespace aops::fault::tests
