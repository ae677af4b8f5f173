#pragma once

#include "cli/aops/text/json.hpp"
#include "runtime/base/json_codec.hpp"

namespace aops::cli {

/// The body of a request, from the description that the node reads it by: fields in their order,
/// secrets included, unset `maybe`s left out.
template <described T>
json body_of(const T& x);

namespace request {

template <class M>
json value_of(const M& x, const field_rules& rules) {
  if constexpr (described<M>) {
    return body_of(x);
  } else if constexpr (std::same_as<M, sealed_text>) {
    return x.text;
  } else if constexpr (base::codec::is_a<M, std::vector>) {
    auto list = json::array();
    for (const auto& item : x)
      list.push_back(value_of<typename M::value_type>(item, rules));
    return list;
  } else {
    return json(base::codec::written(x, rules));
  }
}

/// Visits the fields of a message and puts their values into a JSON object.
struct writer {
  json& out;
  template <class M>
  void
  operator()(std::string_view name, const M& member, const field_rules& rules, std::string_view) {
    if (rules.is_internal)
      return;
    if constexpr (base::codec::is_a<M, maybe>) {
      if (member)
        out[std::string{name}] = value_of(*member, rules);
    } else {
      out[std::string{name}] = value_of(member, rules);
    }
  }
};

} // namespace request

template <described T>
json body_of(const T& x) {
  auto out = json::object();
  visit_fields(request::writer{out}, x);
  return out;
}

} // namespace aops::cli
