#include "cli/aops/command/session.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"
#include "cli/aops/verbs/verbs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace aops::cli {

namespace {

/// The worse, the higher; a node that does not tell is as bad as it gets.
int badness(const json& node) {
  if (!text_of(node, "error").empty())
    return 2;
  int worst = 0;
  for (const auto& item : member(node, "items"))
    worst = std::max(worst,
                     text_of(item, "state") == "FAIL"   ? 2
                     : text_of(item, "state") == "WARN" ? 1
                                                        : 0);
  return worst;
}

void print_node(session& s, const json& node, bool is_only) {
  if (!is_only)
    s.io.out << "node " << printable(text_of(node, "node")) << '\n';
  if (auto error = text_of(node, "error"); !error.empty())
    s.io.out << fmt::format("{:<4}  {:<18}  {}\n", "FAIL", "node", printable(error));
  for (const auto& item : member(node, "items")) {
    auto remedy = text_of(item, "remedy");
    s.io.out << fmt::format("{:<4}  {:<18}  {}{}{}\n",
                            text_of(item, "state"),
                            printable(text_of(item, "item")),
                            printable(text_of(item, "found")),
                            remedy.empty() ? "" : "; ",
                            printable(remedy));
  }
}

int examine(session& s) {
  auto reply = s.get("/cluster/doctor");
  if (!reply && reply.error() == ec::unreachable) {
    auto code = s.complain(reply.error());
    s.io.err << tr("Where no node runs, `aops-node --config FILE doctor` looks at its machine.\n");
    return code;
  }
  if (!reply || !succeeded(*reply))
    return s.show(reply, {});
  const auto& nodes = member(*reply, "nodes");
  int worst = 0;
  for (const auto& node : nodes)
    worst = std::max(worst, badness(node));
  if (!s.wants_table())
    (void)s.show(reply, {view::kind::whole, {}, {}, {}});
  else
    for (const auto& node : nodes)
      print_node(s, node, nodes.size() == 1);
  return worst == 2 ? exit_failed : worst == 1 ? exit_found : exit_done;
}

} // namespace

verb doctor_verb() {
  return {
    .name = "doctor",
    .summary = "Look at the machines, the store and the configuration of all nodes, with remedies",
    .run = examine,
    .examples =
      "  aops doctor\n"
      "  aops doctor -o json\n"
      "Exit status: 0 all is well, 10 something should be looked at, 1 something is broken.\n"};
}

} // namespace aops::cli
