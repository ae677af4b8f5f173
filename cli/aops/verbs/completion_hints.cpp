#include "cli/aops/verbs/completion_hints.hpp"

#include "cli/aops/command/session.hpp"
#include "cli/aops/net/contexts.hpp"
#include "cli/aops/term/table.hpp"
#include "cli/aops/text/text.hpp"
#include "messages/check.hpp"
#include "messages/diag.hpp"
#include "messages/host.hpp"
#include "messages/silence.hpp"
#include "messages/task.hpp"
#include "messages/template.hpp"
#include "messages/users.hpp"

#include <algorithm>
#include <ostream>

namespace aops::cli {

namespace {

/// Where the names of a kind of things stand.
struct name_source {
  std::string_view kind;
  const char* path;
  json body; ///< Null: it is a GET.
  const char *list, *key;
};

json newest_tasks() {
  tasks_query newest;
  newest.sort = "time";
  newest.direction = "desc";
  newest.page = 1;
  newest.per_page = 50;
  return body_of(newest);
}

json lasting_silences() {
  silences_query lasting;
  lasting.ended = false;
  return body_of(lasting);
}

const std::vector<name_source>& sources() {
  static const std::vector<name_source> all = {
    {"hosts", "/manage/host/get", body_of(hosts_query{}), "host_infos", "host_name"},
    {"groups",
     "/manage/host/group/get",
     body_of(host_groups_query{}),
     "host_group_infos",
     "host_group_name"},
    {"rules", "/check/rule/get", body_of(rules_query{}), "check_items", "check_item"},
    {"trees", "/diag/tree/get", body_of(trees_query{}), "trees", "tree_name"},
    {"tasks", "/diag/task/get", newest_tasks(), "task_infos", "task_id"},
    {"templates",
     "/manage/template/get",
     body_of(templates_query{}),
     "template_infos",
     "template_name"},
    {"deployments", "/manage/task/get", body_of(deploy_tasks_query{}), "task_infos", "task_name"},
    {"users", "/manage/account/user/get", body_of(users_query{}), "user_infos", "username"},
    {"tokens", "/manage/account/token/get", body_of(tokens_query{}), "token_infos", "name"},
    {"receivers", "/notify/receivers", nullptr, "receivers", "name"},
    {"silences", "/check/silence/get", lasting_silences(), "silence_infos", "silence_id"},
    {"nodes", "/cluster/nodes", nullptr, "nodes", "node"}};
  return all;
}

/// What things an option names.
struct naming {
  std::string_view option, kind;
  std::string_view verb = {}; ///< Empty: of every verb.
};

constexpr naming namings[] = {{"task_list", "deployments", "task"},
                              {"name", "contexts", "context"},
                              {"name_list", "contexts", "context"},
                              {"name", "receivers", "notify"},
                              {"silence_list", "silences", "silence"},
                              {"username", "users", "user"},
                              {"username", "users", "session"},
                              {"username", "users", "audit"},
                              {"node", "nodes", "cluster"},
                              {"template_name", "templates", "task"},
                              {"context", "contexts"},
                              {"host_list", "hosts"},
                              {"host", "hosts"},
                              {"host_group_list", "groups"},
                              {"host_group_name", "groups"},
                              {"check_items", "rules"},
                              {"tree_list", "trees"},
                              {"task_id", "tasks"},
                              {"cancel", "tasks"},
                              {"resume", "tasks"},
                              {"template_list", "templates"},
                              {"user_list", "users"},
                              {"token_list", "tokens"}};

std::string_view kind_of(const verb& v, const option& o) {
  for (const auto& x : namings)
    if (x.option == o.name && (x.verb.empty() || x.verb == v.name))
      return x.kind;
  return {};
}

int print_contexts(session& s) {
  auto folder = context_folder::of(s.io.env);
  if (!folder)
    return s.complain(folder.error());
  for (const auto& name : folder->names())
    s.io.out << name << '\n';
  return exit_done;
}

} // namespace

value_hint hint_of(const verb& v, const option& o) {
  value_hint hint;
  // No choice with a blank survives a word list.
  bool are_words =
    std::none_of(o.choices.begin(), o.choices.end(), [](auto x) { return x.find(' ') != x.npos; });
  if (o.kind == option_kind::boolean)
    hint.words = {"True", "False"};
  else if (are_words && !o.choices.empty())
    hint.words = o.choices;
  else if (auto kind = kind_of(v, o); !kind.empty())
    hint.names = kind;
  else
    hint.is_file = o.value == "FILE";
  return hint;
}

value_hint hint_of_words(const verb& v, const action* chosen) {
  auto options = all_options(v);
  for (auto name : positionals_of(v, chosen))
    for (const auto& o : options)
      if (o.name == name)
        if (auto hint = hint_of(v, o); !hint.is_empty())
          return hint;
  return {};
}

std::vector<std::string_view> spellings(const verb& v, const action& x) {
  std::vector<std::string_view> words{x.name};
  for (std::string_view word :
       {"query", "get", "list", "show", "delete", "remove", "add", "create", "import"})
    if (word != x.name && action_named(v, word) == x.name)
      words.push_back(word);
  return words;
}

std::vector<std::string_view> kinds_of_names() {
  std::vector<std::string_view> kinds{"contexts"};
  for (const auto& x : sources())
    kinds.push_back(x.kind);
  return kinds;
}

int print_names(session& s, std::string_view kind) {
  if (kind == "contexts")
    return print_contexts(s);
  auto from = std::find_if(
    sources().begin(), sources().end(), [&](const name_source& x) { return x.kind == kind; });
  if (from == sources().end())
    return exit_usage;
  auto reply = from->body.is_null() ? s.fetch(from->path) : s.fetch(from->path, from->body);
  if (!reply)
    return s.complain(reply.error());
  for (const auto& row : member(*reply, from->list))
    s.io.out << printable(text_of(row, from->key)) << '\n';
  return exit_done;
}

} // namespace aops::cli
