#pragma once

#include "cli/aops/command/reply.hpp"
#include "cli/aops/command/verb.hpp"
#include "cli/aops/net/context.hpp"
#include "cli/aops/net/node_list.hpp"
#include "cli/aops/net/request.hpp"
#include "cli/aops/term/console.hpp"
#include "cli/aops/term/output.hpp"

#include <map>
#include <optional>

namespace aops::cli {

/// Exit codes of the program. See docs/reference/rest.md#command-line.
enum exit_code {
  exit_done = 0,
  exit_failed = 1,
  exit_usage = 2,
  exit_unreachable = 3,
  exit_found = 10 ///< With `--exit_code`: there is something.
};

/// How a reply is shown.
struct view {
  enum class kind {
    line,    ///< The reply as one line of JSON.
    listing, ///< The reply without its list as one line, then the list as a table.
    whole,   ///< The whole reply as indented JSON.
  };
  kind how = kind::line;
  std::string list;                      ///< The reply's member that becomes a table.
  std::vector<std::string> columns;      ///< Of `-o table`; see `table_of`.
  std::vector<std::string> wide_columns; ///< Of `-o wide`; as `columns` when empty.
};

/// One run of one command: its arguments, its node, its output.
class session {
public:
  /// All of them must live longer.
  session(console& io, const arguments& args, const verb_list& verbs)
      : io(io), args(args), verbs(verbs) {}

  console& io;
  const arguments& args;
  const verb_list& verbs; ///< Of the program.

  // -- the node
  /// Where and as whom this command talks: options, then environment, then the context file. At
  /// least one; the others are asked when the first is not reached.
  expected<std::vector<connection>> find_connections() const;
  expected<json> get(const std::string& path);
  expected<json> post(const std::string& path, const json& body);
  expected<json> remove(const std::string& path, const json& body);
  /// As `post` and `get`, but a code other than 200 and 206 is an error whose text is ready for the
  /// user.
  expected<json> fetch(const std::string& path, const json& body);
  expected<json> fetch(const std::string& path);
  // The same with a message of the contract as body.
  template <described T>
  expected<json> post(const std::string& path, const T& message) {
    return post(path, body_of(message));
  }
  template <described T>
  expected<json> remove(const std::string& path, const T& message) {
    return remove(path, body_of(message));
  }
  template <described T>
  expected<json> fetch(const std::string& path, const T& message) {
    return fetch(path, body_of(message));
  }
  expected<node_list> new_nodes() const; ///< For another thread.

  /// Ids of hosts given by id, name or address; what no host is called stays as it is and is noted.
  expected<std::vector<std::string>> host_ids(const std::vector<std::string>& hosts);
  /// id → name of every host the user sees; empty when the node does not tell.
  const std::map<std::string, std::string>& host_names();

  // -- output
  format form() const;
  bool wants_table() const; ///< `-o table` or `-o wide`.
  bool wants_data() const;  ///< `-o json` or `-o yaml`.
  palette colours() const { return {io.out_is_terminal && colour_allowed()}; }
  palette warning_colours() const { return {io.err_is_terminal && colour_allowed()}; }
  int show(const expected<json>& reply, const view& how);
  /// The value in the JSON form that was asked for.
  void print_json(const json& value);
  int complain(const error& why);     ///< One line on standard error; returns the exit code.
  int misuse(const std::string& why); ///< The same for a command line that is not complete.
  void note(const std::string& text); ///< The same for what is no failure.

  /// A secret: the option, `-` for a line of standard input, else the variable, else asked for
  /// without echo.
  expected<std::string>
  secret(std::string_view option, const char* variable, const std::string& question);

private:
  bool colour_allowed() const;
  void show_good(const json& reply, const view& how);
  expected<node_list*> the_nodes();

  std::optional<node_list> nodes_;
  node_list::favourite favourite_ = std::make_shared<std::atomic<size_t>>(0);
  std::optional<std::map<std::string, std::string>> names_;
};

} // namespace aops::cli
