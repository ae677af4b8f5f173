#include "runtime/io/ansible/event_reader.hpp"

#include "runtime/base/json_codec.hpp"
#include "runtime/io/ansible/host_keys.hpp"
#include "runtime/io/ansible/run_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <optional>

namespace aops::ansible {

namespace {

using base::json;

constexpr size_t longest_message = 1000, longest_name = 256, longest_result = 2'000'000;
constexpr size_t most_difference_bytes = 4 << 20, longest_complaint = 4000;

std::optional<event_kind> kind_of(std::string_view event) {
  static const std::map<std::string_view, event_kind> kinds{
    {"playbook_on_play_start", event_kind::play_began},
    {"playbook_on_task_start", event_kind::task_began},
    {"playbook_on_handler_task_start", event_kind::task_began},
    {"runner_on_start", event_kind::host_began},
    {"runner_on_ok", event_kind::ok},
    {"runner_on_failed", event_kind::failed},
    {"runner_on_unreachable", event_kind::unreachable},
    {"runner_on_skipped", event_kind::skipped},
    {"runner_retry", event_kind::retried},
    {"runner_item_on_ok", event_kind::item},
    {"runner_item_on_failed", event_kind::item},
    {"runner_item_on_skipped", event_kind::item},
    {"playbook_on_stats", event_kind::stats},
    {"verbose", event_kind::output},
    {"debug", event_kind::output},
    {"warning", event_kind::output},
    {"system_warning", event_kind::output},
    {"deprecated", event_kind::output},
    {"error", event_kind::output},
    {"playbook_on_no_hosts_matched", event_kind::output},
    {"playbook_on_no_hosts_remaining", event_kind::output}};
  auto it = kinds.find(event);
  return it == kinds.end() ? std::nullopt : std::optional{it->second};
}

const json* member(const json& object, const char* name) {
  if (!object.is_object())
    return nullptr;
  auto it = object.find(name);
  return it == object.end() ? nullptr : &*it;
}

std::string text_of(const json& object, const char* name) {
  const auto* x = member(object, name);
  return x && x->is_string() ? x->get<std::string>() : std::string{};
}

bool flag_of(const json& object, const char* name) {
  const auto* x = member(object, name);
  return x && x->is_boolean() && x->get<bool>();
}

/// As people read it: a text, or JSON.
std::string plain(const json& x) {
  return x.is_string() ? x.get<std::string>()
                       : x.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// `2026-11-29T12:17:17.243092`, UTC.
std::optional<int64_t> time_of(const std::string& text) {
  std::tm day{};
  double seconds = 0;
  if (std::sscanf(text.c_str(),
                  "%4d-%2d-%2dT%2d:%2d:%lf",
                  &day.tm_year,
                  &day.tm_mon,
                  &day.tm_mday,
                  &day.tm_hour,
                  &day.tm_min,
                  &seconds) != 6 ||
      day.tm_year < 1970 || day.tm_year > 9999 || !(seconds >= 0 && seconds < 62))
    return std::nullopt;
  day.tm_year -= 1900;
  day.tm_mon -= 1;
  return static_cast<int64_t>(::timegm(&day)) * 1000 + std::llround(seconds * 1000);
}

int64_t count_of(const json& data, const char* what, const std::string& host) {
  const auto* counts = member(data, what);
  const auto* count = counts ? member(*counts, host.c_str()) : nullptr;
  return count && count->is_number_integer() ? count->get<int64_t>() : 0;
}

/// The first line that says something.
std::string first_line(std::string_view text) {
  auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos)
    return {};
  auto end = text.find_first_of("\r\n", begin);
  return std::string{text.substr(begin, end == std::string_view::npos ? end : end - begin)};
}

std::string last_line(std::string_view text) {
  auto end = text.find_last_not_of(" \t\r\n");
  if (end == std::string_view::npos)
    return {};
  text = text.substr(0, end + 1);
  auto begin = text.find_last_of("\r\n");
  return std::string{begin == std::string_view::npos ? text : text.substr(begin + 1)};
}

/// A command that failed says why in what it printed last; Ansible only says that it failed.
std::string reason_of_command(const json& result, std::string text) {
  for (const char* name : {"stderr", "stdout"})
    if (auto last = last_line(text_of(result, name)); !last.empty())
      return text + ": " + last;
  return text;
}

/// What a module says in one line. A traceback tells most in its last.
std::string message_of(const json& result) {
  for (const char* name : {"msg", "message"})
    if (const auto* x = member(result, name); x && !x->is_null())
      if (auto text = first_line(plain(*x)); !text.empty() && !text.starts_with("MODULE FAILURE"))
        return text == "non-zero return code" ? reason_of_command(result, text) : text;
  for (const char* name : {"module_stderr", "exception", "stderr", "reason", "skip_reason"})
    if (auto text = last_line(text_of(result, name)); !text.empty())
      return text;
  return {};
}

/// What a command printed, or a module with more to say than one line.
std::string output_of(const json& result) {
  std::string out;
  for (const char* name : {"stdout", "stderr", "module_stdout", "module_stderr"}) {
    auto text = text_of(result, name);
    if (text.empty())
      continue;
    if (!out.empty() && !out.ends_with('\n'))
      out += '\n';
    out += text;
  }
  if (out.empty())
    if (const auto* msg = member(result, "msg"); msg && !msg->is_null())
      if (auto text = plain(*msg); text.find('\n') != std::string::npos)
        out = text;
  return out;
}

/// The sign of a terminal's commands is taken out with what follows.
std::string without_colours(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r')
      continue;
    if (text[i] != '\x1b') {
      out += text[i];
      continue;
    }
    if (i + 1 < text.size() && text[i + 1] == '[')
      for (i += 2; i < text.size() && (text[i] < '@' || text[i] > '~');)
        ++i;
  }
  return out;
}

/// Python writes bytes that are no text as halves of surrogate pairs, which are no characters:
/// U+FFFD instead.
std::string whole_characters(std::string_view line) {
  auto half_at = [&](size_t at) -> char { // `h` high, `l` low, 0 none
    if (at + 6 > line.size() || line[at] != '\\' || line[at + 1] != 'u' ||
        (line[at + 2] != 'd' && line[at + 2] != 'D'))
      return 0;
    auto digit = line[at + 3];
    return digit >= '0' && digit <= '7'                                                 ? 0
           : digit == '8' || digit == '9' || (digit | 32) == 'a' || (digit | 32) == 'b' ? 'h'
                                                                                        : 'l';
  };
  std::string out;
  for (size_t i = 0; i < line.size();) {
    auto half = half_at(i);
    if (half == 'h' && half_at(i + 6) == 'l') {
      out += line.substr(i, 12);
      i += 12;
    } else if (half) {
      out += "\\ufffd";
      i += 6;
    } else if (line[i] == '\\') {
      out += line.substr(i, 2);
      i += 2;
    } else {
      out += line[i++];
    }
  }
  return out;
}

} // namespace

