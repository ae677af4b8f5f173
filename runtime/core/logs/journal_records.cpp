#include "runtime/core/logs/formats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace aops::logs {

namespace {

/// What else of the journal's own fields is kept; it has dozens.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kept_fields = {{
  {"_SYSTEMD_UNIT", "unit"},
  {"_SYSTEMD_USER_UNIT", "user_unit"},
  {"_TRANSPORT", "transport"},
  {"_HOSTNAME", "hostname"},
  {"_UID", "uid"},
  {"_COMM", "comm"},
}};

int64_t microseconds(std::string_view value) {
  int64_t us = 0;
  auto read = std::from_chars(value.data(), value.data() + value.size(), us);
  bool is_one = read.ec == std::errc{} && read.ptr == value.data() + value.size() && us > 0 &&
                us < 9'000'000'000'000'000;
  return is_one ? us * 1000 : 0;
}

/// A place in the journal: `s=ID;i=NUMBER;…`, both hexadecimal. Numbers begin anew with each ID.
void take_cursor(record& x, std::string_view value) {
  std::string_view id, number;
  while (!value.empty()) {
    auto end = std::min(value.find(';'), value.size());
    auto part = value.substr(0, end);
    value.remove_prefix(std::min(end + 1, value.size()));
    if (part.starts_with("s="))
      id = part.substr(2, 8);
    else if (part.starts_with("i="))
      number = part.substr(2);
  }
  int64_t offset = 0;
  auto read = std::from_chars(number.data(), number.data() + number.size(), offset, 16);
  if (number.empty() || read.ec != std::errc{} || read.ptr != number.data() + number.size())
    return;
  x.source = fmt::format("journal:{}", id);
  x.offset = offset;
}

class journal_reader {
public:
  journal_reader(std::string_view body, const origin& from) : body_(body), from_(from) {}

  expected<std::vector<record>> read() {
    while (place_ < body_.size()) {
      ++line_;
      auto end = body_.find('\n', place_);
      if (end == body_.npos)
        return wrong("the line does not end");
      auto text = body_.substr(place_, end - place_);
      place_ = end + 1;
      if (text.empty()) {
        if (auto ended = end_entry(); !ended)
          return fail(std::move(ended.error()));
        continue;
      }
      auto is = text.find('=');
      auto name = text.substr(0, is);
      if (!is_name(name))
        return wrong("the name of a field must be of capital letters, digits and _");
      std::string_view value;
      if (is != text.npos) {
        value = text.substr(is + 1);
      } else if (auto read = binary(value); !read) {
        return fail(std::move(read.error()));
      }
      if (auto taken = take(name, value); !taken)
        return fail(std::move(taken.error()));
    }
    if (auto ended = end_entry(); !ended)
      return fail(std::move(ended.error()));
    return std::move(out_);
  }

private:
  tl::unexpected<error> wrong(std::string_view why) const {
    return fail(ec::bad_request, fmt::format("line {}: {}", line_, why));
  }

  static bool is_name(std::string_view name) {
    constexpr size_t longest = 256;
    auto fits = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
    return !name.empty() && name.size() <= longest && std::all_of(name.begin(), name.end(), fits);
  }

  /// A length of 8 bytes, the least first, so many bytes, and the end of the line.
  expected<void> binary(std::string_view& value) {
    constexpr size_t length_bytes = 8;
    if (body_.size() - place_ < length_bytes)
      return wrong("the length of the field is cut off");
    uint64_t length = 0;
    for (size_t i = 0; i < length_bytes; ++i)
      length |= uint64_t{static_cast<unsigned char>(body_[place_ + i])} << (8 * i);
    place_ += length_bytes;
    if (length >= body_.size() - place_)
      return wrong("the field is longer than what came");
    value = body_.substr(place_, length);
    place_ += length;
    if (body_[place_] != '\n')
      return wrong("the field does not end after its length");
    ++place_;
    return {};
  }

  expected<void> take(std::string_view name, std::string_view value) {
    is_open_ = true;
    if (name == "AOPS_HOST_ID") {
      if (value != from_.host_id)
        return fail(ec::permission_denied,
                    fmt::format("line {}: AOPS_HOST_ID: the token is of another host", line_));
      return {};
    }
    has_message_ |= name == "MESSAGE";
    if (take_journal_field(now_, name, value) || name.starts_with('_'))
      return {};
    if (now_.fields.size() < 4 * most_fields)
      now_.fields.emplace_back(name, value.substr(0, most_field_value + 4));
    return {};
  }

  expected<void> end_entry() {
    if (!std::exchange(is_open_, false))
      return {};
    if (std::exchange(has_message_, false)) { // Others are of no use for people.
      if (out_.size() == most_records)
        return wrong(fmt::format("more than {} records", most_records));
      fit(now_);
      out_.push_back(std::move(now_));
    }
    now_ = {};
    return {};
  }

  std::string_view body_;
  const origin& from_;
  size_t place_ = 0, line_ = 0;
  record now_;
  bool is_open_ = false, has_message_ = false;
  std::vector<record> out_;
};

} // namespace

bool take_journal_field(record& x, std::string_view name, std::string_view value) {
  if (name == "MESSAGE") {
    x.message.assign(value.substr(0, most_message + 4)); // `fit` sees that it was longer.
  } else if (name == "PRIORITY") {
    x.severity = severity_of(value);
  } else if (name == "SYSLOG_FACILITY") {
    x.facility = facility_of(value);
  } else if (name == "SYSLOG_IDENTIFIER") {
    x.program.assign(value.substr(0, most_program + 4));
  } else if (name == "_PID" || (name == "SYSLOG_PID" && x.pid.empty())) {
    x.pid.assign(value.substr(0, most_pid + 4));
  } else if (name == "__REALTIME_TIMESTAMP" ||
             (name == "_SOURCE_REALTIME_TIMESTAMP" && x.time_ns == 0)) {
    if (auto ns = microseconds(value); ns > 0)
      x.time_ns = ns;
  } else if (name == "__CURSOR") {
    take_cursor(x, value);
  } else {
    for (const auto& [theirs, ours] : kept_fields)
      if (theirs == name) {
        x.fields.emplace_back(ours, value.substr(0, most_field_value + 4));
        return true;
      }
    return false;
  }
  return true;
}

expected<std::vector<record>> journal_records(std::string_view body, const origin& from) {
  return journal_reader{body, from}.read();
}

} // namespace aops::logs
