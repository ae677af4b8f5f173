#include "actors/task/run_keys.hpp"

#include "actors/support/prepare.hpp"
#include "messages/caf_error.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

constexpr std::chrono::minutes look_every{1};
constexpr int64_t longest_ms = int64_t{7} * 24 * 3600 * 1000;
constexpr size_t most_keys = 4096;

} // namespace

full_run_keys_actor::behavior_type
run_keys(full_run_keys_actor::stateful_pointer<checked_state<run_keys_state>> self,
         std::shared_ptr<const base::clock> clock) {
  prepare(self);
  self->state.clock = std::move(clock);
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
      std::erase_if(self->state.keys, [now = self->state.clock->now_ms()](const auto& x) {
        return x.second.until_ms < now;
      });
    },
    [self](const run_key& x) -> caf::result<done> {
      auto& st = self->state;
      if (st.keys.size() >= most_keys && !st.keys.contains(x.run))
        return refuse(ec::overloaded, "too many runs have a vault key");
      st.keys[x.run] = {std::make_shared<vault::secret_bytes>(x.key.text),
                        st.clock->now_ms() + longest_ms};
      return done{};
    },
    [self](const run_key_to_wipe& x) { self->state.keys.erase(x.run); },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
