#include "runtime/io/storage/tracing_repository.hpp"

#include "runtime/io/storage/filter.hpp"
#include "runtime/io/storage/steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace aops::storage {

namespace {

constexpr std::string_view real_columns =
  "r.item, r.host_id, r.state, r.reason, r.looked_ms, r.since_ms, r.read_ms, r.file_mode, "
  "r.file_owner, r.synced_by";

trace_real_row read_real(const row& r) {
  trace_real_row x;
  x.item = r.integer(0);
  x.host_id = r.string(1);
  x.state = r.string(2);
  x.reason = r.string(3);
  x.looked_ms = r.integer(4);
  x.since_ms = r.integer(5);
  x.read_ms = r.integer(6);
  x.mode = r.string(7);
  x.owner = r.string(8);
  x.synced_by = r.string(9);
  x.body = r.string(10);
  return x;
}

trace_domain_row read_domain(const row& r) {
  return {r.integer(0), r.string(1), r.string(2), r.integer(3)};
}

/// Those of a domain that are traced.
constexpr std::string_view item_select =
  "select i.n, i.path, v.version, v.id, v.username, v.reason, v.created_ms, v.body "
  "from trace_item i join trace_version v on v.item = i.n and v.version = i.version "
  "where i.domain = ? and i.is_traced = 1";

trace_item_row read_item(const row& r) {
  return {r.integer(0),
          r.string(1),
          r.integer(2),
          r.string(3),
          r.string(4),
          r.string(5),
          r.integer(6),
          r.string(7)};
}

/// A version beside the one before it.
constexpr std::string_view version_columns =
  "select v.version, v.id, v.username, v.reason, v.created_ms, v.is_traced, v.body, p.body "
  "from trace_version v left join trace_version p on p.item = v.item and "
  "p.version = v.version - 1 ";

trace_version_row read_version(const row& r) {
  trace_version_row x;
  x.version = r.integer(0);
  x.id = r.string(1);
  x.user = r.string(2);
  x.reason = r.string(3);
  x.created_ms = r.integer(4);
  x.is_traced = r.boolean(5);
  x.body = r.string(6);
  if (!r.is_null(7))
    x.before = r.string(7);
  return x;
}

} // namespace

// -- domains

expected<void> tracing_repository::add_domain(std::string_view owner,
                                              std::string_view name,
                                              int64_t priority,
                                              std::string_view user,
                                              int64_t now_ms) {
  auto there = db_.count("select count(*) from trace_domain where owner = ?", owner);
  if (!there)
    return fail(std::move(there.error()));
  if (*there >= most_domains)
    return fail(ec::bad_request, fmt::format("there are {} domains already", *there));
  return only(db_.run("insert into trace_domain (owner, name, priority, username, created_ms, "
                      "due_ms) values (?, ?, ?, ?, ?, 0)",
                      owner,
                      name,
                      priority,
                      user,
                      now_ms));
}

expected<std::vector<trace_domain_row>> tracing_repository::domains(std::string_view owner) {
  return db_.list("select n, owner, name, priority from trace_domain where owner = ? order by name",
                  read_domain,
                  owner);
}

expected<std::optional<trace_domain_row>>
tracing_repository::find_domain(std::string_view owner, std::string_view name, bool for_change) {
  return db_.first(
    "select n, owner, name, priority from trace_domain where owner = ? and name = ?" +
      std::string{for_change ? db_.sql().for_update() : std::string_view{}},
    read_domain,
    owner,
    name);
}

expected<void> tracing_repository::remove_domain(int64_t domain) {
  constexpr std::string_view of_items = "where item in (select n from trace_item where domain = ?)";
  auto clear = [&](std::string_view table, std::string_view which) {
    return [this, statement = fmt::format("delete from {} {}", table, which), domain] {
      return db_.run(statement, domain);
    };
  };
  return in_order(clear("trace_edit", of_items),
                  clear("trace_real", of_items),
                  clear("trace_version", of_items),
                  clear("trace_item", "where domain = ?"),
                  clear("trace_host", "where domain = ?"),
                  clear("trace_domain", "where n = ?"));
}

