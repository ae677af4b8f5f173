#include "actors/logs/host_logs.hpp"

#include "actors/cluster/node_survey.hpp"
#include "actors/logs/line_answers.hpp"
#include "actors/logs/line_intake.hpp"
#include "actors/logs/log_tokens.hpp"
#include "actors/logs/opensearch_lines.hpp"
#include "actors/logs/syslog_intake.hpp"
#include "actors/support/ask.hpp"
#include "actors/support/bounded_pool.hpp"
#include "actors/support/foreign_promise.hpp"
#include "actors/support/prepare.hpp"
#include "messages/caf_error.hpp"
#include "messages/return_code.hpp"
#include "messages/roles/host.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/metrics.hpp"
#include "runtime/core/logs/formats.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace aops::actors {

namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds tidy_every{30}, host_names_deadline{5};
/// What answers of others may take longer than their search.
constexpr milliseconds way_of_answers{2000};
constexpr int64_t most_under_way = 64 << 20;
constexpr size_t log_token_bytes = 32;
constexpr size_t intake_threads = 2, intake_queue = 256;
constexpr size_t search_threads = 2, search_queue = 32;
constexpr int64_t search_patience_ms = 60'000;
/// So many hosts are asked for by their ids; of more, all are.
constexpr size_t most_named_hosts = 100;
constexpr milliseconds follow_patience{3000};

int64_t wall_ns(const store_access& store) { return store.now_ms() * 1'000'000; }

// -- lines that come in

expected<std::vector<logs::record>> records_of(const lines_to_take& x, const logs::origin& from) {
  if (x.format == "otlp")
    return logs::otlp_records(x.body, from);
  if (x.format == "journal")
    return logs::journal_records(x.body, from);
  return logs::json_records(x.body, from);
}

void take_in(const intake_tools& with,
             const lines_to_take& x,
             const foreign_promise<lines_taken>& promise) {
  auto host = host_of_token(*with.store, *with.tokens, x.token_hash);
  if (!host)
    return promise.fail(std::move(host.error()));
  auto lines = records_of(x, {*host});
  if (!lines)
    return promise.fail(std::move(lines.error()));
  keep_lines(with, *host, std::move(*lines), [promise](expected<lines_taken> done) {
    promise.answer(std::move(done));
  });
}

caf::result<lines_taken> take_lines(host_logs_pointer self, const lines_to_take& x) {
  auto& st = self->state;
  foreign_promise<lines_taken> promise{self};
  auto bytes = static_cast<int64_t>(x.body.size());
  auto held = bytes_held::take(st.under_way, bytes, most_under_way);
  if (!held) {
    promise.fail(ec::overloaded, "too many lines wait to be stored");
    return promise;
  }
  intake_tools with{st.parts.store, st.parts.tokens, st.parts.place, st.taps, std::move(held)};
  auto work = [with, x, promise] { take_in(with, x, promise); };
  if (!st.parts.intake->post(std::move(work)))
    promise.fail(ec::overloaded, "too many lines wait to be read");
  return promise;
}

/// Who keeps tokens is asked on a thread for that, unless it was told a moment ago.
caf::result<host_token_known> know_token(host_logs_pointer self, const host_token_query& x) {
  const auto& parts = self->state.parts;
  if (auto host = parts.tokens->find(x.token_hash, parts.store->time->steady_ms()))
    return host_token_known{std::move(*host)};
  foreign_promise<host_token_known> promise{self};
  auto work = [store = parts.store, tokens = parts.tokens, x, promise] {
    promise.answer(host_of_token(*store, *tokens, x.token_hash).map([](std::string host) {
      return host_token_known{std::move(host)};
    }));
  };
  if (!parts.intake->post(std::move(work)))
    promise.fail(ec::overloaded, "too many tokens wait to be looked up");
  return promise;
}

// -- searches of this node

