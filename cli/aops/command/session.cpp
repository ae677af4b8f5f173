#include "cli/aops/command/session.hpp"

#include "cli/aops/net/connections.hpp"
#include "cli/aops/net/contexts.hpp"
#include "cli/aops/term/row_text.hpp"
#include "cli/aops/term/table.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"
#include "messages/diag.hpp"
#include "messages/host.hpp"
#include "messages/paging.hpp"

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

bool wants_page(const arguments& args) { return args.has("page") || args.has("per_page"); }

/// The page of these rows that the command line wants; all of them when it names none.
json page_wanted(const arguments& args, json all) {
  if (!wants_page(args))
    return all;
  paging page;
  page.page = args.whole("page");
  page.per_page = args.whole("per_page");
  auto range = rows_of(page, static_cast<int64_t>(all.size()));
  return json(all.begin() + range.first, all.begin() + range.first + range.count);
}

} // namespace

bool session::colour_allowed() const {
  auto off = io.env("NO_COLOR");
  auto terminal = io.env("TERM");
  return !(off && !off->empty()) && !(terminal && *terminal == "dumb");
}

format session::form() const {
  const auto& name = args.text("output");
  return name == "table"      ? format::table
         : name == "wide"     ? format::wide
         : name == "json"     ? format::json
         : name == "yaml"     ? format::yaml
         : name == "name"     ? format::name
         : name == "csv"      ? format::csv
         : io.out_is_terminal ? format::table
                              : format::contract;
}

bool session::wants_table() const { return form() == format::table || form() == format::wide; }

bool session::wants_data() const { return form() == format::json || form() == format::yaml; }

bool session::wants_rows() const { return form() == format::name || form() == format::csv; }

