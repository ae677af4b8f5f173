#include "runtime/core/task/template_warnings.hpp"

#include "runtime/core/task/jinja_names.hpp"
#include "runtime/core/task/modules.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aops::task {

namespace {

using base::json;

/// What a task says beside its module.
const std::set<std::string_view>& keywords() {
  static const std::set<std::string_view> it = {"action",
                                                "always",
                                                "any_errors_fatal",
                                                "args",
                                                "async",
                                                "become",
                                                "become_exe",
                                                "become_flags",
                                                "become_method",
                                                "become_user",
                                                "block",
                                                "changed_when",
                                                "check_mode",
                                                "collections",
                                                "connection",
                                                "debugger",
                                                "delay",
                                                "delegate_facts",
                                                "delegate_to",
                                                "diff",
                                                "environment",
                                                "failed_when",
                                                "ignore_errors",
                                                "ignore_unreachable",
                                                "listen",
                                                "local_action",
                                                "loop",
                                                "loop_control",
                                                "module_defaults",
                                                "name",
                                                "no_log",
                                                "notify",
                                                "poll",
                                                "port",
                                                "register",
                                                "remote_user",
                                                "rescue",
                                                "retries",
                                                "run_once",
                                                "tags",
                                                "throttle",
                                                "timeout",
                                                "until",
                                                "vars",
                                                "when"};
  return it;
}

/// What Ansible and aops define by themselves.
bool is_always_there(std::string_view name) {
  constexpr std::string_view known[] = {
    "item",      "groups",    "group_names", "hostvars",      "inventory_hostname",
    "vars",      "omit",      "play_hosts",  "playbook_dir",  "inventory_hostname_short",
    "role_name", "role_path", "environment", "inventory_dir", "inventory_file",
    "packages",  "services",  "role_names",  "undef",         "loop",
    "undefined"};
  return name.starts_with("ansible_") || name.starts_with("aops_host") ||
         name.starts_with("getent_") || name == "aops_check" ||
         std::find(std::begin(known), std::end(known), name) != std::end(known);
}

const json* member(const json& x, std::string_view name) {
  if (!x.is_object())
    return nullptr;
  auto i = x.find(name);
  return i == x.end() ? nullptr : &*i;
}

std::string_view text(const json* x) {
  return x && x->is_string() ? std::string_view{x->get_ref<const std::string&>()}
                             : std::string_view{};
}

bool is_templated(std::string_view x) { return x.find("{{") != x.npos; }

/// The name without its collection, when that is Ansible's own.
std::string_view short_name(std::string_view module) {
  for (std::string_view of : {"ansible.builtin.", "ansible.legacy."})
    if (module.starts_with(of))
      return module.substr(of.size());
  return module;
}

class inspector {
public:
  explicit inspector(const template_parts& x) : x_(x) {}

  std::vector<std::string> inspect() {
    for (const auto& p : x_.parameters)
      defined_.insert(p.name);
    for (const auto& [name, content] : x_.files)
      read_file(name, content);
    read_playbook(x_.playbook, x_.playbook_name);
    if (is_sure_)
      for (const auto& [name, at] : used_)
        if (!defined_.contains(name) && !is_always_there(name))
          warn(fmt::format("{}: nothing defines `{}`; it must come with `vars`", at, name));
    return std::move(warnings_);
  }

private:
  void warn(std::string what) {
    if (warnings_.size() < most_warnings)
      warnings_.push_back(std::move(what));
  }

  static bool has_folder(std::string_view name, std::string_view folder) {
    return name.starts_with(std::string{folder} + "/") ||
           name.find(fmt::format("/{}/", folder)) != name.npos;
  }

  void read_file(const std::string& name, const json& content) {
    if (name == x_.playbook_name || name == "aops.yml")
      return;
    for (const auto* folder : {"defaults", "vars", "group_vars", "host_vars"})
      if (has_folder(name, folder)) {
        define_members(content);
        read_values(content, name);
        return;
      }
    for (const auto* folder : {"meta", "files", "templates"})
      if (has_folder(name, folder))
        return;
    if (content.is_array() && !content.empty() && member(content[0], "hosts"))
      read_playbook(content, name);
    else if (content.is_array())
      read_tasks(content, name);
  }

  void define_members(const json& x) {
    if (x.is_object())
      for (auto i = x.begin(); i != x.end(); ++i)
        defined_.insert(i.key());
  }

  void define(const json* x) {
    if (auto name = text(x); !name.empty())
      defined_.insert(std::string{name});
  }

  // -- plays

  void read_playbook(const json& plays, const std::string& at) {
    if (plays.is_object())
      read_play(plays, at);
    else
      for (size_t i = 0; i < plays.size(); ++i)
        read_play(plays[i], fmt::format("{}[{}]", at, i));
  }

