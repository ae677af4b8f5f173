#include "messages/host.hpp"

#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/verbs.hpp"

#include <fmt/format.h>

namespace aops::cli {

namespace {

const std::vector<std::string> host_columns = {"host_id",
                                               "host_name",
                                               "host_group_name",
                                               "public_ip",
                                               "ssh_port",
                                               "management",
                                               "status",
                                               "scrape_error",
                                               "*"};

/// Without its secrets.
expected<host_to_add> new_host(session& s) {
  const auto& args = s.args;
  for (const auto* needed : {"host_name", "host_group_name", "public_ip", "username"})
    if (!args.has(needed))
      return fail(ec::bad_request, fmt::format("add needs --{}", needed));
  auto name = exactly_one(args, "host_name", "add");
  if (!name)
    return fail(name.error());
  host_to_add host{.host_name = *name,
                   .host_group_name = args.text("host_group_name"),
                   .public_ip = args.text("public_ip"),
                   .ssh_port = args.whole("ssh_port"),
                   .management = args.on("management"),
                   .username = args.text("username"),
                   .password = {},
                   .sudo_password = {},
                   .exporter_port = {}};
  if (args.has("exporter_port"))
    host.exporter_port = args.whole("exporter_port");
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
  host->password = sealed_text{*password};
  host->sudo_password = sealed_text{*sudo};
  return s.show(s.post("/manage/host/add",
                       hosts_to_add{.host_list = {*std::move(host)}, .key = sealed_text{*key}}),
                {});
}

int remove(session& s) {
  auto hosts = at_least_one(s.args, "host_list", "delete");
  if (!hosts)
    return s.complain(hosts.error());
  auto ids = s.host_ids(*hosts);
  if (!ids)
    return s.complain(ids.error());
  return s.show(s.remove("/manage/host/delete", hosts_to_delete{*ids}), {});
}

/// Puts what is known of each host's hardware and system beside its row.
expected<void> add_infos(session& s, json& reply) {
  json ids = json::array();
  for (const auto& host : member(reply, "host_infos"))
    ids.push_back(text_of(host, "host_id"));
  if (ids.empty())
    return {};
  // Not every node offers this, so there is no message for it.
  auto details = s.fetch("/manage/host/info/query", json{{"host_list", ids}, {"basic", false}});
  if (!details && details.error() == ec::not_found) {
    s.note("this node knows nothing of hardware and system; --verbose shows nothing more");
    return {};
  }
  if (!details)
    return fail(details.error());
  for (auto& host : reply["host_infos"])
    for (const auto& detail : member(*details, "host_infos"))
      if (text_of(detail, "host_id") == text_of(host, "host_id"))
        host["infos"] = member(detail, "infos");
  return {};
}

int query(session& s) {
  auto groups = s.args.list("host_group_name");
  if (!groups)
    return s.complain(groups.error());
  hosts_query query;
  query.host_group_list = *groups;
  if (s.args.has("management"))
    query.management = s.args.on("management");
  add_sort(query, s.args);
  add_paging(query, s.args);
  auto reply = s.post("/manage/host/get", query);
  if (reply && succeeded(*reply) && s.args.on("verbose"))
    if (auto done = add_infos(s, *reply); !done)
      return s.complain(done.error());
  return s.show(reply, {view::kind::listing, "host_infos", host_columns, {}});
}

} // namespace

verb host_verb() {
  return {
    .name = "host",
    .summary = "Add, delete, list hosts",
    .actions =
      {{.name = "add", .run = add},
       {.name = "delete", .run = remove, .positionals = {"host_list"}, .needs = {"host_list"}},
       {.name = "query", .run = query}},
    .options =
      {{.name = "host_name", .value = "NAME", .help = "add: the new host's name"},
       {.name = "host_list", .value = "HOSTS", .help = "delete: ids or names, separated by commas"},
       {.name = "host_group_name",
        .value = "NAME",
        .help = "add: its group; query: only these groups, separated by commas"},
       {.name = "public_ip", .value = "ADDRESS", .help = "add: IPv4 or IPv6 address"},
       {.name = "ssh_port",
        .value = "PORT",
        .help = "add: SSH port",
        .fallback = "22",
        .kind = option_kind::whole},
       {.name = "exporter_port",
        .value = "PORT",
        .help = "add: port of its exporter when it is not the node's default",
        .kind = option_kind::whole},
       {.name = "management",
        .value = "True/False",
        .help = "add: is it a management node (False); query: only such",
        .kind = option_kind::boolean},
       {.name = "username", .value = "NAME", .help = "add: SSH user"},
       {.name = "password",
        .value = "TEXT",
        .help = "add: its password; `-` reads a line of standard input; else AOPS_HOST_PASSWORD, "
                "else asked"},
       {.name = "sudo_password",
        .value = "TEXT",
        .help = "add: root's password; as --password, AOPS_HOST_SUDO_PASSWORD"},
       {.name = "key",
        .value = "TEXT",
        .help = "add: vault key that seals both; as --password, AOPS_VAULT_KEY"},
       {.name = "verbose",
        .value = "True/False",
        .help = "query: with hardware and system",
        .fallback = "false",
        .kind = option_kind::boolean},
       {.name = "sort",
        .value = "FIELD",
        .help = "query: order",
        .choices = {"host_name", "host_group_name"}},
       direction_option,
       page_option,
       per_page_option},
    .positionals = {"action"},
    .examples = "  aops host --action add --host_name web1 --host_group_name web --public_ip "
                "192.0.2.7 --username ops\n"
                "  aops host --action query --host_group_name web --sort host_name\n"
                "  aops host --action delete --host_list web1\n"};
}

} // namespace aops::cli
