#pragma once

#include "runtime/core/check/results.hpp"

#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace aops::check {

/// When an instance flaps. See docs/reference/checks.md#flapping.
struct flap_terms {
  bool is_usual = false; ///< Of rules that do not say it themselves.
  uint32_t rounds = 20;  ///< At most 64.
  double low = 0.25, high = 0.5;

  bool applies_to(std::string_view flapping) const {
    return flapping.empty() ? is_usual : flapping == "on";
  }
};

/// How often the verdict of one instance changed lately.
class flap_watch {
public:
  /// A round. @returns Whether it begins or ends to flap.
  bool note(std::optional<result_value> value, const flap_terms& terms) {
    auto mask = terms.rounds >= 64 ? ~uint64_t{0} : (uint64_t{1} << terms.rounds) - 1;
    bool changed = is_known_ && value != value_;
    is_known_ = true;
    value_ = value;
    changes_ = ((changes_ << 1) | (changed ? 1 : 0)) & mask;
    bool before = flaps_;
    flaps_ = share(terms) >= (flaps_ ? terms.low : terms.high);
    return flaps_ != before;
  }
  bool flaps() const { return flaps_; }
  double share(const flap_terms& terms) const {
    return static_cast<double>(std::popcount(changes_)) / terms.rounds;
  }
  bool is_idle() const { return !flaps_ && changes_ == 0; }
  /// It flapped when it was stored last.
  void go_on() {
    flaps_ = true;
    changes_ = ~uint64_t{0};
  }

private:
  uint64_t changes_ = 0; ///< A bit for each round, the last one lowest.
  std::optional<result_value> value_;
  bool is_known_ = false, flaps_ = false;
};

/// What is told of an instance that flaps; begins with `flapping_word`.
inline constexpr std::string_view flapping_word = "flapping: ";
std::string why_flapping(const flap_watch& x, const flap_terms& terms);

} // namespace aops::check
