#include "runtime/base/digest.hpp"
#include "runtime/io/storage/content_repository.hpp"
#include "runtime/io/storage/dump_columns.hpp"
#include "runtime/io/storage/label_sets.hpp"
#include "runtime/io/storage/result_counts.hpp"
#include "runtime/io/storage/result_rows.hpp"
#include "runtime/io/storage/steps.hpp"

namespace aops::storage {

namespace {

using base::json;
using kind = dump_column::kind;

constexpr std::array<dump_column, 14> result_columns = {{{"n", "r.n", kind::integer},
                                                         {"owner", "r.owner"},
                                                         {"host_id", "h.id"},
                                                         {"host_name", "h.name"},
                                                         {"check_item", "r.check_item"},
                                                         {"origin", "r.origin", kind::integer},
                                                         {"mark", "r.mark", kind::integer},
                                                         {"start_ms", "r.start_ms", kind::integer},
                                                         {"end_ms", "r.end_ms", kind::integer},
                                                         {"value", "r.value"},
                                                         {"reason", "r.reason"},
                                                         {"rule", "c.digest"},
                                                         {"rule_content", "c.body"},
                                                         {"labels", "l.labels"}}};

std::string query() {
  return "select " + selected(result_columns) +
         " from check_result r join host h on h.n = r.host join content c on c.n = r.rule" +
         std::string{join_labels};
}

dump_row read_row(const row& r) {
  json members;
  read_columns(members, result_columns, r);
  return as_row(r.integer(0), std::move(members));
}

/// Rows that ended so long ago that nothing is joined to them any more stay out of the way of live
/// evaluation: none is longer than a day.
constexpr int64_t settled_after_ms = 2 * 24 * 3'600'000LL;

class results_kind : public dump_kind {
public:
  std::string_view name() const override { return "results"; }

  expected<std::vector<dump_row>>
  due(database& db, const dump_limits& limits, int64_t portion) const override {
    auto aged = of_age(db, limits.before_ms, portion);
    if (!aged || !aged->empty() || limits.most == 0)
      return aged;
    auto total = db.count("select sum(total) from result_count");
    if (!total || *total <= limits.most)
      return total.map([](int64_t) { return std::vector<dump_row>{}; });
    auto rows = db.list(query() + " where r.end_ms < ? order by r.n limit ?",
                        read_row,
                        limits.now_ms - settled_after_ms,
                        std::min(portion, *total - limits.most));
    if (rows)
      cut_to_size(*rows);
    return rows;
  }

  expected<std::vector<dump_row>> read(database& db,
                                       const std::vector<int64_t>& keys) const override {
    return db.list_with(query() + " where r.n in " + marks_for(keys), bound(keys), read_row);
  }

  expected<int64_t> remove(database& db, const std::vector<int64_t>& keys) const override {
    result_counts counts{db};
    auto note = [&](const row& r) {
      counts.add(r.string(0), r.integer(1), r.string(2), -1);
      return true;
    };
    auto counted = db.list_with("select owner, host, value from check_result where n in " +
                                  marks_for(keys) + std::string{db.sql().for_update()},
                                bound(keys),
                                note);
    if (!counted)
      return fail(std::move(counted.error()));
    auto gone = db.run_many("delete from check_result where n = ?", 1, bound(keys));
    if (!gone)
      return gone;
    return counts.write().map([&] { return *gone; });
  }

  expected<restored_as> restore(database& db, const json& given) const override {
    dump_values x{given};
    auto owner = x.text("owner"), host_id = x.text("host_id"), item = x.text("check_item");
    auto origin = x.integer("origin"), mark = x.integer("mark");
    auto start = x.integer("start_ms"), end = x.integer("end_ms");
    auto value = x.text("value"), reason = x.text("reason");
    auto digest = x.text("rule"), content = x.text("rule_content");
    if (auto whole = x.judge(); !whole)
      return fail(std::move(whole.error()));
    if (base::sha256_hex(content) != digest) // Others may refer to it by this digest.
      return fail(ec::corrupt, "`rule_content` is not that of `rule`");
    auto host = db.integer("select n from host where owner = ? and id = ?", owner, host_id);
    if (!host || !*host)
      return host.map([](auto) { return restored_as::homeless; });
    if (origin == from_engine) { // The number of its labels is another one by now, perhaps.
      label_sets labels{db};
      auto set =
        given.contains("labels") ? labels_of(given["labels"].get<std::string>()) : label_set{};
      labels.want(set, end);
      if (auto found = labels.find(); !found)
        return fail(std::move(found.error()));
      mark = mark_of(value, labels.number_of(set));
    }
    auto known = db.count("select count(*) from check_result where host = ? and check_item = ? and "
                          "start_ms = ? and origin = ? and mark = ?",
                          **host,
                          item,
                          start,
                          origin,
                          mark);
    if (!known || *known > 0)
      return known.map([](int64_t) { return restored_as::present; });
    auto rule = content_repository{db}.intern(digest, "rule", content);
    if (!rule)
      return fail(std::move(rule.error()));
    result_counts counts{db};
    counts.add(owner, **host, value, 1);
    new_row row{owner, **host, item, origin, mark, *rule, value, reason};
    auto done = in_order([&] { return db.run_with(insert_result, values_of(row, start, end)); },
                         [&] { return counts.write(); });
    return done.map([] { return restored_as::added; });
  }

private:
  static expected<std::vector<dump_row>> of_age(database& db, int64_t before_ms, int64_t portion) {
    std::vector<dump_row> out;
    if (before_ms <= 0)
      return out;
    auto owners =
      db.list("select distinct owner from result_count", [](const row& r) { return r.string(0); });
    if (!owners)
      return fail(std::move(owners.error()));
    for (const auto& owner : *owners) {
      auto some = db.list(query() + " where r.owner = ? and r.end_ms < ? order by r.end_ms limit ?",
                          read_row,
                          owner,
                          before_ms,
                          portion - static_cast<int64_t>(out.size()));
      if (!some)
        return some;
      std::move(some->begin(), some->end(), std::back_inserter(out));
      if (static_cast<int64_t>(out.size()) >= portion)
        break;
    }
    cut_to_size(out);
    return out;
  }
};

} // namespace

const dump_kind& dumped_results() {
  static const results_kind the_kind;
  return the_kind;
}

} // namespace aops::storage
