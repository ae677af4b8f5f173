#include "actors/host/host_ask.hpp"
#include "runtime/base/log.hpp"
#include "runtime/core/check/grid.hpp"

#include <algorithm>

namespace aops::actors {

namespace {

/// How long a page under way is waited for. All hosts of a slot wait for the slowest, and the next
/// owner can still ask for that page itself.
int64_t page_patience_ms(int64_t period_ms) { return std::min<int64_t>(1000, period_ms / 2); }

/// A round that comes so soon is taken first, which gives the next owner the time to the one after.
int64_t near_ms(int64_t period_ms) { return std::min<int64_t>(500, period_ms / 2); }

} // namespace

caf::result<aops::done> host_body::on_release(int64_t deadline_ms) {
  if (release_) // Asked again: the later word counts.
    release_->promise.deliver(aops::done{});
  auto now = now_ms();
  release_.emplace();
  *is_leaving_ = true;
  commits_.refuse_works(); // A host that leaves stores its rounds, no more.
  release_->promise = self_->make_response_promise<aops::done>();
  release_->deadline_ms = deadline_ms;
  release_->begins_until_ms = now + std::max<int64_t>(0, deadline_ms - now) / 2;
  auto promise = release_->promise;
  for (auto at : {release_->begins_until_ms, release_->deadline_ms})
    self_->delayed_send(
      self_, std::chrono::milliseconds{std::max<int64_t>(0, at - now)}, release_due{});
  wait_for_page();
  take_rounds_of_now();
  release_when_idle();
  return promise;
}

/// The round of now whose request has not gone out yet, and one that is near: the next owner may
/// come too late for them.
void host_body::take_rounds_of_now() {
  if (!is_live_ || source_->keeps_past())
    return;
  auto now = now_ms();
  auto latest = check::floor_grid(now, period_ms(), checker_.offset_ms());
  auto next = latest + period_ms();
  if (next - now <= near_ms(period_ms()) && next + source_->phase_ms() < release_->begins_until_ms)
    release_->awaited_ms = next;
  if (latest > last_due_ms_)
    on_due(latest);
}

/// As long as it has to stay, a host goes on with its rounds: nobody else does yet.
bool host_body::may_begin_still() const {
  return !source_->keeps_past() && now_ms() < release_->begins_until_ms;
}

/// A page is under way while the host wants to leave.
void host_body::wait_for_page() {
  auto now = now_ms();
  release_->scrapes_until_ms =
    std::min(now + page_patience_ms(period_ms()), release_->begins_until_ms);
  self_->delayed_send(
    self_,
    std::chrono::milliseconds{std::max<int64_t>(0, release_->scrapes_until_ms - now)},
    release_due{});
}

void host_body::release_when_idle() {
  if (!release_)
    return;
  auto now = now_ms();
  bool is_scraping = source_->pages_under_way() > 0 && now < release_->scrapes_until_ms;
  bool is_awaiting = last_due_ms_ < release_->awaited_ms && now < release_->begins_until_ms;
  bool is_storing = !commits_.empty() || !waiting_rounds_.empty();
  if (now < release_->deadline_ms && (is_awaiting || is_scraping || is_storing))
    return;
  if (is_storing)
    log::warn("host-released-early",
              "{} goes to another node with {} rounds that could not be stored",
              record_.host_id,
              commits_.size() + waiting_rounds_.size());
  release_->promise.deliver(aops::done{});
  self_->quit();
}

void host_body::give_up(const error& why) {
  log::info("host-given-up", "{} is not this node's any more: {}", record_.host_id, to_string(why));
  if (release_)
    release_->promise.deliver(aops::done{});
  self_->quit();
}

} // namespace aops::actors
