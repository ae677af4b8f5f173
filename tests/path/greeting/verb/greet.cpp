#include "tests/path/greeting/verb/greet.hpp"

#include "cli/aops/command/session.hpp"
#include "tests/path/greeting/messages.hpp"

namespace aops::tests {

namespace {

using cli::session, cli::view;

int execute(session& s) {
  auto hosts = s.args.list("host_list");
  if (!hosts)
    return s.complain(hosts.error());
  return s.show(s.post("/greeting/execute", greetings_to_send{*hosts, s.args.text("words")}), {});
}

int get(session& s) {
  return s.show(s.post("/greeting/get", greetings_query{s.args.text("task_id")}),
                {view::kind::listing, "greetings", {"number", "host", "said"}, {}});
}

} // namespace

cli::verb greet_verb() {
  return {
    .name = "greet",
    .summary = "Greet hosts",
    .actions = {{.name = "execute", .run = execute}, {.name = "get", .run = get}},
    .options = {{.name = "host_list", .value = "HOSTS", .help = "Who is greeted", .is_list = true},
                {.name = "words", .value = "TEXT", .help = "With which words"},
                {.name = "task_id", .value = "ID", .help = "get: the task"}},
    .positionals = {"action"},
    .examples = "  aops greet --action execute --host_list web1 --words hello\n"};
}

} // namespace aops::tests
