#pragma once

#include "runtime/base/config.hpp"

#include <limits>
#include <string_view>
#include <variant>
#include <vector>

namespace aops::base {

/// One option: where it stands, where its value lives, what it may be.
struct option {
  using target = std::variant<bool*,
                              int64_t*,
                              double*,
                              std::string*,
                              std::vector<std::string>*,
                              sealed_text*,
                              sealed_list*,
                              duration*,
                              byte_size*,
                              endpoint*>;
  std::string_view section; ///< Empty for the few that stand above all sections.
  std::string_view key;
  target value;
  /// In ms for durations.
  double min = std::numeric_limits<double>::lowest(), max = std::numeric_limits<double>::max();
  std::string_view choices{}; ///< `a|b` for texts.
  std::string_view doc{};
  bool may_be_empty = false; ///< An endpoint: the empty text turns off what is there.

  std::string name() const; ///< `section.key`.
};

/// All options of a configuration, section by section, in the order of `etc/aops.toml`.
std::vector<option> options_of(config& c);

/// Those of one `[[notify]]`.
std::vector<option> options_of(notify_receiver& to);

/// Those of one `[plugins.NAME]`.
std::vector<option> options_of(plugin_program& to);

/// Gives an option the value of a text, as `--set` has it. ec::bad_request with the reason only.
expected<void> set_option(const option& o, std::string_view text);

/// ec::bad_request when the value lies outside the option's range or choices.
expected<void> check_option(const option& o);

/// The value as TOML; `"<sealed>"` for a secret that is set.
std::string toml_value(const option& o);

/// What the value is measured in, and its range: `duration, 1s to 24h`. Empty for free texts.
std::string unit_text(const option& o);

} // namespace aops::base
