#pragma once

#include "runtime/core/tracing/source_text.hpp"

#include <functional>
#include <string>
#include <vector>

/// INTERNAL: values between brackets, as JSON and TOML have them, with the places of their parts.
namespace aops::tracing {

struct flow_node {
  enum class kind : uint8_t { scalar, list, object };
  kind what = kind::scalar;
  size_t begin = 0, end = 0; ///< Of the value.
  size_t key_begin = 0;      ///< Of a member: where its name begins; else `begin`.
  std::string key;
  json value;                   ///< Of a scalar.
  std::vector<flow_node> items; ///< Of the others.
  bool is_closed = false;       ///< Can only be replaced as a whole.
};

json value_of(const flow_node& x);

/// How values are spelled.
struct flow_style {
  /// @param indent Of the line in which the value begins.
  /// @param unit Blanks of one more level; empty: all on one line.
  std::function<std::string(const json&, std::string_view indent, std::string_view unit)> value;
  /// Name and sign, `"name": `.
  std::function<std::string(const std::string& name)> key;
};

/// Notes what makes of a value another one: only what differs.
void change_flow(std::string_view text,
                 const flow_node& x,
                 const json& to,
                 const syntax& how,
                 const flow_style& style,
                 changes& edits);

} // namespace aops::tracing
