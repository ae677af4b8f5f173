#include "tests/actors/cluster/link_fixture.hpp"

#include "actors/cluster/gate.hpp"
#include "actors/cluster/links_keeper.hpp"
#include "actors/cluster/router.hpp"
#include "actors/cluster/transport.hpp"
#include "actors/supervisor/supervisor.hpp"
#include "actors/support/ask_message.hpp"
#include "actors/support/message_types.hpp"
#include "actors/support/prepare.hpp"
#include "messages/names.hpp"
#include "tests/actors/cluster/usual_regions.hpp"

#include <caf/all.hpp>
#include <caf/io/all.hpp>
#include <caf/openssl/all.hpp>

#include <fstream>
#include <stdexcept>

namespace aops::tests {

using namespace actors;

namespace {

caf::behavior membership_stub(caf::event_based_actor* self, std::shared_ptr<heard_peers> heard) {
  prepare(self, "membership");
  return {[heard](const peer_seen& x) { heard->add(x); }, [](const map_changed&) {}};
}

caf::behavior echo(caf::event_based_actor* self, std::string node, std::atomic<int>* said) {
  prepare(self, "echo");
  return {
    [=](const std::string& text) {
      ++*said;
      return node + ":" + text;
    },
    [=](int n) -> caf::result<std::string> {
      if (n == 0)
        return self->make_response_promise<std::string>();
      return std::string(static_cast<size_t>(n), 'x');
    },
  };
}

base::config config_of(const link_node_options& o) {
  base::config c;
  c.storage.engine = "mariadb";
  c.cluster.listen = {"127.0.0.1", 0};
  c.cluster.certificate = o.certificate;
  c.cluster.key = o.key;
  c.cluster.ca = o.ca;
  c.cluster.revoked = o.revoked;
  c.cluster.heartbeat = base::milliseconds(100);
  c.cluster.suspect_after = base::milliseconds(500);
  c.cluster.max_message = {o.max_message};
  return c;
}

child_spec child_of(std::string_view name, std::function<caf::actor(caf::scheduled_actor&)> start) {
  child_spec spec;
  spec.name = name;
  spec.start = std::move(start);
  return spec;
}

} // namespace

void heard_peers::add(const peer_seen& x) {
  std::lock_guard guard{mutex_};
  all_.push_back(x);
}

bool heard_peers::is_up(const std::string& node) const {
  std::lock_guard guard{mutex_};
  for (auto i = all_.rbegin(); i != all_.rend(); ++i)
    if (i->node == node)
      return i->is_connected;
  return false;
}

size_t heard_peers::downs(const std::string& node) const {
  std::lock_guard guard{mutex_};
  size_t n = 0;
  for (const auto& x : all_)
    n += x.node == node && !x.is_connected;
  return n;
}

link_node::caf_config::caf_config(const base::config& config, bool is_checked) {
  set("scheduler.policy", caf::atom("sharing"));
  set("scheduler.max-threads", 2);
  actors::add_message_types(*this);
  if (is_checked) {
    if (auto good = configure_transport(*this, config); !good)
      throw std::runtime_error(to_string(good.error()));
    return;
  }
  load<caf::io::middleman>();
  load<caf::openssl::manager>();
  set("middleman.heartbeat-interval", caf::timespan{config.cluster.heartbeat.chrono()});
  set("middleman.connection-timeout", caf::timespan{config.cluster.suspect_after.chrono()});
  openssl_certificate = config.cluster.certificate;
  openssl_key = config.cluster.key;
  openssl_cafile = config.cluster.ca;
}

link_node::link_node(link_node_options options) : options_(std::move(options)) {
  auto& s = *services;
  auto config = std::make_shared<base::config>(config_of(options_));
  s.config = config;
  s.names = std::make_shared<directory>();
  s.ownership = std::make_shared<schedule::ownership>();
  s.map = std::make_shared<cluster_map>();
  s.this_node = std::make_shared<node_identity>(options_.id, "test", options_.cluster);
  s.this_node->set_incarnation(options_.incarnation);
  s.regions = usual_regions();
  s.single = false;
  caf_config_ = std::make_unique<caf_config>(*config, options_.is_checked);
  system = std::make_unique<caf::actor_system>(*caf_config_);
  put(membership_name, system->spawn(membership_stub, heard));
  auto named = [&](std::string name) {
    supervisor_config c;
    c.name = std::move(name);
    c.names = s.names;
    return c;
  };
  std::vector<child_spec> tree{
    gate_child(services),
    supervised(named(std::string{links_name}), {}),
    child_of(links_keeper_name,
             spawns(links_keeper, cluster_services_ptr{services}, std::shared_ptr<executor>{})),
    child_of(router_name, spawns(router, cluster_services_ptr{services})),
  };
  auto root = system->spawn(supervisor, named("node"), std::move(tree));
  started_.push_back(caf::actor_cast<caf::actor>(root));
  if (auto up = call<void>(*system, root, std::chrono::seconds{20}, atom::ping_v); !up)
    throw std::runtime_error(to_string(up.error()));
}

link_node::~link_node() {
  for (auto& x : started_)
    caf::anon_send_exit(x, caf::exit_reason::user_shutdown);
  started_.clear();
  services->names = std::make_shared<directory>();
}

void link_node::put(std::string_view name, caf::actor who) {
  services->names->put(name, caf::actor_cast<caf::strong_actor_ptr>(who));
  started_.insert(started_.begin(), std::move(who));
}

void link_node::set_map(const std::vector<known_member>& members, const std::string& owner) {
  auto view = std::make_shared<schedule::cluster_view>();
  view->map_version = services->map->get()->map_version + 1;
  for (const auto& x : members) {
    schedule::member m;
    m.node = x.node;
    m.incarnation = x.incarnation;
    m.address = x.address;
    m.protocol = cluster_protocol;
    m.state = schedule::member_state::alive;
    view->members.push_back(std::move(m));
  }
  view->slots.assign(schedule::slot_count, {owner, 1, ""});
  services->map->set(view);
  for (auto name : {links_keeper_name, router_name})
    caf::anon_send(services->names->find_as<caf::actor>(name), map_changed{view->map_version});
}

void link_node::own_all_slots(bool yes) {
  for (uint16_t slot = 0; slot < schedule::slot_count; ++slot)
    services->ownership->set(slot, yes ? 1 : 0);
}

void link_node::add_echo(const std::string& name) { put(name, system->spawn(echo, id(), &said)); }

void link_node::remove(const std::string& name) {
  auto who = services->names->find(name);
  services->names->erase(name, who);
  caf::anon_send_exit(caf::actor_cast<caf::actor>(who), caf::exit_reason::user_shutdown);
}

expected<std::string> link_node::say(const std::string& name,
                                     const std::string& text,
                                     std::chrono::milliseconds patience) {
  return value_of<std::string>(
    call_entity(*system, *services->names, name, name, patience, caf::make_message(text)));
}

// -- authority

void write_file(const std::string& path, const std::string& text) {
  std::ofstream out{path, std::ios::binary};
  out << text;
  if (!out.flush())
    throw std::runtime_error("cannot write " + path);
}

test_authority::test_authority(std::string folder, const std::string& name)
    : folder_(std::move(folder)), pair_(*base::make_authority(name, 30)) {
  write_file(file("ca.pem"), pair_.certificate);
  write_file(file("crl.pem"), *base::revoke_certificate(pair_, {}, {}));
}

link_node_options test_authority::node(const std::string& id,
                                       const base::certificate_wish& wish,
                                       bool has_list) const {
  auto pair = base::issue_certificate(pair_, wish);
  if (!pair)
    throw std::runtime_error(to_string(pair.error()));
  write_file(file(id + ".pem"), pair->certificate);
  write_file(file(id + ".key"), pair->key);
  link_node_options o;
  o.id = id;
  o.certificate = file(id + ".pem");
  o.key = file(id + ".key");
  o.ca = file("ca.pem");
  o.revoked = has_list ? file("crl.pem") : "";
  return o;
}

void test_authority::revoke(const std::string& id) {
  auto read = [](const std::string& path) {
    std::ifstream in{path};
    return std::string{std::istreambuf_iterator<char>{in}, {}};
  };
  auto list = base::revoke_certificate(pair_, read(file("crl.pem")), read(file(id + ".pem")));
  if (!list)
    throw std::runtime_error(to_string(list.error()));
  write_file(file("crl.new"), *list);
  if (std::rename(file("crl.new").c_str(), file("crl.pem").c_str()) != 0)
    throw std::runtime_error("rename");
}

} // namespace aops::tests
