#include "actors/remote/remote_work.hpp"
#include "messages/return_code.hpp"
#include "messages/roles/remote.hpp"
#include "runtime/core/task/remote_plays.hpp"
#include "runtime/io/storage/host_info_repository.hpp"
#include "runtime/io/storage/host_key_repository.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace aops::actors {

namespace {

std::string_view state_of(const ansible::host_result& host) {
  switch (host.outcome) {
  case ansible::host_outcome::ok:
    return "ok";
  case ansible::host_outcome::failed:
    return "failed";
  case ansible::host_outcome::unreachable:
    return "unreachable";
  case ansible::host_outcome::not_run:
    break;
  }
  return "not_run";
}

executed_command executed_on(const ansible::host_result& host, const play_told& told) {
  executed_command out;
  out.host_id = host.host;
  out.state = state_of(host);
  out.reason = told.failure_of(host.host);
  if (auto it = told.last.find(host.host); it != told.last.end()) {
    out.output = it->second.output;
    if (it->second.exit_status)
      out.exit_status = *it->second.exit_status;
  }
  return out;
}

/// A command on its way over its hosts.
struct command_run {
  remote_work_ptr work;
  caller who;
  command_to_execute asked;
  std::string detail;
  std::vector<closed_target> closed;
  foreign_promise<command_executed> promise;
  std::string followed; ///< Its id among `live_outputs`; empty: it is answered at its end.
  command_executed reply = {};
  std::vector<ansible::host_result> hosts = {};

  /// What is printed while it runs; the last of it stands in the event of its end.
  void hear(const std::vector<ansible::play_event>& events) const {
    using ansible::event_kind;
    for (const auto& x : events)
      if (!x.host.empty() && (x.kind == event_kind::retried || x.kind == event_kind::ok ||
                              x.kind == event_kind::failed))
        work->outputs->tell(followed, x.host, x.output);
  }

  void take(play_told& told) {
    for (auto& host : told.result.hosts) {
      reply.resp.push_back(executed_on(host, told));
      if (!followed.empty())
        reply.resp.back().output = work->outputs->of_host(followed, host.host);
      hosts.push_back(std::move(host));
    }
  }

  void end() {
    for (const auto& host : closed)
      reply.resp.push_back({host.host_id, "not_run", {}, {}, host.reason});
    std::map<std::string_view, size_t> places;
    for (size_t i = 0; i < asked.host_list.size(); ++i)
      places.emplace(asked.host_list[i], i);
    std::sort(reply.resp.begin(), reply.resp.end(), [&](const auto& a, const auto& b) {
      return places.at(a.host_id) < places.at(b.host_id);
    });
    auto good = static_cast<size_t>(
      std::count_if(reply.resp.begin(), reply.resp.end(), [](const executed_command& host) {
        return host.state == "ok";
      }));
    reply.code = code_of(good, reply.resp.size() - good, outcome_of(ec::task_failed).return_code);
    auto answer =
      [work = work, promise = promise, followed = followed](expected<command_executed> x) {
        if (followed.empty())
          return promise.answer(std::move(x));
        command_executed none;
        none.code = outcome_of(ec::task_failed).return_code; // It was done, and could not be noted.
        work->outputs->end(followed, x ? std::move(*x) : std::move(none), work->store->now_ms());
      };
    finish_and(work,
               who,
               "config.execute",
               asked.command_id + " on " + listed(asked.host_list),
               std::move(detail),
               std::move(hosts),
               std::move(reply),
               answer);
  }
};

std::vector<std::string> fingerprints(const std::vector<std::string>& keys) {
  std::vector<std::string> out;
  for (const auto& key : keys)
    out.push_back(ansible::key_fingerprint(key));
  return out;
}

/// What is known of a host that may be trusted anew.
struct host_to_scan {
  std::string address;
  int64_t port = 22;
  std::vector<std::string> known;
};

expected<host_to_scan>
host_to_scan_of(const store_access& store, const caller& who, const std::string& id) {
  auto db = store.pool->read();
  if (!db)
    return fail(std::move(db.error()));
  auto rows = storage::host_info_repository{**db}.basics({who.owner, {}}, {id});
  if (!rows)
    return fail(std::move(rows.error()));
  if (rows->empty())
    return fail(ec::bad_request, "host_id: no such host");
  auto keys = storage::host_key_repository{**db}.of({id});
  if (!keys)
    return fail(std::move(keys.error()));
  host_to_scan out{rows->front().public_ip.value_or(""), rows->front().ssh_port.value_or(22), {}};
  if (auto it = keys->find(id); it != keys->end())
    out.known = it->second;
  return out;
}

} // namespace

