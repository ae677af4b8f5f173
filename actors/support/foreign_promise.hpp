#pragma once

#include "actors/support/errand.hpp"
#include "messages/caf_error.hpp"
#include "messages/error.hpp"

#include <caf/delegated.hpp>
#include <caf/fwd.hpp>
#include <caf/make_message.hpp>
#include <caf/result.hpp>

#include <memory>
#include <type_traits>
#include <utility>

namespace aops::actors {

/// What a request is for, as far as its receiver knows; an errand that came with it knows better.
struct purpose {
  base::urgency what = base::urgency::people;
  std::string owner, host;
};

/// The untyped half of `foreign_promise`: one open request.
class open_request {
public:
  /// Takes over the request that `self` handles now. Without effect when nobody waits for the
  /// answer (a plain `send`).
  explicit open_request(caf::local_actor* self, purpose what = {});
  ~open_request(); ///< Answers ec::unreachable unless answered.

  open_request(const open_request&) = delete;
  open_request& operator=(const open_request&) = delete;

  void answer(caf::message content);  ///< Only the first call has an effect. Any thread.
  const base::ticket& ticket() const; ///< By what its work is queued.

private:
  struct content;
  std::unique_ptr<content> content_;
};

/// An answer given later and from any thread: what CAF's own promise must not be used for. Copies
/// share the one request; the first answer counts. When the last copy is gone unanswered (its actor
/// died, its task was dropped), the requester gets ec::unreachable at once instead of waiting.
///
///     [self, pool](const run_query& q) -> caf::result<rows> {
///       foreign_promise<rows> promise{self};
///       if (!pool->post([promise, q] { promise.answer(run(q)); })) // expected<rows>
///         promise.fail(ec::overloaded, "queries");
///       return promise;
///     }
template <class T>
class foreign_promise {
public:
  /// In a handler only.
  explicit foreign_promise(caf::local_actor* self, purpose what = {})
      : request_(std::make_shared<open_request>(self, std::move(what))) {}

  void answer(expected<T> x) const {
    if (!x)
      fail(std::move(x.error()));
    else if constexpr (std::is_void_v<T>)
      request_->answer(caf::message{});
    else
      request_->answer(caf::make_message(std::move(*x)));
  }
  void fail(error e) const { request_->answer(caf::make_message(to_caf(e))); }
  void fail(ec code, std::string detail = {}) const { fail(error{code, std::move(detail)}); }

  /// By what the work on it is queued: its class, whose it is, until when the answer is awaited.
  const base::ticket& ticket() const { return request_->ticket(); }

  /// What the handler returns: the answer follows.
  operator caf::result<T>() const { return caf::delegated<T>{}; }

private:
  std::shared_ptr<open_request> request_;
};

} // namespace aops::actors
