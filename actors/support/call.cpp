#include "actors/support/call.hpp"

#include "actors/support/errand.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace aops::actors {

namespace {

using steady = std::chrono::steady_clock;

/// Waits on the steady clock. CAF waits on the wall clock, which may be set back meanwhile: hence
/// in slices.
bool await_answer(caf::blocking_actor* self, steady::time_point due) {
  constexpr steady::duration slice = std::chrono::milliseconds{500};
  for (auto now = steady::now(); now < due; now = steady::now())
    if (self->await_data(std::chrono::high_resolution_clock::now() + std::min(due - now, slice)))
      return true;
  return self->has_next_message();
}

} // namespace

expected<caf::message> call_message(caf::actor_system& system,
                                    const caf::strong_actor_ptr& target,
                                    std::chrono::milliseconds deadline,
                                    caf::message request) {
  if (!target)
    return fail(ec::unreachable, "no such actor");
  caf::scoped_actor scope{system};
  auto self = scope.ptr();
  auto id = self->new_request_id(caf::message_priority::normal);
  auto due = steady::now() + deadline;
  enqueue(target, self->ctrl(), id, std::move(request), errand{}.within(deadline), self->context());
  while (await_answer(self, due)) {
    auto element = self->dequeue();
    if (element->mid != id.response_id())
      continue;
    auto answer = element->move_content_to_message();
    if (answer.match_elements<caf::error>())
      return fail(from_caf(answer.get_as<caf::error>(0)));
    return answer;
  }
  return fail(ec::timed_out, "no answer in " + std::to_string(deadline.count()) + " ms");
}

} // namespace aops::actors
