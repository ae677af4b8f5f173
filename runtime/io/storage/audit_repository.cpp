#include "runtime/io/storage/audit_repository.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/base/fitting.hpp"
#include "runtime/io/storage/audit_counts.hpp"
#include "runtime/io/storage/filter.hpp"
#include "runtime/io/storage/steps.hpp"

#include <algorithm>
#include <array>

namespace aops::storage {

namespace {

constexpr int64_t portion_of_expiry = 500;
constexpr size_t longest_name = 160; ///< 40 characters of at most 4 bytes.

std::string clipped(std::string_view text, size_t most) {
  return std::string{base::fitting(text, most)};
}

/// Who may come in, and what was refused; the rest is daily work.
std::string_view kind_of(const audit_entry& x) {
  constexpr std::array security = {"account.", "session.", "token.", "user.", "vault."};
  constexpr std::array<int64_t, 5> refusals = {1200, 1201, 1203, 1204, 1207};
  bool is_security = std::any_of(security.begin(), security.end(), [&](std::string_view prefix) {
    return x.action.starts_with(prefix);
  });
  bool is_refusal = std::find(refusals.begin(), refusals.end(), x.code) != refusals.end();
  return is_security || is_refusal ? "audit" : "operation";
}

/// Lengths in front keep ("ab", "c") and ("a", "bc") apart.
std::string
digest_of(std::string_view before, int64_t seq, std::string_view kind, const audit_entry& x) {
  std::string text;
  auto add = [&](std::string_view part) {
    text += std::to_string(part.size());
    text += ':';
    text += part;
  };
  add(before);
  add(std::to_string(seq));
  add(std::to_string(x.time_ms));
  add(kind);
  add(x.owner);
  add(x.user);
  add(x.address);
  add(x.action);
  add(x.entity);
  add(std::to_string(x.code));
  add(x.detail);
  return base::sha256_hex(text);
}

/// A record as it stands in the store.
struct stored_entry {
  int64_t seq = 0;
  std::string kind, digest;
  audit_entry what;
};

stored_entry read_stored(const row& r) {
  return {r.integer(0),
          r.string(1),
          r.string(2),
          {r.integer(3),
           r.string(4),
           r.string(5),
           r.string(6),
           r.string(7),
           r.integer(8),
           r.string(9),
           r.string(10)}};
}

constexpr std::string_view stored_columns =
  "seq, kind, digest, time_ms, username, address, action, entity, code, detail, owner";

log_record read_record(const row& r) {
  return {r.integer(0),
          {r.integer(1)},
          r.string(2),
          r.string(3),
          r.string(4),
          r.string(5),
          r.string(6),
          r.integer(7),
          r.string(8)};
}

filter conditions(const audit_reader& reader, const log_query& q) {
  filter out("1 = 1");
  if (reader.is_administrator)
    out.also("(owner = ? or username = ? or kind = 'audit')", reader.user, reader.user);
  else
    // Of the name as it is now: it may have been another's, whose account was deleted.
    out.also("username = ? and kind = 'operation' and time_ms >= "
             "(select created_ms from account where username = ?)",
             reader.user,
             reader.user);
  if (q.kind)
    out.also("kind = ?", *q.kind);
  if (q.username)
    out.also("username = ?", *q.username);
  if (q.action && q.action->ends_with("*"))
    out.also("substr(action, 1, ?) = ?",
             q.action->size() - 1,
             std::string_view{*q.action}.substr(0, q.action->size() - 1));
  else if (q.action)
    out.also("action = ?", *q.action);
  if (q.entity)
    out.also("entity = ?", *q.entity);
  if (q.outcome)
    out.also(*q.outcome == "succeeded" ? "code in (200, 206)" : "code not in (200, 206)");
  if (q.time_range && q.time_range->size() == 2)
    out.also("time_ms >= ? and time_ms <= ?", (*q.time_range)[0].ms, (*q.time_range)[1].ms + 999);
  if (q.before)
    out.also("seq < ?", *q.before);
  return out;
}

/// Whether they ask for nothing but what records are counted by.
bool is_counted(const audit_reader& reader, const log_query& q) {
  return reader.is_administrator && !q.action && !q.entity && !q.outcome && !q.before &&
         (!q.time_range || q.time_range->empty());
}

log_verified broken_at(log_verified out, int64_t number, std::string reason) {
  out.broken.emplace(number);
  out.reason = std::move(reason);
  out.complete = true;
  return out;
}

} // namespace

audit_entry audit_repository::fitting(const audit_entry& x) {
  return {x.time_ms,
          clipped(x.user, longest_name),
          clipped(x.address, 64),
          clipped(x.action, 64),
          clipped(x.entity, 255),
          x.code,
          clipped(x.detail, 1024),
          clipped(x.owner, longest_name)};
}

expected<audit_repository::chain> audit_repository::read_chain(std::string_view lock) {
  auto found = db_.first(
    "select seq, digest, gone_seq, gone_digest, before_n from audit_chain where name = 'audit'" +
      std::string{lock},
    [](const row& r) {
      return chain{r.integer(0), r.string(1), r.integer(2), r.string(3), r.integer(4)};
    });
  if (!found)
    return fail(std::move(found.error()));
  if (!*found)
    return fail(ec::corrupt, "the end of the log's chain is missing");
  return std::move(**found);
}

expected<void> audit_repository::append(const audit_entry& entry) {
  return transact(db_, [&](database& db) -> expected<void> {
    auto last = read_chain(db.sql().for_update());
    if (!last)
      return fail(std::move(last.error()));
    auto x = fitting(entry);
    auto kind = kind_of(x);
    auto seq = last->seq + 1;
    auto digest = digest_of(last->digest, seq, kind, x);
    return in_order(
      [&] {
        return db.run("insert into audit_log (time_ms, username, address, action, entity, code, "
                      "detail, owner, kind, seq, digest) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                      x.time_ms,
                      x.user,
                      x.address,
                      x.action,
                      x.entity,
                      x.code,
                      x.detail,
                      x.owner,
                      kind,
                      seq,
                      digest);
      },
      [&] {
        return db.run(
          "update audit_chain set seq = ?, digest = ? where name = 'audit'", seq, digest);
      },
      [&] { return audit_counts{db}.add(x.owner, x.user, kind); });
  });
}

expected<log_page> audit_repository::page(const audit_reader& reader, const log_query& q) {
  snapshot view{db_};
  if (!view)
    return fail(view.error());
  paging p;
  if (q.page && q.per_page) {
    p.page = *q.page;
    p.per_page = *q.per_page;
  }
  auto matching = conditions(reader, q);
  auto window = is_counted(reader, q) ? audit_counts{db_}.total(matching).and_then(
                                          [&](int64_t total) { return window_of(p, total); })
                                      : window_of(db_, p, "audit_log", matching);
  if (!window)
    return fail(std::move(window.error()));
  auto rows = db_.list_with(
    "select seq, time_ms, kind, username, address, action, entity, code, detail from audit_log "
    "where " +
      matching.where() + " order by seq desc, n desc limit ? offset ?",
    matching.values_and(window->limit, window->offset),
    read_record);
  if (!rows)
    return fail(std::move(rows.error()));
  log_page out;
  set_totals(out, window->total, p);
  out.records = std::move(*rows);
  return out;
}

expected<log_verified> audit_repository::verify(int64_t after, int64_t portion) {
  snapshot view{db_};
  if (!view)
    return fail(view.error());
  auto ends = read_chain();
  if (!ends)
    return fail(std::move(ends.error()));
  log_verified out;
  out.last = ends->gone_seq;
  auto digest = ends->gone_digest;
  if (after > ends->gone_seq) {
    auto known = db_.first(
      "select digest from audit_log where seq = ?",
      [](const row& r) { return r.string(0); },
      after);
    if (!known)
      return fail(std::move(known.error()));
    if (!*known)
      return broken_at(out, after, "is missing");
    out.last = after;
    digest = **known;
  }
  auto strangers =
    db_.count("select count(*) from audit_log where seq <= 0 and n > ?", ends->before_n);
  if (!strangers)
    return fail(std::move(strangers.error()));
  if (*strangers > 0)
    return broken_at(out, 0, "records without a number were added");
  auto rows = db_.list("select " + std::string{stored_columns} +
                         " from audit_log where seq > ? order by seq, n limit ?",
                       read_stored,
                       out.last,
                       portion);
  if (!rows)
    return fail(std::move(rows.error()));
  for (const auto& x : *rows) {
    if (x.seq <= out.last)
      return broken_at(out, x.seq, "stands twice");
    if (x.seq != out.last + 1)
      return broken_at(out, out.last + 1, "is missing");
    if (x.digest != digest_of(digest, x.seq, x.kind, x.what))
      return broken_at(out, x.seq, "was altered");
    ++out.checked;
    out.last = x.seq;
    digest = x.digest;
  }
  out.complete = static_cast<int64_t>(rows->size()) < portion;
  if (out.complete && (out.last != ends->seq || digest != ends->digest))
    return broken_at(out, out.last + 1, "is missing, with all after it");
  return out;
}

expected<int64_t> audit_repository::remove(const filter& matching) {
  if (auto done = audit_counts{db_}.take(matching); !done)
    return fail(std::move(done.error()));
  return db_.run_with("delete from audit_log where " + matching.where(), matching.values());
}

expected<int64_t> audit_repository::expire_unchained(int64_t before_ms, int64_t before_n) {
  auto keys = db_.list(
    "select n from audit_log where seq = 0 and n <= ? and time_ms < ? order by n limit ?",
    [](const row& r) { return r.integer(0); },
    before_n,
    before_ms,
    portion_of_expiry);
  if (!keys)
    return fail(std::move(keys.error()));
  if (keys->empty())
    return 0;
  filter old("seq = 0");
  old.in("n", *keys);
  return remove(old);
}

expected<int64_t> audit_repository::expire(int64_t before_ms) {
  return transact(db_, [&](database& db) -> expected<int64_t> {
    auto ends = read_chain(db.sql().for_update());
    if (!ends)
      return fail(std::move(ends.error()));
    if (auto old = expire_unchained(before_ms, ends->before_n); !old || *old > 0)
      return old;
    struct dated {
      int64_t seq, time_ms;
      std::string digest;
    };
    auto rows = db.list(
      "select seq, time_ms, digest from audit_log where seq > ? order by seq limit ?",
      [](const row& r) {
        return dated{r.integer(0), r.integer(1), r.string(2)};
      },
      ends->gone_seq,
      portion_of_expiry);
    if (!rows)
      return fail(std::move(rows.error()));
    auto first_kept = std::find_if(
      rows->begin(), rows->end(), [&](const dated& x) { return x.time_ms >= before_ms; });
    if (first_kept == rows->begin())
      return 0;
    const auto& last = *std::prev(first_kept);
    auto done = in_order(
      [&] { return remove(filter("seq > 0 and seq <= ?", last.seq)); },
      [&] {
        return db.run("update audit_chain set gone_seq = ?, gone_digest = ? where name = 'audit'",
                      last.seq,
                      last.digest);
      });
    if (!done)
      return fail(std::move(done.error()));
    return static_cast<int64_t>(first_kept - rows->begin());
  });
}

} // namespace aops::storage
