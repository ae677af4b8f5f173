#include "runtime/io/storage/sample_repository.hpp"

#include "runtime/io/storage/alert_repository.hpp"
#include "runtime/io/storage/label_sets.hpp"
#include "runtime/io/storage/result_repository.hpp"
#include "runtime/io/storage/sample_archive.hpp"
#include "runtime/io/storage/steps.hpp"

#include <algorithm>

/// The part of `sample_repository` that reads, and writes the past; `sample_rounds.cpp` writes
/// rounds.
namespace aops::storage {

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

expected<void> sample_repository::save_samples(std::string_view host_id,
                                               const std::vector<sample_row>& rows) {
  auto host = host_key(host_id, {});
  if (!host)
    return fail(std::move(host.error()));
  std::vector<parameter> values;
  for (const auto& x : rows)
    values.insert(values.end(), {*host, x.time_ms, x.blob.size(), blob{x.blob}});
  return only(
    db_.run_many(db_.sql().upsert("sample", {"host", "time_ms"}, {"bytes", "body"}), 4, values));
}

expected<std::vector<series_entry>> sample_repository::series_of(int64_t host) {
  return db_.list(
    "select slot, name, labels from series where host = ? order by slot",
    [](const row& r) {
      return series_entry{static_cast<uint32_t>(r.integer(0)), {r.string(1), labels_of(r.text(2))}};
    },
    host);
}

expected<std::vector<sample_row>> sample_repository::pushed_of(int64_t host) {
  return db_.list(
    "select time_ms, body from pushed_sample where host = ? order by n",
    [](const row& r) {
      return sample_row{r.integer(0), r.string(1)};
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

/// When the first row in [from_ms, until_ms] can lie; past the end when there is none.
expected<int64_t> sample_repository::first_time(int64_t host, int64_t from_ms, int64_t until_ms) {
  auto first = until_ms == INT64_MAX ? INT64_MAX : until_ms + 1;
  auto note = [&](std::optional<int64_t> time) {
    first = std::min(first, std::max(from_ms, time.value_or(first)));
  };
  auto found = in_order(
    [&] {
      return db_
        .integer("select from_ms from sample_chunk where host = ? and from_ms <= ? and "
                 "from_ms > ? and until_ms >= ? order by from_ms limit 1",
                 host,
                 until_ms,
                 from_ms - sample_archive::chunk_ms,
                 from_ms)
        .map(note);
    },
    [&] {
      return db_
        .integer("select time_ms from sample where host = ? and time_ms >= ? and time_ms <= ? "
                 "order by time_ms limit 1",
                 host,
                 from_ms,
                 until_ms)
        .map(note);
    });
  if (!found)
    return fail(std::move(found.error()));
  return first;
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
    [&] { return pushed_of(*host).map(into(out.pushed)); },
    [&] { return result_repository{db_}.last_rows(q.host_id).map(into(out.last_rows)); },
    [&] { return alert_repository{db_}.of_host(*host).map(into(out.alerts)); },
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
  auto from =
    q.span_ms > 0 ? first_time(*host, q.from_ms, q.until_ms) : expected<int64_t>{q.from_ms};
  if (!from)
    return fail(std::move(from.error()));
  auto until = q.until_ms;
  if (q.span_ms > 0 && *from <= until)
    until = *from + std::min(until - *from, std::max(q.span_ms, sample_archive::chunk_ms) - 1);
  auto rows = *from <= until ? rows_of(*host, *from, until) : expected<std::vector<sample_row>>{};
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