  void read_play(const json& play, const std::string& at) {
    for (const auto* name : {"import_playbook", "ansible.builtin.import_playbook"})
      if (const auto* file = member(play, name)) {
        need_file(text(file));
        return;
      }
    read_shared(play, at);
    if (const auto* prompts = member(play, "vars_prompt"); prompts && prompts->is_array())
      for (const auto& x : *prompts)
        define(member(x, "name"));
    if (const auto* files = member(play, "vars_files"))
      for (const auto& x : files->is_array() ? *files : json::array({*files}))
        need_file(text(&x));
    if (const auto* roles = member(play, "roles"); roles && roles->is_array())
      for (const auto& role : *roles) {
        need_role(role);
        define_members(role);
        if (const auto* vars = member(role, "vars"))
          define_members(*vars);
        read_values(role, at + ".roles");
      }
    for (const auto* part : {"pre_tasks", "tasks", "post_tasks", "handlers"})
      if (const auto* tasks = member(play, part))
        read_tasks(*tasks, fmt::format("{}.{}", at, part));
  }

  /// What plays and tasks both have.
  void read_shared(const json& x, const std::string& at) {
    if (member(x, "collections"))
      knows_short_names_ = false;
    if (const auto* vars = member(x, "vars")) {
      define_members(*vars);
      read_values(*vars, at + ".vars");
    }
  }

  // -- tasks

  void read_tasks(const json& tasks, const std::string& at) {
    if (tasks.is_array())
      for (size_t i = 0; i < tasks.size(); ++i)
        read_task(tasks[i], fmt::format("{}[{}]", at, i));
  }

  void read_task(const json& task, const std::string& at) {
    if (!task.is_object())
      return;
    read_shared(task, at);
    define(member(task, "register"));
    if (const auto* control = member(task, "loop_control"))
      for (const auto* name : {"loop_var", "index_var", "extended"})
        define(member(*control, name));
    bool is_block = false;
    for (const auto* part : {"block", "rescue", "always"})
      if (const auto* tasks = member(task, part)) {
        is_block = true;
        read_tasks(*tasks, fmt::format("{}.{}", at, part));
      }
    if (is_block)
      return;
    for (auto i = task.begin(); i != task.end(); ++i) {
      if (i.key() != "vars" && i.key() != "name")
        read_values(i.value(), at);
      if (!keywords().contains(i.key()) && !i.key().starts_with("with_"))
        read_module(i.key(), i.value(), at);
    }
  }

  void read_module(const std::string& module, const json& arguments, const std::string& at) {
    auto name = short_name(module);
    if (name == "set_fact" || name == "add_host")
      define_members(arguments);
    if (name == "set_fact" && arguments.is_string())
      is_sure_ = false; // `a=1 b=2`
    if (name == "include_vars")
      need_variables(arguments);
    if (name == "import_role" || name == "include_role")
      need_role(arguments);
    if (name == "import_tasks" || name == "include_tasks" || name == "include")
      need_file(arguments.is_object() ? text(member(arguments, "file")) : text(&arguments));
    if (name == "import_role" || name == "include_role" || name == "include" ||
        name == "import_tasks" || name == "include_tasks" || is_module(module) || is_own(module))
      return;
    bool is_short = module.find('.') == module.npos;
    if (!is_short || knows_short_names_)
      warn(fmt::format("{}: no module `{}` is known here{}", at, module, nearest_module(module)));
  }

  /// Whether the package brings it.
  bool is_own(std::string_view module) const {
    auto file = fmt::format("library/{}.", module);
    return std::any_of(x_.names.begin(), x_.names.end(), [&](const std::string& name) {
      return name.starts_with(file) || name.find("/" + file) != name.npos ||
             name.starts_with("collections/");
    });
  }

  // -- what must be there for us to know all variables

  void need_role(const json& role) {
    auto name =
      role.is_object() ? text(member(role, member(role, "role") ? "role" : "name")) : text(&role);
    auto folder = fmt::format("roles/{}/", name);
    bool is_there = std::any_of(x_.names.begin(), x_.names.end(), [&](const std::string& file) {
      return file.starts_with(folder);
    });
    if (!is_there)
      is_sure_ = false;
  }

  void need_file(std::string_view name) {
    if (is_templated(name) && !x_.files.empty())
      return; // All files that are there are read anyway.
    auto is_it = [&](const auto& file) {
      return file.first == name || file.first.ends_with("/" + std::string{name});
    };
    if (name.empty() || std::none_of(x_.files.begin(), x_.files.end(), is_it))
      is_sure_ = false;
    else
      for (const auto& file : x_.files)
        if (is_it(file))
          define_members(file.second);
  }

  void need_variables(const json& arguments) {
    if (arguments.is_object() && (member(arguments, "dir") || member(arguments, "name")))
      is_sure_ = false;
    else
      need_file(arguments.is_object() ? text(member(arguments, "file")) : text(&arguments));
  }

  void read_values(const json& x, const std::string& at) {
    if (x.is_string()) {
      for (auto& name : names_read(x.get_ref<const std::string&>()))
        used_.emplace(std::move(name), at);
    } else if (x.is_structured()) {
      for (const auto& value : x)
        read_values(value, at);
    }
  }

  const template_parts& x_;
  std::set<std::string, std::less<>> defined_;
  std::map<std::string, std::string> used_; ///< Name to where it is read first.
  std::vector<std::string> warnings_;
  bool is_sure_ = true, knows_short_names_ = true;
};

} // namespace

std::vector<std::string> warnings_of(const template_parts& x) { return inspector{x}.inspect(); }

} // namespace aops::task
