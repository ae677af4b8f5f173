#include "runtime/io/ansible/run_files.hpp"

#include "runtime/base/json_codec.hpp"

#include <fmt/format.h>

#include <set>

namespace aops::ansible {

namespace {

using base::json;

constexpr std::string_view name_characters =
  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 96 &&
         text.find_first_not_of(name_characters) == std::string_view::npos;
}

std::string dumped(const json& x) { return x.dump(-1, ' ', false, json::error_handler_t::replace); }

/// A text that Ansible takes as it is: braces in it are no template.
json literal(std::string_view text) { return {{"__ansible_unsafe", std::string{text}}}; }

/// The key of each host in a file of its own: hosts may have the same address, and ssh processes
/// write at the same time. What is known already may only be confirmed; a first key is taken.
std::string ssh_arguments(const target& host, const std::string& folder) {
  return fmt::format("-o HostKeyAlias={} -o UserKnownHostsFile={}/known/{} -o "
                     "StrictHostKeyChecking={}",
                     host.id,
                     folder,
                     host.id,
                     host.host_keys.empty() ? "accept-new" : "yes");
}

json variables_of(const target& host, const std::string& folder) {
  auto vars = json::parse(host.vars, nullptr, false);
  if (!vars.is_object())
    vars = json::object();
  vars["aops_host_name"] = literal(host.name);
  vars["ansible_host"] = host.address;
  vars["ansible_port"] = host.port;
  vars["ansible_ssh_common_args"] = ssh_arguments(host, folder);
  if (!host.username.empty())
    vars["ansible_user"] = literal(host.username);
  if (!host.password.text.empty())
    vars["ansible_password"] = literal(host.password.text);
  if (!host.sudo_password.text.empty())
    vars["ansible_become_password"] = literal(host.sudo_password.text);
  vars["ansible_become_method"] = host.uses_su ? "su" : "sudo";
  if (!host.private_key.text.empty())
    vars["ansible_ssh_private_key_file"] = fmt::format("{}/keys/{}", folder, host.id);
  return vars;
}

} // namespace

bool is_plain_folder(std::string_view folder) {
  return folder.starts_with('/') &&
         folder.find_first_not_of(
           "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
           "/+@") == std::string_view::npos;
}

std::string ansible_settings(const std::string& folder, const std::string& sockets) {
  return fmt::format("[defaults]\n"
                     "gathering = implicit\n" // Ansible's default, which playbooks count on.
                     "host_key_checking = True\n"
                     "retry_files_enabled = False\n"
                     "local_tmp = {0}/tmp\n"
                     "interpreter_python = auto_silent\n"
                     "force_valid_group_names = ignore\n"
                     "deprecation_warnings = False\n"
                     "timeout = 10\n"
                     "nocows = True\n"
                     "nocolor = True\n"
                     "no_target_syslog = True\n" // Arguments of modules may hold secrets.
                     "[inventory]\n"
                     "enable_plugins = yaml\n"
                     "[ssh_connection]\n"
                     "pipelining = True\n"
                     "retries = 0\n"
                     "control_path_dir = {1}\n"
                     "ssh_args = -F {0}/ssh_config -o ControlMaster=auto -o ControlPersist=60s\n",
                     folder,
                     sockets);
}

std::string ssh_settings() {
  return "Host *\n"
         "  HashKnownHosts no\n"
         "  UpdateHostKeys no\n"
         "  CheckHostIP no\n"
         "  GlobalKnownHostsFile /dev/null\n"
         "  IdentitiesOnly yes\n"
         "  IdentityFile none\n"
         "  IdentityAgent none\n"
         "  ForwardAgent no\n"
         "  ForwardX11 no\n"
         "  ClearAllForwardings yes\n"
         "  PermitLocalCommand no\n"
         "  ServerAliveInterval 10\n"
         "  ServerAliveCountMax 3\n"
         "  LogLevel ERROR\n";
}

expected<std::string> inventory(const play_order& order, const std::string& folder) {
  json hosts = json::object(), groups = json::object();
  for (const auto& host : order.hosts) {
    hosts[host.id] = variables_of(host, folder);
    for (const auto& group : host.groups)
      groups[group]["hosts"][host.id] = json::object();
  }
  json all{{"hosts", std::move(hosts)}};
  groups.erase("all");
  groups.erase("ungrouped");
  if (!groups.empty())
    all["children"] = std::move(groups);
  return dumped({{"all", std::move(all)}});
}

expected<std::string> marked_playbook(const play_order& order) {
  auto plays = base::parse_json(order.playbook);
  if (!plays)
    return fail(ec::bad_request, "playbook: " + plays.error().detail);
  if (!plays->is_array() || plays->empty())
    return fail(ec::bad_request, "playbook: must be a list of plays");
  for (auto& play : *plays) {
    if (!play.is_object())
      return fail(ec::bad_request, "playbook: must be a list of plays");
    if (!play.contains("hosts"))
      continue; // It imports another playbook.
    auto& environment = play["environment"];
    if (environment.is_null())
      environment = json::array();
    else if (!environment.is_array())
      environment = json::array({environment});
    environment.push_back({{"AOPS_RUN", order.run}});
  }
  return dumped(*plays);
}

expected<void> check_order(const play_order& order) {
  if (!is_name(order.run))
    return fail(ec::bad_request, "run: must be a name of letters, digits and `-`");
  if (order.hosts.empty())
    return fail(ec::bad_request, "hosts: must not be empty");
  std::set<std::string_view> ids;
  for (const auto& host : order.hosts)
    if (!is_name(host.id) || !ids.insert(host.id).second)
      return fail(ec::bad_request,
                  "hosts: each must have an id of its own of letters, digits and `-`");
  return {};
}

std::vector<std::string_view> secrets_of(const play_order& order) {
  std::vector<std::string_view> out;
  for (const auto& secret : order.secrets)
    out.push_back(secret.text);
  for (const auto& host : order.hosts)
    for (const auto* secret : {&host.password, &host.sudo_password, &host.private_key})
      out.push_back(secret->text);
  return out;
}

expected<play_order> remnants_order(std::string_view runs, std::vector<target> hosts) {
  if (!is_name(runs) || runs.size() > 80)
    return fail(ec::bad_request, "runs: must be letters, digits and `-`");
  // Arguments of a fixed script: nothing of `runs` is read as one.
  constexpr const char* script =
    "them() { grep -lasz \"^AOPS_RUN=$1\" /proc/[0-9]*/environ | tr -dc '0-9\\n'; }\n"
    "found=$(them \"$1\"); [ -n \"$found\" ] || { echo 0; exit 0; }\n"
    "kill -TERM $found 2>/dev/null; n=0; left=$found\n"
    "while [ $n -lt 20 ]; do left=$(them \"$1\"); [ -n \"$left\" ] || break; sleep 0.1; "
    "n=$((n+1)); "
    "done\n"
    "[ -z \"$left\" ] || kill -KILL $left 2>/dev/null\n"
    "echo \"$found\" | wc -l\n";
  play_order order;
  order.run = fmt::format("end-{}", runs);
  order.playbook =
    dumped(json::array({{{"name", "End what was left running"},
                         {"hosts", "all"},
                         {"become", true},
                         {"gather_facts", false},
                         {"tasks",
                          json::array({{{"name", "Processes of earlier runs"},
                                        {"ansible.builtin.command",
                                         {{"argv", {"/bin/sh", "-c", script, "sh", runs}}}}}})}}}));
  order.hosts = std::move(hosts);
  order.timeout = std::chrono::minutes{2};
  return order;
}

} // namespace aops::ansible