void execute_command(const remote_work_ptr& work,
                     const caller& who,
                     const key_ptr& data_key,
                     const command_to_execute& x,
                     const foreign_promise<command_executed>& promise) {
  auto known = commands_of(*work->store->config);
  if (!known)
    return promise.fail(std::move(known.error()));
  auto line =
    task::command_with(*known, x.command_id, x.args.value_or(std::map<std::string, std::string>{}));
  if (!line)
    return promise.fail(std::move(line.error()));
  auto opened = open_known(
    *work, who, data_key, x.host_list, [](size_t i) { return fmt::format("host_list[{}]", i); });
  if (!opened)
    return promise.fail(std::move(opened.error()));
  auto order = short_order(*work, "command");
  std::string followed;
  if (x.follow.value_or(false)) {
    auto begun = work->outputs->begin(who.user, work->store->now_ms());
    if (!begun)
      return promise.fail(std::move(begun.error()));
    followed = std::move(*begun);
  }
  order.playbook = task::command_playbook(*line, followed.empty() ? std::string_view{} : order.run);
  order.keeps_results = false; // What it printed and ended with is in the event.
  auto seconds = line->seconds;
  auto run = std::make_shared<command_run>(
    command_run{work, who, x, described(line->argv), std::move(opened->closed), promise, followed});
  play_in_parts(
    work,
    std::move(order),
    std::move(opened->targets),
    seconds,
    over_by(*work, promise.ticket(), remote_acting_patience),
    [run](play_told& told) { run->take(told); },
    [run] { run->end(); },
    followed.empty() ? short_plays::on_events{} : [run](const auto& events) { run->hear(events); });
  if (!followed.empty())
    promise.answer(command_executed{200, {}, followed});
}

void trust_host(const remote_work_ptr& work,
                const caller& who,
                const host_to_trust& x,
                const foreign_promise<host_keys_shown>& promise) {
  auto host = host_to_scan_of(*work->store, who, x.host_id);
  if (!host)
    return promise.fail(std::move(host.error()));
  auto keys = work->scan_keys(host->address, host->port);
  if (!keys)
    return promise.fail(std::move(keys.error()));
  host_keys_shown reply{x.host_id, fingerprints(host->known), fingerprints(*keys), false};
  if (!x.fingerprint)
    return promise.answer(std::move(reply));
  // Only the key that was confirmed: whoever answers at the address shows others as he likes.
  auto print = std::find(reply.shown.begin(), reply.shown.end(), *x.fingerprint);
  if (x.fingerprint->empty() || print == reply.shown.end())
    return promise.fail(
      ec::bad_request, fmt::format("fingerprint: the host shows {}", fmt::join(reply.shown, ", ")));
  auto key = std::move((*keys)[static_cast<size_t>(print - reply.shown.begin())]);
  reply.trusted = true;
  auto now = work->store->now_ms();
  auto record = entry_of(who, now, "host.trust", code_ok);
  record.entity = reply.host_id;
  record.detail = *x.fingerprint;
  write(
    *work->store,
    work->store->bounded(promise.ticket()),
    {},
    [who, now, key = std::move(key), record, reply](
      storage::database& db) -> expected<host_keys_shown> {
      auto kept =
        storage::host_key_repository{db}.replace(who.owner, reply.host_id, known_keys({key}), now);
      if (!kept)
        return fail(std::move(kept.error()));
      return storage::audit_repository{db}.append(record).map([&] { return reply; });
    },
    [promise](expected<host_keys_shown> stored) { promise.answer(std::move(stored)); });
}

} // namespace aops::actors
