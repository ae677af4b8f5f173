#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/verbs.hpp"
#include "messages/check.hpp"

namespace aops::cli {

namespace {

int run_series(session& s) {
  auto ids = s.host_ids({s.args.text("host")});
  if (!ids)
    return s.complain(ids.error());
  if (s.is_missing(s.args.text("host")))
    return exit_done; // Said already; the exit code follows from it.
  series_query query;
  query.host_id = ids->front();
  add_paging(query, s.args);
  return s.show(
    s.post("/check/series/get", query),
    {view::kind::listing, "series", {"name", "type", "label", "time", "value", "*"}, {}});
}

/// Every series is listed unless a page is asked for.
option without_fallback(option x) {
  x.fallback = {};
  return x;
}

} // namespace

verb series_verb() {
  return {.name = "series",
          .summary = "List the series of a host with labels and last values",
          .run = run_series,
          .options = {{.name = "host",
                       .value = "HOST",
                       .help = "Id or name of the host",
                       .is_required = true},
                      without_fallback(page_option),
                      without_fallback(per_page_option)},
          .positionals = {"host"},
          .examples = "  aops series web1\n"
                      "  aops series web1 --filter 'name~^node_load'\n",
          .lists = true};
}

} // namespace aops::cli