std::string cut_text(std::string text, size_t most) {
  constexpr size_t longest_note = 40;
  auto size = text.size();
  if (size > most) {
    auto at = most > longest_note ? most - longest_note : 0;
    while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80)
      --at; // Not inside of a character.
    text.resize(at);
    text += fmt::format("… ({} bytes more)", size - at);
  }
  return text;
}

event_reader::event_reader(const play_order& order) : order_(order), mask_(secrets_of(order)) {
  for (const auto& host : order.hosts) {
    hosts_[host.id].host = host.id;
    targets_[host.id] = &host;
  }
}

std::vector<play_event> event_reader::read(std::string_view bytes) {
  std::vector<play_event> out;
  while (!bytes.empty()) {
    auto end = bytes.find('\n');
    auto part = bytes.substr(0, end);
    if (lost_bytes_ + open_line_.size() + part.size() > longest_event_line) {
      lost_bytes_ += open_line_.size() + part.size();
      open_line_ = {};
    } else {
      open_line_ += part;
    }
    if (end == std::string_view::npos)
      break;
    bytes.remove_prefix(end + 1);
    if (lost_bytes_ > 0)
      say(fmt::format("an event of {} bytes is left out", lost_bytes_), out);
    else
      read_line(open_line_, out);
    lost_bytes_ = 0;
    open_line_.clear();
  }
  return out;
}

void event_reader::read_line(std::string_view line, std::vector<play_event>& out) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos)
    return;
  auto told = json::parse(line, nullptr, false);
  if (told.is_discarded())
    told = json::parse(whole_characters(line), nullptr, false);
  if (told.is_object() && told.contains("event"))
    return take(told, out);
  // Not an event: what a program says before it is one.
  auto said = shown(std::string{line}, longest_message);
  complaint_ = cut_text(complaint_ + (complaint_.empty() ? "" : "\n") + said, longest_complaint);
  say(std::move(said), out);
}

void event_reader::take(const json& line, std::vector<play_event>& out) {
  auto name = text_of(line, "event");
  const auto* found = member(line, "event_data");
  const json none = json::object();
  const auto& data = found && found->is_object() ? *found : none;
  auto printed = without_colours(text_of(line, "stdout"));
  if (name == "runner_on_file_diff") {
    // Told before the action it belongs to has ended.
    auto& difference = differences_[text_of(data, "host")];
    if (difference.size() + printed.size() <= most_difference_bytes)
      difference += printed;
    return;
  }
  auto kind = kind_of(name);
  if (!kind)
    return;
  play_event event;
  event.kind = *kind;
  event.time_ms = time_of(text_of(line, "created")).value_or(latest_ms_);
  event.host = text_of(data, "host");
  event.action = text_of(data, "task");
  event.module = text_of(data, "task_action");
  if (event.action.empty())
    event.action = event.module;
  if (const auto* duration = member(data, "duration"); duration && duration->is_number())
    event.duration_ms = std::llround(std::clamp(duration->get<double>(), 0.0, 1e9) * 1000);
  switch (*kind) {
  case event_kind::play_began:
  case event_kind::task_began:
    event.action = text_of(data, "name");
    break;
  case event_kind::stats:
    return take_stats(data, event, out);
  case event_kind::output:
    event.output = printed;
    event.message = first_line(printed);
    if (event.message.empty())
      return;
    if (name == "error")
      complaint_ = shown(std::move(printed), longest_complaint);
    break;
  case event_kind::host_began:
  case event_kind::skipped:
    break;
  default:
    take_result(data, event);
  }
  emit(std::move(event), out);
}

