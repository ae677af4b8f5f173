#pragma once

#include "runtime/base/json_codec.hpp"

/// Replies kept whole, as JSON text, and read back as they were: every field stands there, internal
/// and empty ones too, in the form of its type. For the store, never for users.
namespace aops::base {

namespace keeping {

using codec::is_a;
using codec::is_text_map;

template <class M>
json kept(const M& x) {
  if constexpr (described<M>) {
    auto out = json::object();
    visit_fields([&](std::string_view name,
                     const auto& member,
                     auto&&...) { out[std::string{name}] = kept(member); },
                 x);
    return out;
  } else if constexpr (is_a<M, maybe>) {
    return x ? json::array({kept(*x)}) : json::array();
  } else if constexpr (is_a<M, std::vector>) {
    auto out = json::array();
    for (const auto& item : x)
      out.push_back(kept<typename M::value_type>(item));
    return out;
  } else if constexpr (is_text_map<M>) {
    auto out = json::object();
    for (const auto& [name, item] : x)
      out[name] = kept(item);
    return out;
  } else if constexpr (std::same_as<M, json_text>) {
    return x.text;
  } else if constexpr (std::same_as<M, moment>) {
    return x.ms;
  } else {
    static_assert(std::same_as<M, bool> || std::integral<M> || std::same_as<M, std::string>,
                  "a member of a type that is not kept");
    return x;
  }
}

template <class M>
void restore(const json& from, M& x) {
  if constexpr (described<M>) {
    visit_fields([&](std::string_view name,
                     auto& member,
                     auto&&...) { restore(from.at(std::string{name}), member); },
                 x);
  } else if constexpr (is_a<M, maybe>) {
    x.reset();
    if (!from.empty())
      restore(from.at(0), x.emplace());
  } else if constexpr (is_a<M, std::vector>) {
    x.clear();
    for (const auto& item : from) {
      typename M::value_type value{};
      restore(item, value);
      x.push_back(std::move(value));
    }
  } else if constexpr (is_text_map<M>) {
    x.clear();
    for (const auto& [name, item] : from.items())
      restore(item, x[name]);
  } else if constexpr (std::same_as<M, json_text>) {
    x.text = from.get<std::string>();
  } else if constexpr (std::same_as<M, moment>) {
    x.ms = from.get<int64_t>();
  } else {
    x = from.get<M>();
  }
}

} // namespace keeping

template <described T>
std::string kept_text(const T& x) {
  return keeping::kept(x).dump(-1, ' ', false, json::error_handler_t::replace);
}

/// ec::corrupt when the text is not what `kept_text` made of a `T`.
template <described T>
expected<T> restored(std::string_view text) {
  try {
    T out{};
    keeping::restore(json::parse(text), out);
    return out;
  } catch (const json::exception&) {
    return fail(ec::corrupt, "the answer that was kept of an earlier request");
  }
}

} // namespace aops::base
