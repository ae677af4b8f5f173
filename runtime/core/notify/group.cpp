#include "runtime/core/notify/group.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/base/json_codec.hpp"
#include "runtime/base/time_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace aops::notify {

namespace {

using base::json;

constexpr size_t most_causes = 3;

std::vector<std::string> texts_in(const json& list) {
  std::vector<std::string> out;
  if (list.is_array())
    for (const auto& x : list)
      if (x.is_string())
        out.push_back(x.get<std::string>());
  return out;
}

json causes_in(const report_info& x) {
  auto causes = json::parse(x.root_causes.text, nullptr, false);
  return causes.is_array() ? causes : json::array();
}

std::string cause_text(const json& cause) {
  auto text = fmt::format("{}", fmt::join(texts_in(cause.value("path", json{})), " > "));
  if (auto more = cause.value("description", ""); !more.empty())
    text += ": " + more;
  if (!cause.value("certain", true))
    text += " (not certain)";
  return text;
}

} // namespace

expected<int64_t> parse_rfc3339(std::string_view text) { return base::parse_rfc3339(text); }

host_hints hints_of(const label_set& labels) {
  host_hints out;
  auto get = [&](const char* name) {
    auto it = labels.find(name);
    return it == labels.end() ? std::string{} : it->second;
  };
  auto add = [&](std::string name) {
    if (!name.empty() && std::find(out.names.begin(), out.names.end(), name) == out.names.end())
      out.names.push_back(std::move(name));
  };
  out.id = get("host_id");
  for (const auto* name : {"host", "nodename", "hostname"})
    add(get(name));
  auto instance = get("instance");
  if (instance.starts_with('[')) { // An address of IPv6 with a port.
    auto end = instance.find(']');
    add(instance.substr(1, end == instance.npos ? end : end - 1));
  } else if (auto colon = instance.find(':');
             colon != instance.npos && instance.find(':', colon + 1) == instance.npos) {
    std::from_chars(instance.data() + colon + 1, instance.data() + instance.size(), out.port);
    add(instance.substr(0, colon));
  } else {
    add(instance);
  }
  return out;
}

std::string diagnosis_id(std::string_view owner, std::string_view group_key, int64_t began_ms) {
  constexpr size_t digits = 20; // As ids are made, so that they sort by time.
  return fmt::format("{:012x}", began_ms & 0xffff'ffff'ffff) +
         base::sha256_hex(fmt::format("alert group\n{}\n{}\n{}", owner, began_ms, group_key))
           .substr(0, digits);
}

std::vector<std::string> trees_of(const std::vector<std::string>& pairs, std::string_view alert) {
  std::vector<std::string> out;
  for (const auto& pair : pairs)
    if (auto equals = pair.find('='); equals != pair.npos && pair.compare(0, equals, alert) == 0)
      out.push_back(pair.substr(equals + 1));
  return out;
}

bool has_cause(const report_info& x) { return x.error.empty() && !causes_in(x).empty(); }

std::string cause_of(const report_info& x) {
  if (!x.error.empty())
    return fmt::format("{}: not judged: {}", x.tree_name, x.error);
  auto causes = causes_in(x);
  std::string out;
  for (size_t i = 0; i < causes.size() && i < most_causes; ++i)
    out += (out.empty() ? "" : "; ") + cause_text(causes[i]);
  if (causes.size() > most_causes)
    out += fmt::format("; and {} more", causes.size() - most_causes);
  if (out.empty())
    out =
      x.tree_name + (x.verdict == "false" ? ": no fault found" : ": not decided, data is missing");
  return out;
}

} // namespace aops::notify
