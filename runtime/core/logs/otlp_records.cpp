#include "runtime/core/logs/formats.hpp"
#include "runtime/core/logs/record_json.hpp"

#include <fmt/format.h>

#include <array>

namespace aops::logs {

namespace {

using base::json;

constexpr size_t otlp_depth = 64;

/// Of severity numbers 1 to 24, by OpenTelemetry's own table for syslog.
uint8_t severity_of_number(int64_t x) {
  if (x < 1 || x > 24)
    return no_severity;
  constexpr std::array<uint8_t, 25> table = {8, 7, 7, 7, 7, 7, 7, 7, 7, 6, 5, 5, 5,
                                             4, 4, 4, 4, 3, 2, 1, 1, 0, 0, 0, 0};
  return table[static_cast<size_t>(x)];
}

/// `AnyValue` as plain JSON.
json plain(const json& value, size_t depth = 0) {
  if (!value.is_object() || value.empty() || depth > otlp_depth)
    return nullptr;
  for (const auto* name : {"stringValue", "boolValue", "doubleValue", "bytesValue", "intValue"})
    if (auto it = value.find(name); it != value.end())
      return *it;
  if (auto it = value.find("arrayValue"); it != value.end() && it->is_object()) {
    auto out = json::array();
    if (auto values = it->find("values"); values != it->end() && values->is_array())
      for (const auto& x : *values)
        out.push_back(plain(x, depth + 1));
    return out;
  }
  if (auto it = value.find("kvlistValue"); it != value.end() && it->is_object()) {
    auto out = json::object();
    if (auto values = it->find("values"); values != it->end() && values->is_array())
      for (const auto& x : *values)
        if (x.is_object() && x.contains("key") && x["key"].is_string() && x.contains("value"))
          out[x["key"].get_ref<const std::string&>()] = plain(x["value"], depth + 1);
    return out;
  }
  return nullptr;
}

class otlp_reader {
public:
  explicit otlp_reader(const origin& from) : from_(from) {}

  expected<std::vector<record>> read(const json& document) {
    if (!document.is_object())
      return fail(ec::bad_request, "must be an object");
    if (auto done = each(document, "resourceLogs", [&](const json& x) { return resource(x); });
        !done)
      return fail(std::move(done.error()));
    return std::move(out_);
  }

private:
  tl::unexpected<error> wrong(std::string_view why) const {
    return fail(ec::bad_request, fmt::format("record {}: {}", out_.size() + 1, why));
  }

  /// Absent and null are empty lists, as everywhere in JSON of protocol buffers.
  template <class Work>
  expected<void> each(const json& parent, const char* name, Work work) {
    auto it = parent.find(name);
    if (it == parent.end() || it->is_null())
      return {};
    if (!it->is_array())
      return wrong(fmt::format("{}: must be a list", name));
    for (const auto& x : *it) {
      if (!x.is_object())
        return wrong(fmt::format("{}: must be a list of objects", name));
      if (auto done = work(x); !done)
        return done;
    }
    return {};
  }

  expected<void> resource(const json& x) {
    record common;
    if (auto it = x.find("resource"); it != x.end() && it->is_object())
      if (auto taken = attributes(*it, common); !taken)
        return taken;
    return each(x, "scopeLogs", [&](const json& scope) {
      return each(scope, "logRecords", [&](const json& line) { return one(line, common); });
    });
  }

  expected<void> attributes(const json& parent, record& to) {
    return each(parent, "attributes", [&](const json& x) -> expected<void> {
      auto key = x.find("key"), value = x.find("value");
      if (key == x.end() || !key->is_string())
        return wrong("attributes: key: must be a text");
      return attribute(
        to, key->get_ref<const std::string&>(), value == x.end() ? json{} : plain(*value));
    });
  }

  expected<void> attribute(record& to, const std::string& name, const json& value) {
    if (name == "aops.host_id") {
      if (!value.is_string() || value.get_ref<const std::string&>() != from_.host_id)
        return fail(
          ec::permission_denied,
          fmt::format("record {}: aops.host_id: the token is of another host", out_.size() + 1));
    } else if (name == "log.file.path") {
      to.source = text_of_value(value, most_source);
    } else if (name == "log.file.record_offset" || name == "log.file.offset") {
      to.offset = whole_of_value(value, no_offset);
    } else if (name == "service.name") {
      to.program = text_of_value(value, most_program);
    } else if (name == "process.pid") {
      to.pid = text_of_value(value, most_pid);
    } else if (to.fields.size() < 4 * most_fields) {
      to.fields.emplace_back(name.substr(0, most_field_name + 4),
                             text_of_value(value, most_field_value));
    }
    return {};
  }

  static int64_t time_of(const json& line, const char* name) {
    auto it = line.find(name);
    return it == line.end() ? 0 : whole_of_value(*it, 0);
  }

  expected<void> one(const json& line, const record& common) {
    if (out_.size() == most_records)
      return wrong(fmt::format("more than {} records", most_records));
    record x; // Its own attributes stand before those of the resource, of which the first counts.
    x.source = common.source;
    x.program = common.program;
    x.pid = common.pid;
    if (auto taken = attributes(line, x); !taken)
      return taken;
    x.fields.insert(x.fields.end(), common.fields.begin(), common.fields.end());
    x.time_ns = time_of(line, "timeUnixNano");
    if (x.time_ns == 0)
      x.time_ns = time_of(line, "observedTimeUnixNano");
    if (auto it = line.find("severityNumber"); it != line.end())
      x.severity = severity_of_number(whole_of_value(*it, 0));
    if (auto it = line.find("severityText"); x.severity == no_severity && it != line.end())
      x.severity = severity_of(text_of_value(*it, 32));
    if (auto it = line.find("body"); it != line.end())
      if (auto body = plain(*it); !body.is_null())
        x.message = text_of_value(body, most_message);
    for (const auto* name : {"traceId", "spanId", "eventName"})
      if (auto it = line.find(name);
          it != line.end() && it->is_string() && !it->get_ref<const std::string&>().empty())
        x.fields.emplace_back(name, text_of_value(*it, most_field_value));
    fit(x);
    out_.push_back(std::move(x));
    return {};
  }

  const origin& from_;
  std::vector<record> out_;
};

} // namespace

expected<std::vector<record>> otlp_records(std::string_view body, const origin& from) {
  auto document = base::parse_json(body, otlp_depth);
  if (!document)
    return fail(std::move(document.error()));
  return otlp_reader{from}.read(*document);
}

} // namespace aops::logs
