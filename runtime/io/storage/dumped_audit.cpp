#include "runtime/io/storage/audit_counts.hpp"
#include "runtime/io/storage/audit_repository.hpp"
#include "runtime/io/storage/dump_columns.hpp"
#include "runtime/io/storage/steps.hpp"

#include <algorithm>

namespace aops::storage {

namespace {

using base::json;
using kind = dump_column::kind;

constexpr std::array<dump_column, 11> audit_columns = {{{"seq", "a.seq", kind::integer},
                                                        {"time_ms", "a.time_ms", kind::integer},
                                                        {"kind", "a.kind"},
                                                        {"owner", "a.owner"},
                                                        {"username", "a.username"},
                                                        {"address", "a.address"},
                                                        {"action", "a.action"},
                                                        {"entity", "a.entity"},
                                                        {"code", "a.code", kind::integer},
                                                        {"detail", "a.detail"},
                                                        {"digest", "a.digest"}}};

/// Where the log begins: the newest record that left it.
struct beginning {
  int64_t gone_seq = 0, seq = 0;
  std::string gone_digest;
};

expected<beginning> beginning_of(database& db, std::string_view lock = {}) {
  auto found = db.first("select gone_seq, seq, gone_digest from audit_chain where name = 'audit'" +
                          std::string{lock},
                        [](const row& r) {
                          return beginning{r.integer(0), r.integer(1), r.string(2)};
                        });
  if (!found)
    return fail(std::move(found.error()));
  if (!*found)
    return fail(ec::corrupt, "the end of the log's chain is missing");
  return std::move(**found);
}

/// Records of the log. Their key is their number, and each says the digest before it, so that the
/// chain goes on when they come back.
class audit_kind : public dump_kind {
public:
  std::string_view name() const override { return "audit"; }

  expected<std::vector<dump_row>>
  due(database& db, const dump_limits& limits, int64_t portion) const override {
    auto from = beginning_of(db);
    if (!from)
      return fail(std::move(from.error()));
    auto excess = limits.most > 0 ? from->seq - from->gone_seq - limits.most : int64_t{0};
    auto rows = list(db, *from, "a.seq > ? order by a.seq limit ?", {from->gone_seq, portion});
    if (!rows)
      return fail(std::move(rows.error()));
    // A record goes with all before it: the first that stays is the first that is neither.
    auto stays = std::find_if(rows->begin(), rows->end(), [&](const record& x) {
      return x.time_ms >= limits.before_ms && x.what.key > from->gone_seq + excess;
    });
    rows->erase(stays, rows->end());
    return texts_of(std::move(*rows));
  }

  expected<std::vector<dump_row>> read(database& db,
                                       const std::vector<int64_t>& keys) const override {
    auto from = beginning_of(db);
    if (!from)
      return fail(std::move(from.error()));
    auto rows = list(db, *from, "a.seq in " + marks_for(keys) + " order by a.seq", bound(keys));
    if (!rows)
      return fail(std::move(rows.error()));
    return texts_of(std::move(*rows));
  }

  expected<int64_t> remove(database& db, const std::vector<int64_t>& keys) const override {
    auto from = beginning_of(db, db.sql().for_update());
    if (!from)
      return fail(std::move(from.error()));
    auto sorted = keys;
    std::sort(sorted.begin(), sorted.end());
    auto last = from->gone_seq; // As far as there is no gap.
    for (auto key : sorted)
      if (key == last + 1)
        last = key;
    if (last == from->gone_seq)
      return 0;
    auto digest = db.first(
      "select digest from audit_log where seq = ?", [](const row& r) { return r.string(0); }, last);
    if (!digest)
      return fail(std::move(digest.error()));
    auto gone = audit_repository{db}.remove(filter("seq > 0 and seq <= ?", last));
    if (!gone)
      return gone;
    return db
      .run("update audit_chain set gone_seq = ?, gone_digest = ? where name = 'audit'",
           last,
           digest->value_or(""))
      .map([&](int64_t) { return *gone; });
  }

  expected<restored_as> restore(database& db, const json& given) const override {
    dump_values x{given};
    auto seq = x.integer("seq"), time = x.integer("time_ms"), code = x.integer("code");
    auto kind_of = x.text("kind"), owner = x.text("owner"), user = x.text("username");
    auto address = x.text("address"), action = x.text("action"), entity = x.text("entity");
    auto detail = x.text("detail"), digest = x.text("digest"), before = x.text("before");
    if (auto whole = x.judge(); !whole)
      return fail(std::move(whole.error()));
    auto from = beginning_of(db, db.sql().for_update());
    if (!from)
      return fail(std::move(from.error()));
    if (seq > from->gone_seq)
      return restored_as::present;
    if (seq != from->gone_seq || digest != from->gone_digest)
      return restored_as::homeless; // Of another log, or one between them is missing.
    auto done = in_order(
      [&] {
        return db.run("insert into audit_log (time_ms, username, address, action, entity, code, "
                      "detail, owner, kind, seq, digest) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                      time,
                      user,
                      address,
                      action,
                      entity,
                      code,
                      detail,
                      owner,
                      kind_of,
                      seq,
                      digest);
      },
      [&] {
        return db.run("update audit_chain set gone_seq = ?, gone_digest = ? where name = 'audit'",
                      seq - 1,
                      before);
      },
      [&] { return audit_counts{db}.add(owner, user, kind_of); });
    return done.map([] { return restored_as::added; });
  }

private:
  struct record {
    dump_row what;
    int64_t time_ms = 0;
  };

  static expected<std::vector<record>> list(database& db,
                                            const beginning& from,
                                            const std::string& which,
                                            const std::vector<parameter>& values) {
    return db.list_with("select " + selected(audit_columns) +
                          ", p.digest from audit_log a left join audit_log p on p.seq = a.seq - 1 "
                          "and p.seq > 0 where " +
                          which,
                        values,
                        [&](const row& r) {
                          json members;
                          read_columns(members, audit_columns, r);
                          auto seq = r.integer(0);
                          auto last = static_cast<int>(audit_columns.size());
                          members["before"] =
                            seq == from.gone_seq + 1 ? from.gone_digest : r.string(last);
                          return record{as_row(seq, std::move(members)), r.integer(1)};
                        });
  }

  static std::vector<dump_row> texts_of(std::vector<record> rows) {
    std::vector<dump_row> out;
    for (auto& x : rows)
      out.push_back(std::move(x.what));
    cut_to_size(out);
    return out;
  }
};

} // namespace

const dump_kind& dumped_audit() {
  static const audit_kind the_kind;
  return the_kind;
}

} // namespace aops::storage
