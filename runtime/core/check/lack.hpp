#pragma once

#include "messages/check.hpp"
#include "runtime/core/check/kept_series.hpp"

#include <string>

namespace aops::check {

/// `name{label=value,…}`; matches as they are written: `name{label=~pattern}`.
std::string shown_series(const data_item& item);
/// `{label=value,…}`.
std::string shown_labels(const label_set& labels);

/// Why an item has no data on a host that answers: `no such series: x; near: y`, `no series x{a=b};
/// it has {a=c}, {a=d}`, `no sample of x`.
std::string why_lacking(const kept_series& kept, const data_item& item);

/// Why a rule is not judged as it is written.
std::string why_unkept(size_t series);

} // namespace aops::check
