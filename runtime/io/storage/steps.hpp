#pragma once

#include "messages/error.hpp"

#include <cstdint>
#include <functional>
#include <utility>

namespace aops::storage {

/// Success without its value.
template <class T>
expected<void> only(expected<T> x) {
  if (x)
    return {};
  return fail(std::move(x.error()));
}

inline expected<void> in_order() { return {}; }

/// Calls one after the other, each `expected<…>()`, until one fails.
template <class First, class... Rest>
expected<void> in_order(First&& first, Rest&&... rest) {
  auto done = std::invoke(first);
  if (!done)
    return fail(std::move(done.error()));
  return in_order(std::forward<Rest>(rest)...);
}

/// Whether a row matched.
inline expected<bool> hit(expected<int64_t> rows) {
  return std::move(rows).map([](int64_t n) { return n > 0; });
}

/// Calls `step(item)` for each item until one fails.
template <class Items, class Step>
expected<void> for_each(const Items& items, Step step) {
  for (const auto& item : items) {
    auto done = step(item);
    if (!done)
      return fail(std::move(done.error()));
  }
  return {};
}

/// Updates a row, or inserts it when there is none; both give the number of rows. When another node
/// inserts it in between, updates that one. @returns Whether it was inserted.
template <class Update, class Insert>
expected<bool> update_or_insert(Update update, Insert insert) {
  auto updated = update();
  if (!updated || *updated > 0)
    return updated.map([](int64_t) { return false; });
  auto inserted = insert();
  if (inserted || inserted.error() != ec::conflict)
    return inserted.map([](int64_t) { return true; });
  return update().map([](int64_t) { return false; });
}

} // namespace aops::storage
