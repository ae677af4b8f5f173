#include "runtime/io/ansible/event_line.hpp"

#include "runtime/io/ansible/event_texts.hpp"

#include <algorithm>
#include <array>
#include <simdjson.h>

namespace aops::ansible {

namespace {

using json = nlohmann::json;
namespace dom = simdjson::dom;

constexpr std::array<std::string_view, 4> of_line = {"event", "event_data", "stdout", "created"};
constexpr std::array<std::string_view, 15> of_data = {"playbook_uuid",
                                                      "host",
                                                      "task",
                                                      "task_action",
                                                      "name",
                                                      "duration",
                                                      "ignore_errors",
                                                      "res",
                                                      "ok",
                                                      "changed",
                                                      "failures",
                                                      "dark",
                                                      "skipped",
                                                      "ignored",
                                                      "processed"};

template <size_t N>
bool is_among(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// @pre It is one. By value: a loop outlives the answer that it is unpacked from.
dom::object object_of(const dom::element& x) { return x.get_object().value_unsafe(); }
dom::array array_of(const dom::element& x) { return x.get_array().value_unsafe(); }

bool is_container(const dom::element& x) { return x.is_object() || x.is_array(); }

/// What nests deeper is left out.
json value_of(const dom::element& x, int depth) {
  switch (x.type()) {
  case dom::element_type::OBJECT: {
    auto out = json::object();
    for (auto [name, member] : object_of(x))
      if (depth < deepest_event || !is_container(member))
        out[std::string{name}] = value_of(member, depth + 1);
    return out;
  }
  case dom::element_type::ARRAY: {
    auto out = json::array();
    for (auto item : array_of(x))
      if (depth < deepest_event || !is_container(item))
        out.push_back(value_of(item, depth + 1));
    return out;
  }
  case dom::element_type::INT64:
    return x.get_int64().value_unsafe();
  case dom::element_type::UINT64:
    return x.get_uint64().value_unsafe();
  case dom::element_type::DOUBLE:
    return x.get_double().value_unsafe();
  case dom::element_type::STRING:
    return std::string{x.get_string().value_unsafe()};
  case dom::element_type::BOOL:
    return x.get_bool().value_unsafe();
  default:
    return nullptr;
  }
}

json result_of_line(const dom::element& x, bool keeps_all) {
  if (keeps_all || !x.is_object())
    return value_of(x, 2);
  auto out = json::object();
  for (auto [name, member] : object_of(x))
    if (name != "invocation")
      out[std::string{name}] = value_of(member, 3);
  return out;
}

json data_of_line(const dom::element& x, bool keeps_results) {
  if (!x.is_object())
    return value_of(x, 1);
  auto out = json::object();
  for (auto [name, member] : object_of(x))
    if (name == "res")
      out["res"] = result_of_line(member, keeps_results);
    else if (is_among(of_data, name))
      out[std::string{name}] = value_of(member, 2);
  return out;
}

} // namespace

struct event_line_parser::tools {
  dom::parser parser;
};

event_line_parser::event_line_parser(bool keeps_results)
    : tools_(std::make_unique<tools>()), keeps_results_(keeps_results) {}

event_line_parser::~event_line_parser() = default;

json event_line_parser::parse(std::string_view line) {
  dom::element told;
  // What this parser refuses the other one may take: halves of characters, numbers of any size.
  if (tools_->parser.parse(line.data(), line.size()).get(told) != simdjson::SUCCESS ||
      !told.is_object())
    return event_in(line);
  auto out = json::object();
  for (auto [name, member] : object_of(told))
    if (name == "event_data")
      out["event_data"] = data_of_line(member, keeps_results_);
    else if (is_among(of_line, name))
      out[std::string{name}] = value_of(member, 1);
  return out;
}

} // namespace aops::ansible
