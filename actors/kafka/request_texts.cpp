#include "actors/kafka/request_texts.hpp"

#include "messages/kafka.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/json_codec.hpp"

#include <algorithm>
#include <cctype>

namespace aops::actors {

namespace {

using base::json;

/// UTF-8 without zeros: nothing is lost or replaced when it is written as JSON.
bool is_text(std::string_view bytes) {
  if (std::all_of(bytes.begin(), bytes.end(), [](char c) { return c >= 0x20 && c < 0x7f; }))
    return true;
  json text = std::string{bytes};
  return bytes.find('\0') == bytes.npos &&
         text.dump(-1, ' ', false, json::error_handler_t::ignore) ==
           text.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// What no request may be, whatever it says.
std::optional<refusal> fault_of(const mq::message& m, int64_t most) {
  if (std::cmp_greater(bytes_of(m), most))
    return refusal{"too_large",
                   std::to_string(bytes_of(m)) + " bytes; kafka.max_message is " +
                     std::to_string(most)};
  if (!m.value)
    return refusal{"no_value", "a message without a value"};
  if (m.key && !is_text(*m.key))
    return refusal{"binary_key", "the key is no text"};
  return {};
}

template <class T>
std::variant<refusal, T> decoded(const mq::message& m, int64_t most) {
  if (auto fault = fault_of(m, most))
    return *fault;
  auto document = base::parse_json(*m.value);
  if (!document)
    return refusal{"not_json", document.error().detail};
  auto out = base::decode<T>(*document);
  if (!out)
    return refusal{"wrong_fields", out.error().detail};
  return std::move(*out);
}

/// 32 hex digits, perhaps as a UUID is written; empty when the text is something else.
std::string id_in(std::string text) {
  std::erase(text, '-');
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return base::is_id(text) ? text : std::string{};
}

/// A host as its id, or as an object that has one.
std::string host_in(const json_text& x) {
  auto value = json::parse(x.text, nullptr, false);
  if (value.is_object()) {
    auto id = value.find("host_id");
    value = id == value.end() ? json() : json(*id);
  }
  auto text = value.is_string() ? value.get<std::string>() : std::string{};
  return text.size() <= 64 ? text : std::string{};
}

std::optional<refusal> take_range(queue_request& to, const std::vector<moment>& range) {
  to.start_ms = range[0].ms;
  to.end_ms = range[1].ms;
  if (to.start_ms >= to.end_ms)
    return refusal{"not_valid", "Time range is not valid."};
  return {};
}

} // namespace

size_t bytes_of(const mq::message& m) {
  auto out = (m.key ? m.key->size() : 0) + (m.value ? m.value->size() : 0);
  for (const auto& h : m.headers)
    out += h.name.size() + h.value.size();
  return out;
}

std::variant<refusal, queue_request> read_check_message(const mq::message& m, int64_t most) {
  auto read = decoded<check_request>(m, most);
  if (auto* why = std::get_if<refusal>(&read))
    return std::move(*why);
  auto& x = std::get<check_request>(read);
  queue_request out;
  out.user = std::move(x.user);
  out.items = std::move(x.check_items);
  for (const auto& host : x.host_list) {
    out.hosts.push_back(host_in(host));
    if (out.hosts.back().empty())
      return refusal{"wrong_fields",
                     "host_list[" + std::to_string(out.hosts.size() - 1) +
                       "]: must be a host id or an object with host_id"};
  }
  auto task = json::parse(x.task_id.text, nullptr, false);
  if (task.is_string()) {
    out.task_id = id_in(task.get<std::string>());
    if (out.task_id.empty())
      return refusal{"wrong_fields", "task_id: must be 32 hex digits or a number"};
  } else if (!x.task_id.text.empty() && !task.is_number() && !task.is_null()) {
    return refusal{"wrong_fields", "task_id: must be 32 hex digits or a number"};
  }
  if (auto why = take_range(out, x.time_range))
    return std::move(*why);
  return out;
}

std::variant<refusal, queue_request> read_diagnosis_message(const mq::message& m, int64_t most) {
  auto read = decoded<diagnosis_request>(m, most);
  if (auto* why = std::get_if<refusal>(&read))
    return std::move(*why);
  auto& x = std::get<diagnosis_request>(read);
  queue_request out;
  out.user = std::move(x.username);
  if (auto why = take_range(out, x.time_range))
    return std::move(*why);
  out.interval_ms =
    x.interval > 0 ? x.interval * 1000 : (out.end_ms - out.start_ms + 999) / 1000 * 1000;
  if (!x.task_id.empty()) {
    out.task_id = id_in(x.task_id);
    if (out.task_id.empty())
      return refusal{"wrong_fields", "task_id: must be 32 hex digits"};
  }
  bool is_full = !x.host_id.empty() || !x.tree_name.empty();
  if (!is_full) {
    if (x.host_list.empty() || x.fault_tree.empty())
      return refusal{"wrong_fields",
                     x.host_list.empty() ? "host_list: is missing" : "fault_tree: is missing"};
    out.hosts = std::move(x.host_list);
    out.trees = std::move(x.fault_tree);
    return out;
  }
  if (x.host_id.empty() || x.tree_name.empty() || !x.host_list.empty() || !x.fault_tree.empty())
    return refusal{"wrong_fields",
                   "host_id and tree_name go together, without host_list and fault_tree"};
  out.hosts = {x.host_id};
  out.trees = {x.tree_name};
  if (x.tree_content.text != "null")
    out.tree_text = x.tree_content.text;
  // The task has many messages: each is a job of its own, the same however often it comes.
  if (!out.task_id.empty())
    out.task_id = base::sha256_hex(out.task_id + '\n' + x.host_id + '\n' + x.tree_name + '\n' +
                                   std::to_string(out.start_ms) + '\n' + std::to_string(out.end_ms))
                    .substr(0, 32);
  return out;
}

} // namespace aops::actors
