#include "actors/host/hosts_region.hpp"

#include "actors/support/prepare.hpp"
#include "messages/names.hpp"
#include "messages/roles/check.hpp"
#include "messages/roles/host.hpp"
#include "messages/rounds.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/metrics.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace aops::actors {

namespace {

constexpr std::chrono::seconds resync{30};
constexpr std::chrono::seconds retry{1};

/// Hosts started at once, and the time to the next ones: each reads its state and its windows.
constexpr size_t wave = 64;
constexpr std::chrono::milliseconds wave_pause{50};

std::chrono::milliseconds store_deadline(const hosts_region_state& st) {
  return st.services->config->store.request_timeout.chrono();
}

/// Asks an actor of the store.
template <class Role, class Then, class Request>
void ask_store(hosts_region_pointer self, std::string_view name, Then then, Request request) {
  ask<Role>(self,
            *self->state.services->names,
            name,
            store_deadline(self->state),
            std::move(then),
            std::move(request));
}

/// Once, not with each attempt: there are several a second while the store is away.
void tell_unread(hosts_region_state& st, std::string_view event, const error& why) {
  if (std::exchange(st.is_unread_told, true))
    log::debug(event, "{}", to_string(why));
  else
    log::warn(event, "tries again until it can: {}", to_string(why));
}

void show_count(const hosts_region_state& st) {
  static auto hosts = metrics::gauge_of("aops_hosts", "Hosts of this node.");
  hosts.set(static_cast<double>(st.hosts.size()));
}

/// Notes what a restart of the host would begin with.
void note(hosts_region_state& st, const host_record& record) {
  auto rules = st.rules.find(record.owner);
  st.latest_of(record)->set(record,
                            rules == st.rules.end() ? check::rule_set::build({}) : rules->second);
}

bool lives(const hosts_region_state& st, const std::string& id) {
  return st.services->names->find(host_name_of(id)) != nullptr;
}

/// Whether it lives under an epoch of the past: the store refuses whatever it writes.
bool is_of_the_past(hosts_region_state& st, const host_record& record) {
  auto epoch = st.latest_of(record)->epoch();
  return epoch != 0 && epoch != st.region.epoch_of(record.host_id) && lives(st, record.host_id);
}

void start_host(hosts_region_pointer self, const host_record& record) {
  auto& st = self->state;
  note(st, record);
  if (!st.services->names->find(host_children_name))
    return; // Comes back with the next resync.
  child_spec spec;
  spec.name = host_name_of(record.host_id);
  spec.restart = restart_kind::transient;
  // A restarted host must begin with what is true then, not with what was true at its first start.
  spec.start = [services = st.services,
                latest = st.latest_of(record)](caf::scheduled_actor& parent) {
    auto now = latest->get();
    latest->started_under(services->slots->fence_of(now.first.host_id).epoch);
    return caf::actor_cast<caf::actor>(parent.spawn(host, services, now.first, now.second));
  };
  auto then = [self, id = record.host_id](const expected<caf::actor>& started) {
    // Whoever added it wants to know at once whether it can be reached.
    if (started && self->state.added.erase(id) != 0)
      self->send(caf::actor_cast<host_actor>(*started), look_now{});
    if (!started && !(started.error() == ec::conflict))
      log::warn("host-not-started", "host {}: {}", id, to_string(started.error()));
  };
  ask<supervisor_actor>(self,
                        *st.services->names,
                        host_children_name,
                        child_deadline,
                        then,
                        start_child{std::move(spec)});
}

/// Starts as many hosts as the store should have to read at once.
void start_some(hosts_region_pointer self) {
  auto& st = self->state;
  for (size_t n = 0; n < wave && !st.is_pausing && !st.to_start.empty();) {
    auto id = std::move(st.to_start.front());
    st.to_start.pop_front();
    auto it = st.hosts.find(id);
    if (it == st.hosts.end() || !st.region.is_ours(it->second.slot) || lives(st, id) ||
        st.stopping.contains(id) || !st.rules.contains(it->second.owner))
      continue; // What it waits for brings it here again.
    start_host(self, it->second);
    ++n;
  }
  if (st.to_start.empty() || std::exchange(st.is_pausing, true))
    return;
  self->delayed_send(self, wave_pause, next_wave_due{});
}

/// Ends a host's actor, if there is one, and then does the rest. Should the host be ours by then,
/// it is started anew, under the epoch of then.
void stop_host(
  hosts_region_pointer self, const std::string& id, std::function<void()> then = [] {}) {
  self->state.stopping.insert(id);
  auto stopped = [self, id, then] {
    auto& st = self->state;
    st.stopping.erase(id);
    then();
    if (st.hosts.contains(id)) {
      st.to_start.push_back(id);
      start_some(self);
    }
  };
  end_child(self, *self->state.services->names, host_children_name, host_name_of(id), stopped);
}

/// Hands the owner's rules to his hosts, those that are down excepted: they get them when they
/// start.
void spread(hosts_region_pointer self, const std::string& owner) {
  auto& st = self->state;
  for (const auto& [id, record] : st.hosts)
    if (record.owner == owner) {
      note(st, record);
      tell<host_actor>(*st.services->names, host_name_of(id), rules_update{st.rules[owner]});
    }
}

void start_hosts_of(hosts_region_pointer self, const std::string& owner) {
  auto& st = self->state;
  for (const auto& [id, record] : st.hosts)
    if (record.owner == owner && !lives(st, id))
      st.to_start.push_back(id);
  start_some(self);
}

void load_rules(hosts_region_pointer self, const std::string& owner) {
  auto& st = self->state;
  if (!st.loading.insert(owner).second) {
    st.stale.insert(owner);
    return;
  }
  auto then = [self, owner](expected<owner_rules> answer) {
    auto& st = self->state;
    st.loading.erase(owner);
    if (!answer) {
      tell_unread(st, "rules-not-read", answer.error());
      return self->delayed_send(self, retry, rules_changed{owner});
    }
    auto& found = *answer;
    auto& known = st.rules[owner];
    std::vector<check::rule_source> sources;
    for (size_t i = 0; i < found.rules.size(); ++i)
      sources.push_back({std::move(found.rules[i]),
                         i < found.digests.size() ? found.digests[i] : std::string{},
                         i < found.since_ms.size() ? found.since_ms[i] : 0});
    auto built = check::rule_set::build(std::move(sources), known.get());
    bool changed = !known || known->digest() != built->digest();
    known = std::move(built);
    start_hosts_of(self, owner);
    if (changed)
      spread(self, owner);
    if (st.stale.erase(owner) != 0)
      load_rules(self, owner);
  };
  ask_store<rule_store_actor>(self, rule_store_name, then, get_owner_rules{owner});
}

/// Takes hosts in; those of an owner whose rules are unknown wait for these. What lives in slots of
/// other nodes is theirs.
void take(hosts_region_pointer self, const std::vector<host_record>& present) {
  auto& st = self->state;
  std::set<std::string> owners;
  for (const auto& record : present) {
    if (!st.region.is_ours(record.slot))
      continue;
    auto known = st.hosts.find(record.host_id);
    bool has_other_source = known != st.hosts.end() && known->second.source != record.source;
    bool is_new = st.hosts.insert_or_assign(record.host_id, record).second;
    if (!st.rules.contains(record.owner))
      owners.insert(record.owner);
    if (st.stopping.contains(record.host_id))
      continue; // Is started when it is down.
    if (is_of_the_past(st, record) || (has_other_source && lives(st, record.host_id))) {
      note(st, record);
      stop_host(self, record.host_id); // And begins anew.
    } else if (!lives(st, record.host_id)) {
      st.to_start.push_back(record.host_id);
    } else if (!is_new) {
      note(st, record);
      tell<host_actor>(*st.services->names, host_name_of(record.host_id), record);
    }
  }
  for (const auto& owner : owners)
    load_rules(self, owner);
  start_some(self);
  show_count(st);
}

/// Those among hosts that changed that nobody here knew.
void note_added(hosts_region_state& st, const std::vector<host_record>& present) {
  for (const auto& record : present)
    if (st.region.is_ours(record.slot) && !st.hosts.contains(record.host_id))
      st.added.insert(record.host_id);
}

void forget(hosts_region_pointer self, const std::vector<std::string>& gone) {
  for (const auto& id : gone)
    if (self->state.hosts.erase(id) != 0) {
      self->state.latest.erase(id);
      self->state.added.erase(id);
      stop_host(self, id);
    }
  show_count(self->state);
}

/// Whether the actor must hear of what the store says, or must be started.
bool is_news(hosts_region_state& st, const host_record& record) {
  auto it = st.hosts.find(record.host_id);
  return it == st.hosts.end() || !lives(st, record.host_id) || is_of_the_past(st, record) ||
         it->second.host_name != record.host_name ||
         it->second.host_group_name != record.host_group_name ||
         it->second.public_ip != record.public_ip ||
         it->second.exporter_port != record.exporter_port || it->second.source != record.source;
}

void compare(hosts_region_pointer self, const host_records& found) {
  auto& st = self->state;
  st.is_unread_told = false;
  std::set<std::string> present;
  std::vector<host_record> changed;
  for (const auto& record : found.hosts) {
    present.insert(record.host_id);
    if (is_news(st, record))
      changed.push_back(record);
  }
  std::vector<std::string> gone;
  std::set<std::string> owners;
  for (const auto& [id, record] : st.hosts)
    if (!present.contains(id))
      gone.push_back(id);
    else
      owners.insert(record.owner);
  forget(self, gone);
  std::erase_if(st.rules, [&](const auto& x) {
    return !owners.contains(x.first) && !st.loading.contains(x.first);
  });
  take(self, changed);
  for (const auto& owner : owners)
    load_rules(self, owner);
}

/// Reads the hosts of these slots and hands them to `take`; when they cannot be read, everything is
/// looked at again soon.
template <class Take>
void read_hosts(hosts_region_pointer self, std::vector<uint16_t> slots, Take take) {
  if (slots.empty())
    return;
  auto then = [self, take](const expected<host_records>& found) {
    if (found)
      return take(*found);
    tell_unread(self->state, "hosts-not-read", found.error());
    self->delayed_send(self, retry, atom::tick_v);
  };
  find_hosts some;
  some.slots = std::move(slots);
  ask_store<host_store_actor>(self, host_store_name, then, std::move(some));
}

void compare_with_store(hosts_region_pointer self) {
  read_hosts(
    self, self->state.region.ours(), [self](const host_records& found) { compare(self, found); });
}

/// Looks at everything; its own tick comes again whoever else sends one.
void on_tick(hosts_region_pointer self) {
  self->state.tick.again(self, resync);
  compare_with_store(self);
}

// -- slots that come and go

/// Reads the hosts of these slots only: a node that takes over must be quick.
void load_slots(hosts_region_pointer self, const std::vector<uint16_t>& slots) {
  auto still_ours = self->state.region.ours_of(slots); // Not lost meanwhile.
  read_hosts(
    self, std::move(still_ours), [self](const host_records& found) { take(self, found.hosts); });
}

void on_slots(hosts_region_pointer self, const slots_changed& x) {
  auto& st = self->state;
  st.region.changed(x);
  forget(self, ids_in(st.hosts, x.lost));
  load_slots(self, x.gained);
}

/// Each host stores what is under way; then its actor is gone.
caf::result<done> release(hosts_region_pointer self, const slots_to_release& x) {
  auto& st = self->state;
  auto now = st.services->clock->now_ms();
  auto until = st.region.released(x);
  // Should the slots stay, their hosts come back.
  self->delayed_send(self, std::chrono::milliseconds{until - now + 1}, atom::tick_v);
  auto ids = ids_in(st.hosts, x.slots);
  auto promise = self->make_response_promise<done>();
  auto one_less = after_all(ids.size() + 1, [promise]() mutable { promise.deliver(done{}); });
  // The hosts themselves keep the deadline; a moment more for their answer.
  auto patience = std::chrono::milliseconds{std::max<int64_t>(0, x.deadline_ms - now) + 500};
  for (const auto& id : ids) {
    st.hosts.erase(id);
    st.latest.erase(id);
    st.added.erase(id);
    auto then = [self, id, one_less](const expected<done>&) { stop_host(self, id, one_less); };
    ask<host_actor>(
      self, *st.services->names, host_name_of(id), patience, then, host_to_release{x.deadline_ms});
  }
  one_less();
  return promise;
}

} // namespace

full_hosts_actor::behavior_type hosts_region(hosts_region_pointer self, services_ptr services) {
  prepare(self);
  self->state.region = {services->slots, services->clock};
  self->state.services = std::move(services);
  self->send(self, atom::tick_v);
  return {
    [self](next_wave_due) {
      self->state.is_pausing = false;
      start_some(self);
    },
    [self](const hosts_changed& x) {
      forget(self, x.gone);
      note_added(self->state, x.present);
      take(self, x.present);
    },
    [self](const rules_changed& x) {
      // An owner without hosts here needs no compiled rules; his first host brings them.
      const auto& st = self->state;
      bool is_wanted = std::any_of(st.hosts.begin(), st.hosts.end(), [&](const auto& host) {
        return host.second.owner == x.owner;
      });
      if (is_wanted || st.rules.contains(x.owner))
        load_rules(self, x.owner);
    },
    [self](const slots_changed& x) { on_slots(self, x); },
    [self](const slots_to_release& x) { return release(self, x); },
    [self](atom::tick) { on_tick(self); },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