int session::complain(const error& why) {
  io.err << warning_colours().red("aops:") << ' ' << printable(why.detail) << std::endl;
  return why == ec::unreachable ? exit_unreachable
         : why == ec::cancelled ? exit_interrupted
                                : exit_failed;
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

void session::missing(std::string_view kind,
                      const std::string& name,
                      const std::vector<std::string>& known) {
  if (!missing_.insert(name).second || args.on("ignore_missing"))
    return;
  complain(
    {ec::not_found, tr("no {} is called {}{}", translated(kind), name, hint_at(name, known))});
}

void session::find_missing(std::string_view kind,
                           const std::vector<std::string>& wanted,
                           const json& rows,
                           const char* key,
                           const char* id) {
  std::set<std::string> there;
  for (const auto& row : rows) {
    there.insert(text_of(row, key));
    if (id)
      there.insert(text_of(row, id));
  }
  for (const auto& name : wanted)
    if (!there.contains(name))
      missing(kind, name);
}

std::string session::as_given(const std::string& id) const {
  auto word = words_.find(id);
  return word == words_.end() ? id : word->second;
}

int session::judge(const json& reply) {
  auto all = undone_of(reply);
  std::vector<std::string> untold;
  bool is_told = !all.empty();
  for (auto& x : all) {
    auto name = as_given(x.name);
    if (!x.missing.empty())
      missing(x.missing, name);
    if (missing_.contains(name) || missing_.contains(x.name))
      continue;
    is_told = is_told && !x.reason.empty();
    if (x.reason.empty())
      untold.push_back(name);
    else
      complain({ec::bad_request, fmt::format("{}: {}", name, x.reason)});
  }
  bool all_missing = !all.empty() && std::all_of(all.begin(), all.end(), [&](const undone& x) {
    return missing_.contains(x.name) || missing_.contains(as_given(x.name));
  });
  if (all_missing)
    return args.on("ignore_missing") ? exit_done : exit_failed;
  if (is_told)
    return exit_failed;
  if (succeeded(reply) && !partly_succeeded(reply))
    return exit_done;
  if (succeeded(reply) && all.empty()) { // Nothing that was asked for by name.
    note(reply_error(reply, {}).detail);
    return exit_done;
  }
  return complain(reply_error(reply, untold));
}

int session::show(const expected<json>& reply, const view& how) {
  if (!reply)
    return complain(reply.error());
  if (succeeded(*reply)) {
    auto code = judge(*reply);
    auto chosen = with_chosen(*reply, how);
    if (!chosen)
      return misuse(chosen.error().detail);
    show_good(*chosen, how);
    return code;
  }
  if (form() == format::contract)
    io.out << to_line(*reply) << '\n';
  else if (wants_data())
    print_json(*reply);
  io.out.flush();
  return judge(*reply);
}

/// A line per member, without the code of a success: for people.
void session::show_simple(const json& reply) {
  std::string text;
  for (auto i = reply.begin(); reply.is_object() && i != reply.end(); ++i) {
    bool says_something = i.key() != "code" && i.key() != "msg" && !i.value().empty();
    if (says_something)
      text += fmt::format("{}: {}\n", printable(i.key()), cell_text(i.value()));
  }
  if (text.empty() && !has_missing())
    text = tr("done\n");
  io.out << text;
}

void session::show_good(const json& reply, const view& how) {
  auto f = form();
  if (wants_rows())
    return print_rows(how.list.empty() ? json::array({reply}) : member(reply, how.list), how);
  bool is_listing = how.how == view::kind::listing || how.how == view::kind::json_list;
  bool is_contract_listing = is_listing && args.has("action") && !args.is_bare("action");
  if (wants_data() ||
      (f == format::contract && how.how != view::kind::line && !is_contract_listing))
    return print_json(reply);
  if (f == format::contract) {
    io.out << to_line(is_listing ? without(reply, how.list) : reply) << '\n';
    if (how.how == view::kind::listing)
      io.out << render(table_of(member(reply, how.list), how.columns));
    else if (is_listing)
      io.out << pretty_json(member(reply, how.list), colours());
    return;
  }
  if (how.list.empty() && !args.has("output"))
    return show_simple(reply);
  if (how.draw) {
    io.out << how.draw(reply);
    return;
  }
  bool wide = f == format::wide;
  auto columns = wide && !how.wide_columns.empty() ? how.wide_columns : how.columns;
  if (how.list.empty() || columns.empty())
    columns = {"*"};
  else if (!wide && columns.size() > 1)
    std::erase(columns, "*");
  auto rows = how.list.empty() ? json::array({reply}) : member(reply, how.list);
  io.out << render(table_of(rows, columns), table_width());
  auto total = number_of(reply, "total_count", -1);
  if (total > static_cast<double>(rows.size()))
    io.out << tr("{} of {}; --page and --per_page show others\n", rows.size(), total);
}

expected<void> session::read_filter() {
  if (!args.has("filter"))
    return {};
  auto read = row_filter::parse(args.text("filter"));
  if (!read)
    return fail(read.error());
  filter_ = std::move(*read);
  return {};
}

expected<json> session::chosen(const json& rows, const std::vector<std::string>& known) const {
  if (!filter_ || !rows.is_array())
    return rows;
  auto all = filter_->choose(rows, known);
  return all ? page_wanted(args, std::move(*all)) : all;
}

expected<json> session::with_chosen(const json& reply, const view& how) const {
  if (!filter_ || how.list.empty() || !member(reply, how.list).is_array())
    return reply;
  auto known = how.columns;
  known.insert(known.end(), how.wide_columns.begin(), how.wide_columns.end());
  auto all = filter_->choose(member(reply, how.list), known);
  if (!all)
    return all;
  auto result = reply;
  if (reply.contains("total_count")) {
    auto total = static_cast<int64_t>(all->size());
    result["total_count"] = total;
    result["total_page"] = total_pages(total, wants_page(args) ? args.whole("per_page") : 0);
  }
  result[how.list] = page_wanted(args, std::move(*all));
  return result;
}

void session::print_rows(json rows, const view& how) {
  auto name = !how.name.empty() ? how.name : how.columns.empty() ? "" : how.columns.front();
  if (form() == format::name) {
    for (const auto& row : rows)
      io.out << cell_text(member(row, name)) << '\n';
    return;
  }
  auto columns = how.wide_columns.empty() ? how.columns : how.wide_columns;
  if (std::find(columns.begin(), columns.end(), "*") == columns.end())
    columns.emplace_back("*"); // Whoever reads it chooses for himself.
  for (auto& row : rows)
    row = how.csv_row ? how.csv_row(std::move(row)) : row;
  io.out << csv_of(rows, columns);
}

expected<std::string> session::context_name() const {
  for (const auto& given : {args.text("context"), io.env("AOPS_CONTEXT").value_or("")})
    if (!given.empty()) {
      auto fine = check_context_name(given);
      return fine ? expected<std::string>{given} : fail(fine.error());
    }
  auto folder = context_folder::of(io.env);
  return folder ? folder->used() : expected<std::string>{std::string{default_context}};
}

expected<context> session::known_context(bool may_be_new) const {
  auto name = context_name();
  if (!name)
    return fail(name.error());
  auto folder = context_folder::of(io.env);
  if (!folder && *name == default_context)
    return context{};
  if (!folder)
    return fail(folder.error());
  if (!may_be_new && *name != default_context && !folder->has(*name))
    return fail(ec::not_found,
                tr("no context is called {}{}", *name, hint_at(*name, folder->names())));
  return load_context(folder->file_of(*name));
}

expected<std::vector<connection>> session::find_connections(bool may_be_new) const {
  auto known = known_context(may_be_new);
  if (!known)
    return fail(known.error());
  return connections_of({.urls = args.text("url"),
                         .access_token = args.text("access_token"),
                         .cacert = args.text("cacert"),
                         .timeout_s = args.whole("timeout")},
                        *known,
                        io.env);
}

expected<node_list> session::new_nodes(int timeout_s) const {
  auto known = find_connections();
  if (!known)
    return fail(known.error());
  for (auto& to : *known)
    if (timeout_s > 0) {
      to.timeout_s = std::min(to.timeout_s, timeout_s);
      to.connect_s = std::min(to.connect_s, timeout_s);
    }
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

expected<json> session::put(const std::string& path, const json& body) {
  auto nodes = the_nodes();
  return nodes ? (*nodes)->put(path, body) : expected<json>{fail(nodes.error())};
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

namespace {

/// The one of `ids` that begins with `word`; nothing when none does. `ec::bad_request` when several
/// do.
expected<std::optional<std::string>> id_that_begins(std::string_view kind,
                                                    const std::string& word,
                                                    const std::vector<std::string>& ids) {
  constexpr size_t most_named = 5;
  if (!is_id_prefix(word))
    return std::optional<std::string>{};
  std::vector<std::string> found;
  for (const auto& id : ids)
    if (id.starts_with(lower_case(word)))
      found.push_back(id);
  if (found.size() < 2)
    return found.empty() ? std::optional<std::string>{} : std::optional{found.front()};
  auto count = found.size();
  found.resize(std::min(count, most_named));
  return fail(ec::bad_request,
              tr("{} may be {} {}s: {}{}",
                 word,
                 count,
                 kind,
                 joined(found, ", "),
                 count > most_named ? ", ..." : ""));
}

} // namespace

expected<std::vector<std::string>> session::host_ids(const std::vector<std::string>& hosts) {
  if (std::all_of(hosts.begin(), hosts.end(), [](const auto& x) { return is_id(x); }))
    return hosts;
  auto reply = fetch("/manage/host/get", hosts_query{});
  if (!reply)
    return fail(reply.error());
  std::map<std::string, std::string> id_of;
  std::vector<std::string> known_ids, known_names;
  for (const auto* key : {"public_ip", "host_name", "host_id"}) // The later wins.
    for (const auto& host : member(*reply, "host_infos"))
      id_of.insert_or_assign(text_of(host, key), text_of(host, "host_id"));
  for (const auto& host : member(*reply, "host_infos")) {
    known_ids.push_back(text_of(host, "host_id"));
    known_names.push_back(text_of(host, "host_name"));
  }
  auto ids = hosts;
  for (auto& id : ids) {
    auto word = id;
    auto begun = id_that_begins("host", word, known_ids);
    if (auto found = id_of.find(word); found != id_of.end())
      id = found->second;
    else if (!begun)
      return fail(begun.error());
    else if (*begun)
      id = **begun;
    else
      missing("host", word, known_names);
    words_.emplace(id, word);
  }
  return ids;
}

expected<std::vector<std::string>> session::task_ids(const std::vector<std::string>& tasks) {
  if (std::none_of(tasks.begin(), tasks.end(), [](const auto& x) { return is_id_prefix(x); }))
    return tasks;
  auto reply = fetch("/diag/task/get", tasks_query{});
  if (!reply)
    return fail(reply.error());
  std::vector<std::string> known;
  for (const auto& task : member(*reply, "task_infos"))
    known.push_back(text_of(task, "task_id"));
  auto ids = tasks;
  for (auto& id : ids) {
    auto begun = id_that_begins("task", id, known);
    if (!begun)
      return fail(begun.error());
    auto word = id;
    id = begun->value_or(word);
    words_.emplace(id, word);
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
    return fail(
      ec::bad_request,
      tr("--{} is needed: give `-` and a line on standard input, or set {}", option, variable));
  return answer;
}

expected<std::string>
session::new_secret(std::string_view option, const char* variable, const std::string& question) {
  auto value = io.env(variable);
  bool is_typed = !args.has(option) && (!value || value->empty());
  for (int tries = 3;; --tries) {
    auto first = secret(option, variable, question);
    if (!first || !is_typed)
      return first;
    auto second = io.ask(tr("The same once more: "), true);
    if (!second || *second == *first)
      return second;
    if (tries == 1)
      return fail(ec::bad_request, tr("--{}: the two differ", option));
    note(tr("the two differ"));
  }
}

} // namespace aops::cli