std::shared_ptr<const hosts_seen> hosts_seen_by(const caller& who,
                                                const std::vector<host_record>& hosts,
                                                const std::vector<std::string>& wanted) {
  auto out = std::make_shared<hosts_seen>();
  for (const auto& x : hosts) {
    bool is_seen =
      !who.groups ||
      std::find(who.groups->begin(), who.groups->end(), x.host_group_name) != who.groups->end();
    bool is_wanted =
      wanted.empty() || std::find(wanted.begin(), wanted.end(), x.host_id) != wanted.end();
    if (is_seen && is_wanted)
      out->emplace(x.host_id, x.host_name);
  }
  return out;
}

using steady_deadline = std::chrono::steady_clock::time_point;

/// Has `work(line_store&, hosts, deadline)` answer on a thread for searches.
template <class Reply, class Work>
caf::result<Reply> search_here(host_logs_pointer self,
                               const caller& who,
                               std::vector<std::string> wanted,
                               int64_t patience_ms,
                               Work work) {
  const auto& parts = self->state.parts;
  // What rules of hosts look at comes after what people wait for.
  auto purpose_here = who.user.empty() ? purpose{base::urgency::history, who.owner, {}} : of(who);
  foreign_promise<Reply> promise{self, std::move(purpose_here)};
  auto deadline =
    std::chrono::steady_clock::now() + milliseconds{std::max<int64_t>(patience_ms, 1)};
  auto begin = [self, promise, work, deadline](std::shared_ptr<const hosts_seen> hosts) {
    const auto& parts = self->state.parts;
    auto job = [place = parts.place, hosts, deadline, work, promise](expected<void> turn) {
      if (!turn)
        return promise.fail(std::move(turn.error()));
      auto from = place->get();
      promise.answer(from ? work(**from, hosts, deadline)
                          : expected<Reply>{fail(std::move(from.error()))});
    };
    parts.searchers->queue(promise.ticket(), std::move(job));
  };
  if (who.owner.empty()) { // To the store that would mean something else.
    begin(std::make_shared<const hosts_seen>());
    return promise;
  }
  auto named = wanted.size() <= most_named_hosts ? wanted : std::vector<std::string>{};
  auto then = [who, wanted = std::move(wanted), promise, begin](expected<host_records> found) {
    if (!found)
      return promise.fail(std::move(found.error()));
    begin(hosts_seen_by(who, found->hosts, wanted));
  };
  ask<host_store_actor>(self,
                        *parts.store->names,
                        host_store_name,
                        host_names_deadline,
                        std::move(then),
                        find_hosts{who.owner, named, {}});
  return promise;
}

std::vector<std::string> hosts_wanted(const maybe<std::vector<std::string>>& list) {
  return list.value_or(std::vector<std::string>{});
}

/// Lines that do not read are as if a part of the node did not tell.
template <class Reply>
void note_damage(Reply& to, const std::string& node, const std::string& damage) {
  if (damage.empty())
    return;
  to.missing.push_back({node, damage});
  to.code = code_partial;
}

caf::result<lines_found> find_here(host_logs_pointer self, const node_line_search& x) {
  auto work = [asked = x.what,
               node = self->state.parts.node](line_store& from,
                                              const std::shared_ptr<const hosts_seen>& hosts,
                                              steady_deadline deadline) -> expected<lines_found> {
    auto wanted = wanted_by(asked);
    if (!wanted)
      return fail(std::move(wanted.error()));
    wanted->hosts = hosts;
    wanted->deadline = deadline;
    return from.find(*wanted).map([&](lines_had had) {
      auto damage = std::move(had.damage);
      auto out = answer_of(std::move(had), *hosts);
      note_damage(out, node, damage);
      return out;
    });
  };
  return search_here<lines_found>(self, x.who, hosts_wanted(x.what.host_list), x.patience_ms, work);
}

