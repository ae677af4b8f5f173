#include "runtime/core/task/parameters.hpp"

#include "runtime/base/near_name.hpp"
#include "runtime/base/units.hpp"
#include "runtime/core/task/refusal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace aops::task {

namespace {

using base::json;

constexpr std::array<std::string_view, 8> type_names = {
  "string", "int", "bool", "port", "path", "choice", "list", "secret"};

constexpr std::array<std::string_view, 8> known_fields = {
  "name", "type", "default", "choices", "min", "max", "description", "required"};

constexpr size_t most_choices = 100, most_text = 4096, most_items = 1000;

/// Counted as people do: code points.
int64_t length_of(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
}

bool is_variable(std::string_view name) {
  auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && name.size() <= 64 && is_letter(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) {
           return is_letter(c) || (c >= '0' && c <= '9');
         });
}

/// A whole number, or a text that is one.
std::optional<int64_t> whole(const json& value) {
  if (value.is_number_integer() && !value.is_number_unsigned())
    return value.get<int64_t>();
  if (value.is_number_unsigned())
    return value.get<uint64_t>() <= uint64_t{INT64_MAX} ? std::optional{value.get<int64_t>()}
                                                        : std::nullopt;
  if (!value.is_string())
    return std::nullopt;
  auto read = base::parse_integer(value.get_ref<const std::string&>());
  return read ? std::optional{*read} : std::nullopt;
}

/// Whether Ansible takes it for true or false.
bool is_truth(const json& value) {
  if (value.is_boolean())
    return true;
  if (!value.is_string())
    return false;
  constexpr std::string_view words[] = {"true", "false", "yes", "no", "on", "off"};
  return std::find(std::begin(words), std::end(words), value.get_ref<const std::string&>()) !=
         std::end(words);
}

bool is_absolute(std::string_view path) {
  if (!path.starts_with('/') || path.find('\0') != path.npos)
    return false;
  for (size_t begin = 1; begin <= path.size();) {
    auto end = std::min(path.find('/', begin), path.size());
    if (path.substr(begin, end - begin) == "..")
      return false;
    begin = end + 1;
  }
  return true;
}

expected<void>
check_bounds(const parameter& p, int64_t x, std::string_view at, std::string_view what) {
  if (p.min && x < *p.min)
    return wrong(at, fmt::format("must {} at least {}", what, *p.min));
  if (p.max && x > *p.max)
    return wrong(at, fmt::format("must {} at most {}", what, *p.max));
  return {};
}

expected<void> check_text(const parameter& p, const json& value, std::string_view at) {
  if (!value.is_string())
    return wrong(at, "must be a text");
  auto length = length_of(value.get_ref<const std::string&>());
  if (length > static_cast<int64_t>(most_text))
    return wrong(at, fmt::format("must not be longer than {} characters", most_text));
  return check_bounds(p, length, at, "have a length of");
}

