#include "tests/actors/cluster/membership_fixture.hpp"

#include "messages/roles/hosts.hpp"
#include "messages/rounds.hpp"
#include "tests/actors/cluster/usual_regions.hpp"

namespace aops::tests {

using namespace actors;

namespace {

/// A region that runs something in every slot of its node, and notices what goes wrong.
template <class Region>
class region_stand_in {
public:
  using pointer = typename Region::pointer;

  static void changed(test_node& n, const slots_changed& x) {
    auto& notes = *n.hosts;
    for (auto slot : x.lost)
      notes.alive.erase(slot);
    for (auto slot : x.gained) {
      notes.alive.insert(slot);
      if (!n.services->ownership->owns(slot))
        notes.surprises.push_back(n.id + " gained " + std::to_string(slot) + " unowned");
      if (n.services->map->owner_of(slot) != n.id)
        notes.surprises.push_back(n.id + " gained " + std::to_string(slot) + " before the map");
    }
  }

  static void let_go(test_node& n, const std::vector<uint16_t>& slots) {
    for (auto slot : slots)
      n.hosts->alive.erase(slot);
  }

  static caf::result<done> release(pointer self, test_node& n, const slots_to_release& x) {
    auto& notes = *n.hosts;
    ++notes.releases;
    if (notes.lets_go) {
      let_go(n, x.slots);
      return done{};
    }
    foreign_promise<done> promise{self};
    notes.open.emplace_back(x.slots, promise);
    return promise;
  }
};

} // namespace

membership_fixture::~membership_fixture() {
  for (auto& [id, n] : nodes)
    n->hosts->open.clear();
  end_all();
}

void membership_fixture::start_regions(test_node& n) {
  auto put = [&](std::string_view name, auto handle) {
    n.services->names->put(name, caf::actor_cast<caf::strong_actor_ptr>(handle));
  };
  auto* node = &n;
  using stand_in = region_stand_in<hosts_actor>;
  put(hosts_name, start([node](hosts_actor::pointer self) -> hosts_actor::behavior_type {
        return {
          [](const hosts_changed&) {},
          [](const rules_changed&) {},
          [node](const slots_changed& x) { stand_in::changed(*node, x); },
          [=](const slots_to_release& x) { return stand_in::release(self, *node, x); },
          [node](atom::tick) { ++node->hosts->looks; },
          [](atom::ping) {},
        };
      }));
  put(router_name, start([this, node](router_actor::pointer) -> router_actor::behavior_type {
        return {
          [](parcel& x) { return std::move(x); },
          [this, node](const map_changed&) {
            ++node->news;
            link_up(*node);
          },
          [](atom::tick) {},
          [](atom::ping) {},
        };
      }));
}

void membership_fixture::start_link(test_node& from, const std::string& to) {
  auto link = start([this, to](caf::event_based_actor*) -> caf::behavior {
    return {[this, to](parcel& x) {
      auto it = nodes.find(to);
      if (it != nodes.end() && !it->second->is_dead && x.to == membership_name)
        caf::anon_send(caf::actor_cast<caf::actor>(it->second->membership),
                       x.body.get_as<map_changed>(0));
    }};
  });
  from.services->names->put(link_name_of(to), caf::actor_cast<caf::strong_actor_ptr>(link));
}

/// The links of a node follow the map: whoever is new there is met, and all when it joined anew.
void membership_fixture::link_up(test_node& n) {
  auto own = n.services->this_node->incarnation();
  for (const auto& x : n.services->map->get()->members) {
    auto peer = nodes.find(x.node);
    if (x.node == n.id || peer == nodes.end() || peer->second->is_dead ||
        x.state == schedule::member_state::gone || unlinked.contains(n.id) ||
        unlinked.contains(x.node))
      continue;
    std::pair now{own, x.incarnation};
    if (std::exchange(n.met[x.node], now) == now)
      continue;
    caf::anon_send(n.membership, peer_seen{x.node, x.incarnation, true});
  }
}

test_node& membership_fixture::add(const std::string& id, bool single) {
  auto n = std::make_unique<test_node>();
  n->id = id;
  n->way = std::make_shared<store_way>(store_way{time});
  auto s = std::make_shared<cluster_services>();
  s->config = settings;
  s->clock = std::make_shared<base::clock>(time);
  s->time = &time;
  s->pool = std::make_shared<shared_pool>(store, n->way);
  s->names = std::make_shared<directory>();
  s->ownership = std::make_shared<schedule::ownership>();
  s->map = std::make_shared<cluster_map>();
  s->this_node = std::make_shared<node_identity>(id, "1.2.3", "the-cluster");
  s->this_node->set_address(id + ":7000");
  s->this_node->set_http("http://" + id + ":8000");
  s->regions = usual_regions();
  s->single = single;
  s->probes = threads_;
  s->is_refused = [this](const std::string& address) {
    ++probes;
    return refusing.contains(address);
  };
  n->services = s;
  auto& out = *n;
  nodes[id] = std::move(n);
  start_regions(out);
  for (auto& [other, peer] : nodes)
    if (other != id && !peer->is_dead) {
      start_link(out, other);
      start_link(*peer, id);
    }
  refusing.erase(id + ":7000");
  start_membership(out);
  return out;
}

void membership_fixture::start_membership(test_node& n) {
  n.membership = start(membership, cluster_services_ptr{n.services});
  n.services->names->put(membership_name, caf::actor_cast<caf::strong_actor_ptr>(n.membership));
}

void membership_fixture::silence(const std::string& id) {
  nodes.at(id)->is_dead = true;
  end(nodes.at(id)->membership, caf::exit_reason::kill);
}

void membership_fixture::break_links(const std::string& id) {
  for (auto& [other, peer] : nodes)
    if (other != id && !peer->is_dead)
      tell(peer->membership,
           peer_seen{id, nodes.at(id)->services->this_node->incarnation(), false});
}

void membership_fixture::kill(const std::string& id) {
  silence(id);
  refusing.insert(id + ":7000");
  break_links(id);
}

schedule::cluster_view membership_fixture::stored() {
  return ok(storage::cluster_repository{db()}.read());
}

cluster_nodes membership_fixture::seen_by(const std::string& id) {
  return ok(ask<cluster_nodes>(nodes.at(id)->membership, admin, cluster_nodes_query{}));
}

std::string membership_fixture::state_of(const std::string& node, const std::string& by) {
  for (const auto& x : seen_by(by).nodes)
    if (x.node == node)
      return x.state;
  return "unknown";
}

bool membership_fixture::is_balanced(const schedule::cluster_view& view) const {
  std::map<std::string, size_t> shares;
  for (const auto& x : view.members)
    if (x.state == schedule::member_state::alive && nodes.contains(x.node) &&
        !nodes.at(x.node)->is_dead)
      shares[x.node] = 0;
  for (const auto& x : view.slots)
    if (shares.contains(x.node))
      ++shares[x.node];
  auto fair = view.slots.size() / std::max<size_t>(1, shares.size());
  return std::all_of(shares.begin(), shares.end(), [fair](const auto& x) {
    return x.second == fair || x.second == fair + 1;
  });
}

bool membership_fixture::is_settled() {
  auto view = stored();
  if (!is_balanced(view))
    return false;
  for (uint16_t slot = 0; slot < view.slots.size(); ++slot) {
    const auto& x = view.slots[slot];
    auto owner = nodes.find(x.node);
    if (owner == nodes.end() || owner->second->is_dead || !x.target.empty())
      return false;
    for (const auto& [id, n] : nodes)
      if (!n->is_dead && (n->services->ownership->owns(slot) != (id == x.node) ||
                          n->hosts->alive.contains(slot) != (id == x.node)))
        return false;
  }
  return true;
}

std::chrono::milliseconds membership_fixture::settle(std::chrono::milliseconds most) {
  std::chrono::milliseconds took{0};
  constexpr std::chrono::milliseconds step{50};
  for (run(); !is_settled(); took += step) {
    if (took >= most) {
      BOOST_ERROR("not settled after " << took.count() << " ms");
      break;
    }
    pass(step);
  }
  return took;
}

std::string membership_fixture::surprises() {
  std::string out;
  for (const auto& [id, n] : nodes)
    for (const auto& x : n->hosts->surprises)
      out += x + "; ";
  return out;
}

void membership_fixture::let_go(const std::string& id) {
  auto& n = *nodes.at(id);
  for (auto& [slots, promise] : std::exchange(n.hosts->open, {})) {
    region_stand_in<hosts_actor>::let_go(n, slots);
    promise.answer(done{});
  }
  run();
}

} // namespace aops::tests
