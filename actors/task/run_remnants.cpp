#include "actors/task/run_job.hpp"

#include <caf/all.hpp>
#include <fmt/format.h>

#include <algorithm>

/// The part of `run_job` that ends what plays left running on hosts.
namespace aops::actors {

namespace {

/// A host that cannot be reached must not hold its run for ever.
constexpr int most_clean_ups = 3;
constexpr std::chrono::seconds between_clean_ups{5};

} // namespace

void run_job::clean_up() {
  auto now = self_->clock().now();
  if (clean_up_due_ && now < *clean_up_due_)
    return wake_in(std::chrono::ceil<std::chrono::milliseconds>(*clean_up_due_ - now));
  batch_.emplace();
  batch_->is_clean_up = true;
  for (const auto& [host, why] : remnants_)
    batch_->hosts.push_back(host);
  batch_->inbox = std::make_shared<play_inbox>();
  ansible::play_order order;
  order.run = id_;
  start_play(std::move(order));
}

void run_job::clean_up_later() {
  batch_.reset();
  clean_up_due_ = self_->clock().now() + between_clean_ups;
  go_on();
}

/// Nothing is forgotten that was not looked for.
void run_job::cleaned_up(const ansible::play_result& result) {
  auto is_clean = [&](size_t host, std::string& why) {
    const auto& id = plan().hosts[host].id;
    auto told = std::find_if(
      result.hosts.begin(), result.hosts.end(), [&](const auto& x) { return x.host == id; });
    auto closed = batch_->closed.find(id);
    if (closed != batch_->closed.end())
      why = closed->second;
    else if (told != result.hosts.end() && !told->message.empty())
      why = told->message;
    else if (!result.how)
      why = to_string(result.how.error());
    return result.how && closed == batch_->closed.end() &&
           (told == result.hosts.end() || told->outcome == ansible::host_outcome::ok);
  };
  for (auto it = remnants_.begin(); it != remnants_.end();)
    it = is_clean(it->first, it->second) ? remnants_.erase(it) : std::next(it);
  const auto looked_at = batch_->hosts.size(), ended = looked_at - remnants_.size();
  const bool is_cut_off = batch_->is_cut_off || (!result.how && result.how.error() == ec::fenced);
  ansible::play_event note;
  note.time_ms = now_ms();
  note.message = fmt::format("what was left running on {} of {} hosts was looked for and ended{}",
                             ended,
                             looked_at,
                             result.how ? "" : ": " + to_string(result.how.error()));
  log_.add({}, {note});
  if (is_cut_off)
    return clean_up_later(); // The lease comes back, or another owner goes on.
  if (!remnants_.empty() && ++clean_ups_ < most_clean_ups)
    return clean_up_later();
  batch_.reset();
  clean_ups_ = 0;
  remnants_.empty() ? go_on() : give_up_remnants();
}

/// Nothing more is begun on hosts of which nobody knows what goes on there.
void run_job::give_up_remnants() {
  auto c = change();
  auto now = now_ms();
  for (size_t step = 0; step < steps_.size(); ++step)
    for (const auto& [host, why] : remnants_) {
      auto& row = hosts_[step][host];
      if (!machine_->is_open(step) || row.state != "pending" || row.attempts == 0)
        continue;
      row.state = text_of(task::host_state::unreachable);
      row.message = "what a play had left running there could not be ended";
      if (!why.empty())
        row.message += ": " + why;
      row.ended_ms = now;
      machine_->ended(step, host, task::host_state::unreachable);
      ++finished_;
      ++failed_;
      c.hosts.push_back(row);
      log_.host_is(now, plan().steps[step].name, plan().hosts[host].id, row.state, row.message);
    }
  given_up_ += remnants_.size();
  remnants_.clear();
  clean_up_due_.reset();
  store(std::move(c), [this] { go_on(); });
}

/// Says so where something may still run.
std::string run_job::with_remnants(std::string reason) const {
  if (given_up_ == 0)
    return reason;
  return fmt::format("{}{}what it left running on {} hosts could not be ended",
                     reason,
                     reason.empty() ? "" : "; ",
                     given_up_);
}

} // namespace aops::actors
