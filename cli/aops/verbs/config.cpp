#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/verbs.hpp"

namespace aops::cli {

namespace {

int show_config(session& s) {
  return s.show(s.get("/manage/config/effective"),
                {view::kind::whole,
                 "options",
                 {"option", "value", "is_default"},
                 {"option", "value", "is_default", "unit", "doc"}});
}

} // namespace

verb config_verb() {
  return {.name = "config",
          .summary = "The configuration in force at the node that is asked",
          .actions = {{.name = "show", .run = show_config, .lists = true}},
          .positionals = {"action"},
          .examples = "  aops config show\n"
                      "  aops config show --filter is_default=false\n"
                      "  aops config show --filter 'option~^backup' -o wide\n"};
}

} // namespace aops::cli