// -- hosts

expected<bool> tracing_repository::add_host(int64_t domain,
                                            const trace_host_row& x,
                                            std::string_view user,
                                            int64_t now_ms) {
  auto there = db_.count("select count(*) from trace_host where domain = ?", domain);
  if (!there)
    return fail(std::move(there.error()));
  if (*there >= most_hosts)
    return fail(ec::bad_request, fmt::format("the domain has {} hosts already", *there));
  auto added =
    db_.run(db_.sql().insert_ignore(
              "trace_host", {"domain", "host_id"}, {"ip", "ipv6", "username", "added_ms"}),
            domain,
            x.host_id,
            x.ip,
            x.ipv6,
            user,
            now_ms);
  return added.map([](int64_t rows) { return rows > 0; });
}

expected<std::vector<trace_host_row>> tracing_repository::hosts(int64_t domain, const scope& of) {
  filter matching("t.domain = ?", domain);
  matching.also("h.owner = ?", of.owner());
  of.limit_groups(matching, "h.host_group");
  return db_.list_with(
    "select t.host_id, t.ip, t.ipv6, h.name, h.ip, h.status, t.told_ms from trace_host t "
    "join host h on h.id = t.host_id where " +
      matching.where() + " order by h.name",
    matching.values(),
    [](const row& r) {
      return trace_host_row{
        r.string(0), r.string(1), r.string(2), r.string(3), r.string(4), r.string(5), r.integer(6)};
    });
}

expected<bool> tracing_repository::remove_host(int64_t domain, std::string_view host_id) {
  auto gone = db_.run("delete from trace_host where domain = ? and host_id = ?", domain, host_id);
  if (!gone)
    return fail(std::move(gone.error()));
  auto real = db_.run("delete from trace_real where host_id = ? and item in (select n from "
                      "trace_item where domain = ?)",
                      host_id,
                      domain);
  return real.map([&](int64_t) { return *gone > 0; });
}

expected<int64_t> tracing_repository::remove_hosts(int64_t domain) {
  auto gone = db_.run("delete from trace_host where domain = ?", domain);
  if (!gone)
    return gone;
  auto reals = db_.run(
    "delete from trace_real where item in (select n from trace_item where domain = ?)", domain);
  return reals.map([&](int64_t) { return *gone; });
}

// -- items

expected<std::optional<int64_t>> tracing_repository::item_key(int64_t domain,
                                                              std::string_view path) {
  return db_.integer("select n from trace_item where domain = ? and path = ?", domain, path);
}

expected<bool> tracing_repository::add_version(int64_t domain,
                                               std::string_view path,
                                               const trace_version_row& x,
                                               int64_t most_versions) {
  struct current {
    int64_t key, version;
    bool is_traced;
    std::string body;
  };
  auto old = db_.first(
    "select i.n, i.version, i.is_traced, v.body from trace_item i join "
    "trace_version v on v.item = i.n and v.version = i.version where "
    "i.domain = ? and i.path = ?" +
      std::string{db_.sql().for_update()},
    [](const row& r) {
      return current{r.integer(0), r.integer(1), r.boolean(2), r.string(3)};
    },
    domain,
    path);
  if (!old)
    return fail(std::move(old.error()));
  if (*old && (*old)->is_traced == x.is_traced && (*old)->body == x.body)
    return false;
  if (!*old) {
    auto there = db_.count("select count(*) from trace_item where domain = ?", domain);
    if (!there)
      return fail(std::move(there.error()));
    if (*there >= most_items)
      return fail(ec::bad_request, fmt::format("the domain has had {} files already", *there));
    auto added =
      db_.run("insert into trace_item (domain, path, version, is_traced) values (?, ?, 0, 1)",
              domain,
              path);
    if (!added)
      return fail(std::move(added.error()));
    auto key = item_key(domain, path);
    if (!key || !*key)
      return fail(key ? error{ec::insert_failed, "trace_item"} : key.error());
    *old = current{**key, 0, true, {}};
  }
  auto next = (*old)->version + 1;
  auto done = in_order(
    [&] {
      return db_.run("insert into trace_version (item, version, id, username, reason, created_ms, "
                     "is_traced, body) values (?, ?, ?, ?, ?, ?, ?, ?)",
                     (*old)->key,
                     next,
                     x.id,
                     x.user,
                     x.reason,
                     x.created_ms,
                     x.is_traced,
                     x.body);
    },
    [&] {
      return db_.run("update trace_item set version = ?, is_traced = ? where n = ?",
                     next,
                     x.is_traced,
                     (*old)->key);
    },
    [&] {
      return db_.run("delete from trace_version where item = ? and version <= ?",
                     (*old)->key,
                     next - most_versions);
    },
    [&] { // What it was compared with is no more what is expected.
      return db_.run("update trace_real set state = 'UNKNOWN', reason = '' where item = ?",
                     (*old)->key);
    });
  if (!done)
    return fail(std::move(done.error()));
  return true;
}

