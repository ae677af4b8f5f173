#pragma once

#include "messages/error.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace aops::cli {

class session;

/// `span` is a duration (`90s`, `1h30m`) or bare seconds; its value is kept as seconds.
enum class option_kind { text, whole, boolean, flag, span };

/// One option of a verb. Parsing, abbreviations, help and completion are read from this
/// description.
struct option {
  std::string_view name;       ///< Without dashes; `_` and `-` are the same on the command line.
  std::string_view value = {}; ///< Stands for the value in help; empty for a flag.
  std::string_view help = {};
  std::vector<std::string_view> choices = {}; ///< Empty: any value.
  std::string_view fallback = {};             ///< Used when the option is absent.
  option_kind kind = option_kind::text;
  bool is_required = false;
  std::string_view alias = {}; ///< A misspelling that the contract's examples use; not shown.
  /// Given several times it is a list, joined by commas. Names that end in `_list` or `_items` are.
  bool is_list = false;
  /// Whether a word without a name may be its value; null: any word of its choices.
  bool (*takes)(std::string_view word) = nullptr;
  /// Not in the contract: what is short for it and for one that is there means the latter.
  bool is_extra = false;
};

/// What the command line gave for one verb.
class arguments {
public:
  bool has(std::string_view name) const;
  /// The value, else the fallback of the description, else empty.
  const std::string& text(std::string_view name) const;
  bool on(std::string_view name) const; ///< A flag that stands there, or a boolean that is true.
  int64_t whole(std::string_view name) const; ///< Of a span: seconds.
  /// The elements; empty when the option is absent. `ec::bad_request` names the option with an
  /// empty element.
  expected<std::vector<std::string>> list(std::string_view name) const;

  /// True for a value that stood without its option's name.
  bool is_bare(std::string_view name) const;

  void set(std::string_view name, std::string value, bool bare = false);
  /// Puts the value behind those that are there, separated by a comma.
  void append(std::string_view name, const std::string& value);
  void set_fallback(std::string_view name, std::string_view value);

private:
  std::map<std::string, std::string, std::less<>> given_, fallbacks_;
  std::set<std::string, std::less<>> bare_;
};

/// Carries a command out and returns the exit code.
using runner = int (*)(session&);

/// One of the things that `--action` of a verb may be.
struct action {
  std::string_view name;
  runner run = nullptr;
  bool needs_token = true; ///< Not run without one.
  /// Options whose values may follow the action without their names, in this order; a list takes
  /// all words that are left. Empty: those of the verb.
  std::vector<std::string_view> positionals = {};
  std::vector<std::string_view> needs = {}; ///< Options without which it is no command.
  std::string_view offline = {}; ///< With this option it asks no node: no token, none of `needs`.
  bool lists = false;            ///< Shows rows: takes `--filter` and `-o name`, `-o csv`.
};

/// One command of the program.
struct verb {
  std::string_view name;
  std::string_view summary = {};
  /// The verb has an option `action`, one of these; required unless the verb has a `run` too. A
  /// synonym (`list`, `get`, `query`, `show`; `delete`, `remove`; `add`, `create`, `import`) means
  /// the one of its kind that the verb has.
  std::vector<action> actions = {};
  runner run = nullptr;             ///< Without an action.
  std::vector<option> options = {}; ///< Without `action` and those that every verb has.
  /// Options that may also be given without their name, in this order; a list takes all words that
  /// are left. An action, when there is one, comes first.
  std::vector<std::string_view> positionals = {};
  bool asks_node = true;   ///< Takes the options of a connection.
  bool needs_token = true; ///< Not run without one.
  std::string_view examples = {};
  bool lists = false; ///< As of an action, for `run`.
};

/// All commands of a program, in the order of its help.
using verb_list = std::vector<verb>;

/// Every option the verb takes: `action`, its own, the common ones.
std::vector<option> all_options(const verb& what);

/// What help and manual pages say of an option: what it means, its choices, its fallback; in the
/// user's language.
std::string help_of(const option& o);

/// The action that was asked for; null when there is none.
const action* action_of(const verb& what, const arguments& args);

/// Whether what was asked for shows rows.
bool is_listing(const verb& what, const action* chosen);

/// The verb's action that is called `word` or means the same; empty when none is.
std::string_view action_named(const verb& what, std::string_view word);

/// The options whose values may stand without a name: those of `chosen`, else of the verb.
std::vector<std::string_view> positionals_of(const verb& what, const action* chosen);

} // namespace aops::cli