caf::result<line_histogram> count_here(host_logs_pointer self, const node_line_histogram& x) {
  auto work = [asked = x.what, node = self->state.parts.node](
                line_store& from,
                const std::shared_ptr<const hosts_seen>& hosts,
                steady_deadline deadline) -> expected<line_histogram> {
    auto wanted = wanted_by(asked);
    if (!wanted)
      return fail(std::move(wanted.error()));
    wanted->hosts = hosts;
    wanted->deadline = deadline;
    auto counts = buckets_for(asked);
    auto counted = from.count(*wanted, counts);
    if (!counted)
      return fail(std::move(counted.error()));
    line_histogram out;
    if (!counted->is_whole)
      out.cut = cut_name(line_cut::time);
    note_damage(out, node, counted->damage);
    for (size_t i = 0; i < counts.counts().size(); ++i) {
      out.buckets.push_back({{counts.begin_of(i) / 1'000'000}, counts.counts()[i]});
      out.total += counts.counts()[i];
    }
    return out;
  };
  return search_here<line_histogram>(
    self, x.who, hosts_wanted(x.what.host_list), x.patience_ms, work);
}

/// Lines of one host and source up to a line, that one too, and after it; oldest first.
expected<line_context> context_from(line_store& from,
                                    lines_wanted wanted,
                                    const line_context_query& asked,
                                    const std::string& node) {
  constexpr int64_t usual_lines = 10;
  const auto place = *wanted.after;
  line_context out;
  auto take = [&](bool newest_first, int64_t count) -> expected<lines_found> {
    wanted.newest_first = newest_first;
    wanted.limit = static_cast<size_t>(count);
    if (count == 0)
      return lines_found{};
    auto had = from.find(wanted);
    if (had && !had->damage.empty() && out.missing.empty())
      note_damage(out, node, had->damage);
    return had.map([&](lines_had x) { return answer_of(std::move(x), *wanted.hosts); });
  };
  auto note_cut = [&](const lines_found& x) {
    if (x.cut == "time" || (x.cut == "size" && out.cut.empty()))
      out.cut = x.cut;
  };
  wanted.end_ns = place.time_ns + 1;
  wanted.after = line_place{place.time_ns, place.n + 1};
  auto before = take(true, asked.before.value_or(usual_lines) + 1);
  if (!before)
    return fail(std::move(before.error()));
  wanted.start_ns = place.time_ns;
  wanted.end_ns = INT64_MAX;
  wanted.after = place;
  auto after = take(false, asked.after.value_or(usual_lines));
  if (!after)
    return fail(std::move(after.error()));
  note_cut(*before);
  note_cut(*after);
  out.lines.assign(std::make_move_iterator(before->lines.rbegin()),
                   std::make_move_iterator(before->lines.rend()));
  out.lines.insert(out.lines.end(),
                   std::make_move_iterator(after->lines.begin()),
                   std::make_move_iterator(after->lines.end()));
  return out;
}

caf::result<line_context> context_here(host_logs_pointer self, const node_line_context& x) {
  auto key = line_key_from(x.what.line_id);
  if (!key)
    return to_caf(key.error());
  auto work = [asked = x.what, key = *key, node = self->state.parts.node](
                line_store& from,
                const std::shared_ptr<const hosts_seen>& hosts,
                steady_deadline deadline) -> expected<line_context> {
    lines_wanted wanted;
    wanted.query = std::make_shared<const logs::line_query>();
    wanted.hosts = hosts;
    wanted.source = key.source;
    wanted.after = key.place;
    wanted.deadline = deadline;
    return context_from(from, std::move(wanted), asked, node);
  };
  return search_here<line_context>(self, x.who, {key->host_id}, x.patience_ms, work);
}

// -- searches of all nodes

bool is_shared(const base::config& c) { return c.logs.store == "opensearch"; }

/// Where all nodes keep their lines in one place, each finds all of them.
auto nodes_with_lines(const host_logs_parts& parts) {
  auto all = known_nodes(*parts.map, parts.node);
  if (is_shared(*parts.store->config))
    std::erase_if(all, [&](const auto& x) { return x.node != parts.node; });
  return all;
}

