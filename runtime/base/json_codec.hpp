#pragma once

#include "messages/describe.hpp"
#include "messages/error.hpp"
#include "runtime/base/json_library.hpp"
#include "runtime/base/json_values.hpp"

#include <string>
#include <string_view>
#include <vector>

/// JSON from and to the types described by `messages/describe.hpp`, and their JSON schema.
///
///     auto request = base::decode<host_group_to_add>(*base::parse_json(body));
///     auto reply = base::encode(host_group{...});
///
/// Members may be: texts, bool, integers, double, `number`, `moment`, `json_text`, `sealed_text`
/// (input only), enums with `to_string` and `bool from_text(string_view, E&)` beside them,
/// `maybe<T>`, `std::vector<T>`, `std::map<std::string, T>`, and described types. What is
/// taken for which type: docs/reference/rest.md#fields.
namespace aops::base {

/// How deep documents may nest: a fault tree of 200 levels, each an object in a list, and what
/// stands around it. What walks documents by recursion relies on it.
inline constexpr size_t max_json_depth = 512;

/// Reads one JSON document. ec::bad_request with line and column, when it nests deeper than
/// `max_depth`, and when an object has a name twice. Never echoes what it read, except for such a
/// name.
expected<json> parse_json(std::string_view text, size_t max_depth = max_json_depth);

/// Reads a described type. ec::bad_request with `path: reason`, such as `host_list[2].public_ip:
/// must be an IP address`; unknown fields are refused by name, values are never echoed. A function
/// `expected<void> validate_message(const T&)` beside the type is called last, for rules that span
/// fields; its detail begins with a field's name.
template <described T>
expected<T> decode(const json& document);

/// `parse_json`, then `decode`.
template <described T>
expected<T> decode_text(std::string_view text) {
  auto document = parse_json(text);
  if (!document)
    return fail(std::move(document.error()));
  return decode<T>(*document);
}

/// Internal fields and sealed texts never appear; additive ones only when set; other unset `maybe`s
/// are null.
template <described T>
json encode(const T& x);

/// The JSON schema (OpenAPI 3.0) of a described type. With `components`, this and nested types are
/// put there under their names and a `$ref` to `#/components/schemas/<name>` is returned.
template <described T>
json schema_of(json* components = nullptr);

// -- how

namespace codec {

template <class T, template <class...> class Of>
inline constexpr bool is_a = false;
template <template <class...> class Of, class... Ts>
inline constexpr bool is_a<Of<Ts...>, Of> = true;
template <class T>
inline constexpr bool is_text_map = false;
template <class T>
inline constexpr bool is_text_map<std::map<std::string, T>> = true;
template <class T>
concept validated = requires(const T& x) {
  { validate_message(x) } -> std::same_as<expected<void>>;
};
/// Leaves the list's own limits out: what remains are the rules of an item.
constexpr field_rules item_rules(field_rules r) {
  r.min_items = 0;
  r.max_items = 1 << 20;
  return r;
}

template <class M>
bool read(const json& j, M& out, const field_rules& rules, const place& at, error& err);

/// Visits the fields of a message and takes their values out of a JSON object.
class object_reader : public object_reader_base {
public:
  using object_reader_base::object_reader_base;
  template <class M>
  void operator()(std::string_view name, M& member, const field_rules& rules, std::string_view) {
    if (const json* value = take(name, rules)) {
      place here{at(), name};
      settle(read(*value, member, rules, here, err()));
    }
  }
};

template <described T>
bool read_object(const json& j, T& out, const place* at, error& err) {
  if (!j.is_object())
    return refuse(at, at ? "must be an object" : "the body must be an object", err);
  object_reader reader{j, at, err};
  visit_fields(reader, out);
  if (!reader.finish())
    return false;
  if constexpr (validated<T>)
    if (auto fine = validate_message(out); !fine)
      return pass_on(at, std::move(fine.error()), err);
  return true;
}

template <class T>
bool read_list(
  const json& j, std::vector<T>& out, const field_rules& rules, const place& at, error& err) {
  if (!j.is_array())
    return refuse(&at, "must be a list", err);
  if (!has_fair_size(j.size(), rules, at, err))
    return false;
  out.clear();
  out.reserve(j.size());
  for (size_t i = 0; i < j.size(); ++i) {
    T item{};
    if (!read(j[i], item, item_rules(rules), place{&at, {}, i}, err))
      return false;
    out.push_back(std::move(item));
  }
  return true;
}

template <class T>
bool read_map(const json& j,
              std::map<std::string, T>& out,
              const field_rules& rules,
              const place& at,
              error& err) {
  if (!j.is_object())
    return refuse(&at, "must be an object", err);
  if (!has_fair_size(j.size(), rules, at, err))
    return false;
  out.clear();
  for (const auto& [name, value] : j.items()) {
    T item{};
    if (!is_fair_key(name, at, err) || !read(value, item, item_rules(rules), place{&at, name}, err))
      return false;
    out.emplace(name, std::move(item));
  }
  return true;
}

template <class E>
bool read_enum(const json& j, E& out, const field_rules& rules, const place& at, error& err) {
  std::string text;
  if (!read_text(j, text, rules, at, err))
    return false;
  return from_text(text, out) || refuse(&at, "is none of the known names", err);
}

template <class M>
bool read(const json& j, M& out, const field_rules& rules, const place& at, error& err) {
  if (j.is_null())
    return refuse(&at, "must not be null", err);
  if constexpr (std::same_as<M, bool>) {
    return read_bool(j, out, at, err);
  } else if constexpr (std::integral<M>) {
    int64_t wide = 0;
    auto narrow = rules;
    if (std::cmp_less(narrow.min_value, std::numeric_limits<M>::min()))
      narrow.min_value = static_cast<int64_t>(std::numeric_limits<M>::min());
    if (std::cmp_greater(narrow.max_value, std::numeric_limits<M>::max()))
      narrow.max_value = static_cast<int64_t>(std::numeric_limits<M>::max());
    bool ok = read_integer(j, wide, narrow, at, err);
    out = static_cast<M>(wide);
    return ok;
  } else if constexpr (std::same_as<M, double>) {
    return read_double(j, out, rules, at, err);
  } else if constexpr (std::same_as<M, std::string>) {
    return read_text(j, out, rules, at, err);
  } else if constexpr (std::same_as<M, sealed_text>) {
    return read_text(j, out.text, rules, at, err);
  } else if constexpr (std::same_as<M, moment>) {
    return read_moment(j, out, rules, at, err);
  } else if constexpr (std::same_as<M, json_text>) {
    return read_json_text(j, out, rules, at, err);
  } else if constexpr (std::same_as<M, number>) {
    return read_number(j, out, at, err);
  } else if constexpr (is_a<M, maybe>) {
    typename M::value_type value{};
    if (!read(j, value, rules, at, err))
      return false;
    out.emplace(std::move(value));
    return true;
  } else if constexpr (is_a<M, std::vector>) {
    return read_list(j, out, rules, at, err);
  } else if constexpr (is_text_map<M>) {
    return read_map(j, out, rules, at, err);
  } else if constexpr (std::is_enum_v<M>) {
    return read_enum(j, out, rules, at, err);
  } else {
    static_assert(described<M>, "a member of a type that JSON cannot show");
    return read_object(j, out, &at, err);
  }
}

template <class M>
bool is_unset(const M& x) {
  if constexpr (std::same_as<M, json_text>)
    return x.text.empty() || x.text == "null";
  else if constexpr (is_a<M, maybe>)
    return !x.has_value();
  else if constexpr (requires { x.empty(); })
    return x.empty();
  else
    return false;
}

template <class M>
json written(const M& x, const field_rules& rules) {
  if constexpr (std::same_as<M, bool> || std::integral<M> || std::same_as<M, std::string>) {
    return x;
  } else if constexpr (std::same_as<M, double>) {
    return written_double(x);
  } else if constexpr (std::same_as<M, moment>) {
    return written_moment(x, rules);
  } else if constexpr (std::same_as<M, json_text> || std::same_as<M, number>) {
    return written_value(x);
  } else if constexpr (is_a<M, maybe>) {
    return x ? written(*x, rules) : json(nullptr);
  } else if constexpr (is_a<M, std::vector>) {
    auto list = json::array();
    for (const auto& item : x)
      list.push_back(written<typename M::value_type>(item, rules));
    return list;
  } else if constexpr (is_text_map<M>) {
    auto object = json::object();
    for (const auto& [name, item] : x)
      object[name] = written(item, rules);
    return object;
  } else if constexpr (std::is_enum_v<M>) {
    return std::string{to_string(x)};
  } else {
    return encode(x);
  }
}

/// Visits the fields of a message and puts their values into a JSON object.
struct object_writer {
  json& out;
  template <class M>
  void
  operator()(std::string_view name, const M& member, const field_rules& rules, std::string_view) {
    if constexpr (!std::same_as<M, sealed_text> && !std::same_as<M, maybe<sealed_text>>) {
      if (rules.is_internal || (rules.is_additive && is_unset(member)))
        return;
      out[std::string{name}] = written(member, rules);
    }
  }
};

template <class M>
json value_schema(const field_rules& rules, json* components) {
  if constexpr (std::same_as<M, bool>) {
    return {{"type", "boolean"}};
  } else if constexpr (std::integral<M>) {
    return integer_schema(rules, std::is_unsigned_v<M>);
  } else if constexpr (std::same_as<M, double> || std::same_as<M, number>) {
    return number_schema(rules);
  } else if constexpr (std::same_as<M, moment>) {
    return moment_schema(rules);
  } else if constexpr (std::same_as<M, json_text>) {
    return structure_schema(rules);
  } else if constexpr (std::same_as<M, std::string> || std::is_enum_v<M>) {
    return text_schema(rules, false);
  } else if constexpr (std::same_as<M, sealed_text>) {
    return text_schema(rules, true);
  } else if constexpr (is_a<M, maybe>) {
    return value_schema<typename M::value_type>(rules, components);
  } else if constexpr (is_a<M, std::vector>) {
    return list_schema(rules, value_schema<typename M::value_type>(item_rules(rules), components));
  } else if constexpr (is_text_map<M>) {
    return map_schema(rules, value_schema<typename M::mapped_type>(item_rules(rules), components));
  } else {
    return schema_of<M>(components);
  }
}

/// Visits the fields of a message and describes them.
struct object_describer {
  json& schema;
  json* components;
  template <class M>
  void operator()(std::string_view name, const M&, const field_rules& rules, std::string_view doc) {
    if (!rules.is_internal)
      add_property(schema, name, value_schema<M>(rules, components), rules, doc);
  }
};

} // namespace codec

template <described T>
expected<T> decode(const json& document) {
  T out{};
  error err;
  if (!codec::read_object(document, out, nullptr, err))
    return fail(std::move(err));
  return out;
}

template <described T>
json encode(const T& x) {
  auto out = json::object();
  visit_fields(codec::object_writer{out}, x);
  return out;
}

template <described T>
json schema_of(json* components) {
  std::string name{name_of(static_cast<const T*>(nullptr))};
  auto reference = json{{"$ref", "#/components/schemas/" + name}};
  if (components && components->contains(name))
    return reference;
  if (components)
    (*components)[name] = nullptr; // Entered first: a type may contain itself.
  auto schema = codec::empty_object_schema();
  T model{};
  visit_fields(codec::object_describer{schema, components}, static_cast<const T&>(model));
  if (!components)
    return schema;
  (*components)[name] = std::move(schema);
  return reference;
}

} // namespace aops::base
