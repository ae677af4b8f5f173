#pragma once

#include "actors/store/store_access.hpp"
#include "runtime/base/kept_json.hpp"
#include "runtime/io/storage/repeat_repository.hpp"

#include <type_traits>
#include <utility>

namespace aops::actors {

/// The part of an outcome that the user is told: all of it, or its member `reply`.
template <class T>
auto& told_of(T& outcome) {
  if constexpr (described<std::remove_const_t<T>>)
    return outcome;
  else
    return outcome.reply;
}

/// A write that is done once, however often the caller's request comes: what it answered is kept
/// with it, and later answered again. A failure is not kept, for nothing was done.
/// @param work `expected<T>(database&)`, where `T` is the reply or has it as member `reply`.
template <class Work>
auto once(const caller& who, int64_t now_ms, Work work) {
  using outcome = std::invoke_result_t<Work&, storage::database&>;
  return [who, now_ms, work = std::move(work)](storage::database& db) mutable -> outcome {
    if (who.repeatable.key.empty())
      return work(db);
    storage::repeat_repository repeats{db};
    auto known = repeats.begin(who.user, who.repeatable, now_ms);
    if (!known)
      return fail(std::move(known.error()));
    if (*known) {
      typename outcome::value_type again{};
      auto reply = base::restored<std::remove_reference_t<decltype(told_of(again))>>(**known);
      if (!reply)
        return fail(std::move(reply.error()));
      told_of(again) = std::move(*reply);
      return again;
    }
    auto done = work(db);
    if (!done)
      return done;
    auto kept =
      repeats.keep(who.user, who.repeatable, base::kept_text(told_of(std::as_const(*done))));
    if (!kept)
      return fail(std::move(kept.error()));
    return done;
  };
}

} // namespace aops::actors
