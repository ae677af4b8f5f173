#include "messages/host.hpp"

#include "cli/aops/text/files.hpp"
#include "cli/aops/text/host_file.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"
#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/host_trust.hpp"
#include "cli/aops/verbs/verbs.hpp"
#include "messages/host_info.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace aops::cli {

namespace {

const std::vector<std::string> host_columns = {"host_id",
                                               "host_name",
                                               "host_group_name",
                                               "public_ip",
                                               "exporter_port",
                                               "source",
                                               "ssh_port",
                                               "management",
                                               "status",
                                               "scrape_error",
                                               "*"};

/// Hosts in one request.
constexpr size_t most_added = 1000;

/// Hosts that are told one by one.
constexpr size_t most_told = 20;

constexpr int host_poll_ms = 200;

// -- whether they can be reached

/// Why a host that the node has looked at does not answer; empty when it does.
std::string trouble_of(const json& host) {
  auto why = text_of(host, "scrape_error");
  if (why.empty() && text_of(host, "status") == "offline")
    why = tr("three rounds without an answer");
  if (why.empty())
    return {};
  return host.contains("first_online") ? tr("not reached: {}", why) : tr("never reached: {}", why);
}

bool is_looked_at(const json& host) {
  return text_of(host, "status") != "unknown" || !text_of(host, "scrape_error").empty();
}

/// The node looks at new hosts at once: waits a moment for what it finds, and tells it.
void tell_reached(session& s, std::vector<std::string> ids) {
  auto polls = 1000 * s.args.whole("wait") / host_poll_ms;
  if (polls <= 0 || ids.empty())
    return;
  s.io.out.flush();
  size_t all = ids.size(), answering = 0;
  std::vector<std::string> troubles;
  for (int64_t i = 0; i < polls && !ids.empty(); ++i) {
    if (i > 0)
      s.io.pause(host_poll_ms);
    hosts_query query;
    query.host_list.assign(
      ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(std::min(ids.size(), most_added)));
    auto reply = s.fetch("/manage/host/get", query);
    if (!reply)
      return s.note(tr("whether they can be reached is not known: {}", reply.error().detail));
    for (const auto& host : member(*reply, "host_infos")) {
      if (!is_looked_at(host) && text_of(host, "source") != source_push)
        continue;
      std::erase(ids, text_of(host, "host_id"));
      auto trouble = trouble_of(host);
      if (trouble.empty() && !is_looked_at(host))
        trouble = tr("waits for what is pushed");
      answering += trouble.empty();
      if (!trouble.empty())
        troubles.push_back(fmt::format("{}: {}", text_of(host, "host_name"), trouble));
    }
  }
  for (size_t i = 0; i < std::min(troubles.size(), most_told); ++i)
    s.note(troubles[i]);
  if (troubles.size() > most_told)
    s.note(tr("{} more hosts do not answer", troubles.size() - most_told));
  if (!ids.empty())
    s.note(tr("{} not looked at yet; `aops host query` tells later",
              all == 1 ? tr("the host was") : tr("{} hosts were", ids.size())));
  if (answering > 0 || all > 1)
    s.note(all == 1 ? tr("the host answers") : tr("{} of {} hosts answer", answering, all));
}

// -- credentials

/// What tasks log in with: both passwords, or an SSH key; or nothing.
struct credentials {
  maybe<std::string> username, become;
  maybe<sealed_text> password, sudo_password, ssh_key, key;

