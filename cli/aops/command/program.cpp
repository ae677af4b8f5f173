#include "cli/aops/command/program.hpp"

#include "cli/aops/command/command_line.hpp"
#include "cli/aops/command/session.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <ostream>

namespace aops::cli {

namespace {

bool is_offline(const action* chosen, const arguments& args) {
  return chosen && !chosen->offline.empty() && args.has(chosen->offline);
}

/// The contract has a token required by every command but the log-in.
bool lacks_token(const session& s, const verb& what) {
  const auto* action = action_of(what, s.args);
  if (!what.asks_node || !what.needs_token || (action && !action->needs_token) ||
      is_offline(action, s.args))
    return false;
  auto to = s.find_connections();
  return to && std::all_of(to->begin(), to->end(), [](const auto& x) { return x.token.empty(); });
}

/// The first option that the action cannot do without and that is not there; empty when all are.
std::string_view missing_need(const verb& what, const arguments& args) {
  const auto* action = action_of(what, args);
  if (!action || is_offline(action, args))
    return {};
  auto lacks =
    std::find_if(action->needs.begin(), action->needs.end(), [&](auto x) { return !args.has(x); });
  return lacks == action->needs.end() ? std::string_view{} : *lacks;
}

/// What only a list has, asked of something else; empty when all is well.
std::string misplaced(const verb& what, const arguments& args) {
  const auto* action = action_of(what, args);
  if (is_listing(what, action))
    return {};
  bool wants_rows = args.text("output") == "name" || args.text("output") == "csv";
  if (!wants_rows && !args.has("filter"))
    return {};
  auto asked = wants_rows ? fmt::format("-o {}", args.text("output")) : std::string{"--filter"};
  auto whole = action ? fmt::format("{} {}", what.name, action->name) : std::string{what.name};
  return tr("{} is for lists, and `{}` shows none", asked, whole);
}

/// An answer may be JSON and still have lists where objects belong; that is the node's fault and no
/// reason to crash.
int run_verb(session& s, const verb& what) {
  try {
    const auto* action = action_of(what, s.args);
    return action ? action->run(s) : what.run(s);
  } catch (const json::exception& e) {
    return s.complain(
      {ec::internal, tr("the node's answer has an unexpected shape: {}", e.what())});
  }
}

} // namespace

int run_program(console& io,
                const std::string& name,
                const verb_list& verbs,
                const std::vector<std::string>& words) {
  use_language(language_of(io.env));
  auto parsed = parse_command_line(name, verbs, words);
  if (!parsed) {
    io.err << name << ": " << printable(parsed.error().detail) << std::endl;
    return exit_usage;
  }
  if (!parsed->what) {
    io.out << parsed->text << std::flush;
    return exit_done;
  }
  session s(io, parsed->args, verbs);
  if (auto wrong = misplaced(*parsed->what, parsed->args); !wrong.empty())
    return s.misuse(wrong);
  if (auto read = s.read_filter(); !read)
    return s.misuse(read.error().detail);
  if (auto lacks = missing_need(*parsed->what, parsed->args); !lacks.empty())
    return s.misuse(tr("{} needs --{} (see {} {} --help)",
                       parsed->args.text("action"),
                       lacks,
                       name,
                       parsed->what->name));
  if (lacks_token(s, *parsed->what))
    return s.misuse(
      tr("no access token: run `aops login`, set AOPS_ACCESS_TOKEN or give --access_token"));
  auto code = run_verb(s, *parsed->what);
  if (code == exit_done && s.has_missing())
    code = exit_failed;
  io.out.flush();
  if (code != exit_done || io.out)
    return code;
  if (errno == EPIPE) // The reader, such as `head`, had enough.
    return exit_failed;
  // A full disk must not look like success.
  return s.complain({ec::internal, tr("standard output cannot be written")});
}

} // namespace aops::cli
