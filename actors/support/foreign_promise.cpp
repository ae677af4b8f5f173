#include "actors/support/foreign_promise.hpp"

#include <caf/all.hpp>

#include <atomic>

namespace aops::actors {

struct open_request::content {
  caf::weak_actor_ptr self;        ///< Weak: an open request must not keep its actor alive.
  caf::strong_actor_ptr requester; ///< Null when nobody waits.
  caf::message_id id;
  std::atomic<bool> answered = false;
  base::ticket ticket;
};

open_request::open_request(caf::local_actor* self, purpose what)
    : content_(std::make_unique<content>()) {
  auto with = errand_of(self);
  auto& how = content_->ticket;
  how.what = with.what.value_or(what.what);
  how.owner = std::move(with.owner.empty() ? what.owner : with.owner);
  how.host = std::move(with.host.empty() ? what.host : with.host);
  how.due_ms = with.due_ms;
  auto promise = self->make_response_promise();
  if (!promise.pending() || promise.async())
    return;
  content_->self = caf::weak_actor_ptr{self->ctrl()};
  content_->requester = promise.next();
  content_->id = promise.id().response_id();
}

open_request::~open_request() {
  answer(caf::make_message(refuse(ec::unreachable, "the request was dropped unanswered")));
}

const base::ticket& open_request::ticket() const { return content_->ticket; }

void open_request::answer(caf::message x) {
  auto& c = *content_;
  if (!c.requester || c.answered.exchange(true))
    return;
  // Without an execution unit: that of the actor belongs to another thread.
  c.requester->enqueue(c.self.lock(), c.id, std::move(x), nullptr);
}

} // namespace aops::actors
