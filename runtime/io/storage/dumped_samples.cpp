#include "runtime/io/storage/dumped_samples.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/io/storage/dump_columns.hpp"
#include "runtime/io/storage/label_sets.hpp"
#include "runtime/io/storage/sample_archive.hpp"
#include "runtime/io/storage/steps.hpp"

#include <map>

namespace aops::storage {

namespace {

using base::json;
using kind = dump_column::kind;

constexpr std::array<dump_column, 6> hour_columns = {{{"owner", "h.owner"},
                                                      {"host_id", "h.id"},
                                                      {"host_name", "h.name"},
                                                      {"from_ms", "c.from_ms", kind::integer},
                                                      {"until_ms", "c.until_ms", kind::integer},
                                                      {"body", "c.body", kind::blob}}};

constexpr auto hours = " from sample_chunk c join host h on h.n = c.host";

expected<std::vector<series_entry>> series_of_key(database& db, int64_t host) {
  return db.list(
    "select slot, name, labels from series where host = ? order by slot",
    [](const row& r) {
      return series_entry{static_cast<uint32_t>(r.integer(0)), {r.string(1), labels_of(r.text(2))}};
    },
    host);
}

json json_of(const std::vector<series_entry>& series) {
  auto out = json::array();
  for (const auto& x : series)
    out.push_back({{"slot", x.slot}, {"name", x.key.name}, {"labels", x.key.label}});
  return out;
}

expected<std::vector<series_entry>> read_series(const json& row) {
  try {
    std::vector<series_entry> out;
    for (const auto& x : row.at("series"))
      out.push_back({x.at("slot").get<uint32_t>(),
                     {x.at("name").get<std::string>(), x.at("labels").get<label_set>()}});
    return out;
  } catch (const json::exception&) {
    return fail(ec::corrupt, "`series` of a row is unreadable");
  }
}

/// Packed hours of hosts. Those above `dump_limits::most`, here in bytes of all samples, leave,
/// too.
class samples_kind : public dump_kind {
public:
  std::string_view name() const override { return "samples"; }

  expected<std::vector<dump_row>>
  due(database& db, const dump_limits& limits, int64_t portion) const override {
    auto stored = limits.most > 0 ? sample_archive{db}.bytes() : expected<int64_t>{0};
    if (!stored)
      return fail(std::move(stored.error()));
    struct hour {
      int64_t key, bytes, until_ms;
    };
    auto oldest = db.list(
      "select n, bytes, until_ms from sample_chunk order by until_ms, n limit ?",
      [](const row& r) {
        return hour{r.integer(0), r.integer(1), r.integer(2)};
      },
      portion);
    if (!oldest)
      return fail(std::move(oldest.error()));
    // They are chosen by their lengths, of which a text has two digits a byte.
    auto excess = limits.most > 0 ? *stored - limits.most : int64_t{0};
    std::vector<int64_t> keys;
    int64_t bytes = 0;
    for (const auto& x : *oldest) {
      bool must_go = x.until_ms < limits.before_ms || excess > 0;
      bytes += 2 * x.bytes;
      if (!must_go || (!keys.empty() && bytes > static_cast<int64_t>(most_dump_bytes)))
        break;
      excess -= x.bytes;
      keys.push_back(x.key);
    }
    return keys.empty() ? expected<std::vector<dump_row>>{std::vector<dump_row>{}} : read(db, keys);
  }

  expected<std::vector<dump_row>> read(database& db,
                                       const std::vector<int64_t>& keys) const override {
    struct found {
      int64_t key, host;
      json members;
    };
    auto rows = db.list_with("select c.n, c.host, " + selected(hour_columns) + hours +
                               " where c.n in " + marks_for(keys) + " order by c.until_ms, c.n",
                             bound(keys),
                             [](const row& r) {
                               found x{r.integer(0), r.integer(1), {}};
                               read_columns(x.members, hour_columns, r, 2);
                               return x;
                             });
    if (!rows)
      return fail(std::move(rows.error()));
    std::map<int64_t, json> series;
    std::vector<dump_row> out;
    for (auto& x : *rows) {
      auto known = series.find(x.host);
      if (known == series.end()) {
        auto its = series_of_key(db, x.host);
        if (!its)
          return fail(std::move(its.error()));
        known = series.emplace(x.host, json_of(*its)).first;
      }
      x.members["series"] = known->second;
      out.push_back(as_row(x.key, std::move(x.members)));
    }
    return out;
  }

