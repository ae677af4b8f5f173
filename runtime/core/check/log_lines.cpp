#include "runtime/core/check/log_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

namespace aops::check {

namespace {

/// What a log of a usual name is from, beside what bears its name.
struct usual_log {
  std::string_view name;
  std::array<std::string_view, 3> files; ///< Ends of paths.
  bool is_journal = false;               ///< All of it.
  std::string_view facility;
  std::string_view query;
};

/// The names that the collectors of the original use.
constexpr std::array<usual_log, 4> usual_logs = {{
  {"message",
   {"/messages", "/syslog", ""},
   true,
   "",
   "source:messages OR source:syslog OR source:journal"},
  {"kbox", {"/kbox", "/kbox.log", ""}, false, "", ""},
  {"history",
   {"/.bash_history", "/bash_history", "/history.log"},
   false,
   "",
   "source:bash_history"},
  {"dmesg", {"/dmesg", "/kmsg", ""}, false, "kern", "source:kmsg OR facility:kern"},
}};

std::string_view label_of(const label_set& labels, const char* name) {
  auto found = labels.find(name);
  return found == labels.end() ? std::string_view{} : std::string_view{found->second};
}

/// `/var/log/nginx/error.log` is called `error.log`, and `error`.
bool is_called(std::string_view source, std::string_view name) {
  if (source == name)
    return true;
  auto file = source.substr(std::min(source.rfind('/') + 1, source.size()));
  constexpr std::string_view ending = ".log";
  return file == name || (file.ends_with(ending) && file.size() == name.size() + ending.size() &&
                          file.starts_with(name));
}

bool is_usual(const usual_log& x, std::string_view source, const label_set& labels) {
  if (!x.facility.empty() && label_of(labels, "facility") == x.facility)
    return true;
  if (x.is_journal && (source.starts_with("journal:") || source.starts_with("syslog:")))
    return true;
  return std::any_of(x.files.begin(), x.files.end(), [&](std::string_view file) {
    return !file.empty() && source.ends_with(file);
  });
}

const usual_log* usual_of(std::string_view name) {
  auto found = std::find_if(
    usual_logs.begin(), usual_logs.end(), [&](const usual_log& x) { return x.name == name; });
  return found == usual_logs.end() ? nullptr : &*found;
}

} // namespace

bool is_of_log(std::string_view name, const label_set& labels) {
  auto source = label_of(labels, "source");
  if (label_of(labels, "data_item") == name || label_of(labels, "program") == name ||
      is_called(source, name))
    return true;
  const auto* usual = usual_of(name);
  return usual != nullptr && is_usual(*usual, source, labels);
}

bool is_meant(const compiled_item& x, const label_set& labels) {
  return is_of_log(x.item.name, labels) && (!x.lines || x.lines->matches(labels));
}

std::string query_for_log(std::string_view name) {
  std::string quoted;
  bool has_word = false;
  for (char c : name) {
    if (c == '"' || c == '\\')
      quoted += '\\';
    quoted += c;
    has_word |= (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }
  if (!has_word) // What a query would make of it is not known.
    return {};
  auto out = fmt::format("fields.data_item:\"{0}\" OR program:\"{0}\" OR source:\"{0}\"", quoted);
  if (const auto* usual = usual_of(name); usual != nullptr && !usual->query.empty())
    out += fmt::format(" OR {}", usual->query);
  return out;
}

} // namespace aops::check
