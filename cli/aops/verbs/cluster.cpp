#include "cli/aops/command/session.hpp"
#include "cli/aops/report/cluster_text.hpp"
#include "cli/aops/term/progress_bar.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"
#include "cli/aops/verbs/cluster_ca.hpp"
#include "cli/aops/verbs/verbs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <ostream>

namespace aops::cli {

namespace {

/// Between two looks at a node that drains.
constexpr int look_ms = 250;
/// Between two tables of `--watch`.
constexpr int redraw_ms = 1000;

/// The table, or one line of why there is none: a watch goes on.
void watch_nodes(session& s) {
  auto times = s.args.whole("times");
  for (int64_t i = 0; times == 0 || i < times; ++i) {
    if (i > 0)
      s.io.pause(redraw_ms);
    auto reply = s.fetch("/cluster/nodes");
    if (!reply && !s.wants_table()) {
      s.complain(reply.error());
      continue;
    }
    // Home, then line by line: without a blank moment.
    if (s.io.out_is_terminal)
      s.io.out << (i == 0 ? "\x1b[2J\x1b[H" : "\x1b[H");
    auto text = !reply             ? printable(reply.error().detail) + "\n"
                : !s.wants_table() ? to_line(*reply) + "\n"
                                   : draw_nodes(*reply, s.form() == format::wide, s.colours());
    for (size_t at = 0; s.io.out_is_terminal && (at = text.find('\n', at)) != text.npos; at += 4)
      text.replace(at, 1, "\x1b[K\n");
    s.io.out << text << (s.io.out_is_terminal ? "\x1b[J" : "") << std::flush;
    if (!s.io.out)
      return;
  }
}

int nodes(session& s) {
  bool is_wide = s.form() == format::wide;
  if (s.args.on("watch")) {
    if (s.wants_rows() || s.args.has("filter"))
      return s.misuse(tr("--watch goes without --filter, -o name and -o csv"));
    watch_nodes(s);
    return exit_done;
  }
  view how{view::kind::whole, "nodes", {}, {}, "node"};
  how.draw = [&](const json& reply) {
    return draw_nodes(reply, is_wide, s.colours(), s.table_width());
  };
  return s.show(s.get("/cluster/nodes"), how);
}

int slots(session& s) {
  view how{view::kind::whole, "slots", {}, {}, "slot"};
  how.draw = [&](const json& reply) {
    return render(slot_table(reply, s.form() == format::wide), s.table_width());
  };
  return s.show(s.get("/cluster/slots"), how);
}

/// Node ids and their beginnings: nothing that a URL would have to escape.
expected<std::string> node_name(const session& s) {
  const auto& name = s.args.text("node");
  auto is_plain = [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '.';
  };
  if (!std::all_of(name.begin(), name.end(), is_plain))
    return fail(ec::bad_request, tr("--node: no node is called {}", name));
  return name;
}

int tree(session& s) {
  auto name = node_name(s);
  if (!name)
    return s.complain(name.error());
  auto reply = s.get("/cluster/tree" + (name->empty() ? "" : "?node=" + *name));
  if (!reply || !succeeded(*reply))
    return s.show(reply, {});
  if (s.wants_table())
    s.io.out << draw_trees(*reply, {s.colours(), s.io.unicode, s.form() == format::wide});
  else
    s.print_json(*reply);
  const auto& nodes = member(*reply, "nodes");
  bool all_told = std::all_of(
    nodes.begin(), nodes.end(), [](const json& x) { return text_of(x, "error").empty(); });
  return all_told ? exit_done : exit_failed;
}

/// How many slots the node still has; absent when it is not there any more.
expected<std::optional<uint64_t>> slots_left(session& s, const std::string& node) {
  auto reply = s.fetch("/cluster/nodes");
  if (!reply)
    return fail(reply.error());
  for (const auto& row : member(*reply, "nodes"))
    if (text_of(row, "node") == node)
      return count_of(row, "slots");
  return std::optional<uint64_t>{};
}

/// Shows how the slots go. A node that is not reached meanwhile is no failure: it may be the one
/// that is drained and ends.
int wait_for_drain(session& s, const std::string& node, uint64_t first) {
  auto deadline_ms = std::max<int64_t>(s.args.whole("deadline"), 1) * 1000;
  uint64_t left = first, drawn = first + 1;
  std::string trouble;
  for (int64_t waited = 0;; waited += look_ms) {
    auto now = left == 0 ? expected<std::optional<uint64_t>>{left} : slots_left(s, node);
    if (!now && now.error() != ec::unreachable && now.error() != ec::timed_out)
      return s.complain(now.error());
    trouble = now ? "" : "; " + now.error().detail;
    left = now ? now->value_or(0) : left;
    if (s.io.err_is_terminal && left != drawn) {
      auto total = std::max(first, left);
      s.io.err << '\r' << progress_bar(total - left, total, s.io.width - 1, s.io.unicode)
               << "\x1b[K" << std::flush;
      drawn = left;
    }
    if (left == 0 || waited >= deadline_ms)
      break;
    s.io.pause(look_ms);
  }
  if (s.io.err_is_terminal)
    s.io.err << std::endl;
  if (left == 0)
    return exit_done;
  return s.complain({ec::timed_out,
                     tr("node {} still owns {} slots after {} s; it goes on{}",
                        node,
                        left,
                        deadline_ms / 1000,
                        trouble)});
}

int drain(session& s) {
  bool resumes = s.args.on("resume");
  if (s.args.text("node").empty())
    return s.misuse(tr("drain needs a node: aops cluster drain NODE"));
  if (resumes && s.args.on("wait"))
    return s.misuse(tr("--wait waits until a node has no slots, --resume gives it some: not both"));
  auto reply =
    s.post("/cluster/node/drain", json{{"node", s.args.text("node")}, {"resume", resumes}});
  if (!reply || !succeeded(*reply) || !s.args.on("wait"))
    return s.show(reply, {});
  auto code = wait_for_drain(s, text_of(*reply, "node"), count_of(*reply, "slots"));
  if (code != exit_done)
    return code;
  (*reply)["slots"] = 0;
  return s.show(reply, {});
}

} // namespace

verb cluster_verb() {
  return {
    .name = "cluster",
    .summary = "See the nodes, their slots and actors; drain a node; certificates of the links",
    .actions = {{.name = "nodes", .run = nodes, .lists = true},
                {.name = "slots", .run = slots, .lists = true},
                {.name = "tree", .run = tree},
                {.name = "drain", .run = drain},
                {.name = "ca", .run = run_cluster_ca, .needs_token = false}},
    .options =
      {{.name = "node",
        .value = "NODE",
        .help = "tree, drain: id of a node, or the beginning of it; ca: name in the certificate"},
       {.name = "watch",
        .help = "nodes: draw anew each second, until Ctrl-C",
        .kind = option_kind::flag},
       {.name = "times",
        .value = "N",
        .help = "nodes: end --watch after so many tables",
        .kind = option_kind::whole},
       {.name = "wait",
        .help = "drain: wait until the node has no slots",
        .kind = option_kind::flag},
       {.name = "deadline",
        .value = "SPAN",
        .help = "drain: how long --wait waits",
        .fallback = "60",
        .kind = option_kind::span},
       {.name = "resume",
        .help = "drain: let the node take slots again",
        .kind = option_kind::flag},
       {.name = "ca",
        .value = "WHAT",
        .help = "ca: make the cluster's authority, a node's certificate, or revoke one",
        .choices = {"init", "issue", "revoke"}},
       {.name = "ca_dir",
        .value = "FOLDER",
        .help = "ca: folder of the authority",
        .fallback = "aops-ca"},
       {.name = "address",
        .value = "HOSTS",
        .help = "ca issue: names and addresses of the node's links, by commas",
        .is_list = true},
       {.name = "days",
        .value = "N",
        .help = "ca: how long it is valid; 3650 for the authority, 365 for a node",
        .kind = option_kind::whole},
       {.name = "renew",
        .help = "ca issue: replace the certificate and its key",
        .kind = option_kind::flag}},
    .positionals = {"action", "ca", "node"},
    .examples = "  aops cluster nodes --watch\n"
                "  aops cluster slots -o wide\n"
                "  aops cluster tree 018e4c0a\n"
                "  aops cluster drain 018e4c0a --wait\n"
                "  aops cluster drain 018e4c0a --resume\n"
                "  aops cluster ca init\n"
                "  aops cluster ca issue node1 --address node1.example.org,10.0.0.1\n"};
}

} // namespace aops::cli