template <class Reply, class Request, class Merge>
caf::result<Reply> search_all(host_logs_pointer self, Request request, Merge merge) {
  const auto& parts = self->state.parts;
  auto nodes = nodes_with_lines(parts);
  request.patience_ms = parts.store->config->logs.search_timeout.ms;
  survey_parts whom{*parts.store->names,
                    parts.node,
                    std::string{host_logs_name},
                    milliseconds{request.patience_ms} + way_of_answers};
  auto promise = self->make_response_promise<Reply>();
  auto then = [promise, nodes, merge](std::vector<expected<Reply>> told) mutable {
    std::vector<told_by_node<Reply>> all;
    for (size_t i = 0; i < nodes.size(); ++i)
      all.push_back({nodes[i].node, std::move(told[i])});
    auto reply = merge(std::move(all));
    if (reply)
      promise.deliver(std::move(*reply));
    else
      promise.deliver(to_caf(reply.error()));
  };
  ask_nodes<host_logs_actor, Reply>(self, whom, nodes, std::move(request), then);
  return promise;
}

// -- lines as they come

caf::result<node_lines_followed> follow_here(host_logs_pointer self,
                                             const node_lines_to_follow& x) {
  const auto& st = self->state;
  foreign_promise<node_lines_followed> promise{self, of(x.who)};
  auto answer = [self, x, promise](std::shared_ptr<const hosts_seen> hosts) {
    const auto& st = self->state;
    auto now = st.parts.store->time->steady_ms();
    promise.answer(st.taps->take(x, st.parts.node, std::move(hosts), now));
  };
  if (!st.taps->needs_hosts(x, st.parts.store->time->steady_ms()) || x.who.owner.empty()) {
    answer(nullptr);
    return promise;
  }
  const auto& wanted = x.what.host_list;
  auto named = wanted.size() <= most_named_hosts ? wanted : std::vector<std::string>{};
  auto then = [x, promise, answer](expected<host_records> found) {
    if (!found)
      return promise.fail(std::move(found.error()));
    answer(hosts_seen_by(x.who, found->hosts, x.what.host_list));
  };
  ask<host_store_actor>(self,
                        *st.parts.store->names,
                        host_store_name,
                        host_names_deadline,
                        std::move(then),
                        find_hosts{x.who.owner, std::move(named), {}});
  return promise;
}

bool was_listening(const lines_to_follow& asked, const tap_place& now) {
  return std::any_of(asked.places.begin(), asked.places.end(), [&](const tap_place& p) {
    return p.node == now.node && p.run == now.run;
  });
}

caf::result<lines_followed>
follow_all(host_logs_pointer self, const caller& who, const lines_to_follow& x) {
  const auto& parts = self->state.parts;
  auto nodes = known_nodes(*parts.map, parts.node);
  survey_parts whom{*parts.store->names, parts.node, std::string{host_logs_name}, follow_patience};
  auto promise = self->make_response_promise<lines_followed>();
  auto then = [promise, nodes, x](std::vector<expected<node_lines_followed>> told) mutable {
    lines_followed out;
    for (size_t i = 0; i < nodes.size(); ++i) {
      auto& one = told[i];
      if (!one) {
        if (nodes.size() == 1 || one.error() == ec::bad_request)
          return void(promise.deliver(to_caf(one.error())));
        out.missing.push_back({nodes[i].node, to_string(one.error())});
        // Who comes back goes on where he was.
        for (const auto& p : x.places)
          if (p.node == nodes[i].node)
            out.places.push_back(p);
        continue;
      }
      out.dropped += one->dropped;
      if (!was_listening(x, one->place))
        out.begun.push_back(one->place.node);
      out.places.push_back(std::move(one->place));
      std::move(one->lines.begin(), one->lines.end(), std::back_inserter(out.lines));
    }
    std::stable_sort(out.lines.begin(), out.lines.end(), [](const auto& a, const auto& b) {
      return a.time < b.time;
    });
    promise.deliver(std::move(out));
  };
  ask_nodes<host_logs_actor, node_lines_followed>(
    self, whom, nodes, node_lines_to_follow{who, x}, then);
  return promise;
}

