#include "cli/aops/command/session.hpp"

#include "cli/aops/net/connections.hpp"
#include "cli/aops/term/table.hpp"
#include "cli/aops/text/text.hpp"
#include "messages/host.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace aops::cli {

namespace {

expected<json> only_success(expected<json> reply) {
  if (reply && !succeeded(*reply))
    return fail(reply_error(*reply));
  return reply;
}

json without(const json& reply, const std::string& key) {
  auto rest = reply;
  rest.erase(key);
  return rest;
}

} // namespace

bool session::colour_allowed() const {
  auto off = io.env("NO_COLOR");
  auto terminal = io.env("TERM");
  return !(off && !off->empty()) && !(terminal && *terminal == "dumb");
}

format session::form() const {
  const auto& name = args.text("output");
  return name == "table"  ? format::table
         : name == "wide" ? format::wide
         : name == "json" ? format::json
         : name == "yaml" ? format::yaml
                          : format::contract;
}

bool session::wants_table() const { return form() == format::table || form() == format::wide; }

bool session::wants_data() const { return form() == format::json || form() == format::yaml; }

int session::complain(const error& why) {
  io.err << warning_colours().red("aops:") << ' ' << printable(why.detail) << std::endl;
  return why == ec::unreachable ? exit_unreachable : exit_failed;
}

int session::misuse(const std::string& why) {
  complain({ec::bad_request, why});
  return exit_usage;
}

void session::note(const std::string& text) {
  io.err << warning_colours().yellow("aops:") << ' ' << printable(text) << std::endl;
}

void session::print_json(const json& value) {
  io.out << (form() == format::yaml ? to_yaml(value) : pretty_json(value, colours()));
}

int session::show(const expected<json>& reply, const view& how) {
  if (!reply)
    return complain(reply.error());
  const auto& reasons = member(*reply, "fail_reasons");
  for (auto i = reasons.begin(); reasons.is_object() && i != reasons.end(); ++i)
    note(fmt::format("{}: {}", i.key(), cell_text(i.value())));
  if (succeeded(*reply)) {
    if (partly_succeeded(*reply))
      note(reply_error(*reply).detail);
    show_good(*reply, how);
    return exit_done;
  }
  if (form() == format::contract)
    io.out << to_line(*reply) << '\n';
  else if (wants_data())
    print_json(*reply);
  io.out.flush();
  return complain(reply_error(*reply));
}

void session::show_good(const json& reply, const view& how) {
  auto f = form();
  if (wants_data() || (f == format::contract && how.how == view::kind::whole))
    return print_json(reply);
  if (f == format::contract) {
    io.out << to_line(how.how == view::kind::listing ? without(reply, how.list) : reply) << '\n';
    if (how.how == view::kind::listing)
      io.out << render(table_of(member(reply, how.list), how.columns));
    return;
  }
  bool wide = f == format::wide;
  const auto& columns = wide && !how.wide_columns.empty() ? how.wide_columns : how.columns;
  auto rows = how.list.empty() ? json::array({reply}) : member(reply, how.list);
  io.out << render(table_of(rows, how.list.empty() ? std::vector<std::string>{"*"} : columns),
                   wide ? 0 : 60);
  auto total = number_of(reply, "total_count", -1);
  if (total > static_cast<double>(rows.size()))
    io.out << fmt::format("{} of {}; --page and --per_page show others\n", rows.size(), total);
}

expected<std::vector<connection>> session::find_connections() const {
  auto path = context_path(io.env);
  auto known = path ? load_context(*path) : expected<context>{context{}};
  if (!known)
    return fail(known.error());
  return connections_of({.urls = args.text("url"),
                         .access_token = args.text("access_token"),
                         .cacert = args.text("cacert"),
                         .timeout_s = args.whole("timeout")},
                        *known,
                        io.env);
}

expected<node_list> session::new_nodes() const {
  auto known = find_connections();
  if (!known)
    return fail(known.error());
  return node_list{std::move(*known), favourite_};
}

expected<node_list*> session::the_nodes() {
  if (!nodes_) {
    auto made = new_nodes();
    if (!made)
      return fail(made.error());
    nodes_.emplace(std::move(*made));
  }
  return &*nodes_;
}

expected<json> session::get(const std::string& path) {
  auto nodes = the_nodes();
  return nodes ? (*nodes)->get(path) : expected<json>{fail(nodes.error())};
}

expected<json> session::post(const std::string& path, const json& body) {
  auto nodes = the_nodes();
  return nodes ? (*nodes)->post(path, body) : expected<json>{fail(nodes.error())};
}

expected<json> session::remove(const std::string& path, const json& body) {
  auto nodes = the_nodes();
  return nodes ? (*nodes)->remove(path, body) : expected<json>{fail(nodes.error())};
}

expected<json> session::fetch(const std::string& path, const json& body) {
  return only_success(post(path, body));
}

expected<json> session::fetch(const std::string& path) { return only_success(get(path)); }

const std::map<std::string, std::string>& session::host_names() {
  if (!names_) {
    names_.emplace();
    if (auto reply = fetch("/manage/host/get", hosts_query{}))
      for (const auto& host : member(*reply, "host_infos"))
        names_->emplace(text_of(host, "host_id"), text_of(host, "host_name"));
  }
  return *names_;
}

expected<std::vector<std::string>> session::host_ids(const std::vector<std::string>& hosts) {
  if (std::all_of(hosts.begin(), hosts.end(), [](const auto& x) { return is_id(x); }))
    return hosts;
  auto reply = fetch("/manage/host/get", hosts_query{});
  if (!reply)
    return fail(reply.error());
  std::map<std::string, std::string> id_of;
  for (const auto* key : {"public_ip", "host_name", "host_id"}) // The later wins.
    for (const auto& host : member(*reply, "host_infos"))
      id_of.insert_or_assign(text_of(host, key), text_of(host, "host_id"));
  auto ids = hosts;
  for (auto& id : ids) {
    if (auto found = id_of.find(id); found != id_of.end())
      id = found->second;
    else if (!is_id(id))
      note(fmt::format("no host is called {}", id));
  }
  return ids;
}

expected<std::string>
session::secret(std::string_view option, const char* variable, const std::string& question) {
  const auto& given = args.text(option);
  if (args.has(option) && given != "-")
    return given;
  if (args.has(option))
    return io.read_line();
  if (auto value = io.env(variable); value && !value->empty())
    return *value;
  auto answer = io.ask(question + ": ", true);
  if (!answer && answer.error() == ec::not_found)
    return fail(ec::bad_request,
                fmt::format("--{} is needed: give `-` and a line on standard input, or set {}",
                            option,
                            variable));
  return answer;
}

} // namespace aops::cli
