#include "runtime/io/storage/sample_pieces.hpp"

#include "runtime/io/storage/filter.hpp"
#include "runtime/io/storage/label_sets.hpp"
#include "runtime/io/storage/rows_by_text.hpp"
#include "runtime/io/storage/sample_archive.hpp"
#include "runtime/io/storage/steps.hpp"

#include <algorithm>

namespace aops::storage {

namespace {

/// Later than any round, with room to reckon.
constexpr int64_t end_of_time_ms = INT64_MAX / 4;

/// Stretches of rows that one statement reads: an hour.
constexpr size_t stretches_at_once = sample_archive::chunk_ms / sample_pieces::rows_ms;

int64_t begin_of_stretch(int64_t time_ms) { return time_ms - time_ms % sample_pieces::rows_ms; }

template <class Rows, class Key>
std::vector<int64_t> keys_of(const Rows& rows, Key key) {
  std::vector<int64_t> out;
  for (const auto& x : rows)
    out.push_back(key(x));
  return out;
}

} // namespace

struct sample_pieces::found_host {
  int64_t key = 0;
  const wanted_pieces* wanted = nullptr;
  host_pieces answer;
  bool has_chunks = false;
};

expected<pieces_found> sample_pieces::find(const pieces_query& q) {
  if (q.hosts.size() > most_hosts)
    return fail(ec::bad_request, "the samples of too many hosts at once");
  snapshot view{db_};
  if (!view)
    return fail(view.error());
  std::vector<std::string> ids;
  for (const auto& x : q.hosts)
    ids.push_back(x.host_id);
  auto keys = rows_of_texts(
    db_, "select id, n from host", "id", ids, [](const row& r) { return r.integer(1); });
  if (!keys)
    return fail(std::move(keys.error()));
  auto until = std::min(q.until_ms, end_of_time_ms), from = end_of_time_ms;
  by_host hosts;
  for (const auto& x : q.hosts)
    if (auto known = keys->find(x.host_id); known != keys->end()) {
      auto& host = hosts[known->second];
      host.key = known->second;
      host.wanted = &x;
      host.answer.host_id = x.host_id;
      from = std::min(from, std::max<int64_t>(x.from_ms, 0));
    }
  pieces_found out;
  if (hosts.empty())
    return out;
  if (auto found = find_series(hosts, q.names); !found)
    return fail(std::move(found.error()));
  if (auto found = from <= until ? find_keys(hosts, from, until) : expected<void>{}; !found)
    return fail(std::move(found.error()));
  auto bytes_left = q.most_bytes;
  for (const auto& x : q.hosts) {
    auto known = keys->find(x.host_id);
    auto at = known == keys->end() ? hosts.end() : hosts.find(known->second);
    if (at == hosts.end()) // Not there, or asked for twice.
      continue;
    auto& host = at->second;
    expected<void> read;
    host.answer.until_ms = q.until_ms;
    const bool is_looked_at = x.from_ms <= until && !(q.needs_series && host.answer.series.empty());
    if (!is_looked_at)
      host.answer.pieces.clear();
    else if (q.newest_only && !host.has_chunks)
      read = read_newest(host, until);
    else
      read = read_pieces(host, q.until_ms, bytes_left);
    if (read && is_looked_at && host.answer.pieces.empty() && host.answer.until_ms == q.until_ms)
      read = skip_to_next(host);
    if (!read)
      return fail(std::move(read.error()));
    out.hosts.push_back(std::move(host.answer));
    hosts.erase(at);
  }
  return out;
}

expected<void> sample_pieces::find_series(by_host& hosts, const std::vector<std::string>& names) {
  const auto keys = keys_of(hosts, [](const auto& x) { return x.first; });
  filter here("1 = 1");
  here.in("host", keys).in("name", names);
  auto rows = db_.query_with("select host, slot, name, labels from series where " + here.where() +
                               " order by host, slot",
                             here.values());
  if (!rows)
    return fail(std::move(rows.error()));
  for (;;) {
    auto more = (*rows)->next();
    if (!more)
      return fail(std::move(more.error()));
    if (!*more)
      return {};
    const row& r = **rows;
    hosts[r.integer(0)].answer.series.push_back(
      {static_cast<uint32_t>(r.integer(1)), {r.string(2), labels_of(r.text(3))}});
  }
}

expected<void> sample_pieces::find_keys(by_host& hosts, int64_t from_ms, int64_t until_ms) {
  const auto keys = keys_of(hosts, [](const auto& x) { return x.first; });
  struct found_key {
    int64_t host;
    piece_key key;
  };
  filter packed("from_ms <= ? and from_ms > ? and until_ms >= ?",
                until_ms,
                from_ms - sample_archive::chunk_ms,
                from_ms);
  packed.in("host", keys);
  auto chunks = db_.list_with(
    "select host, n, from_ms, until_ms, bytes from sample_chunk where " + packed.where(),
    packed.values(),
    [](const row& r) {
      return found_key{r.integer(0), {r.integer(1), r.integer(2), r.integer(3), 0, r.integer(4)}};
    });
  if (!chunks)
    return fail(std::move(chunks.error()));
  // A row that replaces one of the same time keeps its number: it is the same round once more.
  filter loose("time_ms >= ? and time_ms < ?",
               begin_of_stretch(from_ms),
               begin_of_stretch(until_ms) + rows_ms);
  loose.in("host", keys);
  const auto stretch = "time_ms - time_ms % " + std::to_string(rows_ms);
  auto rows = db_.list_with(
    "select host, " + stretch + ", count(*), max(n) from sample where " + loose.where() +
      " group by host, " + stretch,
    loose.values(),
    [](const row& r) {
      auto begin = r.integer(1);
      return found_key{r.integer(0), {0, begin, begin + rows_ms - 1, r.integer(2), r.integer(3)}};
    });
  if (!rows)
    return fail(std::move(rows.error()));
  for (const auto* list : {&*chunks, &*rows})
    for (const auto& x : *list)
      if (auto& host = hosts[x.host]; x.key.until_ms >= host.wanted->from_ms) {
        host.answer.pieces.push_back({x.key, false, {}, {}});
        host.has_chunks |= x.key.chunk != 0;
      }
  for (auto& [key, host] : hosts)
    std::sort(host.answer.pieces.begin(), host.answer.pieces.end(), [](auto& a, auto& b) {
      return std::tie(a.key.from_ms, a.key.chunk) < std::tie(b.key.from_ms, b.key.chunk);
    });
  return {};
}

expected<void> sample_pieces::read_newest(found_host& host, int64_t until_ms) {
  host.answer.pieces.clear();
  auto newest = db_.first(
    "select time_ms, body from sample where host = ? and time_ms >= ? and "
    "time_ms <= ? order by time_ms desc limit 1",
    [](const row& r) {
      return sample_row{r.integer(0), r.string(1)};
    },
    host.key,
    host.wanted->from_ms,
    until_ms);
  if (!newest)
    return fail(std::move(newest.error()));
  if (*newest) {
    auto time = (*newest)->time_ms;
    host.answer.pieces.push_back({{0, time, time, 1, 0}, false, {}, {std::move(**newest)}});
  }
  return {};
}

expected<void> sample_pieces::read_pieces(found_host& host, int64_t until_ms, int64_t& bytes_left) {
  auto& pieces = host.answer.pieces;
  auto known = host.wanted->known;
  std::sort(known.begin(), known.end());
  for (auto& x : pieces)
    x.is_known = std::binary_search(known.begin(), known.end(), x.key);
  int64_t reached = host.wanted->from_ms - 1;
  for (size_t i = 0; i < pieces.size();) {
    auto& x = pieces[i];
    // What overlaps is told together: only all of it says what a time has.
    if (bytes_left <= 0 && x.key.from_ms > reached) {
      host.answer.until_ms = std::max(x.key.from_ms, host.wanted->from_ms) - 1;
      pieces.resize(i);
      return {};
    }
    size_t next = i + 1;
    expected<void> read;
    if (!x.is_known && x.key.chunk != 0) {
      read = db_
               .first(
                 "select body from sample_chunk where n = ?",
                 [&](const row& r) {
                   x.packed = r.string(0);
                   return true;
                 },
                 x.key.chunk)
               .map([](const auto&) {});
      bytes_left -= static_cast<int64_t>(x.packed.size());
    } else if (!x.is_known) {
      while (next < pieces.size() && next - i < stretches_at_once && !pieces[next].is_known &&
             pieces[next].key.chunk == 0 &&
             pieces[next].key.from_ms == pieces[next - 1].key.until_ms + 1)
        ++next;
      read = read_rows(host, i, next, bytes_left);
    }
    if (!read)
      return read;
    for (; i < next; ++i)
      reached = std::max(reached, pieces[i].key.until_ms);
  }
  host.answer.until_ms = until_ms;
  return {};
}

/// So that whoever asks for a long time crosses an empty stretch at once.
expected<void> sample_pieces::skip_to_next(found_host& host) {
  auto& until = host.answer.until_ms;
  auto next = end_of_time_ms;
  for (std::string_view text :
       {"select min(from_ms) from sample_chunk where host = ? and from_ms > ?",
        "select min(time_ms) from sample where host = ? and time_ms > ?"}) {
    auto first = db_.integer(text, host.key, until);
    if (!first)
      return fail(std::move(first.error()));
    next = std::min(next, first->value_or(next));
  }
  until = std::max(until, next - 1);
  return {};
}

/// Of stretches without a gap.
expected<void>
sample_pieces::read_rows(found_host& host, size_t first, size_t last, int64_t& bytes_left) {
  auto& pieces = host.answer.pieces;
  auto begin = pieces[first].key.from_ms;
  return only(db_.list(
    "select time_ms, body from sample where host = ? and time_ms >= ? and "
    "time_ms <= ? order by time_ms",
    [&](const row& r) {
      auto time = r.integer(0);
      auto& x = pieces[first + static_cast<size_t>((time - begin) / rows_ms)];
      x.rows.push_back({time, r.string(1)});
      bytes_left -= static_cast<int64_t>(x.rows.back().blob.size());
      return true;
    },
    host.key,
    begin,
    pieces[last - 1].key.until_ms));
}

} // namespace aops::storage