expected<std::vector<trace_item_row>> tracing_repository::items(int64_t domain) {
  return db_.list(std::string{item_select} + " order by i.path", read_item, domain);
}

expected<std::vector<trace_item_row>>
tracing_repository::items_of(int64_t domain, const std::vector<std::string>& paths) {
  std::vector<trace_item_row> out;
  for (const auto& path : paths) {
    auto found = db_.first(std::string{item_select} + " and i.path = ?", read_item, domain, path);
    if (!found)
      return fail(std::move(found.error()));
    if (*found)
      out.push_back(std::move(**found));
  }
  return out;
}

expected<bool>
tracing_repository::end_item(int64_t domain, std::string_view path, const trace_version_row& x) {
  auto key = db_.integer(
    "select n from trace_item where domain = ? and path = ? and is_traced = 1", domain, path);
  if (!key)
    return fail(std::move(key.error()));
  if (!*key)
    return false;
  auto last = x;
  last.is_traced = false;
  last.body.clear();
  auto ended = add_version(domain, path, last, INT64_MAX / 2);
  if (!ended)
    return ended;
  return db_.run("delete from trace_real where item = ?", **key).map([](int64_t) { return true; });
}

expected<std::vector<trace_version_row>>
tracing_repository::versions(int64_t item, int64_t most, int64_t offset) {
  const std::string statement =
    std::string{version_columns} + "where v.item = ? order by v.version desc limit ? offset ?";
  return db_.list(statement, read_version, item, most, offset);
}

expected<int64_t> tracing_repository::count_versions(int64_t item) {
  return db_.count("select count(*) from trace_version where item = ?", item);
}

expected<std::optional<trace_version_row>> tracing_repository::version(int64_t item,
                                                                       std::string_view id) {
  return db_.first(
    std::string{version_columns} + "where v.item = ? and v.id = ?", read_version, item, id);
}

// -- what is on hosts

expected<std::vector<trace_real_row>>
tracing_repository::reals(int64_t domain, const std::vector<std::string>& hosts, bool with_bodies) {
  std::vector<trace_real_row> out;
  auto done = for_parts(hosts, [&](const std::vector<std::string>& part) -> expected<void> {
    filter matching("i.domain = ? and i.is_traced = 1", domain);
    matching.in("r.host_id", part);
    auto rows = db_.list_with(fmt::format("select {}, {} from trace_real r join trace_item i on "
                                          "i.n = r.item where {} order by r.host_id, r.item",
                                          real_columns,
                                          with_bodies ? "r.body" : "''",
                                          matching.where()),
                              matching.values(),
                              read_real);
    if (!rows)
      return fail(std::move(rows.error()));
    std::move(rows->begin(), rows->end(), std::back_inserter(out));
    return {};
  });
  if (!done)
    return fail(std::move(done.error()));
  return out;
}

