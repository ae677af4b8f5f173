#include "cli/aops/common.hpp"
#include "cli/aops/text.hpp"

#include <fmt/format.h>

namespace aops::cli {

namespace {

const std::vector<std::string> host_columns = {
  "host_id", "host_name", "host_group_name", "public_ip", "ssh_port", "management", "status", "*"};

expected<json> new_host(session& s) {
  const auto& args = s.args;
  for (const auto* needed : {"host_name", "host_group_name", "public_ip", "username"})
    if (!args.has(needed))
      return fail(ec::bad_request, fmt::format("add needs --{}", needed));
  auto names = args.list("host_name");
  if (!names)
    return fail(names.error());
  if (names->size() != 1)
    return fail(ec::bad_request, "add takes exactly one --host_name");
  json host = {{"host_name", names->front()},
               {"host_group_name", args.text("host_group_name")},
               {"public_ip", args.text("public_ip")},
               {"ssh_port", args.whole("ssh_port")},
               {"management", args.on("management")},
               {"username", args.text("username")}};
  if (args.has("exporter_port"))
    host["exporter_port"] = args.whole("exporter_port");
  return host;
}

int add(session& s) {
  auto host = new_host(s);
  if (!host)
    return s.complain(host.error());
  auto password = s.secret("password", "AOPS_HOST_PASSWORD", "SSH password of the host");
  if (!password)
    return s.complain(password.error());
  auto sudo = s.secret("sudo_password", "AOPS_HOST_SUDO_PASSWORD", "root password of the host");
  if (!sudo)
    return s.complain(sudo.error());
  auto key = s.secret("key", "AOPS_VAULT_KEY", "Vault key that seals the passwords");
  if (!key)
    return s.complain(key.error());
  (*host)["password"] = *password;
  (*host)["sudo_password"] = *sudo;
  return s.show(s.post("/manage/host/add", {{"host_list", json::array({*host})}, {"key", *key}}),
                {});
}

int remove(session& s) {
  auto hosts = at_least_one(s.args, "host_list", "delete");
  if (!hosts)
    return s.complain(hosts.error());
  auto ids = s.host_ids(*hosts);
  if (!ids)
    return s.complain(ids.error());
  return s.show(s.remove("/manage/host/delete", {{"host_list", *ids}}), {});
}

/// Puts what is known of each host's hardware and system beside its row.
expected<void> add_infos(session& s, json& reply) {
  json ids = json::array();
  for (const auto& host : member(reply, "host_infos"))
    ids.push_back(text_of(host, "host_id"));
  if (ids.empty())
    return {};
  auto details = s.fetch("/manage/host/info/query", {{"host_list", ids}, {"basic", false}});
  if (!details)
    return fail(details.error());
  for (auto& host : reply["host_infos"])
    for (const auto& detail : member(*details, "host_infos"))
      if (text_of(detail, "host_id") == text_of(host, "host_id"))
        host["infos"] = member(detail, "infos");
  return {};
}

int query(session& s) {
  json body = json::object();
  if (auto done = add_list(body, s.args, "host_group_name", "host_group_list"); !done)
    return s.complain(done.error());
  if (s.args.has("management"))
    body["management"] = s.args.on("management");
  add_sort(body, s.args);
  add_paging(body, s.args);
  auto reply = s.post("/manage/host/get", body);
  if (reply && succeeded(*reply) && s.args.on("verbose"))
    if (auto done = add_infos(s, *reply); !done)
      return s.complain(done.error());
  return s.show(reply, {view::kind::listing, "host_infos", host_columns, {}});
}

int run(session& s) {
  const auto& action = s.args.text("action");
  return action == "add" ? add(s) : action == "delete" ? remove(s) : query(s);
}

} // namespace

verb host_verb() {
  return {
    "host",
    "Add, delete, list hosts",
    {text_option("action", "WHAT", "What to do").one_of("add|delete|query").must(),
     text_option("host_name", "NAME", "add: the new host's name"),
     text_option("host_list", "HOSTS", "delete: ids or names, separated by commas"),
     text_option(
       "host_group_name", "NAME", "add: its group; query: only these groups, separated by commas"),
     text_option("public_ip", "ADDRESS", "add: IPv4 or IPv6 address"),
     text_option("ssh_port", "PORT", "add: SSH port").whole().or_else("22"),
     text_option(
       "exporter_port", "PORT", "add: port of its exporter when it is not the node's default")
       .whole(),
     text_option(
       "management", "True/False", "add: is it a management node (False); query: only such")
       .boolean(),
     text_option("username", "NAME", "add: SSH user"),
     text_option("password",
                 "TEXT",
                 "add: its password; `-` reads a line of standard input; else AOPS_HOST_PASSWORD, "
                 "else asked"),
     text_option(
       "sudo_password", "TEXT", "add: root's password; as --password, AOPS_HOST_SUDO_PASSWORD"),
     text_option("key", "TEXT", "add: vault key that seals both; as --password, AOPS_VAULT_KEY"),
     text_option("verbose", "True/False", "query: with hardware and system")
       .boolean()
       .or_else("false"),
     text_option("sort", "FIELD", "query: order").one_of("host_name|host_group_name"),
     direction_option,
     page_option,
     per_page_option},
    {"action"},
    run,
    true,
    true,
    "  aops host --action add --host_name web1 --host_group_name web --public_ip 192.0.2.7 "
    "--username ops\n"
    "  aops host --action query --host_group_name web --sort host_name\n"
    "  aops host --action delete --host_list web1\n"};
}

} // namespace aops::cli
