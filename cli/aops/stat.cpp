#include "cli/aops/session.hpp"

namespace aops::cli {

namespace {

int run(session& s) {
  const auto& field = s.args.text("field");
  if (field == "host")
    return s.show(s.post("/manage/host/count", json::object()), {});
  if (field == "check_rule")
    return s.show(s.post("/check/rule/count", json::object()), {});
  return s.show(s.post("/check/result/count", {{"host_list", json::array()}}),
                {view::kind::listing, "results", {"host_id", "count", "*"}, {}});
}

} // namespace

verb stat_verb() {
  return {"stat",
          "Count hosts, check rules, check results",
          {text_option("action", "WHAT", "What to do").one_of("count").must(),
           text_option("field", "WHAT", "What to count; check_result: anomalies per host")
             .one_of("host|check_rule|check_result")
             .must()},
          {"action", "field"},
          run,
          true,
          true,
          "  aops stat --action count --field check_result\n"};
}

} // namespace aops::cli