expected<std::optional<trace_real_row>> tracing_repository::real(int64_t item,
                                                                 std::string_view host_id) {
  return db_.first(
    fmt::format("select {}, r.body from trace_real r where r.item = ? and r.host_id = ?",
                real_columns),
    read_real,
    item,
    host_id);
}

expected<void> tracing_repository::keep_real(const trace_real_row& x) {
  auto is_there = db_.count("select count(*) from trace_item i join trace_host t on "
                            "t.domain = i.domain where i.n = ? and i.is_traced = 1 and "
                            "t.host_id = ?",
                            x.item,
                            x.host_id);
  if (!is_there || *is_there == 0)
    return only(std::move(is_there));
  return only(db_.run(db_.sql().upsert("trace_real",
                                       {"item", "host_id"},
                                       {"state",
                                        "reason",
                                        "looked_ms",
                                        "since_ms",
                                        "read_ms",
                                        "file_mode",
                                        "file_owner",
                                        "synced_by",
                                        "body"}),
                      x.item,
                      x.host_id,
                      x.state,
                      x.reason,
                      x.looked_ms,
                      x.since_ms,
                      x.read_ms,
                      x.mode,
                      x.owner,
                      x.synced_by,
                      x.body));
}

expected<void>
tracing_repository::touch_real(int64_t item, std::string_view host_id, int64_t now_ms) {
  return only(db_.run("update trace_real set looked_ms = ?, read_ms = ? where item = ? and "
                      "host_id = ? and read_ms > 0",
                      now_ms,
                      now_ms,
                      item,
                      host_id));
}

expected<void> tracing_repository::note_sync(int64_t item,
                                             std::string_view host_id,
                                             std::string_view user,
                                             int64_t now_ms) {
  return only(update_or_insert(
    [&] {
      return db_.run(
        "update trace_real set synced_by = ? where item = ? and host_id = ?", user, item, host_id);
    },
    [&] {
      return db_.run("insert into trace_real (item, host_id, state, reason, looked_ms, since_ms, "
                     "read_ms, file_mode, file_owner, synced_by, body) values "
                     "(?, ?, 'UNKNOWN', '', ?, ?, 0, '', '', ?, '')",
                     item,
                     host_id,
                     now_ms,
                     now_ms,
                     user);
    }));
}

expected<void> tracing_repository::add_edit(const trace_edit_row& x) {
  auto added = db_.run("insert into trace_edit (item, host_id, after_ms, seen_ms, state, username, "
                       "summary, before_body, after_body) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                       x.item,
                       x.host_id,
                       x.after_ms,
                       x.seen_ms,
                       x.state,
                       x.user,
                       x.summary,
                       x.before,
                       x.after);
  if (!added)
    return fail(std::move(added.error()));
  auto oldest = db_.integer("select n from trace_edit where item = ? and host_id = ? "
                            "order by n desc limit 1 offset ?",
                            x.item,
                            x.host_id,
                            most_edits);
  if (!oldest || !*oldest)
    return only(std::move(oldest));
  return only(db_.run("delete from trace_edit where item = ? and host_id = ? and n <= ?",
                      x.item,
                      x.host_id,
                      **oldest));
}

expected<std::optional<trace_edit_row>> tracing_repository::last_edit(int64_t item,
                                                                      std::string_view host_id) {
  return db_.first(
    "select after_ms, seen_ms, state, username, summary from trace_edit where item = ? and "
    "host_id = ? order by n desc limit 1",
    [&](const row& r) {
      trace_edit_row x;
      x.item = item;
      x.host_id = host_id;
      x.after_ms = r.integer(0);
      x.seen_ms = r.integer(1);
      x.state = r.string(2);
      x.user = r.string(3);
      x.summary = r.string(4);
      return x;
    },
    item,
    host_id);
}

