#include "runtime/core/plugin/plugin_lines.hpp"

#include "runtime/base/json_codec.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace aops::plugin {

namespace {

using base::json;

/// Answers are flat.
constexpr size_t most_depth = 8;

tl::unexpected<error> bad_answer(std::string_view why) {
  return fail(ec::bad_request, fmt::format("its answer: {}", why));
}

std::string cut(std::string text, size_t most) {
  if (text.size() > most) {
    text.resize(most);
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80)
      text.pop_back(); // No half of a character.
    if (!text.empty() && (static_cast<unsigned char>(text.back()) & 0x80) != 0)
      text.pop_back();
  }
  for (auto& c : text)
    if (static_cast<unsigned char>(c) < ' ' || c == 127)
      c = ' ';
  return text;
}

/// The object of an answer that is no complaint.
expected<json> object_of(std::string_view line) {
  auto read = base::parse_json(line, most_depth);
  if (!read)
    return bad_answer(cut(read.error().detail, most_reason));
  if (!read->is_object())
    return bad_answer("is no JSON object");
  if (auto complaint = read->find("error"); complaint != read->end()) {
    if (!complaint->is_string())
      return bad_answer("error: is no text");
    return fail(ec::query_failed, cut(complaint->get<std::string>(), most_reason));
  }
  return read;
}

expected<std::string> text_in(const json& object, const char* name, size_t most) {
  auto found = object.find(name);
  if (found == object.end())
    return std::string{};
  if (!found->is_string())
    return bad_answer(fmt::format("{}: is no text", name));
  return cut(found->get<std::string>(), most);
}

expected<std::optional<double>> number_in(const json& object, const char* name) {
  auto found = object.find(name);
  if (found == object.end() || found->is_null())
    return std::optional<double>{};
  if (!found->is_number())
    return bad_answer(fmt::format("{}: is no number", name));
  auto x = found->get<double>();
  return std::isfinite(x) ? std::optional{x} : std::nullopt;
}

std::string batch_line(const char* method, const sent_batch& batch) {
  json out{{"method", method},
           {"host", batch.host_id},
           {"rule", batch.check_item},
           {"metric", batch.metric},
           {"period_ms", batch.period_ms},
           {"parameters", batch.parameters}};
  auto& list = out["series"] = json::array();
  for (const auto& s : batch.series) {
    auto points = json::array();
    for (const auto& [t, x] : s.points)
      if (std::isfinite(x))
        points.push_back({t, x});
    list.push_back({{"key", s.key}, {"labels", s.labels}, {"points", std::move(points)}});
  }
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

expected<judgement> judgement_of(const json& x) {
  if (!x.is_object())
    return bad_answer("points: is no object");
  auto time = x.find("time");
  if (time == x.end() || !time->is_number_integer())
    return bad_answer("time: is no whole number of milliseconds");
  judgement out;
  out.time_ms = time->get<int64_t>();
  auto state = text_in(x, "state", most_name);
  if (!state)
    return fail(state.error());
  if (*state != "ok" && *state != "abnormal" && *state != "unknown")
    return bad_answer("state: is none of ok, abnormal, unknown");
  out.state = *state == "ok"         ? judgement_state::well
              : *state == "abnormal" ? judgement_state::abnormal
                                     : judgement_state::unknown;
  for (auto [name, to] :
       {std::pair("expected", &out.expected), {"low", &out.low}, {"high", &out.high}}) {
    auto value = number_in(x, name);
    if (!value)
      return fail(value.error());
    *to = *value;
  }
  auto reason = text_in(x, "reason", most_reason);
  if (!reason)
    return fail(reason.error());
  out.reason = std::move(*reason);
  return out;
}

bool was_sent(const sent_series& s, int64_t t_ms) {
  auto place =
    std::lower_bound(s.points.begin(), s.points.end(), t_ms, [](const timed_value& p, int64_t t) {
      return p.first < t;
    });
  return place != s.points.end() && place->first == t_ms;
}

/// What it says of the samples of one series, one judgement each.
expected<std::vector<judgement>> judgements_of(const json& list, const sent_series& asked) {
  if (!list.is_array())
    return bad_answer("points: is no list");
  if (list.size() > asked.points.size())
    return bad_answer("points: more than were sent");
  std::vector<judgement> out;
  out.reserve(list.size());
  for (const auto& x : list) {
    auto one = judgement_of(x);
    if (!one)
      return fail(one.error());
    if (!was_sent(asked, one->time_ms))
      return bad_answer(fmt::format("time: {} was not sent", one->time_ms));
    if (!out.empty() && out.back().time_ms >= one->time_ms)
      return bad_answer("points: not in the order of time");
    out.push_back(std::move(*one));
  }
  return out;
}

} // namespace