// -- tokens

caf::result<log_token_created>
create_token(host_logs_pointer self, const caller& who, const log_token_to_create& x) {
  auto store = self->state.parts.store;
  auto now = store->now_ms();
  auto token = base::random_hex(log_token_bytes);
  storage::log_token made{
    base::new_id(now), x.host_id, x.name, base::sha256_hex(token), who.user, now};
  return write_for(
    store,
    foreign_promise<log_token_created>{self, of(who)},
    {},
    [who, made, token](storage::database& db) { return create_log_token(db, who, made, token); });
}

caf::result<log_tokens_deleted>
delete_tokens(host_logs_pointer self, const caller& who, const log_tokens_to_delete& x) {
  auto store = self->state.parts.store;
  foreign_promise<log_tokens_deleted> promise{self, of(who)};
  write(
    *store,
    store->bounded(promise.ticket()),
    {},
    [who, x, now = store->now_ms()](storage::database& db) {
      return delete_log_tokens(db, who, x, now);
    },
    [promise, tokens = self->state.parts.tokens](expected<log_tokens_deleted> done) {
      tokens->clear();
      promise.answer(std::move(done));
    });
  return promise;
}

void tidy_up(host_logs_pointer self) {
  auto work = [place = self->state.parts.place, store = self->state.parts.store] {
    auto to = place->get();
    auto done = to ? (*to)->tidy(wall_ns(*store)) : expected<void>{fail(to.error())};
    if (!done)
      log::error("lines-not-tidied", "lines of hosts: {}", to_string(done.error()));
  };
  (void)self->state.parts.intake->post(std::move(work)); // Else the next time.
}

/// Doors that could not be opened are tried again.
void open_syslog(host_logs_pointer self) {
  auto syslog = self->state.syslog;
  if (!syslog || syslog->is_open())
    return;
  auto work = [syslog] {
    if (auto opened = syslog->open(); !opened)
      log::error("syslog-not-served", "{}", to_string(opened.error()));
  };
  (void)self->state.parts.intake->post(std::move(work));
}

void begin_syslog(host_logs_pointer self) {
  auto& st = self->state;
  if (st.parts.store->config->logs.syslog_listen.empty())
    return;
  intake_tools tools{st.parts.store, st.parts.tokens, st.parts.place, st.taps, nullptr};
  st.syslog = std::make_shared<syslog_intake>(std::move(tools), st.parts.intake);
  open_syslog(self);
}

} // namespace

host_logs_state::host_logs_state() = default;
host_logs_state::~host_logs_state() {
  if (syslog)
    syslog->close();
}

expected<std::shared_ptr<line_store>> line_store_place::get() {
  std::lock_guard guard{mutex_};
  if (store_)
    return store_;
  auto opened = open_();
  if (opened)
    store_ = *opened;
  return opened;
}

