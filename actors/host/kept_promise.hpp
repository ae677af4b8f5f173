#pragma once

#include "messages/caf_error.hpp"
#include "messages/error.hpp"

#include <caf/response_promise.hpp>
#include <caf/typed_response_promise.hpp>

#include <functional>
#include <memory>

namespace aops::actors {

/// A promise that is answered once, at the latest when it is forgotten: with its actor, or with the
/// step it waited in. Without that the requester would only see its own time-out.
template <class T>
class kept_promise {
public:
  /// @param last_word What the requester hears when nothing else was said.
  kept_promise(caf::typed_response_promise<T> promise, std::function<error()> last_word)
      : promise_(std::move(promise)), last_word_(std::move(last_word)) {}
  ~kept_promise() {
    if (!is_answered_)
      answer(fail(last_word_()));
  }
  kept_promise(const kept_promise&) = delete;
  kept_promise& operator=(const kept_promise&) = delete;

  void answer(expected<T> x) {
    if (std::exchange(is_answered_, true))
      return;
    if (x)
      promise_.deliver(std::move(*x));
    else
      promise_.deliver(to_caf(x.error()));
  }

private:
  caf::typed_response_promise<T> promise_;
  std::function<error()> last_word_;
  bool is_answered_ = false;
};

} // namespace aops::actors
