#pragma once

#include "runtime/core/promql/engine.hpp"

#include <string>

/// What queries yield, in the JSON of Prometheus' query API: times in seconds, values as texts.
namespace aops::promql {

/// `{"resultType":…,"result":…}`.
/// @param time_ms Of a query at one time: when it was; else ignored.
std::string to_json(const result& x, int64_t time_ms);

/// A label set as an object.
void append_json(std::string& out, const labels& x);

/// The shortest text that reads back the same, in Go's form: `0.5`, `1e-07`, `NaN`, `+Inf`.
std::string value_text(double x);

/// How long `to_json` would be, about, and rather too much.
size_t json_bytes(const result& x);

/// Leaves `most` series. @returns Whether there were more.
bool truncate(result& x, size_t most);

} // namespace aops::promql
