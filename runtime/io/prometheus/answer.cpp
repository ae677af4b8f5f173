#include "runtime/io/prometheus/answer.hpp"

#include "runtime/base/number_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <simdjson.h>

namespace aops::prometheus_api {
namespace {

using namespace simdjson;

/// Error texts of a server are for people: the beginning will do.
constexpr size_t max_error_length = 300;

/// The reader below throws this and simdjson_error; `parse_answer` turns both into an `error`.
struct unreadable {
  const char* reason;
};

int64_t milliseconds(double seconds) {
  constexpr double year_10000 = 253'402'300'800;
  if (!(std::abs(seconds) < year_10000))
    throw unreadable{"a time is out of range"};
  return std::llround(seconds * 1000);
}

/// `[1700000000.123, "42"]`. False when the point lies outside of the range.
bool read_point(ondemand::array pair, int64_t from_ms, int64_t until_ms, point& p) {
  size_t n = 0;
  for (auto element : pair) {
    if (n == 0) {
      p.time_ms = milliseconds(element.get_double());
    } else if (n == 1) {
      auto value = base::read_number(std::string_view(element.get_string()));
      if (!value)
        throw unreadable{"a sample value is no number"};
      p.value = *value;
    }
    ++n;
  }
  if (n != 2)
    throw unreadable{"a sample is no pair"};
  return p.time_ms >= from_ms && p.time_ms <= until_ms;
}

void read_labels(ondemand::object metric, series& s) {
  for (auto field : metric) {
    std::string_view name = field.unescaped_key();
    std::string_view value = field.value().get_string();
    if (name == "__name__")
      s.key.name = value;
    else if (name == "instance")
      s.instance = value;
    else if (name != "job" && !value.empty())
      s.key.label.emplace(name, value);
  }
}

/// A member `values` (of a matrix) or `value` (of a vector); native histograms have neither.
void read_series(ondemand::object entry, int64_t from_ms, int64_t until_ms, answer& out) {
  series s;
  point p;
  for (auto field : entry) {
    std::string_view name = field.unescaped_key();
    if (name == "metric") {
      read_labels(field.value().get_object(), s);
    } else if (name == "values") {
      for (auto pair : field.value().get_array())
        if (read_point(pair.get_array(), from_ms, until_ms, p))
          s.points.push_back(p);
    } else if (name == "value") {
      if (read_point(field.value().get_array(), from_ms, until_ms, p))
        s.points.push_back(p);
    }
  }
  if (!s.points.empty())
    out.found.push_back(std::move(s));
}

void read_data(ondemand::object data, int64_t from_ms, int64_t until_ms, answer& out) {
  for (auto field : data) {
    std::string_view name = field.unescaped_key();
    if (name == "resultType") {
      std::string_view type = field.value().get_string();
      if (type != "matrix" && type != "vector")
        throw unreadable{"the result is neither a matrix nor a vector"};
    } else if (name == "result") {
      for (auto entry : field.value().get_array())
        read_series(entry.get_object(), from_ms, until_ms, out);
    }
  }
}

/// What an answer says about itself.
struct status_report {
  std::string status, error_type, text;
};

expected<answer> read_body(const padded_string_view& body, int64_t from_ms, int64_t until_ms) {
  ondemand::parser parser;
  auto document = parser.iterate(body);
  answer out;
  status_report report;
  auto text_of = [](ondemand::value v) { return std::string(std::string_view(v.get_string())); };
  for (auto field : document.get_object()) {
    std::string_view name = field.unescaped_key();
    if (name == "status")
      report.status = text_of(field.value());
    else if (name == "errorType")
      report.error_type = text_of(field.value());
    else if (name == "error")
      report.text = text_of(field.value());
    else if (name == "warnings")
      for (auto warning : field.value().get_array())
        out.warnings.push_back(text_of(warning.value()));
    else if (name == "data" && report.status != "error")
      read_data(field.value().get_object(), from_ms, until_ms, out);
  }
  if (report.status == "success")
    return out;
  if (report.status != "error")
    throw unreadable{"it has no status"};
  auto code = report.error_type == "timeout" ? ec::timed_out : ec::query_failed;
  report.text.resize(std::min(report.text.size(), max_error_length));
  return fail(code, fmt::format("Prometheus: {}: {}", report.error_type, report.text));
}

} // namespace

expected<answer> parse_answer(std::string body, int64_t from_ms, int64_t until_ms) {
  body.reserve(body.size() + SIMDJSON_PADDING);
  padded_string_view view(body.data(), body.size(), body.capacity());
  try {
    return read_body(view, from_ms, until_ms);
  } catch (const unreadable& e) {
    return fail(ec::corrupt, fmt::format("Prometheus: unreadable answer: {}", e.reason));
  } catch (const simdjson_error& e) {
    return fail(ec::corrupt, fmt::format("Prometheus: unreadable answer: {}", e.what()));
  }
}

expected<answer> read_reply(net::reply reply, int64_t from_ms, int64_t until_ms) {
  if (!reply.result)
    return fail(reply.result.error().code, "Prometheus " + reply.result.error().detail);
  int status = reply.result->status;
  auto parsed = parse_answer(std::move(reply.result->body), from_ms, until_ms);
  if (status == 200 || (!parsed && parsed.error() != ec::corrupt))
    return parsed;
  // No answer of Prometheus itself: a proxy, a log-in page, a server that starts or stops.
  auto code = status == 504 ? ec::timed_out : status >= 500 ? ec::unreachable : ec::query_failed;
  return fail(code, fmt::format("Prometheus: HTTP status {}", status));
}

} // namespace aops::prometheus_api
