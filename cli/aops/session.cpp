#include "cli/aops/session.hpp"

#include "cli/aops/table.hpp"
#include "cli/aops/text.hpp"
#include "messages/return_code.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace aops::cli {

namespace {

/// What the user can do about a code; empty when `detail` says all there is.
std::string_view advice_for(int code) {
  switch (code) {
  case 500:
    return "see the node's log";
  case 1001:
    return "try again later";
  case 1101:
    return "the node's database does not answer; see its log";
  case 1106:
    return "delete what depends on it first, for a group its hosts";
  case 1200:
    return "check user name and password";
  case 1201:
    return "run: aops login";
  case 1202:
    return "end the other session first (aops logout)";
  case 1203:
    return "give the right vault key with --key";
  case 1204:
    return "run: aops account --action change --password -";
  case 1205:
    return "choose another password";
  case 1206:
    return "choose 8 to 128 characters, neither the user name nor the default";
  case 1207:
    return "ask an administrator";
  default:
    return {};
  }
}

std::string first_text(const json& reply) {
  for (const auto* key : {"detail", "message", "error"})
    if (auto text = text_of(reply, key); !text.empty())
      return text;
  return {};
}

/// The lists of a reply that name what was not done.
std::string left_undone(const json& reply) {
  std::vector<std::string> parts;
  for (const auto* key :
       {"fail_list", "ignored_hosts", "ignored_trees", "ignored_items", "ignored"})
    if (const auto& list = member(reply, key); list.is_array() && !list.empty())
      parts.push_back(fmt::format("{}: {}", key, cell_text(list)));
  return joined(parts, "; ");
}

ec code_of(int return_code) {
  for (const auto& o : outcomes)
    if (o.return_code == return_code)
      return o.code == ec::unreachable ? ec::timed_out : o.code; // The node did answer.
  return ec::internal;
}

int reply_code(const json& reply) {
  return static_cast<int>(std::min<uint64_t>(count_of(reply, "code"), 1'000'000));
}

/// The nodes to ask: those given, else those remembered, else the one on this machine.
expected<std::vector<std::string>> wanted_urls(const std::string& given, const context& known) {
  if (!given.empty()) {
    auto list = split_list(given);
    if (!list)
      return fail(ec::bad_request, fmt::format("URL list `{}`: {}", given, list.error().detail));
    return list;
  }
  if (known.url.empty())
    return std::vector<std::string>{target{}.origin()};
  std::vector<std::string> urls{known.url};
  for (const auto& other : known.others)
    urls.push_back(other.url);
  return urls;
}

/// What `aops login` remembers of a node.
std::optional<known_node> home_of(const target& where, const context& known) {
  auto same = [&](const std::string& url) {
    auto home = parse_url(url);
    return !url.empty() && home && home->origin() == where.origin();
  };
  if (same(known.url))
    return known_node{known.url, known.fingerprint};
  for (const auto& other : known.others)
    if (same(other.url))
      return other;
  return std::nullopt;
}

json without(const json& reply, const std::string& key) {
  auto rest = reply;
  rest.erase(key);
  return rest;
}

} // namespace

bool succeeded(const json& reply) {
  return reply_code(reply) == code_ok || reply_code(reply) == code_partial;
}

error reply_error(const json& reply) {
  auto code = reply_code(reply);
  auto msg = text_of(reply, "msg");
  auto text = fmt::format("{} {}", code, msg.empty() ? std::string{aops::text_of(code)} : msg);
  if (auto detail = first_text(reply); !detail.empty())
    text += ": " + detail;
  if (auto undone = left_undone(reply); !undone.empty())
    text += "; " + undone;
  if (auto advice = advice_for(code); !advice.empty())
    text += fmt::format("; {}", advice);
  return {code_of(code), text};
}

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
    if (reply_code(*reply) == code_partial)
      note(reply_error(*reply).detail);
    show_good(*reply, how);
    return exit_done;
  }
  if (form() == format::contract)
    io.out << to_line(*reply) << '\n';
  else if (form() == format::json || form() == format::yaml)
    print_json(*reply);
  io.out.flush();
  return complain(reply_error(*reply));
}

void session::show_good(const json& reply, const view& how) {
  auto f = form();
  if (f == format::json || f == format::yaml ||
      (f == format::contract && how.how == view::kind::whole))
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

expected<context> session::remembered() const {
  auto path = context_path(io.env);
  return path ? load_context(*path) : expected<context>{context{}};
}

expected<std::vector<connection>> session::find_connections() const {
  auto known = remembered();
  if (!known)
    return fail(known.error());
  auto variable = [&](const char* name) { return io.env(name).value_or(""); };
  auto first_of = [](std::initializer_list<std::string> texts) {
    auto found = std::find_if(texts.begin(), texts.end(), [](const auto& x) { return !x.empty(); });
    return found == texts.end() ? std::string{} : *found;
  };
  auto urls = wanted_urls(first_of({args.text("url"), variable("AOPS_URL")}), *known);
  if (!urls)
    return fail(urls.error());
  std::vector<connection> all;
  for (const auto& url : *urls) {
    connection to;
    auto where = parse_url(url);
    if (!where)
      return fail(where.error());
    to.where = *where;
    to.timeout_s = static_cast<int>(std::clamp<int64_t>(args.whole("timeout"), 1, 3600));
    // Token and pin belong to the nodes they were made for; no other gets to see them.
    auto home = home_of(*where, *known);
    to.token = first_of(
      {args.text("access_token"), variable("AOPS_ACCESS_TOKEN"), home ? known->access_token : ""});
    auto cacert =
      first_of({args.text("cacert"), variable("AOPS_CACERT"), home ? known->cacert : ""});
    if (!cacert.empty())
      to.whom = {trust::kind::file, cacert, {}};
    else if (home && !home->fingerprint.empty())
      to.whom = {trust::kind::pinned, {}, home->fingerprint};
    else if (is_loopback(to.where.host))
      to.whom.how = trust::kind::anybody;
    all.push_back(std::move(to));
  }
  return all;
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
  auto reply = post(path, body);
  if (reply && !succeeded(*reply))
    return fail(reply_error(*reply));
  return reply;
}

const std::map<std::string, std::string>& session::host_names() {
  if (!names_) {
    names_.emplace();
    if (auto reply = fetch("/manage/host/get", {{"host_group_list", json::array()}}))
      for (const auto& host : member(*reply, "host_infos"))
        names_->emplace(text_of(host, "host_id"), text_of(host, "host_name"));
  }
  return *names_;
}

expected<std::vector<std::string>> session::host_ids(const std::vector<std::string>& hosts) {
  if (std::all_of(hosts.begin(), hosts.end(), [](const auto& x) { return is_id(x); }))
    return hosts;
  auto reply = fetch("/manage/host/get", {{"host_group_list", json::array()}});
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
