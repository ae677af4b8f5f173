#include "runtime/core/notify/group.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/base/json_codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>

namespace aops::notify {

namespace {

using base::json;

constexpr size_t most_causes = 3;

/// Reads a text from its front.
class reader {
public:
  explicit reader(std::string_view text) : rest_(text) {}

  int number(size_t digits) {
    int out = 0;
    if (rest_.size() < digits ||
        std::from_chars(rest_.data(), rest_.data() + digits, out).ptr != rest_.data() + digits ||
        out < 0)
      is_good_ = false;
    rest_.remove_prefix(std::min(digits, rest_.size()));
    return out;
  }
  bool take(std::string_view any) {
    if (rest_.empty() || any.find(rest_.front()) == any.npos)
      return false;
    rest_.remove_prefix(1);
    return true;
  }
  void must(std::string_view any) { is_good_ = take(any) && is_good_; }

  /// Milliseconds of what may follow whole seconds.
  int fraction() {
    int out = 0, weight = 100;
    if (!take("."))
      return 0;
    size_t digits = 0;
    for (; !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; ++digits) {
      out += weight * (rest_.front() - '0');
      weight /= 10;
      rest_.remove_prefix(1);
    }
    is_good_ = is_good_ && digits > 0;
    return out;
  }
  char front() const { return rest_.empty() ? '\0' : rest_.front(); }
  bool is_done() const { return is_good_ && rest_.empty(); }

private:
  std::string_view rest_;
  bool is_good_ = true;
};

std::vector<std::string> texts_in(const json& list) {
  std::vector<std::string> out;
  if (list.is_array())
    for (const auto& x : list)
      if (x.is_string())
        out.push_back(x.get<std::string>());
  return out;
}

json causes_in(const report_info& x) {
  auto causes = json::parse(x.root_causes.text, nullptr, false);
  return causes.is_array() ? causes : json::array();
}

std::string cause_text(const json& cause) {
  auto text = fmt::format("{}", fmt::join(texts_in(cause.value("path", json{})), " > "));
  if (auto more = cause.value("description", ""); !more.empty())
    text += ": " + more;
  if (!cause.value("certain", true))
    text += " (not certain)";
  return text;
}

} // namespace

expected<int64_t> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  reader in{text};
  auto year_number = in.number(4);
  in.must("-");
  auto month_number = in.number(2);
  in.must("-");
  auto day_number = in.number(2);
  in.must("Tt ");
  auto hour = in.number(2);
  in.must(":");
  auto minute = in.number(2);
  in.must(":");
  auto second = in.number(2);
  auto milli = in.fraction();
  int64_t offset_min = 0;
  if (auto sign = in.front(); sign == '+' || sign == '-') {
    in.must("+-");
    auto hours = in.number(2);
    in.must(":");
    offset_min = (sign == '-' ? -1 : 1) * (hours * 60 + in.number(2));
  } else {
    in.must("Zz");
  }
  year_month_day date{year{year_number},
                      month{static_cast<unsigned>(month_number)},
                      day{static_cast<unsigned>(day_number)}};
  if (!in.is_done() || !date.ok() || hour > 23 || minute > 59 || second > 60)
    return fail(ec::bad_request, "must be a time such as 2026-03-01T08:15:00Z");
  auto days = sys_days{date}.time_since_epoch().count();
  return (((days * int64_t{24} + hour) * 60 + minute - offset_min) * 60 + second) * 1000 + milli;
}

host_hints hints_of(const label_set& labels) {
  host_hints out;
  auto get = [&](const char* name) {
    auto it = labels.find(name);
    return it == labels.end() ? std::string{} : it->second;
  };
  auto add = [&](std::string name) {
    if (!name.empty() && std::find(out.names.begin(), out.names.end(), name) == out.names.end())
      out.names.push_back(std::move(name));
  };
  out.id = get("host_id");
  for (const auto* name : {"host", "nodename", "hostname"})
    add(get(name));
  auto instance = get("instance");
  if (instance.starts_with('[')) { // An address of IPv6 with a port.
    auto end = instance.find(']');
    add(instance.substr(1, end == instance.npos ? end : end - 1));
  } else if (auto colon = instance.find(':');
             colon != instance.npos && instance.find(':', colon + 1) == instance.npos) {
    std::from_chars(instance.data() + colon + 1, instance.data() + instance.size(), out.port);
    add(instance.substr(0, colon));
  } else {
    add(instance);
  }
  return out;
}

std::string diagnosis_id(std::string_view owner, std::string_view group_key, int64_t began_ms) {
  constexpr size_t digits = 20; // As ids are made, so that they sort by time.
  return fmt::format("{:012x}", began_ms & 0xffff'ffff'ffff) +
         base::sha256_hex(fmt::format("alert group\n{}\n{}\n{}", owner, began_ms, group_key))
           .substr(0, digits);
}

std::vector<std::string> trees_of(const std::vector<std::string>& pairs, std::string_view alert) {
  std::vector<std::string> out;
  for (const auto& pair : pairs)
    if (auto equals = pair.find('='); equals != pair.npos && pair.compare(0, equals, alert) == 0)
      out.push_back(pair.substr(equals + 1));
  return out;
}

bool has_cause(const report_info& x) { return x.error.empty() && !causes_in(x).empty(); }

std::string cause_of(const report_info& x) {
  if (!x.error.empty())
    return fmt::format("{}: not judged: {}", x.tree_name, x.error);
  auto causes = causes_in(x);
  std::string out;
  for (size_t i = 0; i < causes.size() && i < most_causes; ++i)
    out += (out.empty() ? "" : "; ") + cause_text(causes[i]);
  if (causes.size() > most_causes)
    out += fmt::format("; and {} more", causes.size() - most_causes);
  if (out.empty())
    out =
      x.tree_name + (x.verdict == "false" ? ": no fault found" : ": not decided, data is missing");
  return out;
}

} // namespace aops::notify
