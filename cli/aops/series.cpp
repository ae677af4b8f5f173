#include "cli/aops/common.hpp"

namespace aops::cli {

namespace {

int run(session& s) {
  auto ids = s.host_ids({s.args.text("host")});
  if (!ids)
    return s.complain(ids.error());
  json body = {{"host_id", ids->front()}};
  add_paging(body, s.args);
  return s.show(
    s.post("/check/series/get", body),
    {view::kind::listing, "series", {"name", "type", "label", "time", "value", "*"}, {}});
}

} // namespace

verb series_verb() {
  return {"series",
          "List the series of a host with labels and last values",
          {text_option("host", "HOST", "Id or name of the host").must(),
           page_option.or_else({}),
           per_page_option.or_else({})},
          {"host"},
          run,
          true,
          true,
          "  aops series --host web1 -o table\n"};
}

} // namespace aops::cli
