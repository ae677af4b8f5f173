#include "actors/host/hosts_region.hpp"

#include "actors/support/prepare.hpp"
#include "messages/names.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/metrics.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

constexpr std::chrono::seconds resync{30};
constexpr std::chrono::seconds retry{1};
constexpr std::chrono::seconds child_deadline{30};

std::chrono::milliseconds store_deadline(const hosts_region_state& st) {
  return st.services->config->store.request_timeout.chrono();
}

/// Notes what a restart of the host would begin with.
void note(hosts_region_state& st, const host_record& record) {
  auto rules = st.rules.find(record.owner);
  st.latest_of(record)->set(record,
                            rules == st.rules.end() ? check::rule_set::build({}) : rules->second);
}

void start_host(hosts_region_pointer self, const host_record& record) {
  auto& st = self->state;
  note(st, record);
  auto parent = st.services->names->find_as<supervisor_actor>(host_children_name);
  if (!parent)
    return; // Comes back with the next resync.
  child_spec spec;
  spec.name = host_name_of(record.host_id);
  spec.restart = restart_kind::transient;
  // A restarted host must begin with what is true then, not with what was true at its first start.
  spec.start = [services = st.services,
                latest = st.latest_of(record)](caf::scheduled_actor& parent) {
    auto now = latest->get();
    return caf::actor_cast<caf::actor>(parent.spawn(host, services, now.first, now.second));
  };
  self->request(parent, child_deadline, start_child{std::move(spec)})
    .then([](const caf::actor&) {},
          [id = record.host_id](const caf::error& e) {
            if (auto why = from_caf(e); !(why == ec::conflict))
              log::warn("host-not-started", "host {}: {}", id, to_string(why));
          });
}

void stop_host(hosts_region_pointer self, const std::string& id) {
  if (auto parent = self->state.services->names->find_as<supervisor_actor>(host_children_name))
    self->request(parent, child_deadline, stop_child{host_name_of(id)})
      .then([] {}, [](const caf::error&) {});
}

/// Hands the owner's rules to his hosts, those that are down excepted: they get them when they
/// start.
void spread(hosts_region_pointer self, const std::string& owner) {
  auto& st = self->state;
  for (const auto& [id, record] : st.hosts)
    if (record.owner == owner) {
      note(st, record);
      if (auto actor = st.services->names->find_as<host_actor>(host_name_of(id)))
        self->send(actor, rules_update{st.rules[owner]});
    }
}

void start_hosts_of(hosts_region_pointer self, const std::string& owner) {
  auto& st = self->state;
  for (const auto& [id, record] : st.hosts)
    if (record.owner == owner && !st.services->names->find(host_name_of(id)))
      start_host(self, record);
}

void load_rules(hosts_region_pointer self, const std::string& owner) {
  auto& st = self->state;
  if (!st.loading.insert(owner).second) {
    st.stale.insert(owner);
    return;
  }
  auto store = st.services->names->find_as<rule_store_actor>(rule_store_name);
  auto again = [self, owner] {
    self->state.loading.erase(owner);
    self->delayed_send(self, retry, rules_changed{owner});
  };
  if (!store)
    return again();
  self->request(store, store_deadline(st), get_owner_rules{owner})
    .then(
      [self, owner](owner_rules& found) {
        auto& st = self->state;
        st.loading.erase(owner);
        auto& known = st.rules[owner];
        std::vector<check::rule_source> sources;
        for (size_t i = 0; i < found.rules.size(); ++i)
          sources.push_back({std::move(found.rules[i]),
                             i < found.digests.size() ? found.digests[i] : std::string{},
                             0});
        auto built = check::rule_set::build(std::move(sources), known.get());
        bool changed = !known || known->digest() != built->digest();
        known = std::move(built);
        start_hosts_of(self, owner);
        if (changed)
          spread(self, owner);
        if (st.stale.erase(owner) != 0)
          load_rules(self, owner);
      },
      [again](const caf::error& e) {
        log::warn("rules-not-read", "{}", to_string(from_caf(e)));
        again();
      });
}

/// Takes hosts in; those of an owner whose rules are unknown wait for these.
void take(hosts_region_pointer self, const std::vector<host_record>& present) {
  auto& st = self->state;
  std::set<std::string> owners;
  for (const auto& record : present) {
    bool is_new = st.hosts.insert_or_assign(record.host_id, record).second;
    if (!st.rules.contains(record.owner))
      owners.insert(record.owner);
    else if (auto actor = st.services->names->find_as<host_actor>(host_name_of(record.host_id));
             actor && !is_new) {
      note(st, record);
      self->send(actor, record);
    } else if (!actor) {
      start_host(self, record);
    }
  }
  for (const auto& owner : owners)
    load_rules(self, owner);
  static auto hosts = metrics::gauge_of("aops_hosts", "Hosts of this node.");
  hosts.set(static_cast<double>(st.hosts.size()));
}

void forget(hosts_region_pointer self, const std::vector<std::string>& gone) {
  for (const auto& id : gone)
    if (self->state.hosts.erase(id) != 0) {
      self->state.latest.erase(id);
      stop_host(self, id);
    }
}

void compare_with_store(hosts_region_pointer self) {
  auto& st = self->state;
  self->delayed_send(self, resync, atom::tick_v);
  auto store = st.services->names->find_as<host_store_actor>(host_store_name);
  if (!store) {
    self->delayed_send(self, retry, atom::tick_v);
    return;
  }
  find_hosts all;
  for (uint16_t slot = 0; slot < schedule::slot_count; ++slot)
    if (st.services->slots->owns(slot))
      all.slots.push_back(slot);
  if (all.slots.empty())
    return;
  self->request(store, store_deadline(st), std::move(all))
    .then(
      [self](const host_records& found) {
        auto& st = self->state;
        std::set<std::string> present;
        std::vector<host_record> changed;
        for (const auto& record : found.hosts) {
          present.insert(record.host_id);
          auto it = st.hosts.find(record.host_id);
          bool lives = st.services->names->find(host_name_of(record.host_id)) != nullptr;
          if (it == st.hosts.end() || !lives ||
              it->second.host_group_name != record.host_group_name ||
              it->second.public_ip != record.public_ip ||
              it->second.exporter_port != record.exporter_port)
            changed.push_back(record);
        }
        std::vector<std::string> gone;
        for (const auto& [id, record] : st.hosts)
          if (!present.contains(id))
            gone.push_back(id);
        forget(self, gone);
        take(self, changed);
        for (const auto& [owner, rules] : st.rules)
          load_rules(self, owner);
      },
      [self](const caf::error& e) {
        log::warn("hosts-not-read", "{}", to_string(from_caf(e)));
        self->delayed_send(self, retry, atom::tick_v);
      });
}

} // namespace

hosts_actor::behavior_type hosts_region(hosts_region_pointer self, services_ptr services) {
  prepare(self);
  self->state.services = std::move(services);
  self->send(self, atom::tick_v);
  return {
    [self](const hosts_changed& x) {
      forget(self, x.gone);
      take(self, x.present);
    },
    [self](const rules_changed& x) {
      // An owner without hosts here needs no compiled rules; his first host brings them.
      if (self->state.rules.contains(x.owner))
        load_rules(self, x.owner);
    },
    [self](atom::tick) { compare_with_store(self); },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
