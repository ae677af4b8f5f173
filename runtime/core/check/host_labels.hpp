#pragma once

#include "messages/host.hpp"
#include "messages/sample.hpp"
#include "runtime/core/promql/labels.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace aops::check {

/// Labels by which queries tell hosts apart; series of a host are stored without them.
inline constexpr std::array<std::string_view, 4> host_label_names = {
  "host", "host_id", "instance", "job"};

/// Which of these a series has, a bit for each.
using host_label_mask = uint8_t;
inline constexpr host_label_mask all_host_labels = 0b1111;
/// Whether it has one of those that no other host has.
inline constexpr bool tells_host(host_label_mask x) { return (x & 0b0111) != 0; }
/// 0 for a label that is none of them.
host_label_mask host_label_bit(std::string_view name);

/// Series that rules record, and which of these labels their values have.
using recorded_names = std::map<std::string, host_label_mask, std::less<>>;

/// The labels that tell the series of one host from those of others, by name.
/// @param default_port Of its exporter, where the host names none.
promql::labels labels_of_host(const host_record& host, int64_t default_port);

/// The labels of a series: those of its host, and its own. An own one with a name that the host's
/// have is `exported_NAME`.
/// @param of_host Which of the host's it has.
promql::labels labels_of_series(const promql::labels& host,
                                const series_key& key,
                                host_label_mask of_host = all_host_labels);

/// What remains of the labels of a result without the name of the metric and those of the host.
label_set without_host(const promql::labels& x, const promql::labels& host);

} // namespace aops::check
