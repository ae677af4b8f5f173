#include "runtime/core/task/allowed_commands.hpp"

#include "runtime/base/json_codec.hpp"
#include "runtime/base/near_name.hpp"
#include "runtime/core/task/refusal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <re2/re2.h>
#include <set>

namespace aops::task {

namespace {

using base::json;

constexpr size_t longest_name = 64;
constexpr int64_t most_seconds = 3600;

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= longest_name &&
         text.find_first_not_of(
           "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") ==
           std::string_view::npos;
}

/// Calls `use(name)` for each `{name}`.
template <class Use>
void each_mark(std::string_view text, Use use) {
  for (size_t at = 0; (at = text.find('{', at)) != std::string_view::npos;) {
    auto end = text.find('}', at);
    if (end == std::string_view::npos)
      return;
    if (auto name = text.substr(at + 1, end - at - 1); is_name(name))
      use(name);
    at = end + 1;
  }
}

expected<void> read_arguments(const json& from, const std::string& at, known_command& to) {
  if (!from.is_object())
    return wrong(at, "must be an object of names and regular expressions");
  for (const auto& [name, pattern] : from.items()) {
    auto here = fmt::format("{}.{}", at, name);
    if (!is_name(name) || name == file_argument)
      return wrong(here, "is no name for an argument");
    if (!pattern.is_string())
      return wrong(here, "must be a regular expression");
    RE2 expression(pattern.get<std::string>(), RE2::Quiet);
    if (!expression.ok())
      return wrong(here, "is no regular expression: " + expression.error());
    to.args[name] = pattern.get<std::string>();
  }
  return {};
}

expected<void> read_argv(const json& from, const std::string& at, known_command& to) {
  if (!from.is_array() || from.empty() ||
      !std::all_of(from.begin(), from.end(), [](const json& x) { return x.is_string(); }))
    return wrong(at, "must be a list of texts: a program and its arguments");
  to.argv = from.get<std::vector<std::string>>();
  if (to.argv.front().empty() || to.argv.front().find('{') != std::string::npos)
    return wrong(at, "must begin with a program");
  return {};
}

/// Each mark has its argument, each argument its mark.
expected<void> check_marks(const known_command& x, const std::string& at) {
  std::set<std::string, std::less<>> marks;
  for (const auto& part : x.argv)
    each_mark(part, [&](std::string_view name) { marks.emplace(name); });
  for (const auto& name : marks)
    if (name != file_argument && !x.args.contains(name))
      return wrong(at, fmt::format("says nothing of `{{{}}}`", name));
  for (const auto& [name, pattern] : x.args)
    if (!marks.contains(name))
      return wrong(fmt::format("{}.{}", at, name), "stands nowhere in argv");
  return {};
}

expected<known_command> read_command(const json& from, const std::string& at) {
  if (!from.is_object())
    return wrong(at, "must be an object");
  known_command out;
  for (const auto& [name, value] : from.items()) {
    auto here = fmt::format("{}.{}", at, name);
    expected<void> read;
    if (name == "argv")
      read = read_argv(value, here, out);
    else if (name == "args")
      read = read_arguments(value, here, out);
    else if (name == "description" && value.is_string())
      out.description = value.get<std::string>();
    else if (name == "as_root" && value.is_boolean())
      out.as_root = value.get<bool>();
    else if (name == "timeout" && value.is_number_integer() && value >= 1 && value <= most_seconds)
      out.seconds = value.get<int64_t>();
    else
      read = wrong(here, "is unknown, or of a wrong kind");
    if (!read)
      return fail(std::move(read.error()));
  }
  if (out.argv.empty())
    return wrong(at + ".argv", "is missing");
  if (auto fine = check_marks(out, at + ".args"); !fine)
    return fail(std::move(fine.error()));
  return out;
}

expected<std::string> filled(const std::string& part,
                             const std::map<std::string, std::string>& args) {
  std::string out;
  for (size_t at = 0; at < part.size();) {
    auto end = part[at] == '{' ? part.find('}', at) : std::string::npos;
    auto it = end == std::string::npos ? args.end() : args.find(part.substr(at + 1, end - at - 1));
    if (it == args.end()) {
      out += part[at++];
      continue;
    }
    // `{unit}` as a word of its own: the program must not take it for an option.
    if (out.empty() && it->second.starts_with('-'))
      return wrong("args." + it->first, "must not begin with `-`");
    out += it->second;
    at = end + 1;
  }
  return out;
}

} // namespace

expected<known_commands> parse_commands(std::string_view text) {
  auto list = base::parse_json(text);
  if (!list)
    return fail(std::move(list.error()));
  if (!list->is_object())
    return fail(ec::bad_request, "must be an object of commands by name");
  known_commands out;
  for (const auto& [name, value] : list->items()) {
    if (!is_name(name))
      return wrong(name.substr(0, longest_name), "is no name for a command");
    auto command = read_command(value, name);
    if (!command)
      return fail(std::move(command.error()));
    out.emplace(name, std::move(*command));
  }
  return out;
}

expected<command_line> command_with(const known_commands& known,
                                    const std::string& id,
                                    const std::map<std::string, std::string>& args,
                                    bool takes_file) {
  auto it = known.find(id);
  if (it == known.end())
    return wrong("command_id", "is none of the commands that may be run");
  const auto& command = it->second;
  for (const auto& [name, value] : args)
    if (!command.args.contains(name))
      return wrong("args", fmt::format("{} has no argument of this name", id));
  for (const auto& [name, pattern] : command.args) {
    auto given = args.find(name);
    if (given == args.end())
      return wrong("args." + name, "is missing");
    if (given->second.find('\0') != std::string::npos || !RE2::FullMatch(given->second, pattern))
      return wrong("args." + name, "must match " + pattern);
  }
  command_line out{{}, command.as_root, command.seconds};
  for (const auto& part : command.argv) {
    bool has_file = false;
    each_mark(part, [&](std::string_view name) { has_file = has_file || name == file_argument; });
    if (has_file && !takes_file)
      return wrong("command_id", "is for files that are to be judged");
    auto word = filled(part, args);
    if (!word)
      return fail(std::move(word.error()));
    out.argv.push_back(std::move(*word));
  }
  return out;
}

} // namespace aops::task
