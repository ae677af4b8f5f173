#include "runtime/io/storage/sample_repository.hpp"

#include "runtime/base/json_codec.hpp"
#include "runtime/io/storage/result_repository.hpp"
#include "runtime/io/storage/sample_archive.hpp"
#include "runtime/io/storage/steps.hpp"

#include <algorithm>

namespace aops::storage {

namespace {

std::string labels_text(const label_set& label) {
  return base::json(label).dump(-1, ' ', false, base::json::error_handler_t::replace);
}

label_set labels_of(std::string_view text) {
  label_set out;
  auto object = base::json::parse(text, nullptr, false);
  if (object.is_object())
    for (const auto& [name, value] : object.items())
      if (value.is_string())
        out.emplace(name, value.get<std::string>());
  return out;
}

expected<void> save_cursor(database& db, int64_t host, const round_to_commit& x) {
  auto until = db.integer("select until_ms from host_cursor where host = ?", host);
  if (!until)
    return fail(std::move(until.error()));
  if (*until && **until > x.until_ms)
    return {};
  return only(db.run(
    db.sql().upsert("host_cursor", {"host"}, {"since_ms", "until_ms", "rule_set_digest", "epoch"}),
    host,
    x.since_ms,
    x.until_ms,
    x.rule_set_digest,
    x.held.epoch));
}

expected<void> save_sample(database& db, int64_t host, int64_t time_ms, std::string_view body) {
  return only(db.run(db.sql().upsert("sample", {"host", "time_ms"}, {"bytes", "body"}),
                     host,
                     time_ms,
                     body.size(),
                     blob{body}));
}

expected<void> save_series(database& db, int64_t host, const series_entry& x) {
  auto labels = labels_text(x.key.label);
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

expected<void> save_deviation(database& db, int64_t host, const deviation& x) {
  return only(
    db.run(db.sql().upsert("deviation", {"host", "check_item", "start_ms"}, {"end_ms", "reason"}),
           host,
           x.check_item,
           x.start_ms,
           x.end_ms,
           x.reason));
}

expected<void> save_status(database& db, int64_t host, const round_to_commit& x) {
  if (x.status.empty())
    return {};
  return only(db.run("update host set status = ?, status_since_ms = ? where n = ?",
                     x.status,
                     x.status_since_ms,
                     host));
}

} // namespace

expected<int64_t> sample_repository::host_key(std::string_view host_id, std::string_view owner) {
  auto host = owner.empty()
                ? db_.integer("select n from host where id = ?", host_id)
                : db_.integer("select n from host where id = ? and owner = ?", host_id, owner);
  if (!host)
    return fail(std::move(host.error()));
  if (!*host)
    return fail(ec::not_found, "host " + std::string{host_id});
  return **host;
}

expected<void> sample_repository::commit_round(const round_to_commit& x) {
  auto found = host_key(x.host_id, x.owner);
  if (!found)
    return fail(std::move(found.error()));
  auto host = *found;
  bool moves = x.until_ms != 0;
  return in_order(
    [&] { return moves ? save_cursor(db_, host, x) : expected<void>{}; },
    [&] {
      return for_each(x.new_series, [&](const auto& s) { return save_series(db_, host, s); });
    },
    [&] {
      return moves && !x.sample_blob.empty() ? save_sample(db_, host, x.until_ms, x.sample_blob)
                                             : expected<void>{};
    },
    [&] {
      result_repository results{db_};
      return for_each(x.changes, [&](const auto& change) {
        return results.replace_range(x.owner, host, change);
      });
    },
    [&] {
      return for_each(x.deviations, [&](const auto& d) { return save_deviation(db_, host, d); });
    },
    [&] { return save_status(db_, host, x); });
}

expected<void> sample_repository::save_samples(std::string_view host_id,
                                               const std::vector<sample_row>& rows) {
  auto host = host_key(host_id, {});
  if (!host)
    return fail(std::move(host.error()));
  return for_each(rows,
                  [&](const sample_row& x) { return save_sample(db_, *host, x.time_ms, x.blob); });
}

expected<std::vector<series_entry>> sample_repository::series_of(int64_t host) {
  return db_.list(
    "select slot, name, labels from series where host = ? order by slot",
    [](const row& r) {
      return series_entry{static_cast<uint32_t>(r.integer(0)), {r.string(1), labels_of(r.text(2))}};
    },
    host);
}

expected<std::vector<sample_row>>
sample_repository::rows_of(int64_t host, int64_t from_ms, int64_t until_ms) {
  auto chunks = db_.list(
    "select body from sample_chunk where host = ? and from_ms <= ? and "
    "from_ms > ? and until_ms >= ? order by n",
    [](const row& r) { return r.string(0); },
    host,
    until_ms,
    from_ms - sample_archive::chunk_ms,
    from_ms);
  if (!chunks)
    return fail(std::move(chunks.error()));
  std::vector<sample_row> out;
  auto unpacked = for_each(*chunks, [&](const std::string& chunk) -> expected<void> {
    auto rows = unpack_chunk(chunk);
    if (!rows)
      return fail(std::move(rows.error()));
    for (auto& x : *rows)
      if (x.time_ms >= from_ms && x.time_ms <= until_ms)
        out.push_back(std::move(x));
    return {};
  });
  if (!unpacked)
    return fail(std::move(unpacked.error()));
  auto recent = db_.list(
    "select time_ms, body from sample where host = ? and time_ms >= ? and "
    "time_ms <= ? order by time_ms",
    [](const row& r) {
      return sample_row{r.integer(0), r.string(1)};
    },
    host,
    from_ms,
    until_ms);
  if (!recent)
    return fail(std::move(recent.error()));
  std::move(recent->begin(), recent->end(), std::back_inserter(out));
  keep_newest(out);
  return out;
}

expected<host_state> sample_repository::state(const host_state_query& q) {
  snapshot view{db_};
  if (!view)
    return fail(view.error());
  auto host = host_key(q.host_id, q.owner);
  if (!host)
    return fail(std::move(host.error()));
  host_state out;
  auto read_cursor = [&](const row& r) {
    out.since_ms = r.integer(0);
    out.until_ms = r.integer(1);
    out.rule_set_digest = r.string(2);
    return true;
  };
  auto read_deviation = [](const row& r) {
    return deviation{r.string(0), r.integer(1), r.integer(2), r.string(3)};
  };
  auto into = [](auto& member) {
    return [&member](auto&& value) { member = std::forward<decltype(value)>(value); };
  };
  auto done = in_order(
    [&] {
      return db_.first("select since_ms, until_ms, rule_set_digest from host_cursor where host = ?",
                       read_cursor,
                       *host);
    },
    [&] { return series_of(*host).map(into(out.series)); },
    [&] { return rows_of(*host, q.samples_from_ms, INT64_MAX).map(into(out.samples)); },
    [&] { return result_repository{db_}.last_rows(q.host_id).map(into(out.last_rows)); },
    [&] {
      return db_
        .list("select check_item, start_ms, end_ms, reason from deviation where host = ? "
              "order by check_item, start_ms",
              read_deviation,
              *host)
        .map(into(out.deviations));
    });
  if (!done)
    return fail(std::move(done.error()));
  return out;
}

expected<sample_rows> sample_repository::range(const samples_query& q) {
  snapshot view{db_};
  if (!view)
    return fail(view.error());
  auto host = host_key(q.host_id, {});
  if (!host)
    return fail(std::move(host.error()));
  sample_rows out;
  auto series = series_of(*host);
  if (!series)
    return fail(std::move(series.error()));
  auto rows = rows_of(*host, q.from_ms, q.until_ms);
  if (!rows)
    return fail(std::move(rows.error()));
  out.series = std::move(*series);
  out.rows = std::move(*rows);
  return out;
}

expected<int64_t> sample_repository::expire_deviations(int64_t ended_before_ms) {
  return db_.run("delete from deviation where end_ms < ?", ended_before_ms);
}

} // namespace aops::storage
