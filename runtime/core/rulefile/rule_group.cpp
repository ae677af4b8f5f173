#include "runtime/core/rulefile/rule_group.hpp"

#include "runtime/base/near_name.hpp"
#include "runtime/core/promql/lexer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace aops::rulefile {

namespace {

using json = nlohmann::ordered_json;

constexpr size_t most_groups = 10'000, most_rules = 100'000;

/// Fields of an object, one after the other; what is wrong stands in `problem`.
class fields {
public:
  fields(const json& object, std::span<const std::string_view> known, std::string& problem)
      : object_(object), problem_(problem) {
    if (!object.is_object()) {
      refuse("is no mapping");
      return;
    }
    for (const auto& [name, value] : object.items())
      if (std::find(known.begin(), known.end(), name) == known.end())
        refuse(fmt::format("unknown field \"{}\"{}", name, base::did_you_mean(name, known)));
  }

  std::string text(const char* name) {
    auto found = object_.find(name);
    if (!problem_.empty() || found == object_.end() || found->is_null())
      return {};
    if (found->is_string())
      return found->get<std::string>();
    if (found->is_primitive())
      return found->dump();
    return refuse(fmt::format("field \"{}\" is no text", name)), std::string();
  }

  int64_t duration(const char* name) {
    auto found = object_.find(name);
    if (!problem_.empty() || found == object_.end() || found->is_null())
      return 0;
    auto ms = duration_of(*found);
    if (ms < 0)
      refuse(fmt::format("field \"{}\": no duration: {}",
                         name,
                         found->is_string() ? found->get<std::string>() : found->dump()));
    return ms;
  }

  /// By name.
  std::vector<named_text> texts(const char* name, bool are_labels, bool may_be_templates) {
    std::vector<named_text> out;
    auto found = object_.find(name);
    if (!problem_.empty() || found == object_.end() || found->is_null())
      return out;
    if (!found->is_object()) {
      refuse(fmt::format("field \"{}\" is no mapping", name));
      return out;
    }
    for (const auto& [key, value] : found->items()) {
      bool is_name = !key.empty() && promql::is_utf8(key) && !(are_labels && key == "__name__");
      if (!is_name || !value.is_primitive()) {
        refuse(fmt::format("field \"{}\": {}: {}",
                           name,
                           is_name      ? "no text"
                           : are_labels ? "invalid label name"
                                        : "invalid name",
                           key));
        break;
      }
      auto text = value.is_string() ? value.get<std::string>()
                  : value.is_null() ? std::string()
                                    : value.dump();
      auto made = template_text::parse(text);
      if (!made)
        refuse(fmt::format("field \"{}\": {}: {}", name, key, made.error().detail));
      else if (!may_be_templates && !made->is_plain())
        refuse(fmt::format("field \"{}\": {}: a recording rule has no templates", name, key));
      else
        out.push_back({key, std::move(text), std::move(*made)});
    }
    std::sort(out.begin(), out.end(), [](auto& a, auto& b) { return a.name < b.name; });
    return out;
  }

  /// Empty when it is not there.
  const json& list(const char* name) {
    static const json none = json::array();
    auto found = object_.find(name);
    if (!problem_.empty() || found == object_.end() || found->is_null())
      return none;
    if (found->is_array())
      return *found;
    return refuse(fmt::format("field \"{}\" is no list", name)), none;
  }

  bool has(const char* name) const {
    auto found = object_.find(name);
    return found != object_.end() && !found->is_null();
  }

