#pragma once

#include "messages/error.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace aops::base {

enum class comparison : uint8_t { above, at_least, below, at_most };

/// From which value on a figure of a link is abnormal.
struct threshold {
  std::string attribute; ///< One of `link_attributes`.
  comparison how = comparison::above;
  double bound = 0;
  friend bool operator==(const threshold&, const threshold&) = default;
};

/// Figures of links that thresholds may be about: within a period, and now (microseconds), and per
/// second.
inline constexpr std::array<std::string_view, 16> link_attributes = {"link_count",
                                                                     "rx_bytes",
                                                                     "tx_bytes",
                                                                     "packets_in",
                                                                     "packets_out",
                                                                     "retran_packets",
                                                                     "lost_packets",
                                                                     "rtt",
                                                                     "rtt_max",
                                                                     "rx_bytes_per_s",
                                                                     "tx_bytes_per_s",
                                                                     "packets_in_per_s",
                                                                     "packets_out_per_s",
                                                                     "retran_packets_per_s",
                                                                     "lost_packets_per_s",
                                                                     "retran_share"};

/// How many there may be.
inline constexpr size_t most_thresholds = 16;

/// `rtt > 20000`: an attribute, `>`, `>=`, `<` or `<=`, a number. ec::bad_request with the reason.
expected<threshold> parse_threshold(std::string_view text);

} // namespace aops::base