std::string describe_line() {
  return json{{"method", "describe"}, {"protocol", protocol_version}}.dump();
}

std::string learn_line(const sent_batch& batch) { return batch_line("learn", batch); }
std::string judge_line(const sent_batch& batch) { return batch_line("judge", batch); }

expected<description> read_description(std::string_view line) {
  auto object = object_of(line);
  if (!object)
    return fail(object.error());
  auto protocol = object->find("protocol");
  if (protocol == object->end() || !protocol->is_number_integer())
    return bad_answer("protocol: is missing");
  if (protocol->get<int64_t>() != protocol_version)
    return bad_answer(fmt::format(
      "protocol: is {}, this node speaks {}", protocol->get<int64_t>(), protocol_version));
  description out;
  for (auto [name, to] : {std::pair("name", &out.name), {"version", &out.version}}) {
    auto text = text_in(*object, name, most_name);
    if (!text)
      return fail(text.error());
    *to = std::move(*text);
  }
  auto list = object->find("parameters");
  if (list == object->end() || list->is_null())
    return out;
  if (!list->is_array() || list->size() > most_declared)
    return bad_answer(fmt::format("parameters: is no list of at most {} names", most_declared));
  auto& names = out.parameters.emplace();
  for (const auto& x : *list) {
    if (!x.is_string())
      return bad_answer("parameters: is no list of texts");
    names.push_back(cut(x.get<std::string>(), most_name));
  }
  return out;
}

expected<void> read_learned(std::string_view line) {
  return object_of(line).map([](const json&) {});
}

expected<judged_batch> read_judged(std::string_view line, const sent_batch& asked) {
  auto object = object_of(line);
  if (!object)
    return fail(object.error());
  std::unordered_map<std::string_view, const sent_series*> known;
  for (const auto& s : asked.series)
    known.emplace(s.key, &s);
  judged_batch out;
  if (auto list = object->find("unknown"); list != object->end()) {
    if (!list->is_array() || list->size() > known.size())
      return bad_answer("unknown: is no list of keys that were sent");
    for (const auto& x : *list) {
      if (!x.is_string() || !known.contains(x.get_ref<const std::string&>()))
        return bad_answer("unknown: is no list of keys that were sent");
      out.unknown.push_back(x.get<std::string>());
    }
  }
  auto list = object->find("series");
  if (list == object->end() || !list->is_array())
    return bad_answer("series: is no list");
  if (list->size() > known.size())
    return bad_answer("series: more than were sent");
  for (const auto& x : *list) {
    if (!x.is_object())
      return bad_answer("series: is no object");
    auto key = x.find("key"), points = x.find("points");
    if (key == x.end() || !key->is_string() || points == x.end())
      return bad_answer("series: has no key, or no points");
    auto sent = known.find(key->get_ref<const std::string&>());
    if (sent == known.end())
      return bad_answer("key: was not sent, or is there twice");
    auto said = judgements_of(*points, *sent->second);
    if (!said)
      return fail(said.error());
    out.series.push_back({sent->second->key, std::move(*said)});
    known.erase(sent);
  }
  return out;
}

std::string why_not_taken(const description& x, const std::map<std::string, std::string>& given) {
  if (!x.parameters)
    return {};
  for (const auto& [name, value] : given)
    if (std::find(x.parameters->begin(), x.parameters->end(), name) == x.parameters->end())
      return fmt::format("{}: unknown parameter; there are history{}{}",
                         name,
                         x.parameters->empty() ? "" : ", ",
                         fmt::join(*x.parameters, ", "));
  return {};
}

} // namespace aops::plugin
