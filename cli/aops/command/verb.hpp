#pragma once

#include "messages/error.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace aops::cli {

class session;

enum class option_kind { text, whole, boolean, flag };

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
  bool is_list = false;        ///< Given several times it is a list, joined by commas.
};

/// What the command line gave for one verb.
class arguments {
public:
  bool has(std::string_view name) const;
  /// The value, else the fallback of the description, else empty.
  const std::string& text(std::string_view name) const;
  bool on(std::string_view name) const; ///< A flag that stands there, or a boolean that is true.
  int64_t whole(std::string_view name) const;
  /// The elements; empty when the option is absent. `ec::bad_request` names the option with an
  /// empty element.
  expected<std::vector<std::string>> list(std::string_view name) const;

  void set(std::string_view name, std::string value);
  void set_fallback(std::string_view name, std::string_view value);

private:
  std::map<std::string, std::string, std::less<>> given_, fallbacks_;
};

/// Carries a command out and returns the exit code.
using runner = int (*)(session&);

/// One of the things that `--action` of a verb may be.
struct action {
  std::string_view name;
  runner run = nullptr;
  bool needs_token = true; ///< Not run without one.
};

/// One command of the program.
struct verb {
  std::string_view name;
  std::string_view summary = {};
  std::vector<action> actions = {}; ///< The verb has a required option `action`, one of these.
  runner run = nullptr;             ///< Of a verb without actions.
  std::vector<option> options = {}; ///< Without `action` and those that every verb has.
  /// Options that may also be given without their name, in this order.
  std::vector<std::string_view> positionals = {};
  bool asks_node = true;   ///< Takes the options of a connection.
  bool needs_token = true; ///< Not run without one.
  std::string_view examples = {};
};

/// All commands of a program, in the order of its help.
using verb_list = std::vector<verb>;

/// Every option the verb takes: `action`, its own, the common ones.
std::vector<option> all_options(const verb& what);

/// The action that was asked for; null when the verb has none.
const action* action_of(const verb& what, const arguments& args);

} // namespace aops::cli
