#include "runtime/core/check/flapping.hpp"

#include <fmt/format.h>

#include <cmath>

namespace aops::check {

std::string why_flapping(const flap_watch& x, const flap_terms& terms) {
  return fmt::format("{}it changed in {} of the last {} rounds",
                     flapping_word,
                     std::lround(x.share(terms) * terms.rounds),
                     terms.rounds);
}

} // namespace aops::check