  /// Puts them into a request's host, the key excepted.
  template <class Host>
  void copy_to(Host& host) const {
    host.username = username;
    host.password = password;
    host.sudo_password = sudo_password;
    host.ssh_key = ssh_key;
    host.become = become;
  }
  void copy_to(json& host) const {
    if (!username)
      return;
    host["username"] = *username;
    for (const auto& [name, secret] : {std::pair{"password", &password},
                                       std::pair{"sudo_password", &sudo_password},
                                       std::pair{"ssh_key", &ssh_key}})
      if (*secret)
        host[name] = (*secret)->text;
    if (become)
      host["become"] = *become;
  }
};

/// Those of the options; what lacks of them is asked for. Nothing when none is given.
expected<credentials> given_credentials(session& s) {
  constexpr std::array names{"username", "password", "sudo_password", "ssh_key", "become", "key"};
  credentials given;
  if (std::none_of(names.begin(), names.end(), [&](const auto* x) { return s.args.has(x); }))
    return given;
  if (!s.args.has("username"))
    return fail(ec::bad_request, tr("--username is needed beside the passwords and the keys"));
  given.username = s.args.text("username");
  if (s.args.has("become"))
    given.become = s.args.text("become");
  if (s.args.has("ssh_key")) {
    auto text = read_file(s.args.text("ssh_key"));
    if (!text)
      return fail(text.error());
    given.ssh_key = sealed_text{*text};
  }
  // Beside a key a password is not needed: it is neither asked for.
  auto take = [&](const char* name, const char* variable, const std::string& what, auto& out) {
    if (given.ssh_key && !s.args.has(name))
      return expected<void>{};
    auto secret = s.new_secret(name, variable, what);
    if (!secret)
      return expected<void>{fail(secret.error())};
    out = sealed_text{*secret};
    return expected<void>{};
  };
  if (auto taken =
        take("password", "AOPS_HOST_PASSWORD", tr("SSH password of the host"), given.password);
      !taken)
    return fail(taken.error());
  if (auto taken = take("sudo_password",
                        "AOPS_HOST_SUDO_PASSWORD",
                        tr("root password of the host"),
                        given.sudo_password);
      !taken)
    return fail(taken.error());
  auto key = s.new_secret("key", "AOPS_VAULT_KEY", tr("Vault key that seals the passwords"));
  if (!key)
    return fail(key.error());
  given.key = sealed_text{*key};
  return given;
}

// -- what the options say

/// Takes `--public_ip` apart, and the port that stands there or in `--exporter_port`.
struct place {
  maybe<std::string> address;
  maybe<int64_t> port;
};

expected<place> given_place(const session& s) {
  place given;
  if (s.args.has("public_ip")) {
    auto parts = split_address(s.args.text("public_ip"));
    if (!parts)
      return fail(parts.error());
    given.address = parts->first;
    if (parts->second)
      given.port = *parts->second;
  }
  if (s.args.has("exporter_port")) {
    if (given.port)
      return fail(ec::bad_request,
                  tr("the port stands behind the address, and --exporter_port too"));
    given.port = s.args.whole("exporter_port");
  }
  return given;
}

/// What the options say of one host, and the key to its credentials.
template <class Host>
struct given_host {
  Host host;
  maybe<sealed_text> key;
};

template <class Host>
expected<given_host<Host>> host_of_options(session& s) {
  auto where = given_place(s);
  if (!where)
    return fail(where.error());
  auto secrets = given_credentials(s);
  if (!secrets)
    return fail(secrets.error());
  given_host<Host> given{{}, secrets->key};
  auto& host = given.host;
  if (where->address)
    host.public_ip = *where->address;
  host.exporter_port = where->port;
  if (s.args.has("host_group_name"))
    host.host_group_name = s.args.text("host_group_name");
  if (s.args.has("ssh_port"))
    host.ssh_port = s.args.whole("ssh_port");
  if (s.args.has("source"))
    host.source = s.args.text("source");
  if (s.args.has("management"))
    host.management = s.args.on("management");
  secrets->copy_to(host);
  return given;
}

// -- add, import

/// Adds them, a thousand at a time, and tells whether they can be reached.
int add_rows(session& s, const json& hosts, const maybe<sealed_text>& key) {
  std::vector<std::string> ids;
  int code = exit_done;
  for (size_t at = 0; at < hosts.size(); at += most_added) {
    json body{{"host_list", json::array()}};
    for (auto i = at; i < std::min(hosts.size(), at + most_added); ++i)
      body["host_list"].push_back(hosts[i]);
    if (key)
      body["key"] = key->text;
    auto reply = s.post("/manage/host/add", body);
    if (auto shown = s.show(reply, {}); shown != exit_done)
      code = shown;
    if (!reply || !reply->contains("host_list"))
      break; // Not about these hosts: others would fare no better.
    for (const auto& id : member(*reply, "host_list"))
      ids.push_back(id.get<std::string>());
  }
  tell_reached(s, std::move(ids));
  return code;
}

int import_hosts(session& s) {
  auto file = s.args.text("file");
  auto text = read_file(file);
  if (!text)
    return s.complain(text.error());
  auto hosts = read_hosts(file, *text);
  if (!hosts)
    return s.complain(hosts.error());
  if (hosts->empty())
    return s.complain({ec::bad_request, tr("{}: holds no hosts", file)});
  auto secrets = given_credentials(s);
  if (!secrets)
    return s.complain(secrets.error());
  // What is given as an option is meant for those that do not say otherwise.
  json common = json::object();
  if (s.args.has("host_group_name"))
    common["host_group_name"] = s.args.text("host_group_name");
  if (s.args.has("exporter_port"))
    common["exporter_port"] = s.args.whole("exporter_port");
  if (s.args.has("ssh_port"))
    common["ssh_port"] = s.args.whole("ssh_port");
  if (s.args.has("source"))
    common["source"] = s.args.text("source");
  if (s.args.has("management"))
    common["management"] = s.args.on("management");
  for (auto& host : *hosts) {
    for (auto i = common.begin(); i != common.end(); ++i)
      if (!host.contains(i.key()))
        host[i.key()] = i.value();
    secrets->copy_to(host);
  }
  return add_rows(s, *hosts, secrets->key);
}

int add_host(session& s) {
  if (s.args.has("file"))
    return import_hosts(s);
  for (const auto* needed : {"host_name", "public_ip"})
    if (!s.args.has(needed))
      return s.misuse(tr("add needs --{}, or --file with many hosts", needed));
  auto name = exactly_one(s.args, "host_name", "add");
  if (!name)
    return s.complain(name.error());
  auto given = host_of_options<host_to_add>(s);
  if (!given)
    return s.complain(given.error());
  given->host.host_name = *name;
  return add_rows(s, json::array({body_of(given->host)}), given->key);
}

// -- update, rename

int change_host(session& s, host_to_update x) {
  auto ids = s.host_ids({s.args.text("host")});
  if (!ids)
    return s.complain(ids.error());
  if (!is_id(ids->front())) // Nobody is called so, which was told.
    return s.has_missing() ? exit_failed : exit_done;
  x.host_id = ids->front();
  auto code = s.show(s.post("/manage/host/update", x), {});
  if (code == exit_done && (x.public_ip || x.exporter_port))
    tell_reached(s, *ids);
  return code;
}

int rename_host(session& s) {
  host_to_update x;
  x.host_name = s.args.text("host_name");
  return change_host(s, std::move(x));
}

int update_host(session& s) {
  auto given = host_of_options<host_to_update>(s);
  if (!given)
    return s.complain(given.error());
  auto& x = given->host;
  if (s.args.has("host_name"))
    x.host_name = s.args.text("host_name");
  x.key = given->key;
  return change_host(s, std::move(x));
}

// -- delete, query

int remove_host(session& s) {
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
  host_infos_query query;
  query.basic = false;
  for (const auto& host : member(reply, "host_infos"))
    query.host_list.push_back(text_of(host, "host_id"));
  if (query.host_list.empty())
    return {};
  auto details = s.fetch("/manage/host/info/query", query);
  if (!details)
    return fail(details.error());
  for (auto& host : reply["host_infos"])
    for (const auto& detail : member(*details, "host_infos"))
      if (text_of(detail, "host_id") == text_of(host, "host_id"))
        host["infos"] = member(detail, "infos");
  return {};
}

int query_hosts(session& s) {
  auto groups = s.args.list("host_group_name");
  if (!groups)
    return s.complain(groups.error());
  auto hosts = s.args.list("host_list");
  if (!hosts)
    return s.complain(hosts.error());
  hosts_query query;
  query.host_group_list = *groups;
  if (s.args.has("management"))
    query.management = s.args.on("management");
  if (!hosts->empty()) {
    auto ids = s.host_ids(*hosts);
    if (!ids)
      return s.complain(ids.error());
    query.host_list = *ids;
  }
  add_sort(query, s.args);
  add_paging(query, s.args);
  auto reply = s.post("/manage/host/get", query);
  if (reply && succeeded(*reply) && s.args.on("verbose"))
    if (auto done = add_infos(s, *reply); !done)
      return s.complain(done.error());
  if (reply && s.wants_table() && reply->contains("host_infos"))
    for (auto& host : (*reply)["host_infos"])
      if (auto trouble = trouble_of(host); !trouble.empty())
        host["scrape_error"] = trouble;
  return s.show(reply, {view::kind::listing, "host_infos", host_columns, {}, "host_name"});
}

} // namespace

