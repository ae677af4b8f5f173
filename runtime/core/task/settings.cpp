#include "runtime/core/task/settings.hpp"

#include "runtime/base/canonical_json.hpp"
#include "runtime/base/json_codec.hpp"
#include "runtime/base/near_name.hpp"
#include "runtime/base/units.hpp"
#include "runtime/core/task/refusal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace aops::task {

namespace {

using base::json;

constexpr std::array<std::string_view, 5> setting_names = {
  "parameters", "idempotent", "after", "timeout", "families"};

constexpr std::array<std::string_view, 9> manifest_names = {"name",
                                                            "description",
                                                            "version",
                                                            "playbook",
                                                            "idempotent",
                                                            "after",
                                                            "families",
                                                            "timeout",
                                                            "parameters"};

constexpr std::array<std::string_view, 2> families = {"debian", "redhat"};

constexpr int64_t longest_ms = 7LL * 24 * 3600 * 1000;

std::string member(std::string_view at, std::string_view name) {
  return at.empty() ? std::string{name} : fmt::format("{}.{}", at, name);
}

/// The member, null when it is absent or says nothing.
const json* given(const json& object, std::string_view name) {
  auto it = object.find(name);
  return it == object.end() || it->is_null() ? nullptr : &*it;
}

expected<std::vector<std::string>>
names_of(const json& list, const std::string& at, size_t most_items, size_t most_length) {
  if (!list.is_array() || list.size() > most_items)
    return wrong(at, fmt::format("must be a list of at most {} texts", most_items));
  std::vector<std::string> out;
  for (size_t i = 0; i < list.size(); ++i) {
    auto here = fmt::format("{}[{}]", at, i);
    if (!list[i].is_string() || list[i].get_ref<const std::string&>().empty() ||
        list[i].get_ref<const std::string&>().size() > most_length)
      return wrong(here, fmt::format("must be a text of 1 to {} characters", most_length));
    auto name = list[i].get<std::string>();
    if (std::find(out.begin(), out.end(), name) != out.end())
      return wrong(here, "appears twice");
    out.push_back(std::move(name));
  }
  return out;
}

expected<std::optional<int64_t>> timeout_of(const json& x, const std::string& at) {
  auto text = x.is_string()           ? x.get<std::string>()
              : x.is_number_integer() ? x.dump()
                                      : std::string{};
  auto read = base::parse_duration(text);
  if (!read || read->ms < 1000 || read->ms > longest_ms)
    return wrong(at, "must be from 1s to 7d, such as `10m`");
  return std::optional{read->ms};
}

expected<std::string>
text_of(const json& object, std::string_view name, std::string_view at, size_t most) {
  const auto* x = given(object, name);
  if (!x)
    return std::string{};
  // A version such as 1.0 is a number to YAML.
  auto text = x->is_string() ? x->get<std::string>() : x->is_number() ? x->dump() : std::string{};
  if (text.empty() || text.size() > most)
    return wrong(member(at, name), fmt::format("must be a text of 1 to {} characters", most));
  return text;
}

} // namespace

expected<template_settings> settings_of(const json& object, std::string_view at) {
  template_settings out;
  if (const auto* x = given(object, "parameters")) {
    auto read = parameters_of(*x, member(at, "parameters"));
    if (!read)
      return fail(std::move(read.error()));
    out.parameters = std::move(*read);
    out.declares_parameters = true;
  }
  if (const auto* x = given(object, "idempotent")) {
    if (!x->is_boolean())
      return wrong(member(at, "idempotent"), "must be true or false");
    out.is_idempotent = x->get<bool>();
  }
  if (const auto* x = given(object, "after")) {
    auto read = names_of(*x, member(at, "after"), 100, 64);
    if (!read)
      return fail(std::move(read.error()));
    out.after = std::move(*read);
  }
  if (const auto* x = given(object, "timeout")) {
    auto read = timeout_of(*x, member(at, "timeout"));
    if (!read)
      return fail(std::move(read.error()));
    out.timeout_ms = *read;
  }
  if (const auto* x = given(object, "families")) {
    auto here = member(at, "families");
    auto read = names_of(*x, here, families.size(), 20);
    if (!read)
      return fail(std::move(read.error()));
    for (size_t i = 0; i < read->size(); ++i)
      if (std::find(families.begin(), families.end(), (*read)[i]) == families.end())
        return wrong(fmt::format("{}[{}]", here, i),
                     "must be debian or redhat" + base::did_you_mean((*read)[i], families));
    out.families = std::move(*read);
  }
  return out;
}

expected<template_settings> read_settings(std::string_view text) {
  if (text.empty())
    return template_settings{};
  auto document = base::parse_json(text);
  if (!document || !document->is_object())
    return fail(ec::corrupt, "settings of a template");
  auto read = settings_of(*document, {});
  if (!read)
    return fail(ec::corrupt, "settings of a template: " + read.error().detail);
  return read;
}

expected<declared_parameters> declared_by(const std::vector<std::string>& settings) {
  declared_parameters out;
  out.only = !settings.empty();
  for (const auto& text : settings) {
    auto read = read_settings(text);
    if (!read)
      return fail(std::move(read.error()));
    out.only = out.only && read->declares_parameters;
    for (auto& p : read->parameters)
      out.all.push_back(std::move(p));
  }
  return out;
}

std::string settings_text(const json& object) {
  auto out = json::object();
  for (auto name : setting_names)
    if (const auto* x = given(object, name))
      out[std::string{name}] = *x;
  return out.empty() ? std::string{} : base::canonical_json(out);
}

expected<manifest> manifest_of(const json& document, std::string_view at) {
  if (!document.is_object())
    return wrong(at, "must be an object");
  for (auto i = document.begin(); i != document.end(); ++i)
    if (std::find(manifest_names.begin(), manifest_names.end(), i.key()) == manifest_names.end())
      return wrong(member(at, i.key()),
                   "no such field" + base::did_you_mean(i.key(), manifest_names));
  manifest out;
  struct field {
    std::string_view name;
    std::string& to;
    size_t most;
  };
  for (auto& f : {field{"name", out.name, 64},
                  field{"description", out.description, 256},
                  field{"version", out.version, 64},
                  field{"playbook", out.playbook, 256}}) {
    auto text = text_of(document, f.name, at, f.most);
    if (!text)
      return fail(std::move(text.error()));
    if (!text->empty())
      f.to = std::move(*text);
  }
  if (out.name.empty())
    return wrong(member(at, "name"), "is missing");
  auto settings = settings_of(document, at);
  if (!settings)
    return fail(std::move(settings.error()));
  out.settings = std::move(*settings);
  out.settings_text = settings_text(document);
  return out;
}

} // namespace aops::task
