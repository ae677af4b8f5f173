#pragma once

#include "cli/aops/command/reply.hpp"
#include "cli/aops/command/row_filter.hpp"
#include "cli/aops/command/verb.hpp"
#include "cli/aops/net/context.hpp"
#include "cli/aops/net/node_list.hpp"
#include "cli/aops/net/request.hpp"
#include "cli/aops/term/console.hpp"
#include "cli/aops/term/output.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>

namespace aops::cli {

/// Exit codes of the program. See docs/reference/rest.md#command-line.
enum exit_code {
  exit_done = 0,
  exit_failed = 1,
  exit_usage = 2,
  exit_unreachable = 3,
  exit_no_data = 4, ///< What was tried had no data at all.
  exit_found = 10,  ///< With `--exit_code`: there is something.
  exit_interrupted = 130
};

/// How a reply is shown.
struct view {
  enum class kind {
    line,    ///< The reply as one line of JSON.
    listing, ///< The contract's `--action query`: the reply without its list as one line, then the
             ///< list as a table; without `--action` as `whole`.
    json_list, ///< The same, and then the list as indented JSON.
    whole,     ///< The whole reply as indented JSON.
  };
  kind how = kind::line;
  std::string list;                 ///< The reply's member that becomes a table.
  std::vector<std::string> columns; ///< Of a table; see `table_of`. `*` counts for `-o wide` only.
  std::vector<std::string> wide_columns; ///< Of `-o wide`; as `columns` when empty.
  std::string name = {};                 ///< The column that `-o name` shows; the first when empty.
  /// Draws the table of a reply; null: a row per object.
  std::function<std::string(const json& reply)> draw = {};
  /// A row with the cells of `-o csv`; null: as it is.
  std::function<json(json row)> csv_row = {};
};

/// One run of one command: its arguments, its node, its output.
class session {
public:
  /// All of them must live longer.
  session(console& io, const arguments& args, const verb_list& verbs)
      : io(io), args(args), verbs(verbs) {}

  /// Reads `--filter`; `ec::bad_request` when it is none.
  expected<void> read_filter();

  console& io;
  const arguments& args;
  const verb_list& verbs; ///< Of the program.

  // -- the node
  /// The remembered session of this command: `--context`, else AOPS_CONTEXT, else the one in use.
  expected<std::string> context_name() const;
  /// Where and as whom this command talks: options, then environment, then the context. At least
  /// one; the others are asked when the first is not reached.
  /// @param may_be_new A context that is not there is empty; else `ec::not_found`.
  expected<std::vector<connection>> find_connections(bool may_be_new = false) const;
  expected<json> get(const std::string& path);
  expected<json> post(const std::string& path, const json& body);
  expected<json> put(const std::string& path, const json& body);
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
  /// For another thread.
  /// @param timeout_s How long to wait for an answer; 0: as long as the user wants to wait.
  expected<node_list> new_nodes(int timeout_s = 0) const;

  /// Ids of hosts given by id, the beginning of one, name or address; what no host is called stays
  /// as it is and is `missing`.
  expected<std::vector<std::string>> host_ids(const std::vector<std::string>& hosts);
  /// Ids of tasks given by id or the beginning of one; what no task is called stays as it is.
  expected<std::vector<std::string>> task_ids(const std::vector<std::string>& tasks);
  /// id → name of every host the user sees; empty when the node does not tell.
  const std::map<std::string, std::string>& host_names();

  // -- output
  format form() const;
  bool wants_table() const; ///< `-o table` or `-o wide`, or a terminal without `-o`.
  bool wants_data() const;  ///< `-o json` or `-o yaml`.
  bool wants_rows() const;  ///< `-o name` or `-o csv`.
  /// What a table must fit into; 0: anything, as with `-o wide` and in a pipe.
  size_t table_width() const { return io.out_is_terminal && form() != format::wide ? io.width : 0; }
  palette colours() const { return {io.out_is_terminal && colour_allowed()}; }
  palette warning_colours() const { return {io.err_is_terminal && colour_allowed()}; }
  int show(const expected<json>& reply, const view& how);
  /// Of a list's rows those that `--filter` and the page want; all without a filter.
  /// @param known Fields that a row may have.
  expected<json> chosen(const json& rows, const std::vector<std::string>& known) const;
  /// The rows as `-o name` and `-o csv` have them.
  void print_rows(json rows, const view& how);
  /// Tells what of a request was not done, each name once; returns the exit code.
  int judge(const json& reply);
  /// The value in the JSON form that was asked for.
  void print_json(const json& value);
  int complain(const error& why);     ///< One line on standard error; returns the exit code.
  int misuse(const std::string& why); ///< The same for a command line that is not complete.
  void note(const std::string& text); ///< The same for what is no failure.

  /// Nothing is called `name`: says so, once, and the command ends with 1 whatever else it does,
  /// unless `--ignore_missing` is given.
  /// @param kind `host`, `rule`, ...
  /// @param known What it could have been meant for.
  void missing(std::string_view kind,
               const std::string& name,
               const std::vector<std::string>& known = {});
  /// `missing` for each of `wanted` that is in neither the rows' member `key` nor `id`, if any.
  void find_missing(std::string_view kind,
                    const std::vector<std::string>& wanted,
                    const json& rows,
                    const char* key,
                    const char* id = nullptr);
  bool is_missing(const std::string& name) const { return missing_.contains(name); }
  bool has_missing() const { return !missing_.empty() && !args.on("ignore_missing"); }

  /// A secret: the option, `-` for a line of standard input, else the variable, else asked for
  /// without echo.
  expected<std::string>
  secret(std::string_view option, const char* variable, const std::string& question);
  /// The same for one that nobody can check: what is typed is asked for twice, three times at most.
  expected<std::string>
  new_secret(std::string_view option, const char* variable, const std::string& question);

private:
  bool colour_allowed() const;
  expected<context> known_context(bool may_be_new) const;
  /// The reply with the rows that were chosen, and their counts.
  expected<json> with_chosen(const json& reply, const view& how) const;
  void show_good(const json& reply, const view& how);
  void show_simple(const json& reply);
  /// The word that the user wrote for an id.
  std::string as_given(const std::string& id) const;
  expected<node_list*> the_nodes();

  std::optional<row_filter> filter_;
  std::optional<node_list> nodes_;
  node_list::favourite favourite_ = std::make_shared<std::atomic<size_t>>(0);
  std::optional<std::map<std::string, std::string>> names_;
  std::map<std::string, std::string> words_; ///< Id → what the user wrote for it.
  std::set<std::string> missing_;            ///< Names that were told to be nobody's.
};

} // namespace aops::cli
