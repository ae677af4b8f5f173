#include "actors/topology/host_topology.hpp"

#include "actors/cluster/node_survey.hpp"
#include "actors/support/ask.hpp"
#include "actors/support/bounded_pool.hpp"
#include "actors/support/foreign_promise.hpp"
#include "actors/support/prepare.hpp"
#include "actors/support/tell_changed.hpp"
#include "actors/topology/link_rows.hpp"
#include "actors/topology/upstream_read.hpp"
#include "messages/caf_error.hpp"
#include "messages/return_code.hpp"
#include "messages/roles/host.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/metrics.hpp"
#include "runtime/core/topology/summary.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace aops::actors {

namespace {

using std::chrono::milliseconds;
using topology::viewer;

constexpr std::chrono::seconds tidy_topology_every{1}, hosts_deadline{5}, windows_deadline{3};
constexpr int64_t most_batch_bytes = 64 << 20;
constexpr size_t batch_threads = 1, batch_queue = 256, drawing_queue = 256;
/// How often another node is asked again for one answer: what it keeps is bounded, too.
constexpr int most_rounds = 400;
/// Rows of the store for one answer.
constexpr int64_t most_past_links = 100'000;
/// Figures change with every batch: pages hear of that now and then.
constexpr int64_t figures_told_every_ms = 10'000;

// -- batches that come in

struct batch_way {
  store_ptr store;
  std::shared_ptr<windows_kept> windows;
  std::shared_ptr<executor> drawing;
  std::shared_ptr<bytes_held> held;
  foreign_promise<batch_taken> promise;
};

void count_batch() {
  static auto batches =
    metrics::counter_of("aops_topology_batches_total", "Batches of agents that were taken in.");
  batches.add();
}

/// On the thread that draws.
void put_batch(const batch_way& way, const std::string& host_id, topology::batch told) {
  auto links = static_cast<int64_t>(told.links.size());
  auto is_visible = way.windows->take(host_id, std::move(told));
  if (!is_visible)
    return way.promise.fail(std::move(is_visible.error()));
  count_batch();
  if (*is_visible)
    tell_changed(*way.store->names, bit_of(followed_list::topology));
  way.promise.answer(batch_taken{links, way.store->config->topology.period.ms});
}

/// On a thread for that.
void read_batch(batch_way way, host_token_cache& tokens, const batch_to_take& x) {
  auto host = host_of_token(*way.store, tokens, x.token_hash);
  if (!host)
    return way.promise.fail(std::move(host.error()));
  auto told = topology::parse_batch(x.body, way.windows->rules().most_links);
  if (!told)
    return way.promise.fail(std::move(told.error()));
  auto batch = std::make_shared<topology::batch>(std::move(*told));
  if (!way.drawing->post([way, host = *host, batch] { put_batch(way, host, std::move(*batch)); }))
    way.promise.fail(ec::overloaded, "too many batches wait");
}

caf::result<batch_taken> take_batch(host_topology_pointer self, const batch_to_take& x) {
  auto& st = self->state;
  foreign_promise<batch_taken> promise{self};
  auto held = bytes_held::take(st.under_way, static_cast<int64_t>(x.body.size()), most_batch_bytes);
  const auto& parts = st.parts;
  batch_way way{parts.store, parts.windows, parts.drawing, held, promise};
  if (!held) {
    promise.fail(ec::overloaded, "too many batches wait to be read");
    return promise;
  }
  // Each token has its turn: a host that sends without end holds up none but itself.
  auto how = parts.store->bounded({base::urgency::live, {}, x.token_hash});
  parts.intake->queue(std::move(how), [way, tokens = parts.tokens, x](expected<void> turn) {
    if (turn)
      read_batch(way, *tokens, x);
    else
      way.promise.fail(std::move(turn.error()));
  });
  return promise;
}

// -- who sees what

std::shared_ptr<const viewer> viewer_of(const caller& who, const std::vector<host_record>& hosts) {
  auto out = std::make_shared<viewer>();
  for (const auto& x : hosts)
    if (!who.groups ||
        std::find(who.groups->begin(), who.groups->end(), x.host_group_name) != who.groups->end())
      out->add(x.host_id, {x.host_name, x.public_ip, x.host_group_name});
  return out;
}

/// `then(viewer)` once it is known which hosts the caller sees; ec::not_found fails the promise
/// when `host_id` is none of them.
template <class Reply, class Then>
void with_viewer(host_topology_pointer self,
                 const caller& who,
                 std::string host_id,
                 foreign_promise<Reply> promise,
                 Then then) {
  auto go_on = [promise, host_id = std::move(host_id), then](std::shared_ptr<const viewer> seen) {
    if (!host_id.empty() && !seen->find(host_id))
      return promise.fail(ec::not_found, "host_id: no such host");
    then(std::move(seen));
  };
  if (who.owner.empty()) // To the store that would mean something else.
    return go_on(std::make_shared<const viewer>());
  auto found = [who, promise, go_on](const expected<host_records>& x) {
    if (!x)
      return promise.fail(x.error());
    go_on(viewer_of(who, x->hosts));
  };
  ask<host_store_actor>(self,
                        *self->state.parts.store->names,
                        host_store_name,
                        hosts_deadline,
                        std::move(found),
                        find_hosts{who.owner, {}, {}});
}

// -- what other nodes know

/// What was told in answer to one question.
struct windows_gathered {
  std::vector<std::pair<std::string, node_windows>> told; ///< By node, in their order.
  std::vector<missing_topology> missing;
};

/// Asks those nodes, and those of them again that have more; then `then(windows_gathered)`.
template <class Then>
void ask_for_windows(host_topology_pointer self,
                     std::vector<surveyed_node> nodes,
                     node_windows_query q,
                     std::shared_ptr<windows_gathered> all,
                     int rounds,
                     Then then) {
  if (nodes.empty() || rounds == 0)
    return then(std::move(*all));
  const auto& parts = self->state.parts;
  survey_parts whom{*parts.store->names, parts.node, std::string{topology_name}, windows_deadline};
  auto told =
    [self, nodes, q, all, rounds, then](std::vector<expected<node_windows>> answers) mutable {
      std::vector<surveyed_node> again;
      for (size_t i = 0; i < nodes.size(); ++i) {
        const auto& node = nodes[i].node;
        if (!answers[i]) {
          all->missing.push_back({node, to_string(answers[i].error())});
          continue;
        }
        auto& x = *answers[i];
        std::erase_if(q.had, [&](const windows_had& h) { return h.node == node; });
        q.had.push_back({node, x.life, x.version});
        if (!x.is_all)
          again.push_back(nodes[i]);
        all->told.emplace_back(node, std::move(x));
      }
      ask_for_windows(self, std::move(again), std::move(q), all, rounds - 1, then);
    };
  ask_nodes<topology_actor, node_windows>(self, whom, nodes, q, std::move(told));
}

template <class Then>
void gather_windows(host_topology_pointer self, Then then) {
  const auto& parts = self->state.parts;
  auto nodes = known_nodes(*parts.map, parts.node);
  // What hosts told one that is gone they tell another by now.
  std::erase_if(nodes, [&](const auto& x) { return x.is_gone || x.node == parts.node; });
  ask_for_windows(self,
                  std::move(nodes),
                  node_windows_query{parts.windows->had()},
                  std::make_shared<windows_gathered>(),
                  most_rounds,
                  std::move(then));
}

/// Answers with `work(windows_kept&, const viewer&)`, on the thread that draws, over what all nodes
/// know. `Reply` has `code` and `missing`.
template <class Reply, class Work>
caf::result<Reply>
over_all_nodes(host_topology_pointer self, const caller& who, std::string host_id, Work work) {
  foreign_promise<Reply> promise{self, of(who)};
  auto seen = [self, promise, work](std::shared_ptr<const viewer> who_sees) {
    auto gathered = [self, promise, work, who_sees](windows_gathered all) {
      auto what = std::make_shared<windows_gathered>(std::move(all));
      const auto& parts = self->state.parts;
      auto job = [windows = parts.windows, promise, work, who_sees, what](expected<void> turn) {
        if (!turn)
          return promise.fail(std::move(turn.error()));
        for (const auto& [node, told] : what->told)
          windows->merge(node, told);
        Reply reply = work(*windows, *who_sees);
        reply.missing = std::move(what->missing);
        if (!reply.missing.empty())
          reply.code = code_partial;
        promise.answer(std::move(reply));
      };
      parts.drawing->queue(parts.store->bounded(promise.ticket()), std::move(job));
    };
    gather_windows(self, std::move(gathered));
  };
  with_viewer(self, who, std::move(host_id), promise, std::move(seen));
  return promise;
}

// -- what was

/// The windows of a moment, as they are stored.
struct past_world {
  topology::world then;
  bool is_cut = false; ///< There are more links than are read.
};

expected<past_world> world_of_then(storage::database& db,
                                   const std::string& owner,
                                   int64_t at_ms,
                                   int64_t now_ms,
                                   const topology::topology_rules& rules) {
  storage::topology_repository from{db};
  auto hosts = from.hosts_of(owner);
  if (!hosts)
    return fail(std::move(hosts.error()));
  auto rows = from.links_of(owner, at_ms, at_ms + 1, most_past_links);
  if (!rows)
    return fail(std::move(rows.error()));
  past_world out;
  for (auto& w : topology::windows_then(hosts_of(*hosts), links_of(*rows), at_ms, now_ms, rules))
    out.then.put(std::make_shared<topology::host_window>(std::move(w)));
  out.is_cut = static_cast<int64_t>(rows->size()) >= most_past_links;
  return out;
}

/// Answers with `draw(world, viewer, moment in ms, rules)`, of now or of then. `Reply` has `code`,
/// `missing` and `is_cut`.
/// @param at_ms 0: now.
template <class Reply, class Draw>
caf::result<Reply> draw_at(host_topology_pointer self,
                           const caller& who,
                           const std::string& host_id,
                           int64_t at_ms,
                           Draw draw) {
  auto store = self->state.parts.store;
  if (at_ms == 0 || at_ms >= store->now_ms()) {
    auto work = [draw](const windows_kept& windows, const viewer& seen) {
      return draw(windows.world(), seen, windows.now_ms(), windows.rules());
    };
    return over_all_nodes<Reply>(self, who, host_id, work);
  }
  foreign_promise<Reply> promise{self, of(who)};
  auto seen =
    [store, promise, draw, at_ms, owner = who.owner, rules = self->state.parts.windows->rules()](
      const std::shared_ptr<const viewer>& who_sees) {
      read(store,
           promise,
           [store, who_sees, draw, at_ms, owner, rules](storage::database& db) -> expected<Reply> {
             auto past = world_of_then(db, owner, at_ms, store->now_ms(), rules);
             if (!past)
               return fail(std::move(past.error()));
             Reply out = draw(past->then, *who_sees, at_ms, rules);
             out.is_cut |= past->is_cut;
             return out;
           });
    };
  with_viewer(self, who, host_id, promise, std::move(seen));
  return promise;
}

caf::result<topology_entities>
show(host_topology_pointer self, const caller& who, const topology_query& x) {
  auto depth = x.depth_wanted();
  auto time = x.time_wanted();
  if (!depth || !time)
    return to_caf(depth ? time.error() : depth.error());
  topology::picture_query q;
  q.host_id = x.host_id.value_or(std::string{});
  q.depth = *depth;
  auto draw = [q](const topology::world& w,
                  const viewer& seen,
                  int64_t at_ms,
                  const topology::topology_rules& rules) {
    auto then = q;
    then.now_ms = at_ms;
    return topology::picture_of(w, seen, then, rules);
  };
  return draw_at<topology_entities>(self, who, q.host_id, *time, draw);
}

caf::result<topology_summary>
show_summary(host_topology_pointer self, const caller& who, const topology_summary_query& x) {
  auto time = x.time_wanted(), limit = x.limit_wanted(), offset = x.offset_wanted();
  for (const auto* read : {&time, &limit, &offset})
    if (!*read)
      return to_caf(read->error());
  topology::summary_query q;
  q.is_by_group = x.is_by_group();
  q.group = x.group.value_or(std::string{});
  q.limit = static_cast<size_t>(*limit);
  q.offset = static_cast<size_t>(*offset);
  auto draw = [q](const topology::world& w,
                  const viewer& seen,
                  int64_t at_ms,
                  const topology::topology_rules& rules) {
    auto then = q;
    then.now_ms = at_ms;
    return topology::summary_of(w, seen, then, rules);
  };
  return draw_at<topology_summary>(self, who, {}, *time, draw);
}

caf::result<topology_status> show_status(host_topology_pointer self, const caller& who) {
  auto work = [](const windows_kept& windows, const viewer& seen) {
    return topology::status_of(windows.world(), seen, windows.now_ms(), windows.rules());
  };
  return over_all_nodes<topology_status>(self, who, {}, work);
}

caf::result<topology_changes>
show_changes(host_topology_pointer self, const caller& who, const topology_changes_query& x) {
  constexpr int64_t hour_ms = 3'600'000;
  auto from = x.from_wanted(), to = x.to_wanted();
  if (!from || !to)
    return to_caf(from ? to.error() : from.error());
  auto store = self->state.parts.store;
  topology::changes_wanted q;
  q.host_id = x.host_id.value_or(std::string{});
  q.now_ms = store->now_ms();
  q.to_ms = *to == 0 ? q.now_ms + 1 : *to;
  q.from_ms = x.from && !x.from->empty() ? *from : q.to_ms - hour_ms;
  foreign_promise<topology_changes> promise{self, of(who)};
  auto seen = [store, promise, q, owner = who.owner, rules = self->state.parts.windows->rules()](
                const std::shared_ptr<const viewer>& who_sees) {
    auto work = [who_sees, q, owner, rules](storage::database& db) -> expected<topology_changes> {
      storage::topology_repository stored{db};
      auto hosts = stored.hosts_of(owner);
      if (!hosts)
        return fail(std::move(hosts.error()));
      auto rows = stored.links_of(owner, q.from_ms, q.to_ms, most_past_links);
      if (!rows)
        return fail(std::move(rows.error()));
      auto out = topology::changes_of(hosts_of(*hosts), links_of(*rows), *who_sees, q, rules);
      out.is_cut |= static_cast<int64_t>(rows->size()) >= most_past_links;
      return out;
    };
    read(store, promise, work);
  };
  with_viewer(self, who, q.host_id, promise, std::move(seen));
  return promise;
}

// -- dependencies

expected<dependencies> dependencies_in(storage::database& db,
                                       const std::string& owner,
                                       const viewer& who,
                                       const dependencies_query& q) {
  storage::topology_repository from{db};
  auto hosts = from.hosts_of(owner);
  if (!hosts)
    return fail(std::move(hosts.error()));
  const auto owners = topology::owners_of(hosts_of(*hosts), who);
  topology::dependency_walk walk{owners, who, q.host_id, q.depth};
  int64_t room = most_past_links;
  bool is_cut = false;
  while (!walk.wanted().empty()) {
    std::vector<topology::past_link> links;
    for (const auto& id : walk.wanted()) {
      auto rows = from.links_of_host(id, q.begin_ms, q.end_ms, std::max<int64_t>(room, 1));
      if (!rows)
        return fail(std::move(rows.error()));
      room -= static_cast<int64_t>(rows->size());
      is_cut |= room <= 0;
      for (const auto& x : *rows)
        links.push_back(link_of(x));
    }
    walk.give(links);
  }
  auto out = walk.result();
  out.is_cut |= is_cut;
  return out;
}

caf::result<dependencies>
find_dependencies(host_topology_pointer self, const caller& who, const dependencies_query& q) {
  if (q.depth < 1 || q.depth > topology_query::most_depth)
    return to_caf(error{ec::bad_request, "depth: must be from 1 to 8"});
  if (q.host_id.empty())
    return to_caf(error{ec::bad_request, "host_id: is missing"});
  foreign_promise<dependencies> promise{self, of(who)};
  auto store = self->state.parts.store;
  auto seen =
    [store, promise, q, owner = who.owner](const std::shared_ptr<const viewer>& who_sees) {
      read(store, promise, [who_sees, q, owner](storage::database& db) {
        return dependencies_in(db, owner, *who_sees, q);
      });
    };
  with_viewer(self, who, q.host_id, promise, std::move(seen));
  return promise;
}

caf::result<upstream_found>
find_upstream(host_topology_pointer self, const caller& who, const upstream_query& q) {
  if (q.depth < 1 || q.depth > topology_query::most_depth)
    return to_caf(error{ec::bad_request, "depth: must be from 1 to 8"});
  if (q.host_id.empty() || q.check_items.empty())
    return to_caf(error{ec::bad_request, "host_id, check_items: must not be empty"});
  if (q.bounds_ms.size() < 2 || q.bounds_ms.size() > upstream_query::most_bounds ||
      !std::is_sorted(q.bounds_ms.begin(), q.bounds_ms.end()))
    return to_caf(error{ec::bad_request, "bounds_ms: 2 to 10000 moments, in their order"});
  foreign_promise<upstream_found> promise{self, of(who)};
  auto store = self->state.parts.store;
  auto seen = [store, promise, q, owner = who.owner, rules = self->state.parts.windows->rules()](
                const std::shared_ptr<const viewer>& who_sees) {
    read(store, promise, [store, who_sees, q, owner, rules](storage::database& db) {
      return upstream_in(db, owner, *who_sees, q, store->now_ms(), rules);
    });
  };
  with_viewer(self, who, q.host_id, promise, std::move(seen));
  return promise;
}

// -- this node

caf::result<node_windows> tell_windows(host_topology_pointer self, const node_windows_query& q) {
  const auto& parts = self->state.parts;
  foreign_promise<node_windows> promise{self};
  auto job = [windows = parts.windows, q, promise](expected<void> turn) {
    if (turn)
      promise.answer(windows->told_since(q));
    else
      promise.fail(std::move(turn.error()));
  };
  parts.drawing->queue(promise.ticket(), std::move(job));
  return promise;
}

void tidy_topology(host_topology_pointer self) {
  auto& st = self->state;
  auto now = st.parts.store->now_ms();
  bool is_due = now - st.told_figures_ms >= figures_told_every_ms;
  if (is_due)
    st.told_figures_ms = now;
  auto work = [windows = st.parts.windows, store = st.parts.store, is_due] {
    bool is_visible = windows->tidy();
    if (is_visible || (is_due && windows->has_new_figures()))
      tell_changed(*store->names, bit_of(followed_list::topology));
  };
  (void)st.parts.drawing->post(std::move(work)); // Else the next time.
}

} // namespace

