#include "runtime/core/logs/formats.hpp"
#include "runtime/core/logs/record_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace aops::logs {

namespace {

using base::json;

/// Flat is what collectors send; a field of a record may be some JSON of its own.
constexpr size_t json_depth = 32;

enum class role : uint8_t {
  time,
  message,
  source,
  offset,
  severity,
  facility,
  program,
  pid,
  host_id
};

constexpr std::array<std::pair<std::string_view, role>, 32> roles = {{
  {"date", role::time},
  {"time", role::time},
  {"timestamp", role::time},
  {"@timestamp", role::time},
  {"ts", role::time},
  {"message", role::message},
  {"log", role::message},
  {"msg", role::message},
  {"source", role::source},
  {"path", role::source},
  {"file", role::source},
  {"filename", role::source},
  {"offset", role::offset},
  {"severity", role::severity},
  {"level", role::severity},
  {"priority", role::severity},
  {"facility", role::facility},
  {"program", role::program},
  {"ident", role::program},
  {"app", role::program},
  {"appname", role::program},
  {"pid", role::pid},
  {"procid", role::pid},
  {"host_id", role::host_id},
  {"PRIORITY", role::severity},
  {"SYSLOG_FACILITY", role::facility},
  {"SYSLOG_IDENTIFIER", role::program},
  {"_PID", role::pid},
  {"MESSAGE", role::message},
  {"log.file.path", role::source},
  {"log.file.offset", role::offset},
  {"service.name", role::program},
}};

const role* role_of(std::string_view name) {
  auto it =
    std::find_if(roles.begin(), roles.end(), [&](const auto& x) { return x.first == name; });
  return it == roles.end() ? nullptr : &it->second;
}

int64_t time_of_value(const json& value) {
  if (value.is_number_integer() || value.is_number_unsigned())
    return time_of_number(value.get<int64_t>());
  if (value.is_number())
    return time_of_number(value.get<double>());
  return value.is_string() ? time_of_text(value.get_ref<const std::string&>()) : 0;
}

/// What one object tells; the first of several names for the same counts.
class record_maker {
public:
  explicit record_maker(const origin& from) : from_(from) {}

  /// @returns Why not.
  expected<record> make(const json& object) {
    record out;
    for (auto it = object.begin(); it != object.end(); ++it) {
      const auto* what = role_of(it.key());
      if (what && *what == role::host_id) {
        if (!it->is_string() || it->get_ref<const std::string&>() != from_.host_id)
          return fail(ec::permission_denied, "host_id: the token is of another host");
        continue;
      }
      if (what && take(out, *what, *it))
        continue;
      if (out.fields.size() < 4 * most_fields)
        out.fields.emplace_back(it.key().substr(0, most_field_name + 4),
                                text_of_value(*it, most_field_value));
    }
    if (!has_message_)
      out.message = text_of_value(object, most_message);
    fit(out);
    return out;
  }

private:
  /// False when it is none such, or known already: then it is kept as a field.
  bool take(record& out, role what, const json& value) {
    switch (what) {
    case role::time: {
      auto ns = out.time_ns == 0 ? time_of_value(value) : 0;
      if (ns > 0)
        out.time_ns = ns;
      return ns > 0;
    }
    case role::message:
      if (has_message_)
        return false;
      has_message_ = true;
      out.message = text_of_value(value, most_message);
      trim_end(out.message);
      return true;
    case role::source:
      return first(out.source, value, most_source);
    case role::program:
      return first(out.program, value, most_program);
    case role::pid:
      return first(out.pid, value, most_pid);
    case role::offset: {
      auto offset = out.offset == no_offset ? whole_of_value(value, no_offset) : no_offset;
      if (offset != no_offset)
        out.offset = offset;
      return offset != no_offset;
    }
    case role::severity:
      return first_of(out.severity, no_severity, severity_of(text_of_value(value, 16)));
    case role::facility:
      return first_of(out.facility, no_facility, facility_of(text_of_value(value, 16)));
    case role::host_id:
      break;
    }
    return false;
  }

  static bool first(std::string& out, const json& value, size_t most) {
    if (!out.empty() || value.is_structured())
      return false;
    out = text_of_value(value, most);
    return true;
  }

  static bool first_of(uint8_t& out, uint8_t none, uint8_t value) {
    if (out != none || value == none)
      return false;
    out = value;
    return true;
  }

  /// The end of its line, which some collectors leave there.
  static void trim_end(std::string& text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r'))
      text.pop_back();
  }

  const origin& from_;
  bool has_message_ = false;
};

expected<void> append(std::vector<record>& out,
                      const json& object,
                      const origin& from,
                      std::string_view what,
                      size_t number) {
  auto where = [&](std::string_view why) { return fmt::format("{} {}: {}", what, number, why); };
  if (!object.is_object())
    return fail(ec::bad_request, where("must be an object"));
  if (out.size() == most_records)
    return fail(ec::bad_request, where(fmt::format("more than {} records", most_records)));
  auto made = record_maker{from}.make(object);
  if (!made)
    return fail(made.error().code, where(made.error().detail));
  out.push_back(std::move(*made));
  return {};
}

expected<std::vector<record>> of_lines(std::string_view body, const origin& from) {
  std::vector<record> out;
  size_t number = 0;
  while (!body.empty()) {
    auto end = std::min(body.find('\n'), body.size());
    auto line = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    ++number;
    if (line.find_first_not_of(" \t\r") == line.npos)
      continue;
    auto object = base::parse_json(line, json_depth);
    if (!object)
      return fail(ec::bad_request, fmt::format("line {}: {}", number, object.error().detail));
    if (auto taken = append(out, *object, from, "line", number); !taken)
      return fail(std::move(taken.error()));
  }
  return out;
}

} // namespace

int64_t whole_of_value(const json& value, int64_t otherwise) {
  int64_t x = -1;
  if (value.is_number_unsigned() || value.is_number_integer()) {
    x = value.get<int64_t>();
  } else if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    auto end = text.data() + text.size();
    if (auto read = std::from_chars(text.data(), end, x); read.ec != std::errc{} || read.ptr != end)
      return otherwise;
  }
  return x < 0 ? otherwise : x;
}

expected<std::vector<record>> json_records(std::string_view body, const origin& from) {
  auto first = body.find_first_not_of(" \t\r\n");
  if (first == body.npos || body[first] != '[')
    return of_lines(body, from);
  auto list = base::parse_json(body, json_depth);
  if (!list)
    return fail(std::move(list.error()));
  std::vector<record> out;
  size_t number = 0;
  for (const auto& object : *list)
    if (auto taken = append(out, object, from, "record", ++number); !taken)
      return fail(std::move(taken.error()));
  return out;
}

} // namespace aops::logs
