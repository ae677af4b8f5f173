#include "runtime/core/task/playbook.hpp"

#include "runtime/core/task/refusal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

namespace aops::task {

namespace {

using base::json;

std::string member_of(std::string_view at, std::string_view name) {
  return fmt::format("{}.{}", at, name);
}

std::string item_of(std::string_view at, size_t i) { return fmt::format("{}[{}]", at, i); }

/// The member, null when it is absent or says nothing: YAML's `tasks:` with nothing behind it.
const json* given(const json& object, std::string_view name) {
  auto it = object.find(name);
  return it == object.end() || it->is_null() ? nullptr : &*it;
}

bool is_text(const json& x) {
  return x.is_string() &&
         x.get_ref<const std::string&>().find_first_not_of(" \t\r\n") != std::string::npos;
}

bool are_texts(const json& x) {
  return x.is_array() && !x.empty() && std::all_of(x.begin(), x.end(), is_text);
}

/// Calls `check(item, path)` for each item of a list that may be absent.
template <class Check>
expected<void>
check_list(const json& object, std::string_view name, std::string_view at, Check check) {
  const auto* list = given(object, name);
  if (!list)
    return {};
  auto here = member_of(at, name);
  if (!list->is_array())
    return wrong(here, "must be a list");
  for (size_t i = 0; i < list->size(); ++i)
    if (auto fine = check((*list)[i], item_of(here, i)); !fine)
      return fine;
  return {};
}

expected<void> check_object(const json& object, std::string_view name, std::string_view at) {
  const auto* x = given(object, name);
  if (!x || x->is_object())
    return {};
  return wrong(member_of(at, name), "must be an object");
}

/// A truth value, or a template for one.
expected<void> check_switch(const json& object, std::string_view name, std::string_view at) {
  const auto* x = given(object, name);
  if (!x || x->is_boolean() || is_text(*x))
    return {};
  return wrong(member_of(at, name), "must be true or false");
}

expected<void> check_name(const json& object, std::string_view at) {
  const auto* x = given(object, "name");
  if (!x || x->is_string())
    return {};
  return wrong(member_of(at, "name"), "must be a text");
}

/// Members of a task that do nothing by themselves. One that is not in the list is taken for the
/// module.
constexpr std::array<std::string_view, 24> about_a_task = {
  "name",          "when",         "tags",
  "vars",          "register",     "become",
  "become_user",   "notify",       "until",
  "retries",       "delay",        "loop",
  "loop_control",  "changed_when", "failed_when",
  "no_log",        "environment",  "delegate_to",
  "run_once",      "listen",       "any_errors_fatal",
  "ignore_errors", "args",         "check_mode"};

bool does_something(const json& task) {
  for (auto i = task.begin(); i != task.end(); ++i)
    if (std::find(about_a_task.begin(), about_a_task.end(), i.key()) == about_a_task.end())
      return true;
  return false;
}

expected<void> check_task(const json& task, const std::string& at) {
  if (!task.is_object())
    return wrong(at, "must be an object");
  if (!does_something(task))
    return wrong(at, "names no module");
  if (auto fine = check_name(task, at); !fine)
    return fine;
  if (auto fine = check_object(task, "vars", at); !fine)
    return fine;
  for (const auto* part : {"block", "rescue", "always"})
    if (auto fine = check_list(task, part, at, check_task); !fine)
      return fine;
  return {};
}

expected<void> check_role(const json& role, const std::string& at) {
  if (is_text(role))
    return {};
  if (!role.is_object())
    return wrong(at, "must be the name of a role, or an object");
  for (const auto* name : {"role", "name"})
    if (const auto* x = given(role, name))
      return is_text(*x) ? expected<void>{} : wrong(member_of(at, name), "must be a text");
  return wrong(at, "names no role");
}

/// What a play has beside its hosts.
expected<void> check_parts(const json& play, std::string_view at) {
  if (auto fine = check_name(play, at); !fine)
    return fine;
  if (auto fine = check_object(play, "vars", at); !fine)
    return fine;
  for (const auto* name : {"become", "gather_facts"})
    if (auto fine = check_switch(play, name, at); !fine)
      return fine;
  for (const auto* part : {"tasks", "pre_tasks", "post_tasks", "handlers"})
    if (auto fine = check_list(play, part, at, check_task); !fine)
      return fine;
  return check_list(play, "roles", at, check_role);
}

expected<void> check_hosts(const json& hosts, std::string_view at) {
  if (is_text(hosts) || are_texts(hosts))
    return {};
  return wrong(member_of(at, "hosts"), "must be a text, or a list of texts");
}

expected<void> check_play(const json& play, const std::string& at) {
  if (!play.is_object())
    return wrong(at, "must be a play, which is an object");
  for (const auto* import : {"import_playbook", "ansible.builtin.import_playbook"})
    if (const auto* x = given(play, import))
      return is_text(*x) ? expected<void>{} : wrong(member_of(at, import), "must be a text");
  const auto* hosts = given(play, "hosts");
  if (!hosts)
    return wrong(member_of(at, "hosts"), "is missing");
  if (auto fine = check_hosts(*hosts, at); !fine)
    return fine;
  return check_parts(play, at);
}

} // namespace

expected<void> check_playbook(const json& content, std::string_view at) {
  if (!content.is_array() && !content.is_object())
    return wrong(at, "must be a list of plays, or an object");
  if (content.empty())
    return wrong(at, "is empty");
  if (content.is_array()) {
    for (size_t i = 0; i < content.size(); ++i)
      if (auto fine = check_play(content[i], item_of(at, i)); !fine)
        return fine;
    return {};
  }
  if (const auto* hosts = given(content, "hosts"))
    if (auto fine = check_hosts(*hosts, at); !fine)
      return fine;
  return check_parts(content, at);
}

} // namespace aops::task
