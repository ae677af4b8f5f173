#include "actors/notify/notifier.hpp"

#include "actors/host/scraper.hpp"
#include "actors/support/ask.hpp"
#include "actors/support/prepare.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/metrics.hpp"
#include "runtime/core/notify/alertmanager.hpp"
#include "runtime/core/notify/chat.hpp"
#include "runtime/core/notify/delivery.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <map>
#include <tuple>

namespace aops::actors {

namespace {

using outcome = notice_outcome::kind;

constexpr std::chrono::seconds look_every{1};
constexpr std::chrono::seconds store_deadline{10};
constexpr std::chrono::milliseconds connect_timeout{5000};
constexpr std::chrono::milliseconds grace{500}; ///< Beyond the request's own deadline.

constexpr uint64_t figures_every = 5, tidy_every = 60; ///< Looks.

constexpr size_t most_under_way = 4; ///< Notices to one receiver.
constexpr size_t most_in_notice = 100;
constexpr int64_t most_rows = 512;       ///< Read at one look.
constexpr int64_t most_waiting = 10'000; ///< Alerts that one receiver may have yet to hear of.
constexpr size_t most_answer = size_t{1} << 20;

constexpr backoff retries{1000, 300'000, 2, 0.5, 0};

metrics::counter counter_of(const char* name, const char* help, const std::string& receiver) {
  return metrics::counter_of(name, help, {{"receiver", receiver}});
}

/// Alerts that share a notice.
struct parcel_of_notices {
  size_t target = 0;
  notice_body body;
  std::vector<storage::notice> rows;
  std::vector<std::string> keys; ///< In `busy_keys`.
};

// -- outcomes

void note(notifier_pointer self, notice_outcome x) {
  auto then = [self, x](const expected<done>& how) {
    auto& st = self->state;
    if (how || how.error() == ec::fenced) // Another node tells it now.
      st.busy.erase(x.key);
    else
      st.unwritten.push_back(x); // Not told again meanwhile.
  };
  ask<full_alert_store_actor>(
    self, *self->state.parts.names, alert_store_name, store_deadline, then, x);
}

void note_again(notifier_pointer self) {
  for (auto& x : std::exchange(self->state.unwritten, {}))
    note(self, std::move(x));
}

int64_t delay_ms(notifier_pointer self, size_t failures) {
  return restart_delay_ms(retries, failures, self->state.jitter.next());
}

void succeeded(notifier_pointer self, const parcel_of_notices& x) {
  auto& st = self->state;
  auto& standing = st.standings[x.target];
  const auto& to = st.parts.targets[x.target].to;
  if (std::exchange(standing.failures, 0) > 0)
    log::info("notices-arrive", "{} takes notices again", to.name);
  standing.last_error.clear();
  ++standing.sent;
  counter_of("aops_notices_sent_total", "Notices that receivers took.", to.name).add();
  auto now = st.parts.clock->now_ms();
  for (const auto& row : x.rows) {
    bool is_end = x.body.status == "resolved" || x.body.status == "diagnosed";
    note(self,
         {is_end ? outcome::over : outcome::told,
          row.key,
          row.body.host_id,
          now,
          notify::repeat_at(to, now)});
  }
}

void failed(notifier_pointer self, const parcel_of_notices& x, const std::string& why) {
  auto& st = self->state;
  auto& standing = st.standings[x.target];
  const auto& to = st.parts.targets[x.target].to;
  auto now = st.parts.clock->now_ms();
  if (now >= standing.quiet_until_ms) { // Of those under way together the first counts.
    if (standing.failures++ == 0)
      log::warn("notice-failed", "{} is not told and tried again: {}", to.name, why);
    standing.quiet_until_ms = now + delay_ms(self, standing.failures);
  }
  standing.last_error = why;
  ++standing.failed;
  counter_of("aops_notices_failed_total", "Attempts to tell receivers that failed.", to.name).add();
  for (const auto& row : x.rows)
    note(self,
         {outcome::failed,
          row.key,
          row.body.host_id,
          now,
          now + delay_ms(self, static_cast<size_t>(row.attempts) + 1)});
}

void give_up(notifier_pointer self, size_t target, const storage::notice& row) {
  auto& st = self->state;
  auto& standing = st.standings[target];
  const auto& to = st.parts.targets[target].to;
  ++standing.given_up;
  counter_of("aops_notices_given_up_total", "Alerts that receivers were not told of.", to.name)
    .add();
  log::error("notice-given-up",
             "{} could not be told for {} and is not told of {}: {}",
             to.name,
             to_string(to.give_up_after),
             notify::title_of(row.body),
             standing.last_error);
  // While it lasts, the next repetition is another chance.
  auto now = st.parts.clock->now_ms();
  bool is_over = row.body.ended.ms > 0 || row.body.status == "diagnosed";
  note(self,
       {is_over ? outcome::over : outcome::told,
        row.key,
        row.body.host_id,
        now,
        notify::repeat_at(to, now)});
}

/// Another look at what a silence holds, for hosts may change their groups meanwhile.
constexpr int64_t look_again_ms = 600'000;

void hold(notifier_pointer self, const storage::notice& row, const notice_hush& how) {
  auto now = self->state.parts.clock->now_ms();
  note(self,
       {outcome::held,
        row.key,
        row.body.host_id,
        now,
        std::min(how.until_ms, now + look_again_ms),
        how.silence,
        how.is_untold});
}

// -- sending

/// Calls `then(expected<int>)` with the status that the receiver answered; one that is none of
/// success is an error.
template <class Then>
void send(notifier_pointer self, const notice_target& target, const notice_body& body, Then then) {
  auto text = target.body.write(body, self->state.parts.clock->now_ms());
  if (!text)
    return then(expected<int>{fail(text.error().code, "body: " + text.error().detail)});
  auto scraper = self->state.parts.names->find_as<scraper_actor>(scraper_name);
  if (!scraper)
    return then(expected<int>{fail(down_error(scraper_name))});
  net::request what;
  what.url = target.url;
  what.post = true;
  what.body = std::move(*text);
  what.headers = target.headers;
  what.headers.push_back("Content-Type: " + target.content_type);
  what.headers.push_back("Idempotency-Key: " + body.id);
  what.total_timeout = target.to.timeout.chrono();
  what.connect_timeout = std::min(connect_timeout, what.total_timeout);
  what.max_bytes = most_answer;
  what.ca_file = target.to.ca;
  auto judge = [format = target.to.format](const net::reply& reply) -> expected<int> {
    if (!reply.result)
      return fail(reply.result.error());
    auto status = reply.result->status;
    if (status / 100 != 2)
      return fail(ec::unreachable, "it answered HTTP " + std::to_string(status));
    if (auto why = notify::chat_refusal(format, reply.result->body); !why.empty())
      return fail(ec::unreachable, std::move(why));
    return status;
  };
  auto deadline = what.total_timeout + grace;
  self->request(scraper, deadline, fetch_order{std::move(what)})
    .then([then, judge](fetched& x) mutable { then(judge(*x.how)); },
          [then](caf::error& e) mutable { then(expected<int>{fail(from_caf(e))}); });
}

void ask_what_is_due(notifier_pointer self);

void deliver(notifier_pointer self, parcel_of_notices x) {
  auto& st = self->state;
  ++st.standings[x.target].under_way;
  auto shared = std::make_shared<parcel_of_notices>(std::move(x));
  send(self,
       st.parts.targets[shared->target],
       shared->body,
       [self, shared](const expected<int>& status) {
         --self->state.standings[shared->target].under_way;
         for (const auto& key : shared->keys)
           self->state.busy_keys.erase(key);
         if (!status)
           return failed(self, *shared, status.error().detail);
         succeeded(self, *shared);
         ask_what_is_due(self); // More may have waited for this one.
       });
}

// -- looking

/// Sorts what is due into notices, and sends as many as may be under way.
void tell(notifier_pointer self, notices_found found) {
  auto& st = self->state;
  auto now = st.parts.clock->now_ms();
  std::vector<parcel_of_notices> parcels;
  std::map<std::tuple<size_t, std::string, std::string>, size_t> open;
  for (size_t i = 0; i < found.all.size(); ++i) {
    auto& row = found.all[i];
    const auto& hush = found.hushed[i];
    size_t target = 0;
    while (target < st.parts.targets.size() && st.parts.targets[target].to.name != row.receiver)
      ++target;
    if (target == st.parts.targets.size() || st.busy.contains(row.key))
      continue;
    const auto& to = st.parts.targets[target].to;
    if (row.body.alert_id.empty()) {
      log::error("notice-unreadable", "what {} was to be told cannot be read", to.name);
      continue;
    }
    std::string only;
    if (to.format == "alertmanager") {
      only = to.name + '\n' + notify::alertmanager_key(row.body);
      if (st.busy_keys.contains(only))
        continue; // In order, or the end of one would end what began after it.
    }
    if (hush.what == notify::hush::hold) {
      st.busy.insert(row.key);
      hold(self, row, hush);
      continue;
    }
    auto times = hush.what == notify::hush::end ? std::max<int64_t>(row.times, 1) : row.times;
    auto next = notify::next_step(
      row.body, {times, row.tried_ms, row.body.ended.ms > 0}, to, row.is_begun_again, now);
    if (hush.what == notify::hush::forget)
      next = notify::step::forget;
    if (next == notify::step::forget || next == notify::step::give_up) {
      st.busy.insert(row.key);
      if (next == notify::step::give_up)
        give_up(self, target, row);
      else
        note(self, {outcome::over, row.key, row.body.host_id, now, now});
      continue;
    }
    row.body.status = next == notify::step::tell_end     ? "resolved"
                      : next == notify::step::tell_cause ? "diagnosed"
                                                         : "firing";
    auto key = std::tuple{target, row.body.status, notify::group_key(row.body, to, row.attempts)};
    auto place = open.find(key);
    if (place == open.end() || parcels[place->second].rows.size() == most_in_notice) {
      place = open.insert_or_assign(key, parcels.size()).first;
      parcels.push_back({target, {{}, to.name, row.body.status, {}}, {}, {}});
    }
    auto& parcel = parcels[place->second];
    if (!only.empty()) {
      st.busy_keys.insert(only);
      parcel.keys.push_back(std::move(only));
    }
    parcel.rows.push_back(std::move(row));
  }
  for (auto& x : parcels) {
    if (st.standings[x.target].under_way >= most_under_way) {
      for (const auto& key : x.keys)
        st.busy_keys.erase(key);
      continue; // At the next look.
    }
    std::vector<std::string> ids;
    for (auto& row : x.rows) {
      st.busy.insert(row.key);
      ids.push_back(notify::id_of(row.body, row.times));
      auto told = row.body;
      if (told.status != "resolved") { // As it was; its end is told for itself.
        told.ended = {};
        told.ended_as.clear();
        told.ended_reason.clear();
      }
      x.body.alerts.push_back(std::move(told));
    }
    x.body.id = notify::id_of(ids);
    deliver(self, std::move(x));
  }
}

void ask_what_is_due(notifier_pointer self) {
  auto& st = self->state;
  auto now = st.parts.clock->now_ms();
  notices_due query{{}, st.slots, now, most_rows};
  for (size_t i = 0; i < st.standings.size(); ++i)
    if (st.standings[i].quiet_until_ms <= now && st.standings[i].under_way < most_under_way)
      query.receivers.push_back(st.parts.targets[i].to.name);
  if (query.receivers.empty() || query.slots.empty() || std::exchange(st.is_asking, true))
    return;
  auto then = [self](expected<notices_found> found) {
    self->state.is_asking = false;
    if (found)
      tell(self, std::move(*found));
  };
  ask<full_alert_store_actor>(
    self, *st.parts.names, alert_store_name, store_deadline, then, std::move(query));
}

/// @param is_new Slots came to us: their outbox may be of receivers of the past.
void tidy(notifier_pointer self, bool is_new) {
  auto& st = self->state;
  auto then = [](const expected<outbox_tidied>& how) {
    if (how && how->dropped > 0)
      log::error("notices-dropped",
                 "{} alerts are not told: more than {} waited for a receiver",
                 how->dropped,
                 most_waiting);
    static auto dropped = metrics::counter_of("aops_notices_dropped_total",
                                              "Alerts that were not told since too many waited.");
    if (how)
      dropped.add(static_cast<double>(how->dropped));
  };
  ask<full_alert_store_actor>(
    self,
    *st.parts.names,
    alert_store_name,
    store_deadline,
    then,
    outbox_to_tidy{st.slots, st.parts.clock->now_ms(), most_waiting, is_new});
}

void show_figures(notifier_pointer self, const slots_status& x) {
  auto& st = self->state;
  auto alerts = [](const char* severity, int64_t n) {
    metrics::gauge_of("aops_alerts", "Alerts of this node's hosts.", {{"severity", severity}})
      .set(static_cast<double>(n));
  };
  auto hosts = [](const char* status, int64_t n) {
    metrics::gauge_of(
      "aops_hosts_by_status", "Hosts of this node by their state.", {{"status", status}})
      .set(static_cast<double>(n));
  };
  alerts("critical", x.counts.critical);
  alerts("warning", x.counts.warning);
  alerts("info", x.counts.info);
  hosts("online", x.counts.online);
  hosts("offline", x.counts.offline);
  hosts("unknown", x.counts.unknown);
  for (size_t i = 0; i < st.standings.size(); ++i) {
    const auto& name = st.parts.targets[i].to.name;
    auto found = std::find(x.receivers.begin(), x.receivers.end(), name);
    auto n =
      found == x.receivers.end() ? 0 : x.waiting[static_cast<size_t>(found - x.receivers.begin())];
    st.standings[i].waiting = n;
    metrics::gauge_of(
      "aops_notices_waiting", "Alerts and ends yet to be told.", {{"receiver", name}})
      .set(static_cast<double>(n));
  }
}

void ask_for_figures(notifier_pointer self) {
  auto then = [self](const expected<slots_status>& x) {
    if (x)
      show_figures(self, *x);
  };
  ask<alert_store_actor>(self,
                         *self->state.parts.names,
                         alert_store_name,
                         store_deadline,
                         then,
                         status_of_slots{self->state.slots});
}

void look(notifier_pointer self) {
  auto& st = self->state;
  std::vector<uint16_t> ours;
  for (uint16_t slot = 0; slot < schedule::slot_count; ++slot)
    if (st.parts.slots->owns(slot))
      ours.push_back(slot);
  bool is_changed = std::exchange(st.slots, ours) != ours;
  note_again(self);
  if (is_changed || st.looks % figures_every == 0)
    ask_for_figures(self);
  if (is_changed || st.looks % tidy_every == 0)
    tidy(self, is_changed);
  ++st.looks;
  ask_what_is_due(self);
}

// -- what users ask

receivers_found describe(const notifier_state& st) {
  receivers_found out;
  for (size_t i = 0; i < st.standings.size(); ++i) {
    const auto& to = st.parts.targets[i].to;
    const auto& how = st.standings[i];
    out.receivers.push_back({to.name,
                             to.severities,
                             to.group,
                             how.waiting,
                             how.sent,
                             how.failed,
                             how.given_up,
                             how.last_error});
  }
  return out;
}

caf::result<notice_tested> test(notifier_pointer self, const std::string& name) {
  auto& st = self->state;
  for (const auto& target : st.parts.targets) {
    if (target.to.name != name)
      continue;
    auto now = st.parts.clock->now_ms();
    auto body = notify::sample_notice(name, base::new_id(now), now);
    auto promise = self->make_response_promise<notice_tested>();
    send(self,
         target,
         body,
         [self, promise, name, now, id = body.id](const expected<int>& status) mutable {
           if (status)
             promise.deliver(
               notice_tested{name, id, *status, self->state.parts.clock->now_ms() - now});
           else
             promise.deliver(to_caf(error{ec::unreachable, status.error().detail}));
         });
    return promise;
  }
  return refuse(ec::not_found, "receiver " + name + ": the configuration of this node has none");
}

} // namespace

expected<std::vector<notice_target>> notice_targets_of(const base::config& c) {
  std::vector<notice_target> out;
  for (const auto& to : c.notify) {
    auto wrong = [&](const char* key, const error& why) {
      return fail(ec::bad_request, "notify " + to.name + ": " + key + ": " + why.detail);
    };
    auto body = notify::body_writer::of(to, c.http.public_url);
    if (!body)
      return wrong("body", body.error());
    auto headers = base::notify_headers(to);
    if (!headers)
      return wrong("headers_file", headers.error());
    bool is_alertmanager = to.format == "alertmanager";
    out.push_back({to,
                   is_alertmanager ? notify::alertmanager_url(to.url.text) : to.url.text,
                   to.format == "json" ? to.content_type : "application/json",
                   std::move(*body),
                   std::move(*headers)});
  }
  return out;
}

notifier_actor::behavior_type notifier(notifier_pointer self, notifier_parts parts) {
  prepare(self);
  auto& st = self->state;
  st.standings.resize(parts.targets.size());
  st.parts = std::move(parts);
  // Nodes and restarts do not try again at the same moments.
  st.jitter = jitter_source{static_cast<uint64_t>(st.parts.clock->now_ms()) ^ self->id()};
  self->delayed_send(self, look_every, atom::tick_v);
  return {
    [self](const caller&, const receivers_query&) { return describe(self->state); },
    [self](const caller&, const notice_to_test& x) { return test(self, x.name); },
    [self](atom::tick) {
      self->delayed_send(self, look_every, atom::tick_v);
      look(self);
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