expected<void> check_whole(const parameter& p, const json& value, std::string_view at) {
  auto x = whole(value);
  if (!x)
    return wrong(at, "must be a whole number");
  if (p.type == parameter_type::port && (*x < 1 || *x > 65'535))
    return wrong(at, "must be a port, from 1 to 65535");
  return check_bounds(p, *x, at, "be");
}

expected<void> check_list(const parameter& p, const json& value, std::string_view at) {
  if (!value.is_array())
    return wrong(at, "must be a list");
  if (value.size() > most_items)
    return wrong(at, fmt::format("must not have more than {} items", most_items));
  return check_bounds(p, static_cast<int64_t>(value.size()), at, "have a length of");
}

expected<void> check_type(const parameter& p, const json& value, std::string_view at) {
  switch (p.type) {
  case parameter_type::string:
  case parameter_type::secret:
    return check_text(p, value, at);
  case parameter_type::integer:
  case parameter_type::port:
    return check_whole(p, value, at);
  case parameter_type::truth:
    return is_truth(value) ? expected<void>{} : wrong(at, "must be true or false");
  case parameter_type::path:
    if (auto fine = check_text(p, value, at); !fine)
      return fine;
    if (value.get_ref<const std::string&>().empty() && !p.is_required)
      return {}; // None.
    return is_absolute(value.get_ref<const std::string&>())
             ? expected<void>{}
             : wrong(at, "must be an absolute path without `..`");
  case parameter_type::list:
    return check_list(p, value, at);
  case parameter_type::choice:
    return {};
  }
  return {};
}

/// Whether it is one of the choices; `1` and `"1"` are the same to Ansible.
bool is_choice(const json& value, const json& choice) {
  if (value == choice)
    return true;
  auto a = whole(value), b = whole(choice);
  return a && b && *a == *b;
}

std::string shown(const std::vector<json>& choices) {
  std::string out;
  for (const auto& x : choices) {
    if (out.size() > 200)
      return out + ", …";
    out += (out.empty() ? "" : ", ") + (x.is_string() ? x.get<std::string>() : x.dump());
  }
  return out;
}

// -- reading

expected<void> refuse_unknown(const json& x, const std::string& at) {
  for (auto i = x.begin(); i != x.end(); ++i)
    if (std::find(known_fields.begin(), known_fields.end(), i.key()) == known_fields.end())
      return wrong(at + "." + i.key(), "no such field" + base::did_you_mean(i.key(), known_fields));
  return {};
}

expected<parameter_type> type_of(const json& x, const std::string& at) {
  auto it = x.find("type");
  if (it == x.end())
    return parameter_type::string;
  if (!it->is_string())
    return wrong(at + ".type", "must be a text");
  const auto& name = it->get_ref<const std::string&>();
  auto found = std::find(type_names.begin(), type_names.end(), name);
  if (found == type_names.end())
    return wrong(at + ".type",
                 fmt::format("must be one of {}{}",
                             fmt::join(type_names, ", "),
                             base::did_you_mean(name, type_names)));
  return static_cast<parameter_type>(found - type_names.begin());
}

expected<std::optional<int64_t>>
bound_of(const json& x, std::string_view name, const std::string& at) {
  auto it = x.find(name);
  if (it == x.end())
    return std::optional<int64_t>{};
  if (!it->is_number_integer())
    return wrong(fmt::format("{}.{}", at, name), "must be a whole number");
  return std::optional{it->get<int64_t>()};
}

expected<void> read_choices(parameter& p, const json& x, const std::string& at) {
  auto it = x.find("choices");
  auto here = at + ".choices";
  if (it == x.end())
    return p.type == parameter_type::choice ? wrong(here, "is missing") : expected<void>{};
  if (p.type == parameter_type::secret || p.type == parameter_type::list ||
      p.type == parameter_type::truth)
    return wrong(here, "means nothing for this type");
  if (!it->is_array() || it->empty() || it->size() > most_choices)
    return wrong(here, fmt::format("must be a list of 1 to {} values", most_choices));
  for (size_t i = 0; i < it->size(); ++i) {
    const auto& value = (*it)[i];
    auto place = fmt::format("{}[{}]", here, i);
    if (!value.is_string() && !value.is_number_integer())
      return wrong(place, "must be a text or a whole number");
    if (auto fine = check_type(p, value, place); !fine)
      return fine;
  }
  p.choices = it->get<std::vector<json>>();
  return {};
}

expected<void> read_bounds(parameter& p, const json& x, const std::string& at) {
  auto min = bound_of(x, "min", at), max = bound_of(x, "max", at);
  for (auto* bound : {&min, &max})
    if (!*bound)
      return fail(std::move(bound->error()));
  p.min = *min;
  p.max = *max;
  bool has_bounds = p.type != parameter_type::truth && p.type != parameter_type::choice;
  if ((p.min || p.max) && !has_bounds)
    return wrong(at + (p.min ? ".min" : ".max"), "means nothing for this type");
  if (p.min && p.max && *p.min > *p.max)
    return wrong(at + ".max", "is less than `min`");
  return {};
}

expected<void> read_default(parameter& p, const json& x, const std::string& at) {
  auto it = x.find("default");
  if (it == x.end())
    return {};
  if (p.type == parameter_type::secret)
    return wrong(at + ".default", "a secret has none: it would be there for all to see");
  if (auto fine = check_value(p, *it, at + ".default"); !fine)
    return fine;
  p.fallback = *it;
  return {};
}

expected<parameter> read(const json& x, const std::string& at) {
  if (!x.is_object())
    return wrong(at, "must be an object");
  if (auto known = refuse_unknown(x, at); !known)
    return fail(std::move(known.error()));
  parameter p;
  auto name = x.find("name");
  if (name == x.end())
    return wrong(at + ".name", "is missing");
  if (!name->is_string() || !is_variable(name->get_ref<const std::string&>()))
    return wrong(at + ".name", "must be letters, digits and `_`, and no digit first");
  p.name = name->get<std::string>();
  if (p.name.starts_with("ansible_"))
    return wrong(at + ".name", "belongs to Ansible");
  auto type = type_of(x, at);
  if (!type)
    return fail(std::move(type.error()));
  p.type = *type;
  if (auto it = x.find("description"); it != x.end()) {
    if (!it->is_string() || it->get_ref<const std::string&>().size() > 1024)
      return wrong(at + ".description", "must be a text of at most 1024 bytes");
    p.description = it->get<std::string>();
  }
  if (auto it = x.find("required"); it != x.end()) {
    if (!it->is_boolean())
      return wrong(at + ".required", "must be true or false");
    p.is_required = it->get<bool>();
  }
  for (auto step : {read_bounds, read_choices, read_default})
    if (auto fine = step(p, x, at); !fine)
      return fail(std::move(fine.error()));
  return p;
}

const parameter* find(const std::vector<parameter>& all, std::string_view name) {
  auto it =
    std::find_if(all.begin(), all.end(), [&](const parameter& p) { return p.name == name; });
  return it == all.end() ? nullptr : &*it;
}

} // namespace

expected<std::vector<parameter>> parameters_of(const json& list, std::string_view at) {
  if (!list.is_array())
    return wrong(at, "must be a list");
  if (list.size() > most_parameters)
    return wrong(at, fmt::format("must not have more than {} items", most_parameters));
  std::vector<parameter> out;
  for (size_t i = 0; i < list.size(); ++i) {
    auto here = fmt::format("{}[{}]", at, i);
    auto p = read(list[i], here);
    if (!p)
      return fail(std::move(p.error()));
    if (find(out, p->name))
      return wrong(here + ".name", "appears twice");
    out.push_back(std::move(*p));
  }
  return out;
}

expected<void> check_value(const parameter& p, const json& value, std::string_view at) {
  if (auto fine = check_type(p, value, at); !fine)
    return fine;
  if (p.choices.empty() || std::any_of(p.choices.begin(), p.choices.end(), [&](const json& x) {
        return is_choice(value, x);
      }))
    return {};
  return wrong(at, "must be one of " + shown(p.choices));
}

expected<void> check_values(const std::vector<parameter>& all,
                            bool only,
                            const json& vars,
                            std::string_view at,
                            check_for what) {
  if (!vars.is_null() && !vars.is_object())
    return wrong(at, "must be an object");
  std::vector<std::string_view> names;
  for (const auto& p : all)
    names.push_back(p.name);
  for (auto i = vars.begin(); i != vars.end(); ++i) {
    auto here = fmt::format("{}.{}", at, i.key());
    bool is_known = false;
    for (const auto& p : all) {
      if (p.name != i.key())
        continue;
      is_known = true;
      if (p.type == parameter_type::secret && what == check_for::keeping)
        return wrong(here, "is a secret, which is not kept: give it when the task is executed");
      if (auto fine = check_value(p, i.value(), here); !fine)
        return fine;
    }
    if (!is_known && only)
      return wrong(here, "is no parameter of these templates" + base::did_you_mean(i.key(), names));
  }
  if (what == check_for::running)
    for (const auto& p : all)
      if (p.is_required && !p.fallback && (!vars.is_object() || !vars.contains(p.name)))
        return wrong(fmt::format("{}.{}", at, p.name), "is missing");
  return {};
}

json defaults_of(const std::vector<parameter>& all) {
  auto out = json::object();
  for (const auto& p : all)
    if (p.fallback)
      out[p.name] = *p.fallback;
  return out;
}

std::vector<std::string> secret_names(const std::vector<parameter>& all) {
  std::vector<std::string> out;
  for (const auto& p : all)
    if (p.type == parameter_type::secret)
      out.push_back(p.name);
  return out;
}

} // namespace aops::task
