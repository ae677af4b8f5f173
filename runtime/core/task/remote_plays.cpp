#include "runtime/core/task/remote_plays.hpp"

#include "runtime/base/base64.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/fitting.hpp"
#include "runtime/base/json_codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace aops::task {

namespace {

using base::json;

/// What one action brings of files at most: what a play tells of an action is limited.
constexpr int64_t most_told_bytes = 1 << 20;

/// How deep what a module returns nests at most.
constexpr size_t most_depth = 16;

/// What is kept of texts that a host tells of a file, each.
constexpr size_t most_words = 1000, most_output = 32'768;

/// What `timeout` adds until it kills, and what a module needs around a command.
constexpr int64_t kill_after = 5, around_a_command = 10;

std::string dumped(const json& x) { return x.dump(-1, ' ', false, json::error_handler_t::replace); }

/// Taken as it is: braces in it are no template.
json literal(std::string_view text) { return {{"__ansible_unsafe", std::string{text}}}; }

std::string playbook(const char* name, json tasks, bool as_root) {
  return dumped(json::array({{{"name", name},
                              {"hosts", "all"},
                              {"become", as_root},
                              {"gather_facts", false},
                              {"tasks", std::move(tasks)}}}));
}

json command_in(const command_line& x) {
  json argv = json::array();
  for (const auto& part : x.argv)
    argv.push_back(literal(part));
  return {{"argv", std::move(argv)}, {"seconds", x.seconds}};
}

std::string text_at(const json& object, const char* name) {
  auto it = object.find(name);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string{};
}

std::string cut(std::string_view text, size_t most) {
  return std::string{base::fitting(text, most)};
}

/// Nothing is lost or replaced when it is written as JSON.
bool is_text(const std::string& bytes) {
  json text = bytes;
  return text.dump(-1, ' ', false, json::error_handler_t::ignore) ==
         text.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// The list `told` of what the module returned; empty when it is none.
json told_in(std::string_view result) {
  auto x = base::parse_json(result, most_depth);
  if (!x || !x->is_object() || !x->contains("told") || !(*x)["told"].is_array())
    return json::array();
  return std::move((*x)["told"]);
}

bool is_state(std::string_view text) {
  constexpr std::string_view states[] = {"pushed", "unchanged", "refused", "rolled_back", "failed"};
  return std::find(std::begin(states), std::end(states), text) != std::end(states);
}

void take_file(const json& file, const std::string& path, host_configs_collected& to) {
  auto content = base::from_base64(text_at(file, "content"));
  auto is_read = file.contains("content") && content && is_text(*content);
  if (is_read) {
    to.infos.push_back({path,
                        std::move(*content),
                        cut(text_at(file, "mode"), most_words),
                        cut(text_at(file, "owner"), most_words)});
    to.success_files.push_back(path);
  } else {
    to.fail_files.push_back(path);
    to.fail_reasons.push_back({path,
                               file.contains("content")
                                 ? "is no text in UTF-8"
                                 : cut(text_at(file, "reason"), most_words)});
  }
}

} // namespace

std::string facts_playbook() {
  // Without root most of it is known, too: who may not become root learns that.
  json as_root{{"name", "Hardware and system"}, {"aops_system", json::object()}};
  auto as_user = as_root;
  as_user["become"] = false;
  return playbook(
    "Hardware and system",
    json::array({{{"block", json::array({as_root})}, {"rescue", json::array({as_user})}}}),
    true);
}

std::string collect_playbook(int64_t limit) {
  json read{
    {"name", "Read files"},
    {"aops_files", {{"files", "{{ aops_files }}"}, {"limit", limit}, {"budget", most_told_bytes}}}};
  return playbook("Read files", json::array({std::move(read)}), true);
}

std::string collect_vars(const std::vector<file_to_check>& files) {
  json out = json::array();
  for (const auto& file : files) {
    json x{{"path", literal(file.path)}};
    if (!file.known.empty())
      x["known"] = file.known;
    out.push_back(std::move(x));
  }
  return dumped({{"aops_files", std::move(out)}});
}

std::string known_digest(std::string_view mode, std::string_view owner, std::string_view content) {
  return base::sha256_hex(fmt::format("{}\n{}\n{}", mode, owner, content));
}

std::vector<file_to_check> take_collected(std::string_view result,
                                          const std::vector<file_to_check>& asked,
                                          host_files_checked& to) {
  std::map<std::string, bool, std::less<>> open; // Whether something is known of it.
  for (const auto& file : asked)
    open.emplace(file.path, !file.known.empty());
  for (const auto& file : told_in(result)) {
    auto path = text_at(file, "path");
    auto it = open.find(path);
    if (it == open.end())
      continue;
    if (it->second && file.contains("same"))
      to.unchanged.push_back(path);
    else
      take_file(file, path, to.read);
    open.erase(it);
  }
  std::vector<file_to_check> left;
  for (const auto& file : asked)
    if (open.contains(file.path))
      left.push_back(file);
  return left;
}

std::string push_playbook() {
  json write{{"name", "Replace files"},
             {"aops_files", {{"files", "{{ aops_files }}"}, {"pushes", true}}}};
  return playbook("Replace files", json::array({std::move(write)}), true);
}

std::string push_vars(const std::vector<prepared_file>& files) {
  json out = json::array();
  for (const auto& [file, validate, activate] : files) {
    json x{{"path", literal(file->path)}, {"content", base::to_base64(file->content)}};
    if (file->mode)
      x["mode"] = *file->mode;
    if (file->owner)
      x["owner"] = literal(*file->owner);
    if (validate)
      x["validate"] = command_in(*validate);
    if (activate)
      x["activate"] = command_in(*activate);
    out.push_back(std::move(x));
  }
  return dumped({{"aops_files", std::move(out)}});
}

std::vector<pushed_file> take_pushed(std::string_view result,
                                     const std::vector<prepared_file>& files,
                                     const std::string& reason) {
  auto told = told_in(result);
  std::vector<pushed_file> out;
  for (size_t i = 0; i < files.size(); ++i) {
    pushed_file x{files[i].file->host_id, files[i].file->path, "failed", {}, {}, reason};
    if (i < told.size() && told[i].is_object()) {
      auto state = text_at(told[i], "state");
      x.state = is_state(state) ? state : "failed";
      x.backup = cut(text_at(told[i], "backup"), most_words);
      x.output = cut(text_at(told[i], "output"), most_output);
      x.reason = cut(text_at(told[i], "reason"), most_words);
    }
    out.push_back(std::move(x));
  }
  return out;
}

std::string command_playbook(const command_line& command, std::string_view follow) {
  // Where it runs `timeout` ends it, whatever becomes of this play.
  json argv = json::array(
    {"timeout", fmt::format("--kill-after={}", kill_after), std::to_string(command.seconds)});
  for (const auto& part : command.argv)
    argv.push_back(literal(part));
  json run{{"name", "Run a command"}, {"aops_command", {{"argv", std::move(argv)}}}};
  if (!follow.empty()) {
    // Two hosts may be one machine.
    run["aops_command"]["follow"] = std::string{follow} + "-{{ inventory_hostname }}";
    run["register"] = "aops_ran";
    run["until"] = "aops_ran.ended | default(true)";
    run["retries"] =
      64 + 2 * (command.seconds + kill_after + around_a_command); // Each takes 0.7 s at least.
    run["delay"] = 0;
  }
  return playbook("Run a command", json::array({std::move(run)}), command.as_root);
}

int64_t push_seconds(const std::vector<prepared_file>& files) {
  int64_t out = 0;
  for (const auto& file : files) {
    if (file.validate)
      out += file.validate->seconds + around_a_command;
    if (file.activate)
      out += 2 * (file.activate->seconds + around_a_command);
  }
  return out;
}

} // namespace aops::task
