#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/verbs.hpp"
#include "messages/alerts.hpp"

namespace aops::cli {

namespace {

int list_receivers(session& s) {
  return s.show(
    s.get("/notify/receivers"),
    {view::kind::whole,
     "receivers",
     {"name", "severities", "waiting", "sent", "failed", "given_up", "last_error"},
     {"name", "severities", "group", "waiting", "sent", "failed", "given_up", "last_error"}});
}

int test_receiver(session& s) {
  auto name = exactly_one(s.args, "name", "test");
  if (!name)
    return s.complain(name.error());
  return s.show(s.post("/notify/test", notice_to_test{*name}), {});
}

} // namespace

verb notify_verb() {
  return {.name = "notify",
          .summary = "Receivers of alerts: list them, send a sample to one",
          .actions = {{.name = "list", .run = list_receivers, .lists = true},
                      {.name = "test", .run = test_receiver}},
          .options = {{.name = "name", .value = "NAME", .help = "test: the receiver"}},
          .positionals = {"action", "name"},
          .examples = "  aops notify list\n"
                      "  aops notify test oncall\n"};
}

} // namespace aops::cli
