#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>

/// One description per message.
///
///     struct host_group_to_add { std::string host_group_name; std::string description; };
///     #define AOPS_FIELDS_host_group_to_add(F)     (each line ends in a backslash)
///       F(host_group_name, required().text(1, 50), "Unique per user.")
///       F(description, required().text(0, 256), "May be empty.")
///     AOPS_MESSAGE(host_group_to_add)
///
/// The list expands to a plain `inspect` (CAF's wire: a field is its position) and to
/// `visit_fields`, from which `runtime/base/json_codec.hpp` makes JSON both ways with validation,
/// the JSON schema and the documentation. Both are templates that cost nothing until used.
namespace aops {

/// What the REST contract allows for a field. Lengths count characters (UTF-8 code points).
struct field_rules {
  bool is_optional = false;                    ///< May be absent; never null.
  size_t min_length = 0, max_length = 1 << 20; ///< Texts.
  /// Lists and maps; texts in a list follow the lengths too.
  size_t min_items = 0, max_items = 1 << 20;
  int64_t min_value = std::numeric_limits<int64_t>::min();
  int64_t max_value = std::numeric_limits<int64_t>::max();
  std::string_view choices; ///< `a|b|c`; a leading `|` allows the empty text.
  std::string_view alias;   ///< A second accepted name on input.
  /// `address`: an IP address or a DNS name. `fractional`: a time with milliseconds, else whole
  /// seconds. `object`, `structure`: JSON of any content that is an object, or also a list.
  std::string_view format;
  bool is_additive = false;      ///< Left out of JSON output when empty or unset.
  bool is_internal = false;      ///< Between actors only: neither read from nor written to JSON.
  bool is_text_blank_ok = false; ///< Texts of blanks only are refused unless set.

  constexpr field_rules text(size_t min, size_t max) const {
    auto r = *this;
    r.min_length = min;
    r.max_length = max;
    return r;
  }
  constexpr field_rules items(size_t min, size_t max = 1 << 20) const {
    auto r = *this;
    r.min_items = min;
    r.max_items = max;
    return r;
  }
  constexpr field_rules range(int64_t min, int64_t max) const {
    auto r = *this;
    r.min_value = min;
    r.max_value = max;
    return r;
  }
  constexpr field_rules one_of(std::string_view list) const {
    auto r = *this;
    r.choices = list;
    return r;
  }
  constexpr field_rules also(std::string_view name) const {
    auto r = *this;
    r.alias = name;
    return r;
  }
  constexpr field_rules as(std::string_view what) const {
    auto r = *this;
    r.format = what;
    return r;
  }
  constexpr field_rules additive() const {
    auto r = *this;
    r.is_additive = true;
    return r;
  }
  constexpr field_rules blank_ok() const {
    auto r = *this;
    r.is_text_blank_ok = true;
    return r;
  }
};

constexpr field_rules required() { return {}; }
constexpr field_rules optional_field() {
  field_rules r;
  r.is_optional = true;
  return r;
}
/// Travels between actors; JSON neither shows nor accepts it.
constexpr field_rules internal() {
  field_rules r;
  r.is_internal = true;
  return r;
}

/// Members whose names are keywords, such as `for`, end in an underscore that nobody else sees.
constexpr std::string_view field_name(std::string_view member) {
  return member.ends_with('_') ? member.substr(0, member.size() - 1) : member;
}

/// A type with a description: `name_of(const T*)` is found beside it.
template <class T>
concept described = requires(const T* x) {
  { name_of(x) } -> std::same_as<std::string_view>;
};

} // namespace aops

#define AOPS_TAIL_(first, ...) __VA_ARGS__
#define AOPS_TAIL(...) AOPS_TAIL_(__VA_ARGS__)
#define AOPS_INSPECT_FIELD(name, rules, doc) , x.name
#define AOPS_VISIT_FIELD(name, rules, doc) visit(::aops::field_name(#name), x.name, rules, doc);

/// Put after the struct and its field list, in namespace aops.
#define AOPS_MESSAGE(type)                                                                         \
  template <class Inspector>                                                                       \
  typename Inspector::result_type inspect(Inspector& f, [[maybe_unused]] type& x) {                \
    return f(AOPS_TAIL(AOPS_FIELDS_##type(AOPS_INSPECT_FIELD)));                                   \
  }                                                                                                \
  template <class Visitor, class T>                                                                \
  requires std::same_as<std::remove_const_t<T>, type>                                              \
  void visit_fields([[maybe_unused]] Visitor&& visit, [[maybe_unused]] T& x) {                     \
    AOPS_FIELDS_##type(AOPS_VISIT_FIELD)                                                           \
  }                                                                                                \
  constexpr std::string_view name_of(const type*) { return #type; }
