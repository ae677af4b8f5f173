#include "runtime/base/config_faults.hpp"

#include "runtime/base/config_options.hpp"
#include "runtime/base/json_values.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <sstream>

namespace aops::base {

namespace {

using std::string_view;

constexpr string_view separator = ": ";

/// Takes what stands before the next `: ` off the front; all of it when there is none.
string_view take(string_view& text) {
  auto end = text.find(separator);
  auto part = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + separator.size());
  return part;
}

/// A key, or `notify[0].key`: no blank, and no path.
bool is_key(string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '_' || c == '.' || c == '[' || c == ']' || c == '-';
  });
}

/// `FILE:LINE`; the line stays 0 when there is none.
void read_place(string_view place, config_fault& x) {
  auto colon = place.rfind(':');
  auto digits = colon == place.npos ? string_view{} : place.substr(colon + 1);
  auto [stop, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), x.line);
  bool has_line = !digits.empty() && failed == std::errc{} && stop == digits.data() + digits.size();
  if (!has_line)
    x.line = 0;
  x.file = has_line ? place.substr(0, colon) : place == "configuration" ? string_view{} : place;
}

/// What holds whatever the option, by what stands in the reason.
struct known_remedy {
  string_view reason, remedy;
};
constexpr known_remedy remedies[] = {
  {"unknown key", "write the name as `aops-node default-config` has it, or delete the line"},
  {"unknown section", "write the name as `aops-node default-config` has it, or delete the section"},
  {"did you mean", "write the name that was meant"},
  {"No such file", "name a file that is there, or make it"},
  {"Permission denied", "let the user that the node runs as read it, and write where it is a log"},
  {"cannot be read", "name a file that the user which the node runs as may read"},
  {"is a folder", "name a file, not a folder"},
  {"is no regular file", "name a regular file"},
  {"others may", "take the rights of others away: chmod 600"},
  {"must not be empty", "give it a value, or delete the line to have the default"},
  {"go together", "set both, or neither"},
  {"goes without", "keep one of the two and delete the other"},
  {"expired", "have a new certificate issued"},
  {"does not belong", "name a key and a certificate that were made together"},
};

const option* option_of(const std::vector<option>& all, string_view key) {
  auto found =
    std::find_if(all.begin(), all.end(), [&](const option& o) { return o.name() == key; });
  return found == all.end() ? nullptr : &*found;
}

/// From the option's own description.
std::string remedy_of(const option& o) {
  auto unit = unit_text(o);
  return fmt::format("{} ({}{}default {})", o.doc, unit, unit.empty() ? "" : "; ", toml_value(o));
}

std::string remedy_for(const config_fault& x) {
  if (x.key.empty() && x.reason.starts_with("cannot be read"))
    return "name a file with --config that is there and may be read";
  if (x.key.empty() && x.file == "--set")
    return "write --set section.key=value";
  if (x.key.empty())
    return "mend what TOML does not understand there: texts stand in quotes, sections in brackets";
  for (const auto& known : remedies)
    if (x.reason.find(known.reason) != x.reason.npos)
      return std::string{known.remedy};
  config defaults;
  notify_receiver receiver;
  auto all = options_of(defaults);
  if (const auto* o = option_of(all, x.key))
    return remedy_of(*o);
  auto of_receiver = options_of(receiver);
  for (const auto& o : of_receiver)
    if (x.key.starts_with("notify[") && x.key.ends_with("." + std::string{o.key}))
      return remedy_of(o);
  plugin_program plugin;
  auto of_plugin = options_of(plugin);
  for (const auto& o : of_plugin)
    if (x.key.starts_with("plugins.") && x.key.ends_with("." + std::string{o.key}))
      return remedy_of(o);
  return "see what `aops-node default-config` says of it";
}

config_fault fault_of(string_view line) {
  config_fault x;
  auto rest = line;
  read_place(take(rest), x);
  auto after = rest;
  if (auto key = take(after); is_key(key) && !after.empty()) {
    x.key = key;
    rest = after;
  }
  x.reason = rest;
  x.remedy = remedy_for(x);
  return x;
}

} // namespace

std::vector<config_fault> faults_of(const error& e) {
  std::vector<config_fault> out;
  std::istringstream lines{e.detail};
  for (std::string line; std::getline(lines, line);)
    out.push_back(fault_of(line));
  // Those of a file as they stand in it, where the first one stands.
  for (auto first = out.begin(); first != out.end();) {
    auto end = std::find_if(first, out.end(), [&](const auto& x) { return x.file != first->file; });
    std::stable_sort(first, end, [](const auto& a, const auto& b) { return a.line < b.line; });
    first = end;
  }
  return out;
}

std::string shown(const config_fault& x) {
  std::string place = x.file.empty() ? "configuration" : x.file;
  if (x.line > 0)
    place += fmt::format(":{}", x.line);
  return fmt::format(
    "{}: {}{}{}\n    remedy: {}", place, x.key, x.key.empty() ? "" : separator, x.reason, x.remedy);
}

std::string faults_json(const std::vector<config_fault>& all) {
  auto list = json::array();
  for (const auto& x : all) {
    json row = {{"reason", x.reason}, {"remedy", x.remedy}};
    if (!x.file.empty())
      row["file"] = x.file;
    if (x.line > 0)
      row["line"] = x.line;
    if (!x.key.empty())
      row["key"] = x.key;
    list.push_back(std::move(row));
  }
  return json{{"faults", std::move(list)}}.dump(2, ' ', false, json::error_handler_t::replace);
}

std::string to_json(const config& c) {
  std::ostringstream out;
  out << R"({"faults": [], "configuration": )" << toml::json_formatter{toml::parse(to_toml(c))}
      << "}\n";
  return out.str();
}

} // namespace aops::base
