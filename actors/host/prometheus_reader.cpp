#include "actors/host/prometheus_reader.hpp"

#include "actors/host/scraper.hpp"
#include "actors/support/ask.hpp"
#include "actors/support/prepare.hpp"
#include "messages/caf_error.hpp"
#include "messages/names.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/metrics.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

using reader_pointer =
  prometheus_reader_actor::stateful_pointer<checked_state<prometheus_reader_state>>;
using batch_ptr = std::shared_ptr<running_batch>;

constexpr std::chrono::milliseconds gathering{100};
constexpr size_t most_orders = 8192;
constexpr size_t most_in_batch = 500;
constexpr size_t most_lists = 32;

/// Asks at once. Prometheus works on 20 queries, and each ask sends up to four.
constexpr size_t most_short = 3, most_long = 2;

/// A read over more periods than this is no live one.
constexpr int64_t periods_of_a_long_read = 20;

/// The scraper answers even when it is busy; its own deadline is the query's.
constexpr std::chrono::seconds grace{1};

void turn(reader_pointer self);

void note_outcome(reader_pointer self, const error* why) {
  auto& st = self->state;
  static auto queries =
    metrics::counter_of("aops_prometheus_queries_total",
                        "Queries sent to the Prometheus that is the source of samples.");
  static auto failures =
    metrics::counter_of("aops_prometheus_failures_total", "Queries to Prometheus that failed.");
  queries.add();
  if (why)
    failures.add();
  if (why && !st.is_down)
    log::warn("prometheus-down", "samples cannot be read, evaluation waits: {}", to_string(*why));
  if (!why && st.is_down)
    log::info("prometheus-back", "samples can be read again");
  st.is_down = why != nullptr;
  if (why)
    st.services->health->impaired("prometheus", to_string(*why));
  else
    st.services->health->recovered("prometheus");
}

/// Sends a request through the scraper; `then` gets the reply, a failed one when it never got out.
template <class Then>
void send(reader_pointer self, net::request what, Then then) {
  auto deadline = what.total_timeout + grace;
  auto taken = [then](expected<fetched> x) mutable {
    then(x ? std::move(*x->how) : net::reply{fail(std::move(x.error()))});
  };
  ask<scraper_actor>(self,
                     *self->state.services->names,
                     scraper_name,
                     deadline,
                     taken,
                     fetch_order{std::move(what)});
}

// -- batches

void finish(reader_pointer self, const batch_ptr& x) {
  for (size_t i = 0; i < x->promises.size(); ++i) {
    if (auto found = x->batch.result_of(i))
      x->promises[i].deliver(
        samples_read{std::make_shared<const std::vector<series_points>>(std::move(*found))});
    else
      x->promises[i].deliver(to_caf(found.error()));
  }
  --(x->is_long ? self->state.running_long : self->state.running_short);
  turn(self);
}

void send_queries(reader_pointer self, const batch_ptr& x);

void take_reply(reader_pointer self, const batch_ptr& x, uint64_t id, net::reply reply) {
  for (auto& part : x->fetch->on_reply(id, std::move(reply))) {
    note_outcome(self, part.result ? nullptr : &part.result.error());
    x->batch.take(std::move(part));
  }
  if (x->fetch->finished())
    finish(self, x);
  else
    send_queries(self, x);
}

void send_queries(reader_pointer self, const batch_ptr& x) {
  for (auto& out : x->fetch->next())
    send(self, std::move(out.what), [self, x, id = out.id](net::reply reply) {
      take_reply(self, x, id, std::move(reply));
    });
}

void start(reader_pointer self, const batch_ptr& x) {
  auto& st = self->state;
  st.waiting_orders -= x->promises.size();
  if (st.services->clock->now_ms() >= x->deadline_ms) {
    for (auto& promise : x->promises)
      promise.deliver(to_caf({ec::timed_out, "Prometheus has more to read than it can"}));
    return;
  }
  ++(x->is_long ? st.running_long : st.running_short);
  x->fetch.emplace(x->batch.what(), st.source);
  if (x->fetch->finished()) // Nothing to ask for.
    return finish(self, x);
  send_queries(self, x);
}