  expected<int64_t> remove(database& db, const std::vector<int64_t>& keys) const override {
    return db.run_many("delete from sample_chunk where n = ?", 1, bound(keys));
  }

  /// Into the series that the row names, which must have the same numbers here or be new ones.
  expected<restored_as> restore(database& db, const json& given) const override {
    auto x = read_dumped_hour(given);
    if (!x)
      return fail(std::move(x.error()));
    auto host = db.integer("select n from host where owner = ? and id = ?", x->owner, x->host_id);
    if (!host || !*host)
      return host.map([](auto) { return restored_as::homeless; });
    auto there = db.count("select count(*) from sample_chunk where host = ? and from_ms = ? and "
                          "until_ms = ?",
                          **host,
                          x->from_ms,
                          x->until_ms);
    if (!there || *there > 0)
      return there.map([](int64_t) { return restored_as::present; });
    auto mine = series_of_key(db, **host);
    if (!mine)
      return fail(std::move(mine.error()));
    std::map<uint32_t, series_key> known;
    for (auto& s : *mine)
      known.emplace(s.slot, std::move(s.key));
    std::vector<std::string> labels;
    std::vector<const series_entry*> added;
    for (const auto& s : x->series) {
      auto it = known.find(s.slot);
      if (it == known.end())
        added.push_back(&s);
      else if (it->second != s.key)
        return restored_as::homeless;
    }
    labels.reserve(added.size());
    std::vector<parameter> values;
    for (const auto* s : added)
      values.insert(values.end(),
                    {**host, s->slot, s->key.name, labels.emplace_back(text_of(s->key.label))});
    auto body = pack_chunk(x->rounds);
    auto done = in_order(
      [&] {
        return db.run_many(
          "insert into series (host, slot, name, labels) values (?, ?, ?, ?)", 4, values);
      },
      [&] {
        return db.run("insert into sample_chunk (host, from_ms, until_ms, bytes, body) values (?, "
                      "?, ?, ?, ?)",
                      **host,
                      x->from_ms,
                      x->until_ms,
                      body.size(),
                      blob{body});
      });
    return done.map([] { return restored_as::added; });
  }
};

} // namespace

expected<dumped_hour> read_dumped_hour(const json& row) {
  dump_values x{row};
  dumped_hour out{std::string{x.text("owner")},
                  std::string{x.text("host_id")},
                  std::string{x.text("host_name")},
                  x.integer("from_ms"),
                  x.integer("until_ms"),
                  {},
                  {}};
  auto body = x.blob_of("body");
  if (auto whole = x.judge(); !whole)
    return fail(std::move(whole.error()));
  auto series = read_series(row);
  auto rounds = unpack_chunk(body);
  if (!series || !rounds)
    return fail(std::move(series ? rounds.error() : series.error()));
  if (rounds->empty() || rounds->front().time_ms != out.from_ms ||
      rounds->back().time_ms != out.until_ms)
    return fail(ec::corrupt, "the rounds of a row are not of its time");
  out.series = std::move(*series);
  out.rounds = std::move(*rounds);
  return out;
}

json row_of(const dumped_hour& x) {
  auto body = pack_chunk(x.rounds);
  return {{"owner", x.owner},
          {"host_id", x.host_id},
          {"host_name", x.host_name},
          {"from_ms", x.from_ms},
          {"until_ms", x.until_ms},
          {"series", json_of(x.series)},
          {"body", base::to_hex({reinterpret_cast<const uint8_t*>(body.data()), body.size()})}};
}

expected<std::optional<std::vector<series_entry>>>
series_now(database& db, std::string_view owner, std::string_view host_id) {
  using found = std::optional<std::vector<series_entry>>;
  auto host = db.integer("select n from host where owner = ? and id = ?", owner, host_id);
  if (!host || !*host)
    return host.map([](auto) { return found{}; });
  return series_of_key(db, **host).map([](auto all) { return found{std::move(all)}; });
}

const dump_kind& dumped_samples() {
  static const samples_kind the_kind;
  return the_kind;
}

} // namespace aops::storage