expected<std::vector<trace_edit_row>> tracing_repository::edits(std::string_view owner,
                                                                std::string_view domain,
                                                                std::string_view path,
                                                                std::string_view host_id,
                                                                const scope& of,
                                                                int64_t most) {
  filter matching("d.owner = ?", owner);
  if (!domain.empty())
    matching.also("d.name = ?", domain);
  if (!path.empty())
    matching.also("i.path = ?", path);
  if (!host_id.empty())
    matching.also("e.host_id = ?", host_id);
  of.limit_ids(matching, "e.host_id");
  return db_.list_with("select d.name, i.path, e.item, e.host_id, e.after_ms, e.seen_ms, e.state, "
                       "e.username, e.summary, e.before_body, e.after_body from trace_edit e "
                       "join trace_item i on i.n = e.item join trace_domain d on d.n = i.domain "
                       "where " +
                         matching.where() + " order by e.seen_ms desc, e.n desc limit ?",
                       matching.values_and(most),
                       [](const row& r) {
                         trace_edit_row x;
                         x.domain = r.string(0);
                         x.path = r.string(1);
                         x.item = r.integer(2);
                         x.host_id = r.string(3);
                         x.after_ms = r.integer(4);
                         x.seen_ms = r.integer(5);
                         x.state = r.string(6);
                         x.user = r.string(7);
                         x.summary = r.string(8);
                         x.before = r.string(9);
                         x.after = r.string(10);
                         return x;
                       });
}

// -- hosts that tell of their files themselves

expected<std::vector<trace_domain_row>>
tracing_repository::domains_of_host(std::string_view host_id) {
  return db_.list("select d.n, d.owner, d.name, d.priority from trace_host t join trace_domain d "
                  "on d.n = t.domain join host h on h.id = t.host_id and h.owner = d.owner where "
                  "t.host_id = ? order by d.n limit ?",
                  read_domain,
                  host_id,
                  most_told_domains);
}

expected<std::vector<std::string>> tracing_repository::paths_of_host(std::string_view host_id) {
  return db_.list(
    "select distinct i.path from trace_host t join trace_domain d on d.n = t.domain "
    "join host h on h.id = t.host_id and h.owner = d.owner join trace_item i on "
    "i.domain = d.n and i.is_traced = 1 where t.host_id = ? order by i.path limit ?",
    [](const row& r) { return r.string(0); },
    host_id,
    most_items);
}

expected<void> tracing_repository::note_told(std::string_view host_id, int64_t now_ms) {
  return only(db_.run("update trace_host set told_ms = ? where host_id = ?", now_ms, host_id));
}

// -- looking by time

expected<std::vector<trace_due_row>>
tracing_repository::due(std::string_view owner, int64_t now_ms, int64_t most) {
  return db_.list(
    "select d.n, d.name, d.due_ms from trace_domain d where d.owner = ? and d.due_ms <= ? and "
    "exists (select 1 from trace_host t where t.domain = d.n) and "
    "exists (select 1 from trace_item i where i.domain = d.n and i.is_traced = 1) "
    "order by d.due_ms, d.n limit ?",
    [](const row& r) {
      return trace_due_row{r.integer(0), r.string(1), r.integer(2)};
    },
    owner,
    now_ms,
    most);
}

expected<bool> tracing_repository::move_on(const trace_due_row& x, int64_t next_ms) {
  return db_
    .run("update trace_domain set due_ms = ? where n = ? and due_ms = ?", next_ms, x.key, x.due_ms)
    .map([](int64_t rows) { return rows > 0; });
}

expected<int64_t> tracing_repository::count_items(int64_t domain) {
  return db_.count("select count(*) from trace_item where domain = ? and is_traced = 1", domain);
}

expected<void> forget_traced_host(database& db, std::string_view host_id) {
  return in_order([&] { return db.run("delete from trace_host where host_id = ?", host_id); },
                  [&] { return db.run("delete from trace_real where host_id = ?", host_id); },
                  [&] { return db.run("delete from trace_edit where host_id = ?", host_id); });
}

} // namespace aops::storage
