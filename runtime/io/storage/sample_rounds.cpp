#include "runtime/io/storage/alert_repository.hpp"
#include "runtime/io/storage/event_rows.hpp"
#include "runtime/io/storage/label_sets.hpp"
#include "runtime/io/storage/notice_repository.hpp"
#include "runtime/io/storage/result_repository.hpp"
#include "runtime/io/storage/rows_by_text.hpp"
#include "runtime/io/storage/sample_repository.hpp"
#include "runtime/io/storage/steps.hpp"

#include <deque>
#include <map>

/// The part of `sample_repository` that writes rounds.
namespace aops::storage {

namespace {

/// A round and the integer key of its host.
struct keyed_round {
  int64_t host;
  const round_to_commit& x;
};
using keyed_rounds = std::vector<keyed_round>;

expected<keyed_rounds> with_keys(database& db, std::span<const round_to_commit* const> rounds) {
  struct host {
    int64_t key;
    std::string owner;
  };
  std::vector<std::string> ids;
  for (const auto* x : rounds)
    ids.push_back(x->host_id);
  auto hosts = rows_of_texts(db, "select id, n, owner from host", "id", ids, [](const row& r) {
    return host{r.integer(1), r.string(2)};
  });
  if (!hosts)
    return fail(std::move(hosts.error()));
  keyed_rounds out;
  for (const auto* x : rounds) {
    auto known = hosts->find(x->host_id);
    if (known == hosts->end() || (!x->owner.empty() && x->owner != known->second.owner))
      return fail(ec::not_found, "host " + x->host_id);
    out.push_back({known->second.key, *x});
  }
  return out;
}

/// Cursors never move back.
expected<void> save_cursors(database& db, const keyed_rounds& rounds) {
  std::vector<parameter> values;
  for (const auto& [host, x] : rounds)
    if (x.until_ms != 0)
      values.insert(values.end(), {host, x.since_ms, x.rule_set_digest, x.held.epoch, x.until_ms});
  return only(
    db.run_many(db.sql().upsert_unless_older(
                  "host_cursor", {"host"}, {"since_ms", "rule_set_digest", "epoch"}, "until_ms"),
                5,
                values));
}

/// Before their numbers are given again: the series, and what is stored of the time in which they
/// were seen.
expected<void> forget_series(database& db, const keyed_rounds& rounds) {
  std::vector<parameter> series, times;
  for (const auto& [host, x] : rounds) {
    if (!x.gone_series.empty())
      times.insert(times.end(), {host, x.gone_until_ms});
    for (auto slot : x.gone_series)
      series.insert(series.end(), {host, slot});
  }
  return in_order(
    [&] { return db.run_many("delete from series where host = ? and slot = ?", 2, series); },
    [&] { return db.run_many("delete from sample where host = ? and time_ms <= ?", 2, times); },
    [&] {
      return db.run_many("delete from sample_chunk where host = ? and from_ms <= ?", 2, times);
    });
}

expected<void>
save_one_series(database& db, int64_t host, const series_entry& x, const std::string& labels) {
  auto added = db.run(db.sql().insert_ignore("series", {"host", "slot"}, {"name", "labels"}),
                      host,
                      x.slot,
                      x.key.name,
                      labels);
  if (!added || *added > 0)
    return only(std::move(added));
  // There already: it must be the same one, else stored samples would change their meaning.
  auto same = db.count("select count(*) from series where host = ? and slot = ? and name = ? and "
                       "labels = ?",
                       host,
                       x.slot,
                       x.key.name,
                       labels);
  if (same && *same == 0)
    return fail(ec::conflict, "series slot " + std::to_string(x.slot) + " is another series");
  return only(std::move(same));
}

expected<void> save_series(database& db, const keyed_rounds& rounds) {
  struct item {
    int64_t host;
    const series_entry& x;
    std::string labels;
  };
  std::deque<item> items;
  std::vector<parameter> values;
  for (const auto& [host, x] : rounds)
    for (const auto& s : x.new_series) {
      const auto& added = items.emplace_back(item{host, s, text_of(s.key.label)});
      values.insert(values.end(), {host, s.slot, s.key.name, added.labels});
    }
  auto added =
    db.run_many("insert into series (host, slot, name, labels) values (?, ?, ?, ?)", 4, values);
  if (added || added.error() != ec::conflict)
    return only(std::move(added));
  return for_each(items, [&](const item& i) { return save_one_series(db, i.host, i.x, i.labels); });
}

/// Of different hosts.
expected<void> change_series(database& db, const keyed_rounds& rounds) {
  return in_order([&] { return forget_series(db, rounds); },
                  [&] { return save_series(db, rounds); });
}

/// Without those whose series a later round of the same host takes out.
expected<void> save_rows(database& db, const keyed_rounds& rounds) {
  std::map<int64_t, int64_t> gone_until;
  for (const auto& [host, x] : rounds)
    if (!x.gone_series.empty())
      gone_until[host] = std::max(gone_until[host], x.gone_until_ms);
  std::vector<parameter> values;
  for (const auto& [host, x] : rounds)
    if (x.until_ms != 0 && !x.sample_blob.empty() && x.until_ms > gone_until[host])
      values.insert(values.end(), {host, x.until_ms, x.sample_blob.size(), blob{x.sample_blob}});
  return only(
    db.run_many(db.sql().upsert("sample", {"host", "time_ms"}, {"bytes", "body"}), 4, values));
}

/// Samples that were pushed: put in before those of rounds that are judged are taken out.
expected<void> save_pushed(database& db, const keyed_rounds& rounds) {
  std::vector<parameter> added, gone;
  for (const auto& [host, x] : rounds) {
    for (const auto& row : x.pushed)
      added.insert(added.end(), {host, row.time_ms, blob{row.blob}});
    for (auto time : x.rounds_of_pushed)
      gone.insert(gone.end(), {host, time});
  }
  return in_order(
    [&] {
      return db.run_many(
        "insert into pushed_sample (host, time_ms, body) values (?, ?, ?)", 3, added);
    },
    [&] {
      return db.run_many("delete from pushed_sample where host = ? and time_ms = ?", 2, gone);
    });
}

/// Of different hosts.
expected<void> save_results(database& db, const keyed_rounds& rounds, event_topics events) {
  std::vector<host_change> changes;
  for (const auto& [host, x] : rounds)
    for (const auto& change : x.changes)
      changes.push_back({x.owner, host, &change, x.host_id, x.until_ms != 0});
  return result_repository{db, events}.replace_ranges(changes);
}

/// Of what is well again no result tells.
expected<void> publish_ends(database& db, const keyed_rounds& rounds, event_topics events) {
  if (events.results.empty())
    return {};
  std::vector<outbox_event> out;
  for (const auto& [host, x] : rounds)
    for (const auto& change : x.alerts) {
      if (!change.value.empty())
        continue;
      check_result_event what;
      what.event = "ended";
      what.owner = x.owner;
      what.host_id = x.host_id;
      what.check_item = change.check_item;
      what.labels = change.labels;
      what.start = what.end = {change.since_ms};
      out.push_back(event_of(std::move(what), events));
    }
  return outbox_repository{db}.add(out);
}

/// Of each the last word counts; one of which nothing is left is deleted.
expected<void> save_deviations(database& db, const keyed_rounds& rounds) {
  std::map<std::tuple<int64_t, std::string_view, int64_t>, const deviation*> last;
  for (const auto& [host, round] : rounds)
    for (const auto& x : round.deviations)
      last[{host, x.check_item, x.start_ms}] = &x;
  std::vector<parameter> kept, gone;
  for (const auto& [key, x] : last) {
    auto host = std::get<0>(key);
    if (x->end_ms < x->start_ms)
      gone.insert(gone.end(), {host, x->check_item, x->start_ms});
    else
      kept.insert(kept.end(), {host, x->check_item, x->start_ms, x->end_ms, x->reason});
  }
  return in_order(
    [&] {
      return db.run_many(
        db.sql().upsert("deviation", {"host", "check_item", "start_ms"}, {"end_ms", "reason"}),
        5,
        kept);
    },
    [&] {
      return db.run_many(
        "delete from deviation where host = ? and check_item = ? and start_ms = ?", 3, gone);
    });
}

expected<void> save_status(database& db, const keyed_rounds& rounds) {
  std::vector<parameter> values, online;
  for (const auto& [host, x] : rounds) {
    if (!x.status.empty())
      values.insert(values.end(), {x.status, x.status_since_ms, host});
    if (x.status == "online")
      online.insert(online.end(), {x.status_since_ms, host});
  }
  return in_order(
    [&] {
      return db.run_many("update host set status = ?, status_since_ms = ? where n = ?", 3, values);
    },
    [&] {
      return db.run_many(
        "update host set first_online_ms = ? where n = ? and first_online_ms <= 0", 2, online);
    });
}

/// Why exporters do not answer.
expected<void> save_scrape_errors(database& db, const keyed_rounds& rounds) {
  std::vector<parameter> values;
  for (const auto& [host, x] : rounds)
    if (x.scrape_error)
      values.insert(values.end(), {fitting(*x.scrape_error), host});
  return only(db.run_many("update host set scrape_error = ? where n = ?", 2, values));
}

/// Of different hosts.
expected<void> save_alerts(database& db,
                           const keyed_rounds& rounds,
                           std::span<const base::notify_receiver> tell,
                           int64_t now_ms) {
  std::vector<host_alerts> changes;
  for (const auto& [host, x] : rounds)
    if (!x.alerts.empty())
      changes.push_back(
        {host, x.until_ms, std::max(x.until_ms, now_ms), x.owner, x.host_id, &x.alerts});
  return alert_repository{db}.change(changes, tell);
}

} // namespace

expected<void> sample_repository::commit_round(const round_to_commit& x) {
  const auto* one = &x;
  return commit_rounds({&one, 1});
}

expected<void> sample_repository::commit_rounds(std::span<const round_to_commit* const> rounds) {
  auto keyed = with_keys(db_, rounds);
  if (!keyed)
    return fail(std::move(keyed.error()));
  // Where a host comes several times: the first rounds of all hosts, then the second ones.
  std::map<int64_t, size_t> seen;
  std::vector<keyed_rounds> layers;
  for (const auto& round : *keyed) {
    auto layer = seen[round.host]++;
    if (layer == layers.size())
      layers.emplace_back();
    layers[layer].push_back(round);
  }
  auto in_layers = [&](auto save) {
    return for_each(layers, [&](const keyed_rounds& some) { return save(db_, some); });
  };
  return in_order([&] { return save_cursors(db_, *keyed); },
                  [&] { return in_layers(change_series); },
                  [&] { return save_rows(db_, *keyed); },
                  [&] { return save_pushed(db_, *keyed); },
                  [&] {
                    return in_layers([&](database& db, const keyed_rounds& some) {
                      return save_results(db, some, events_);
                    });
                  },
                  [&] { return save_deviations(db_, *keyed); },
                  [&] { return save_status(db_, *keyed); },
                  [&] { return save_scrape_errors(db_, *keyed); },
                  [&] {
                    return in_layers([&](database& db, const keyed_rounds& some) {
                      return save_alerts(db, some, tell_, now_ms_);
                    });
                  },
                  [&] { return publish_ends(db_, *keyed, events_); });
}

} // namespace aops::storage