full_topology_actor::behavior_type host_topology(host_topology_pointer self,
                                                 host_topology_parts parts) {
  prepare(self);
  self->state.parts = std::move(parts);
  self->delayed_send(self, tidy_topology_every, atom::tick_v);
  return {
    [self](atom::tick) {
      self->delayed_send(self, tidy_topology_every, atom::tick_v);
      tidy_topology(self);
    },
    [self](const batch_to_take& x) { return take_batch(self, x); },
    [self](const caller& who, const topology_query& x) { return show(self, who, x); },
    [self](const caller& who, const topology_summary_query& x) {
      return show_summary(self, who, x);
    },
    [self](const caller& who, const topology_status_query&) { return show_status(self, who); },
    [self](const caller& who, const topology_changes_query& x) {
      return show_changes(self, who, x);
    },
    [self](const caller& who, const dependencies_query& x) {
      return find_dependencies(self, who, x);
    },
    [self](const caller& who, const upstream_query& x) { return find_upstream(self, who, x); },
    [self](const node_windows_query& q) { return tell_windows(self, q); },
    [](atom::ping) {},
  };
}

std::shared_ptr<executor> topology_intake_threads() {
  return std::make_shared<bounded_pool>(
    shared_threads("topology-read", batch_threads, batch_queue));
}

std::shared_ptr<executor> topology_drawing_thread() {
  return std::make_shared<bounded_pool>(shared_threads("topology", 1, drawing_queue));
}

} // namespace aops::actors
