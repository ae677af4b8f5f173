#include "runtime/io/ansible/event_reader.hpp"

#include "runtime/base/json_codec.hpp"
#include "runtime/io/ansible/event_texts.hpp"
#include "runtime/io/ansible/host_keys.hpp"
#include "runtime/io/ansible/run_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
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

int64_t count_of(const json& data, const char* what, const std::string& host) {
  const auto* counts = member(data, what);
  const auto* count = counts ? member(*counts, host.c_str()) : nullptr;
  return count && count->is_number_integer() ? count->get<int64_t>() : 0;
}

/// In its texts; names and what is no text stay as they are.
void mask_texts(json& x, const base::secret_mask& mask) {
  if (x.is_string())
    mask.apply(x.get_ref<std::string&>());
  else if (x.is_structured())
    for (auto& item : x)
      mask_texts(item, mask);
}

} // namespace

event_reader::event_reader(const play_order& order)
    : order_(order), mask_(secrets_of(order)), lines_(order.keeps_results) {
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
  auto told = lines_.parse(line);
  if (told.is_object() && told.contains("event") &&
      is_of_this_play(text_of(told, "event"), data_of(told)))
    return take(told, out);
  // Not an event: what a program says before it is one.
  auto said = shown(std::string{line}, longest_message);
  complaint_ = cut_text(complaint_ + (complaint_.empty() ? "" : "\n") + said, longest_complaint);
  say(std::move(said), out);
}

bool event_reader::is_of_this_play(std::string_view event, const json& data) {
  auto playbook = text_of(data, "playbook_uuid");
  if (playbook_.empty() && event == "playbook_on_start")
    playbook_ = playbook;
  return playbook_.empty() || playbook == playbook_ || kind_of(event) == event_kind::output;
}

void event_reader::take(const json& line, std::vector<play_event>& out) {
  auto name = text_of(line, "event");
  const auto& data = data_of(line);
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
    if (text_of(data, "playbook_uuid") != playbook_)
      event.host = event.action = {}; // Whoever printed it.
    event.output = printed;
    event.message = first_line(printed);
    if (event.message.empty())
      return;
    if (name == "error" && text_of(data, "playbook_uuid") == playbook_)
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
  if (const auto* status = member(*result, "rc"); status && status->is_number_integer())
    event.exit_status = status->get<int64_t>();
  if (event.kind == event_kind::item)
    if (const auto* item = member(*result, "item"))
      event.message = fmt::format("{}{}{}",
                                  shown(plain(*item), longest_name),
                                  event.message.empty() ? "" : ": ",
                                  event.message);
  if (event.kind == event_kind::unreachable)
    if (auto it = targets_.find(event.host); it != targets_.end())
      if (auto said = changed_key_message(text_of(*result, "msg"), it->second->host_keys);
          !said.empty())
        event.message = std::move(said);
  if (order_.keeps_results && event.kind != event_kind::item)
    event.result = kept_result(*result);
}

std::string event_reader::kept_result(const json& result) const {
  auto text = plain(result);
  if (text.size() > longest_result)
    return {};
  if (!order_.masks_results)
    return text;
  auto hidden = result;
  mask_texts(hidden, mask_);
  return plain(hidden);
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
    else
      failed_at_.try_emplace(id, number_ + 1);
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
    failed_at_.try_emplace(event.host, event.number);
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
  event.module = shown(std::move(event.module), longest_name);
  event.message = shown(std::move(event.message), longest_message);
  event.output = shown(std::move(event.output), order_.event_bytes);
  if (!hosts_.contains(event.host))
    event.host.clear(); // `localhost`, of a play that names it.
  note(event);
  out.push_back(std::move(event));
}

std::vector<host_result> event_reader::results(int64_t sure) const {
  std::vector<host_result> out;
  for (const auto& host : order_.hosts) {
    auto& x = out.emplace_back(hosts_.find(host.id)->second);
    auto failed = failed_at_.find(host.id);
    if (x.outcome == host_outcome::ok || failed == failed_at_.end() || failed->second <= sure)
      continue;
    x.outcome = host_outcome::not_run;
    x.action = x.message = {};
  }
  return out;
}

} // namespace aops::ansible
