#include "actors/task/run_keys.hpp"

#include "actors/jobs/job_intake.hpp"
#include "actors/support/prepare.hpp"
#include "actors/task/run_desk.hpp"
#include "messages/caf_error.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace aops::actors {

namespace {

constexpr std::chrono::minutes look_every{1};
constexpr int64_t longest_ms = int64_t{7} * 24 * 3600 * 1000;
constexpr size_t most_keys = 4096;

/// A key comes before its run is stored.
constexpr int64_t grace_ms = 60'000;

using full_run_keys_self = full_run_keys_actor::stateful_pointer<checked_state<run_keys_state>>;

/// Wipes the keys of runs that ended, that were never stored, or that another node owns.
void look(full_run_keys_self self) {
  auto& st = self->state;
  const auto& services = *st.services;
  auto now = services.clock->now_ms();
  std::erase_if(st.keys, [&](const auto& x) {
    auto age = now - x.second.since_ms;
    bool is_ours = services.slots->owns(schedule::slot_of(x.first));
    return age >= longest_ms || (age >= grace_ms && !is_ours);
  });
  open_runs_query query;
  for (const auto& [run, x] : st.keys)
    if (now - x.since_ms >= grace_ms)
      query.runs.push_back(run);
  if (query.runs.empty())
    return;
  auto then = [self, asked = query.runs](expected<runs_found> open) {
    if (!open)
      return; // The next look tells.
    std::sort(open->runs.begin(), open->runs.end());
    for (const auto& run : asked)
      if (!std::binary_search(open->runs.begin(), open->runs.end(), run))
        self->state.keys.erase(run);
  };
  ask_here<run_desk_actor>(self, services, run_desk_name, then, std::move(query));
}

} // namespace

full_run_keys_actor::behavior_type
run_keys(full_run_keys_actor::stateful_pointer<checked_state<run_keys_state>> self,
         job_services_ptr services) {
  prepare(self);
  self->state.services = std::move(services);
  self->delayed_send(self, look_every, atom::tick_v);
  return {
    [self](const key_of_run& x) -> caf::result<opened_vault> {
      auto it = self->state.keys.find(x.run);
      if (it == self->state.keys.end())
        return refuse(ec::vault_key);
      return opened_vault{it->second.key};
    },
    [self](atom::tick) {
      self->delayed_send(self, look_every, atom::tick_v);
      look(self);
    },
    [self](const run_key& x) -> caf::result<done> {
      auto& st = self->state;
      if (st.keys.size() >= most_keys && !st.keys.contains(x.run))
        return refuse(ec::overloaded, "too many runs have a vault key");
      st.keys[x.run] = {std::make_shared<vault::secret_bytes>(x.key.text),
                        st.services->clock->now_ms()};
      return done{};
    },
    [self](const run_key_to_wipe& x) { self->state.keys.erase(x.run); },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