full_host_logs_actor::behavior_type host_logs(host_logs_pointer self, host_logs_parts parts) {
  prepare(self);
  self->state.parts = std::move(parts);
  begin_syslog(self);
  if (is_shared(*self->state.parts.store->config))
    tidy_up(self); // What is wrong with it is said at the start.
  self->delayed_send(self, tidy_every, atom::tick_v);
  return {
    [self](atom::tick) {
      self->delayed_send(self, tidy_every, atom::tick_v);
      tidy_up(self);
      self->state.taps->tidy(self->state.parts.store->time->steady_ms());
      open_syslog(self);
    },
    [self](const lines_to_take& x) { return take_lines(self, x); },
    [self](const host_token_query& x) { return know_token(self, x); },
    [self](const caller& who, const line_search& x) -> caf::result<lines_found> {
      if (auto reads = wanted_by(x); !reads)
        return to_caf(reads.error());
      auto merge = [x](std::vector<told_by_node<lines_found>> all) {
        return merged(x, std::move(all));
      };
      return search_all<lines_found>(self, node_line_search{who, x, 0}, merge);
    },
    [self](const caller& who, const line_histogram_query& x) -> caf::result<line_histogram> {
      if (auto reads = wanted_by(x); !reads)
        return to_caf(reads.error());
      auto merge = [](std::vector<told_by_node<line_histogram>> all) {
        return merged(std::move(all));
      };
      return search_all<line_histogram>(self, node_line_histogram{who, x, 0}, merge);
    },
    [self](const caller& who, const line_context_query& x) -> caf::result<line_context> {
      if (auto key = line_key_from(x.line_id); !key)
        return to_caf(key.error());
      auto merge = [x](std::vector<told_by_node<line_context>> all) {
        return merged(x, std::move(all));
      };
      return search_all<line_context>(self, node_line_context{who, x, 0}, merge);
    },
    [self](const node_line_search& x) { return find_here(self, x); },
    [self](const node_line_histogram& x) { return count_here(self, x); },
    [self](const node_line_context& x) { return context_here(self, x); },
    [self](const caller& who, const lines_to_follow& x) { return follow_all(self, who, x); },
    [self](const node_lines_to_follow& x) { return follow_here(self, x); },
    [self](const caller& who, const log_token_to_create& x) { return create_token(self, who, x); },
    [self](const caller& who, const log_tokens_query& q) -> caf::result<log_tokens_found> {
      return read(self->state.parts.store,
                  foreign_promise<log_tokens_found>{self, of(who)},
                  [who, q](storage::database& db) { return list_log_tokens(db, who, q); });
    },
    [self](const caller& who, const log_tokens_to_delete& x) {
      return delete_tokens(self, who, x);
    },
    [](atom::ping) {},
  };
}

namespace {

expected<std::shared_ptr<line_store>> open_shared(const base::config& c,
                                                  std::shared_ptr<base::health> health) {
  const auto& l = c.logs;
  auto proof = base::log_store_proof(c);
  if (!proof)
    return fail(std::move(proof.error()));
  opensearch_lines_config how;
  how.where = {l.opensearch_url, std::move(*proof), l.opensearch_ca};
  how.stream = l.opensearch_prefix + "-lines";
  how.replicas = l.opensearch_replicas;
  how.keep_ms = l.keep.ms;
  how.max_bytes = static_cast<int64_t>(l.max_bytes.bytes);
  how.patience = l.opensearch_timeout.chrono();
  how.health = std::move(health);
  return open_opensearch_lines(std::move(how));
}

} // namespace

std::shared_ptr<line_store_place> lines_place(std::shared_ptr<const base::config> config,
                                              std::shared_ptr<const base::clock> clock,
                                              std::shared_ptr<base::health> health) {
  auto open = [config = std::move(config), clock = std::move(clock), health = std::move(health)] {
    if (is_shared(*config))
      return open_shared(*config, health);
    embedded_lines_config how;
    how.directory =
      config->logs.directory.empty() ? config->data_dir + "/logs" : config->logs.directory;
    how.keep_ms = config->logs.keep.ms;
    how.max_bytes = static_cast<int64_t>(config->logs.max_bytes.bytes);
    return open_embedded_lines(how, clock->now_ms() * 1'000'000);
  };
  return std::make_shared<line_store_place>(std::move(open));
}

std::shared_ptr<executor> log_intake_threads() {
  return std::make_shared<bounded_pool>("log-intake", intake_threads, intake_queue);
}

std::shared_ptr<executor> log_search_threads() {
  return std::make_shared<bounded_pool>(
    polite_threads("log-search", search_threads, search_queue, search_patience_ms));
}

} // namespace aops::actors
