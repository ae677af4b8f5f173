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
  std::string_view name;  ///< Without dashes; `_` and `-` are the same on the command line.
  std::string_view value; ///< Stands for the value in help; empty for a flag.
  std::string_view help;
  std::string_view fallback = {}; ///< Used when the option is absent.
  std::string_view choices = {};  ///< `a|b|c`.
  option_kind kind = option_kind::text;
  bool required = false;
  std::string_view alias = {}; ///< A misspelling that the contract's examples use; not shown.
  bool is_list = false;        ///< Given several times it is a list, joined by commas.

  constexpr option must() const {
    auto o = *this;
    o.required = true;
    return o;
  }
  constexpr option one_of(std::string_view list) const {
    auto o = *this;
    o.choices = list;
    return o;
  }
  constexpr option or_else(std::string_view text) const {
    auto o = *this;
    o.fallback = text;
    return o;
  }
  constexpr option also(std::string_view other) const {
    auto o = *this;
    o.alias = other;
    return o;
  }
  constexpr option repeated() const {
    auto o = *this;
    o.is_list = true;
    return o;
  }
  constexpr option whole() const {
    auto o = *this;
    o.kind = option_kind::whole;
    return o;
  }
  constexpr option boolean() const {
    auto o = *this;
    o.kind = option_kind::boolean;
    return o;
  }
};

constexpr option text_option(std::string_view name, std::string_view value, std::string_view help) {
  return {name, value, help};
}
constexpr option flag_option(std::string_view name, std::string_view help) {
  option o{name, {}, help};
  o.kind = option_kind::flag;
  return o;
}

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

/// One command of the program.
struct verb {
  std::string_view name;
  std::string_view summary;
  std::vector<option> options; ///< Without those that every verb has.
  std::vector<std::string_view>
    positionals; ///< Options that may also be given without their name, in this order.
  int (*run)(session&) = nullptr; ///< Returns the exit code.
  bool asks_node = true;          ///< Takes the options of a connection.
  bool needs_token = true;        ///< Not run without one (but for `--action login`).
  std::string_view examples = {};
};

/// Every option the verb takes, the common ones at the end.
std::vector<option> all_options(const verb& what);

/// All commands, in the order of the help.
const std::vector<verb>& all_verbs();

// One per file.
verb login_verb();
verb logout_verb();
verb account_verb();
verb group_verb();
verb host_verb();
verb series_verb();
verb checkrule_verb();
verb check_verb();
verb faultree_verb();
verb diag_verb();
verb report_verb();
verb stat_verb();
verb cluster_verb();
verb completion_verb();

} // namespace aops::cli
