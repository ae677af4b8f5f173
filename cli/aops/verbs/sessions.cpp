#include "cli/aops/text/language.hpp"
#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/verbs.hpp"
#include "messages/users.hpp"

namespace aops::cli {

namespace {

maybe<std::string> whose(session& s) {
  maybe<std::string> x;
  if (s.args.has("username"))
    x.emplace(s.args.text("username"));
  return x;
}

int list_sessions(session& s) {
  return s.show(s.post("/manage/account/session/get", sessions_query{whose(s)}),
                {view::kind::whole,
                 "session_infos",
                 {"session_id", "address", "created", "last_used", "is_this", "has_vault_key"},
                 {}});
}

int remove_session(session& s) {
  auto ids = s.args.list("session_list");
  if (!ids)
    return s.complain(ids.error());
  if (ids->empty() && !s.args.on("all"))
    return s.misuse(tr("delete needs --session_list, or --all for all but this one"));
  if (auto known = s.fetch("/manage/account/session/get", sessions_query{whose(s)}))
    s.find_missing("session", *ids, member(*known, "session_infos"), "session_id");
  return s.show(s.remove("/manage/account/session/delete", sessions_to_end{*ids, whose(s)}), {});
}

} // namespace

verb session_verb() {
  return {
    .name = "session",
    .summary = "Sessions: who is logged in from where; end them",
    .actions = {{.name = "list", .run = list_sessions, .lists = true},
                {.name = "delete", .run = remove_session, .positionals = {"session_list"}}},
    .options =
      {{.name = "username", .value = "NAME", .help = "A user whom you administer; else yourself"},
       {.name = "session_list", .value = "IDS", .help = "delete: sessions, separated by commas"},
       {.name = "all", .help = "delete: all, but this one", .kind = option_kind::flag}},
    .positionals = {"action"},
    .examples = "  aops session list\n"
                "  aops session delete --all\n"
                "  aops session delete --all --username ann\n"};
}

} // namespace aops::cli
