#include "cli/aops/net/contexts.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"
#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/verbs.hpp"

#include <algorithm>
#include <ostream>

namespace aops::cli {

namespace {

/// What there is to know of one, without its token.
json row_of(const std::string& name, const context& known, const std::string& used) {
  json row = {{"name", name}, {"in_use", name == used}, {"url", known.url}};
  row["username"] = known.username;
  row["logged_in"] = !known.access_token.empty();
  row["fingerprint"] = known.fingerprint;
  row["cacert"] = known.cacert;
  row["others"] = json::array();
  for (const auto& other : known.others)
    row["others"].push_back(other.url);
  return row;
}

const view contexts_view{view::kind::whole,
                         "contexts",
                         {"name", "in_use", "url", "username", "logged_in"},
                         {"name", "in_use", "url", "username", "logged_in", "*"}};

/// Rows of these contexts as a reply.
int show_context(session& s, const context_folder& folder, const std::vector<std::string>& names) {
  auto used = s.context_name();
  if (!used)
    return s.complain(used.error());
  json reply = {{"code", 200}, {"contexts", json::array()}};
  for (const auto& name : names) {
    auto known = load_context(folder.file_of(name));
    if (!known)
      return s.complain(known.error());
    reply["contexts"].push_back(row_of(name, *known, *used));
  }
  return s.show(reply, contexts_view);
}

int list_contexts(session& s) {
  auto folder = context_folder::of(s.io.env);
  return folder ? show_context(s, *folder, folder->names()) : s.complain(folder.error());
}

/// The names given; those that are no context are missing.
expected<std::vector<std::string>>
given_names(session& s, const context_folder& folder, std::string_view option) {
  auto words = s.args.list(option);
  if (!words)
    return words;
  std::vector<std::string> names;
  for (const auto& word : *words)
    if (folder.has(word))
      names.push_back(word);
    else
      s.missing("context", word, folder.names());
  return names;
}

int show_some(session& s) {
  auto folder = context_folder::of(s.io.env);
  if (!folder)
    return s.complain(folder.error());
  if (s.args.has("name")) {
    auto names = given_names(s, *folder, "name");
    return names ? show_context(s, *folder, *names) : s.complain(names.error());
  }
  auto used = s.context_name();
  return used ? show_context(s, *folder, {*used}) : s.complain(used.error());
}

/// One context that there is.
expected<std::string> one_name(session& s, const context_folder& folder) {
  auto word = exactly_one(s.args, "name", s.args.text("action"));
  if (word && !folder.has(*word))
    return fail(ec::not_found,
                tr("no context is called {}{}", *word, hint_at(*word, folder.names())));
  return word;
}

int use(session& s) {
  auto folder = context_folder::of(s.io.env);
  auto name = folder ? one_name(s, *folder) : expected<std::string>{fail(folder.error())};
  if (!name)
    return s.complain(name.error());
  if (auto done = folder->use(*name); !done)
    return s.complain(done.error());
  if (auto other = s.io.env("AOPS_CONTEXT"); other && !other->empty() && *other != *name)
    s.note(tr("AOPS_CONTEXT is set and goes before it: {}", *other));
  s.io.out << tr("context {} is in use\n", *name);
  return exit_done;
}

int remove_context(session& s) {
  auto folder = context_folder::of(s.io.env);
  if (!folder)
    return s.complain(folder.error());
  auto names = given_names(s, *folder, "name_list");
  if (!names)
    return s.complain(names.error());
  for (const auto& name : *names) {
    auto known = load_context(folder->file_of(name));
    if (auto done = folder->remove(name); !done)
      return s.complain(done.error());
    s.io.out << tr("context {} is deleted\n", name);
    if (known && !known->access_token.empty())
      s.note(tr("its session goes on at the node until it expires; `aops logout` ends one"));
  }
  return exit_done;
}

int rename_context(session& s) {
  auto folder = context_folder::of(s.io.env);
  auto from = folder ? one_name(s, *folder) : expected<std::string>{fail(folder.error())};
  if (!from)
    return s.complain(from.error());
  const auto& to = s.args.text("new_name");
  if (auto fine = check_context_name(to); !fine)
    return s.complain(fine.error());
  if (folder->has(to))
    return s.complain({ec::conflict, tr("a context is called {} already", to)});
  if (auto done = folder->rename(*from, to); !done)
    return s.complain(done.error());
  s.io.out << tr("context {} is now called {}\n", *from, to);
  return exit_done;
}

} // namespace

verb context_verb() {
  return {.name = "context",
          .summary = "Several nodes and users side by side: list, use, show, delete, rename",
          .actions = {{.name = "list", .run = list_contexts, .lists = true},
                      {.name = "use", .run = use, .positionals = {"name"}, .needs = {"name"}},
                      {.name = "show", .run = show_some, .positionals = {"name"}, .lists = true},
                      {.name = "delete",
                       .run = remove_context,
                       .positionals = {"name_list"},
                       .needs = {"name_list"}},
                      {.name = "rename",
                       .run = rename_context,
                       .positionals = {"name", "new_name"},
                       .needs = {"name", "new_name"}}},
          .options = {{.name = "name",
                       .value = "NAME",
                       .help = "use, rename: which one; show: else the one in use"},
                      {.name = "name_list",
                       .value = "NAMES",
                       .help = "delete: names, separated by commas"},
                      {.name = "new_name", .value = "NEW", .help = "rename: its name from now on"},
                      {.name = "ignore_missing",
                       .help = "Names that nothing has are no failure",
                       .kind = option_kind::flag,
                       .is_extra = true}},
          .positionals = {"action"},
          .asks_node = false,
          .needs_token = false,
          .examples = "  aops login --context test --url https://test1:11111\n"
                      "  aops context list\n"
                      "  aops context use test\n"
                      "  aops context rename test lab\n"
                      "  aops host list --context lab\n"};
}

} // namespace aops::cli