/// Starts what there is room for.
void turn(reader_pointer self) {
  auto& st = self->state;
  for (;;) {
    auto next = std::find_if(st.waiting.begin(), st.waiting.end(), [&](const batch_ptr& x) {
      return x->is_long ? st.running_long < most_long : st.running_short < most_short;
    });
    if (next == st.waiting.end() || st.tick_is_due) // Still gathering.
      return;
    auto x = *next;
    st.waiting.erase(next);
    start(self, x);
  }
}

caf::result<samples_read> take_order(reader_pointer self, const read_order& order) {
  auto& st = self->state;
  if (st.waiting_orders >= most_orders)
    return to_caf({ec::overloaded, "reads from Prometheus"});
  auto fitting = std::find_if(st.waiting.begin(), st.waiting.end(), [&](const batch_ptr& x) {
    return x->batch.size() < most_in_batch &&
           x->batch.fits(order.series, order.from_ms, order.until_ms);
  });
  if (fitting == st.waiting.end()) {
    auto fresh = std::make_shared<running_batch>(
      prometheus_batch{order.series, order.from_ms, order.until_ms});
    auto period = st.services->period_ms();
    fresh->is_long = fresh->batch.span_ms() > periods_of_a_long_read * period;
    fresh->deadline_ms = st.services->clock->now_ms() + read_deadline(*st.services->config).count();
    fitting = st.waiting.insert(st.waiting.end(), std::move(fresh));
  }
  ++st.waiting_orders;
  (*fitting)->batch.add(order.instance, order.preferred);
  auto promise = self->make_response_promise<samples_read>();
  (*fitting)->promises.push_back(promise);
  if (!std::exchange(st.tick_is_due, true))
    self->delayed_send(self, gathering, atom::tick_v);
  return promise;
}

// -- lists

std::string matchers_of(const std::vector<std::string>& names) {
  if (names.empty())
    return "__name__!=\"\"";
  std::string any;
  for (const auto& name : names) // Metric names need no escape.
    any += (any.empty() ? "" : "|") + name;
  return "__name__=~\"" + any + "\"";
}

std::vector<series_info> listed(const prometheus_api::answer& found, const std::string& preferred) {
  std::map<series_key, const prometheus_api::series*> best;
  for (const auto& s : found.found)
    if (!s.points.empty())
      if (auto& x = best[s.key]; !x || s.instance == preferred)
        x = &s;
  std::vector<series_info> out;
  for (const auto& [key, s] : best)
    out.push_back({key.name, "kpi", key.label, {s->points.back().time_ms}, s->points.back().value});
  return out;
}

caf::result<series_listed> list(reader_pointer self, const list_order& order) {
  auto& st = self->state;
  if (st.lists >= most_lists)
    return to_caf({ec::overloaded, "lists of series from Prometheus"});
  ++st.lists;
  prometheus_api::query query{
    matchers_of(order.names), {order.instance}, order.from_ms, order.until_ms, {}};
  auto promise = self->make_response_promise<series_listed>();
  send(self,
       prometheus_api::request_of(query, st.source),
       [self, promise, order](net::reply reply) mutable {
         --self->state.lists;
         auto found = prometheus_api::read_reply(std::move(reply), order.from_ms, order.until_ms);
         note_outcome(self, found ? nullptr : &found.error());
         if (found)
           promise.deliver(series_listed{
             std::make_shared<const std::vector<series_info>>(listed(*found, order.preferred))});
         else
           promise.deliver(to_caf(found.error()));
       });
  return promise;
}

prometheus_api::source source_of(const base::config& c) {
  prometheus_api::source s;
  s.url = c.prometheus.url;
  s.timeout = c.prometheus.timeout.chrono();
  s.connect_timeout = std::min(s.connect_timeout, s.timeout);
  s.limits.sample_period_ms = c.check.sample_period.ms;
  return s;
}

} // namespace

std::chrono::milliseconds read_deadline(const base::config& config) {
  return config.prometheus.timeout.chrono() * 3;
}

prometheus_reader_actor::behavior_type prometheus_reader(reader_pointer self,
                                                         services_ptr services) {
  prepare(self);
  self->state.source = source_of(*services->config);
  self->state.services = std::move(services);
  return {
    [self](const read_order& x) { return take_order(self, x); },
    [self](const list_order& x) { return list(self, x); },
    [self](atom::tick) {
      self->state.tick_is_due = false;
      turn(self);
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