void event_reader::take_result(const json& data, play_event& event) {
  event.is_ignored = flag_of(data, "ignore_errors");
  if (auto it = differences_.find(event.host);
      it != differences_.end() && event.kind != event_kind::item) {
    event.output = std::move(it->second);
    differences_.erase(it);
  }
  const auto* result = member(data, "res");
  if (!result || !result->is_object())
    return;
  event.is_changed = flag_of(*result, "changed");
  event.message = message_of(*result);
  event.output += output_of(*result);
  if (event.kind == event_kind::item)
    if (const auto* item = member(*result, "item"))
      event.message = fmt::format("{}{}{}",
                                  cut_text(plain(*item), longest_name),
                                  event.message.empty() ? "" : ": ",
                                  event.message);
  if (event.kind == event_kind::unreachable)
    if (auto it = targets_.find(event.host); it != targets_.end())
      if (auto said = changed_key_message(text_of(*result, "msg"), it->second->host_keys);
          !said.empty())
        event.message = std::move(said);
  if (order_.keeps_results && event.kind != event_kind::item)
    if (auto text = plain(*result); text.size() <= longest_result)
      event.result = std::move(text);
}

void event_reader::take_stats(const json& data,
                              const play_event& like,
                              std::vector<play_event>& out) {
  has_stats_ = true;
  for (auto& [id, host] : hosts_) {
    host.ok = count_of(data, "ok", id);
    host.changed = count_of(data, "changed", id);
    host.failed = count_of(data, "failures", id);
    host.skipped = count_of(data, "skipped", id);
    host.ignored = count_of(data, "ignored", id);
    auto unreachable = count_of(data, "dark", id);
    host.outcome = unreachable > 0                       ? host_outcome::unreachable
                   : host.failed > 0                     ? host_outcome::failed
                   : count_of(data, "processed", id) > 0 ? host_outcome::ok
                                                         : host_outcome::not_run;
    if (host.outcome == host_outcome::ok)
      host.action = host.message = {}; // What failed was rescued, or done again.
    auto event = like;
    event.host = id;
    event.is_changed = host.changed > 0;
    event.message = fmt::format("ok={} changed={} failed={} unreachable={} skipped={} ignored={}",
                                host.ok,
                                host.changed,
                                host.failed,
                                unreachable,
                                host.skipped,
                                host.ignored);
    if (host.outcome != host_outcome::not_run)
      emit(std::move(event), out);
  }
}

/// Keeps what a failure was: statistics only count.
void event_reader::note(const play_event& event) {
  auto it = hosts_.find(event.host);
  if (it == hosts_.end())
    return;
  auto& host = it->second;
  auto ends = event.kind == event_kind::unreachable ||
              (event.kind == event_kind::failed && !event.is_ignored);
  if (ends) {
    host.outcome =
      event.kind == event_kind::failed ? host_outcome::failed : host_outcome::unreachable;
    host.action = event.action;
    host.message = event.message;
  }
  if (event.kind == event_kind::ok)
    ++host.ok;
  if (event.kind == event_kind::ok && event.is_changed)
    ++host.changed;
  if (event.kind == event_kind::failed)
    ++(event.is_ignored ? host.ignored : host.failed);
  if (event.kind == event_kind::skipped)
    ++host.skipped;
}

std::string event_reader::shown(std::string text, size_t most) const {
  mask_.apply(text);
  return cut_text(std::move(text), most);
}

void event_reader::say(std::string message, std::vector<play_event>& out) {
  play_event event;
  event.message = std::move(message);
  emit(std::move(event), out);
}

void event_reader::emit(play_event event, std::vector<play_event>& out) {
  event.number = ++number_;
  latest_ms_ = event.time_ms = std::max(event.time_ms, latest_ms_);
  event.action = shown(std::move(event.action), longest_name);
  event.module = cut_text(std::move(event.module), longest_name);
  event.message = shown(std::move(event.message), longest_message);
  event.output = shown(std::move(event.output), order_.event_bytes);
  if (!hosts_.contains(event.host))
    event.host.clear(); // `localhost`, of a play that names it.
  note(event);
  out.push_back(std::move(event));
}

std::vector<host_result> event_reader::results() const {
  std::vector<host_result> out;
  for (const auto& host : order_.hosts)
    out.push_back(hosts_.find(host.id)->second);
  return out;
}

} // namespace aops::ansible