  void refuse(std::string why) {
    if (problem_.empty())
      problem_ = std::move(why);
  }

private:
  const json& object_;
  std::string& problem_;
};

void read_kind(fields& in, rule& out) {
  auto record = in.text("record"), alert = in.text("alert");
  out.is_alert = !alert.empty();
  out.name = out.is_alert ? alert : record;
  if (!record.empty() && !alert.empty())
    return in.refuse("only one of \"record\" and \"alert\" must be set");
  if (out.name.empty())
    return in.refuse("one of \"record\" or \"alert\" must be set");
  if (out.is_alert)
    return;
  if (!promql::is_utf8(record))
    return in.refuse(fmt::format("invalid recording rule name: {}", record));
  for (const char* name : {"for", "keep_firing_for", "annotations"})
    if (in.has(name))
      return in.refuse(fmt::format("invalid field \"{}\" in recording rule", name));
}

rule read_rule(const json& source, std::string& problem) {
  static constexpr std::array<std::string_view, 7> known = {
    "record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations"};
  rule out;
  fields in(source, known, problem);
  if (!problem.empty())
    return out;
  read_kind(in, out);
  out.expression = in.text("expr");
  if (out.expression.empty())
    in.refuse("field \"expr\" must be set in rule");
  if (!problem.empty())
    return out;
  auto query = promql::query::parse(out.expression);
  if (!query) {
    in.refuse("could not parse expression: " + query.error().detail);
    return out;
  }
  out.query = std::move(*query);
  auto type = out.query.root().type;
  if (type != promql::value_type::vector && type != promql::value_type::scalar)
    in.refuse(fmt::format("the expression is a {}, no instant vector and no scalar",
                          promql::to_string(type)));
  out.for_ms = in.duration("for");
  out.keep_firing_ms = in.duration("keep_firing_for");
  out.labels = in.texts("labels", true, out.is_alert);
  out.annotations = in.texts("annotations", false, true);
  return out;
}

/// What a group gives to each of its rules that has none of that name.
void add_labels(rule& to, const std::vector<named_text>& labels) {
  for (const auto& x : labels)
    if (std::none_of(to.labels.begin(), to.labels.end(), [&](auto& l) { return l.name == x.name; }))
      to.labels.push_back(x);
  std::sort(to.labels.begin(), to.labels.end(), [](auto& a, auto& b) { return a.name < b.name; });
}

rule_group read_group(const json& source, std::string& problem) {
  static constexpr std::array<std::string_view, 6> known = {
    "name", "interval", "query_offset", "limit", "rules", "labels"};
  rule_group out;
  fields in(source, known, problem);
  if (!problem.empty())
    return out;
  out.name = in.text("name");
  if (out.name.empty())
    return in.refuse("groupname must not be empty"), out;
  out.interval_ms = in.duration("interval");
  out.offset_ms = in.duration("query_offset");
  auto labels = in.texts("labels", true, true);
  if (in.has("limit")) {
    const auto& limit = source["limit"];
    if (limit.is_number_integer() && limit >= 0)
      out.limit = limit.get<size_t>();
    else
      in.refuse("field \"limit\" is no whole number");
  }
  size_t n = 0;
  for (const auto& x : in.list("rules")) {
    if (!problem.empty())
      break;
    ++n;
    out.rules.push_back(read_rule(x, problem));
    if (problem.empty())
      add_labels(out.rules.back(), labels);
    else
      problem =
        fmt::format("rule {} ({}): {}", n, promql::in_quotes(out.rules.back().name), problem);
  }
  return out;
}

} // namespace

int64_t duration_of(const json& value) {
  if (value.is_string())
    return promql::parse_duration(value.get_ref<const std::string&>());
  return value == 0 ? 0 : -1;
}

expected<std::vector<rule_group>> read_groups(const json& file) {
  static constexpr std::array<std::string_view, 1> known = {"groups"};
  std::string problem;
  std::vector<rule_group> out;
  fields in(file, known, problem);
  std::set<std::string> names;
  size_t rules = 0;
  for (const auto& x : in.list("groups")) {
    out.push_back(read_group(x, problem));
    const auto& group = out.back();
    rules += group.rules.size();
    if (problem.empty() && !names.insert(group.name).second)
      problem = "groupname is repeated in the same file";
    if (problem.empty() && (out.size() > most_groups || rules > most_rules))
      problem = fmt::format("there are more than {} groups or {} rules", most_groups, most_rules);
    if (!problem.empty()) {
      problem = fmt::format("group {}: {}", promql::in_quotes(group.name), problem);
      break;
    }
  }
  if (!problem.empty())
    return fail(ec::bad_request, problem);
  return out;
}

} // namespace aops::rulefile
