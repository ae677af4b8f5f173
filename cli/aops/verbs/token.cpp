#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/verbs.hpp"
#include "messages/users.hpp"

#include <algorithm>

namespace aops::cli {

namespace {

constexpr int64_t day_s = 86'400;

int list_tokens(session& s) {
  return s.show(s.post("/manage/account/token/get", tokens_query{}),
                {view::kind::whole,
                 "token_infos",
                 {"name", "scope", "expires", "last_used"},
                 {"name", "scope", "created", "expires", "last_used", "token_id"}});
}

int create(session& s) {
  auto name = exactly_one(s.args, "name", "create");
  if (!name)
    return s.complain(name.error());
  token_to_create request{*name, s.args.text("scope"), {}};
  if (s.args.has("expires"))
    request.days.emplace(std::max<int64_t>(s.args.whole("expires") / day_s, 1));
  return s.show(s.post("/manage/account/token/create", request), {});
}

int remove_token(session& s) {
  auto names = at_least_one(s.args, "token_list", "delete");
  if (!names)
    return s.complain(names.error());
  auto reply = s.fetch("/manage/account/token/get", tokens_query{});
  if (reply)
    s.find_missing("token", *names, member(*reply, "token_infos"), "name", "token_id");
  return s.show(s.remove("/manage/account/token/delete", tokens_to_delete{*names}), {});
}

} // namespace

verb token_verb() {
  return {.name = "token",
          .summary = "Tokens for programs: make, list, delete",
          .actions = {{.name = "create", .run = create, .positionals = {"name"}, .needs = {"name"}},
                      {.name = "list", .run = list_tokens, .lists = true},
                      {.name = "delete",
                       .run = remove_token,
                       .positionals = {"token_list"},
                       .needs = {"token_list"}}},
          .options = {{.name = "name", .value = "NAME", .help = "create: what it is for"},
                      {.name = "scope",
                       .value = "SCOPE",
                       .help = "create: whether it may change something",
                       .choices = {"read", "act"},
                       .fallback = "read"},
                      {.name = "expires",
                       .value = "SPAN",
                       .help = "create: how long it is good for, whole days (90d)",
                       .kind = option_kind::span},
                      {.name = "token_list",
                       .value = "NAMES",
                       .help = "delete: names, separated by commas"}},
          .positionals = {"action"},
          .examples = "  aops token create backup --scope read --expires 30d\n"
                      "  aops token list\n"
                      "  aops token delete backup\n"};
}

} // namespace aops::cli
