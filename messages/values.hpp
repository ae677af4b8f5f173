#pragma once

#include "messages/wire.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace aops {

/// A point in time: milliseconds since 1970-01-01 UTC. JSON shows whole seconds; fields of the
/// format `fractional` keep the milliseconds.
struct moment {
  int64_t ms = 0;
  friend auto operator<=>(const moment&, const moment&) = default;
};

AOPS_WIRE(moment, ms)

/// Canonical or free JSON as text; appears in JSON messages as the value itself.
struct json_text {
  std::string text = "null";
  friend bool operator==(const json_text&, const json_text&) = default;
};

AOPS_WIRE(json_text, text)

/// A text that no log, trace or error may show.
struct sealed_text {
  std::string text;
};
inline std::string to_string(const sealed_text&) { return "<sealed>"; }

AOPS_WIRE(sealed_text, text)

/// std::optional with an `inspect`: CAF 0.17 knows only its own optional.
template <class T>
struct maybe : std::optional<T> {
  using std::optional<T>::optional;
  friend bool operator==(const maybe& a, const maybe& b) {
    return static_cast<const std::optional<T>&>(a) == static_cast<const std::optional<T>&>(b);
  }
};

template <class Inspector, class T>
typename Inspector::result_type inspect(Inspector& f, maybe<T>& x) {
  bool has = x.has_value();
  T value = has ? *x : T{};
  auto adopt = [&] {
    if constexpr (Inspector::writes_state) { // A deserializer: it filled `has` and `value`.
      if (has)
        x = std::move(value);
      else
        x.reset();
    }
  };
  if constexpr (std::is_void_v<typename Inspector::result_type>) {
    f(has, value);
    adopt();
  } else {
    auto result = f(has, value);
    adopt();
    return result;
  }
}

} // namespace aops
