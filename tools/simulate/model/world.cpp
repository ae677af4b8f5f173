#include "tools/simulate/model/world.hpp"

#include <array>

namespace aops::simulate {

world::world(scenario s, uint64_t seed, run_options options)
    : scenario_(std::move(s)), options_(options), random_(seed ^ 0x5eed),
      store_(scenario_.slots, scenario_.jobs, scenario_.timing.lease_ms, options.rules),
      trace_(options.is_traced) {
  auto count = static_cast<size_t>(scenario_.nodes);
  if (!options.rules.waits_for_calm)
    scenario_.timing.calm_ms = 0;
  result_.seed = seed;
  result_.kind = scenario_.kind;
  cuts_.resize((count + 1) * (count + 1));
  is_acknowledged_.resize(static_cast<size_t>(scenario_.jobs));
  nodes_.resize(count);
  for (size_t i = 0; i < count; ++i) {
    nodes_[i].clock_offset_ms = random_.between(0, 1'000'000);
    nodes_[i].drift_ppm = random_.between(-20'000, 20'000);
  }
  for (uint32_t i = 0; i < scenario_.faults.size(); ++i) {
    event x{scenario_.faults[i].at_ms, 0, event_kind::fault};
    x.number = i;
    queue_.push(x);
  }
  for (uint32_t i = 0; i < is_acknowledged_.size(); ++i) {
    auto slot = static_cast<uint16_t>(random_.between(0, scenario_.slots - 1));
    store_.plan_job(i, slot, static_cast<uint32_t>(random_.between(2, 6)));
    event x{random_.between(5000, scenario_.quiet_from_ms), 0, event_kind::client};
    x.number = i;
    queue_.push(x);
  }
  if (scenario_.watched_at_ms >= 0)
    push(event_kind::watch, scenario_.watched_at_ms + 1);
}

run_result world::run() {
  bool is_checked = false;
  while (!queue_.empty() && result_.violation.empty()) {
    auto x = queue_.pop();
    if (x.at_ms > scenario_.end_ms)
      break;
    now_ms_ = x.at_ms;
    if (!is_checked && now_ms_ >= scenario_.quiet_from_ms + 20'000) {
      is_checked = true;
      check_owned();
    }
    handle(x);
    if (!store_.violation().empty())
      fail(store_.violation());
  }
  if (result_.violation.empty())
    check_end();
  result_.digest = trace_.digest();
  result_.events = queue_.count();
  result_.fenced = store_.fenced();
  result_.ownership_changes = store_.ownership_changes();
  if (!result_.violation.empty())
    result_.last = trace_.last();
  return result_;
}

void world::handle(const event& x) {
  switch (x.kind) {
  case event_kind::fault:
    return break_something(scenario_.faults[x.number]);
  case event_kind::watch:
    return watch();
  case event_kind::client:
    return call_client(x.number);
  case event_kind::request:
    reach_store(x.number);
    return release_request(x.number);
  case event_kind::commit:
    reach_commit(x.number);
    return release_request(x.number);
  case event_kind::idle_timeout:
    if (auto& r = requests_[x.number]; !r.is_done)
      store_.roll_back(r, x.number);
    return release_request(x.number);
  default:
    break;
  }
  auto& n = nodes_[static_cast<size_t>(x.node)];
  if (n.is_paused && x.life == n.life)
    n.backlog.push_back(x);
  else
    handle_of_node(x);
}

void world::handle_of_node(const event& x) {
  auto& n = nodes_[static_cast<size_t>(x.node)];
  bool is_alive = n.is_running && x.life == n.life;
  bool is_request =
    x.kind == event_kind::granted || x.kind == event_kind::answer || x.kind == event_kind::deadline;
  if (is_request) {
    auto& r = requests_[x.number];
    if (is_alive && !r.is_abandoned) {
      if (x.kind == event_kind::granted)
        hear_granted(x.number);
      else
        hear(x.number, x.kind == event_kind::deadline);
    }
    return release_request(x.number);
  }
  if (!is_alive)
    return;
  switch (x.kind) {
  case event_kind::renew:
    push(event_kind::renew, local(n, scenario_.timing.renew_ms), x.node);
    return renew(x.node);
  case event_kind::link_check:
    push(event_kind::link_check, local(n, 500), x.node);
    check_sure(x.node);
    return check_links(x.node);
  case event_kind::sample:
    push(event_kind::sample, scenario_.sample_ms, x.node);
    return sample(x.node);
  case event_kind::look:
    push(event_kind::look, local(n, 2000), x.node);
    return look(x.node);
  case event_kind::unit_worked:
    return unit_worked(x);
  case event_kind::retry:
    if (auto& e = n.entities[x.slot]; e.generation == x.stamp)
      work(x.node, x.slot);
    return;
  case event_kind::news:
    return renew(x.node);
  case event_kind::job_news:
    if (auto& e = n.entities[x.slot]; e.epoch != 0) {
      e.is_fresh = false;
      work(x.node, x.slot);
    }
    return;
  case event_kind::link_broken:
    suspect(x.node, x.peer, true);
    return renew(x.node);
  default:
    return;
  }
}

void world::push(event_kind kind, int64_t in_ms, int node, int peer, uint16_t slot) {
  event x{now_ms_ + in_ms, 0, kind};
  x.node = static_cast<int16_t>(node);
  x.peer = static_cast<int16_t>(peer);
  x.slot = slot;
  if (node >= 0) {
    x.life = nodes_[static_cast<size_t>(node)].life;
    auto& entities = nodes_[static_cast<size_t>(node)].entities;
    if (slot < entities.size())
      x.stamp = entities[slot].generation;
  }
  queue_.push(x);
}

void world::note(const char* what, int node, int64_t a, int64_t b, int64_t c) {
  trace_.add({now_ms_, what, node, a, b, c});
}

void world::fail(std::string text) {
  if (!result_.violation.empty())
    return;
  result_.violation = std::move(text);
  result_.violated_at_ms = now_ms_;
}

int64_t world::clock_of(const node_state& n) const {
  return now_ms_ + n.clock_offset_ms + now_ms_ * n.drift_ppm / 1'000'000;
}

/// How long `ms` of the node's own clock last.
int64_t world::local(const node_state& n, int64_t ms) const {
  return ms - ms * n.drift_ppm / 1'000'000;
}

run_result run_seed(uint64_t seed, const run_options& options) {
  return world{make_scenario(seed), seed, options}.run();
}

std::string to_string(scenario_kind kind) {
  constexpr std::array names = {
    "mixed", "crash", "pause", "partition", "outage", "shaky", "drain", "accused"};
  return names[static_cast<size_t>(kind)];
}

} // namespace aops::simulate
