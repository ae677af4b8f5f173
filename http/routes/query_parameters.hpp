#pragma once

#include "http/server/exchange.hpp"
#include "messages/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Parameters of Prometheus' query API, read as it reads them. Errors are ec::bad_request with its
/// texts.
namespace aops::http {

/// The first value of a name; empty when there is none.
std::string_view parameter_of(const http_request& request, std::string_view name);
std::vector<std::string> parameters_of(const http_request& request, std::string_view name);

/// Seconds since 1970 with a fraction, or RFC 3339; in milliseconds.
expected<int64_t> parse_query_time(std::string_view text);
/// Seconds with a fraction, or `1h30m`; in milliseconds.
expected<int64_t> parse_query_duration(std::string_view text);

/// The same of parameters of a request.
/// @param absent What one that is not there means.
expected<int64_t>
time_parameter(const http_request& request, std::string_view name, int64_t absent);
expected<int64_t> needed_time(const http_request& request, std::string_view name);
expected<int64_t>
duration_parameter(const http_request& request, std::string_view name, int64_t absent);
/// `limit`; 0: none.
expected<int64_t> limit_parameter(const http_request& request, std::string_view name = "limit");

/// What a range query asks for, in milliseconds.
struct query_range {
  int64_t start_ms = 0, end_ms = 0, step_ms = 0;
};
/// `start`, `end` and `step`: at most 11,000 steps.
expected<query_range> range_of(const http_request& request);

/// The name of a label as it stands in a path, where `U__` begins one that is escaped.
expected<std::string> label_in_path(std::string_view text);

/// `invalid parameter "NAME": WHY`.
error invalid_parameter(std::string_view name, std::string_view why);

} // namespace aops::http