verb host_verb() {
  return {
    .name = "host",
    .summary = "Add, change, delete, list hosts",
    .actions =
      {{.name = "add", .run = add_host, .positionals = {"host_name", "public_ip"}},
       {.name = "import", .run = import_hosts, .positionals = {"file"}, .needs = {"file"}},
       {.name = "update",
        .run = update_host,
        .positionals = {"host", "public_ip"},
        .needs = {"host"}},
       {.name = "rename",
        .run = rename_host,
        .positionals = {"host", "host_name"},
        .needs = {"host", "host_name"}},
       {.name = "delete", .run = remove_host, .positionals = {"host_list"}, .needs = {"host_list"}},
       {.name = "trust", .run = trust_host, .positionals = {"host"}, .needs = {"host"}},
       {.name = "query", .run = query_hosts, .positionals = {"host_list"}, .lists = true}},
    .options =
      {{.name = "host_name", .value = "NAME", .help = "add: its name; update, rename: the new one"},
       {.name = "host",
        .value = "HOST",
        .help = "update, rename, trust: id, name or address of the host",
        .is_extra = true},
       {.name = "host_list",
        .value = "HOSTS",
        .help = "delete, query: ids or names, separated by commas"},
       {.name = "file",
        .value = "FILE",
        .help = "add, import: many hosts, as CSV, YAML or JSON; `-` is standard input",
        .is_extra = true},
       {.name = "host_group_name",
        .value = "NAME",
        .help = "add, import, update: its group, else `default`; query: only these groups, "
                "separated by commas",
        .alias = "group"},
       {.name = "public_ip",
        .value = "ADDRESS[:PORT]",
        .help = "add, update: IPv4, IPv6 or DNS name, and the port of its exporter",
        .alias = "address"},
       {.name = "exporter_port",
        .value = "PORT",
        .help = "add, import, update: port of its exporter when it is not the node's default",
        .kind = option_kind::whole,
        .alias = "port",
        .is_extra = true},
       {.name = "source",
        .value = "SOURCE",
        .help = "add, import, update: scrape its exporter (default), or wait for what is pushed",
        .choices = {"scrape", "push"},
        .is_extra = true},
       {.name = "ssh_port",
        .value = "PORT",
        .help = "add, import, update: SSH port",
        .fallback = "22",
        .kind = option_kind::whole},
       {.name = "management",
        .value = "True/False",
        .help = "add, import, update: is it a management node (False); query: only such",
        .kind = option_kind::boolean},
       {.name = "username",
        .value = "NAME",
        .help = "add, import, update: SSH user, for tasks; asks for what follows"},
       {.name = "password",
        .value = "TEXT",
        .help = "His password; `-` reads a line of standard input; else AOPS_HOST_PASSWORD, else "
                "asked"},
       {.name = "sudo_password",
        .value = "TEXT",
        .help = "Root's password; as --password, AOPS_HOST_SUDO_PASSWORD"},
       {.name = "ssh_key",
        .value = "FILE",
        .help = "Private SSH key without passphrase, instead of the passwords",
        .is_extra = true},
       {.name = "become",
        .value = "METHOD",
        .help = "How tasks become root: sudo (default), or su with root's password",
        .choices = {"sudo", "su"},
        .takes = [](std::string_view) { return false; },
        .is_extra = true},
       {.name = "fingerprint",
        .value = "SHA256:…",
        .help = "trust: accept the SSH key of the host that has this",
        .is_extra = true},
       {.name = "key",
        .value = "TEXT",
        .help = "Vault key that seals them; as --password, AOPS_VAULT_KEY"},
       {.name = "wait",
        .value = "SPAN",
        .help = "add, import, update: how long to wait for whether it can be reached",
        .fallback = "5",
        .kind = option_kind::span,
        .is_extra = true},
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
    .examples = "  aops host add web1 192.0.2.7\n"
                "  aops host add web2 web2.example.org:9200 --group web\n"
                "  aops host import hosts.csv\n"
                "  aops host rename web1 front1\n"
                "  aops host update front1 192.0.2.17 --username ops\n"
                "  aops host query --host_group_name web --sort host_name\n"
                "  aops host delete front1\n"};
}

} // namespace aops::cli
