#include "runtime/io/storage/topology_repository.hpp"

#include "runtime/io/storage/steps.hpp"

#include <algorithm>
#include <set>

namespace aops::storage {

namespace {

constexpr int64_t portion_of_links = 1000;

constexpr std::string_view link_columns =
  "l.host_id, l.link_key, l.kind, l.side, l.process_name, l.client_ip, l.virtual_ip, "
  "l.virtual_port, l.local_ip, l.server_ip, l.server_port, l.begin_ms, l.end_ms";

topology_link_row link_in(const row& r) {
  return {r.string(0),
          r.string(1),
          r.string(2),
          r.string(3),
          r.string(4),
          r.string(5),
          r.string(6),
          r.integer(7),
          r.string(8),
          r.string(9),
          r.integer(10),
          r.integer(11),
          r.integer(12)};
}

} // namespace

expected<void> topology_repository::begin(const topology_link_row& x) {
  // The unique key has `end_ms`: one that goes on already is left as it is.
  return only(db_.run(db_.sql().insert_ignore("topology_link",
                                              {"host_id", "link_key", "end_ms"},
                                              {"kind",
                                               "side",
                                               "process_name",
                                               "client_ip",
                                               "virtual_ip",
                                               "virtual_port",
                                               "local_ip",
                                               "server_ip",
                                               "server_port",
                                               "begin_ms"}),
                      x.host_id,
                      x.key,
                      0,
                      x.kind,
                      x.side,
                      x.process,
                      x.client_ip,
                      x.virtual_ip,
                      x.virtual_port,
                      x.local_ip,
                      x.server_ip,
                      x.server_port,
                      x.begin_ms));
}

expected<void>
topology_repository::end(std::string_view host_id, std::string_view key, int64_t end_ms) {
  auto done = db_.run("update topology_link set end_ms = ? where host_id = ? and link_key = ? and "
                      "end_ms = 0",
                      end_ms,
                      host_id,
                      key);
  if (done || done.error() != ec::conflict)
    return only(std::move(done));
  // It ended at the very same time once before: that is said already.
  return only(db_.run(
    "delete from topology_link where host_id = ? and link_key = ? and end_ms = 0", host_id, key));
}

expected<void> topology_repository::keep(const topology_news& x, int64_t silence_ms) {
  const auto& h = x.host;
  auto is_managed = db_.count("select count(*) from host where id = ?", h.host_id);
  if (!is_managed || *is_managed == 0)
    return only(std::move(is_managed));
  auto seen = db_.integer("select seen_ms from topology_host where host_id = ?" +
                            std::string{db_.sql().for_update()},
                          h.host_id);
  if (!seen)
    return fail(std::move(seen.error()));
  auto told = update_or_insert(
    [&] {
      return db_.run("update topology_host set machine_id = ?, hostname = ?, addresses = ?, "
                     "seen_ms = ? where host_id = ?",
                     h.machine_id,
                     h.hostname,
                     h.addresses,
                     std::max(h.seen_ms, seen->value_or(0)),
                     h.host_id);
    },
    [&] {
      return db_.run("insert into topology_host (host_id, machine_id, hostname, addresses, "
                     "first_ms, seen_ms) values (?, ?, ?, ?, ?, ?)",
                     h.host_id,
                     h.machine_id,
                     h.hostname,
                     h.addresses,
                     h.first_ms,
                     h.seen_ms);
    });
  if (!told)
    return only(std::move(told));
  if (x.is_all) {
    std::set<std::string_view> present;
    bool was_silent = *seen && h.seen_ms - **seen >= silence_ms;
    if (!was_silent)
      for (const auto& link : x.began)
        present.insert(link.key);
    auto open = db_.list(
      "select link_key from topology_link where host_id = ? and end_ms = 0",
      [](const row& r) { return r.string(0); },
      h.host_id);
    if (!open)
      return fail(std::move(open.error()));
    auto done = for_each(*open, [&](const std::string& key) -> expected<void> {
      return present.contains(key) ? expected<void>{}
                                   : end(h.host_id, key, seen->value_or(h.seen_ms));
    });
    if (!done)
      return done;
  }
  for (const auto& [key, end_ms] : x.ended)
    if (auto done = end(h.host_id, key, end_ms); !done)
      return done;
  return for_each(x.began, [&](const topology_link_row& link) { return begin(link); });
}

expected<void>
topology_repository::note_seen(const std::vector<std::pair<std::string, int64_t>>& hosts) {
  std::vector<parameter> values;
  values.reserve(hosts.size() * 3);
  for (const auto& [host, seen_ms] : hosts)
    values.insert(values.end(), {parameter{seen_ms}, parameter{host}, parameter{seen_ms}});
  if (values.empty())
    return {};
  return only(db_.run_many(
    "update topology_host set seen_ms = ? where host_id = ? and seen_ms < ?", 3, values));
}

expected<std::vector<topology_host_row>> topology_repository::hosts_of(std::string_view owner) {
  return db_.list(
    "select t.host_id, t.machine_id, t.hostname, t.addresses, t.first_ms, t.seen_ms from "
    "topology_host t join host h on h.id = t.host_id where h.owner = ? order by t.host_id",
    [](const row& r) {
      return topology_host_row{
        r.string(0), r.string(1), r.string(2), r.string(3), r.integer(4), r.integer(5)};
    },
    owner);
}

expected<std::vector<topology_link_row>> topology_repository::links_of(std::string_view owner,
                                                                       int64_t from_ms,
                                                                       int64_t to_ms,
                                                                       int64_t most) {
  return db_.list("select " + std::string{link_columns} +
                    " from host h join topology_link l on l.host_id = h.id where h.owner = ? and "
                    "l.begin_ms < ? and (l.end_ms = 0 or l.end_ms >= ?) order by l.n limit ?",
                  link_in,
                  owner,
                  to_ms,
                  from_ms,
                  most);
}

expected<std::vector<topology_link_row>> topology_repository::links_of_host(
  std::string_view host_id, int64_t from_ms, int64_t to_ms, int64_t most) {
  return db_.list("select " + std::string{link_columns} +
                    " from topology_link l where l.host_id = ? and l.begin_ms < ? and "
                    "(l.end_ms = 0 or l.end_ms >= ?) order by l.n limit ?",
                  link_in,
                  host_id,
                  to_ms,
                  from_ms,
                  most);
}

expected<judged_time>
topology_repository::judged(std::string_view host_id, int64_t from_ms, int64_t until_ms) {
  judged_time out;
  auto cursor = db_.first(
    "select c.since_ms, c.until_ms from host h join host_cursor c on c.host = h.n where h.id = ?",
    [&](const row& r) {
      out.since_ms = r.integer(0);
      out.until_ms = r.integer(1);
      return true;
    },
    host_id);
  if (!cursor)
    return fail(std::move(cursor.error()));
  auto deviations = db_.list(
    "select d.check_item, d.start_ms, d.end_ms, d.reason from host h join deviation d on "
    "d.host = h.n where h.id = ? and d.start_ms <= ? and d.end_ms >= ? "
    "order by d.check_item, d.start_ms",
    [](const row& r) {
      return deviation{r.string(0), r.integer(1), r.integer(2), r.string(3)};
    },
    host_id,
    until_ms,
    from_ms);
  if (!deviations)
    return fail(std::move(deviations.error()));
  out.deviations = std::move(*deviations);
  return out;
}

expected<int64_t> topology_repository::expire(int64_t before_ms) {
  // Of hosts that are no more, and of those that have been silent for as long.
  auto old = db_.list(
    "select l.n from topology_link l where l.end_ms > 0 and l.end_ms < ? "
    "order by l.n limit ?",
    [](const row& r) { return r.integer(0); },
    before_ms,
    portion_of_links);
  if (!old)
    return fail(std::move(old.error()));
  if (old->empty()) {
    old = db_.list(
      "select l.n from topology_link l left join topology_host t on "
      "t.host_id = l.host_id where l.end_ms = 0 and (t.n is null or t.seen_ms < ?) "
      "limit ?",
      [](const row& r) { return r.integer(0); },
      before_ms,
      portion_of_links);
    if (!old)
      return fail(std::move(old.error()));
  }
  if (old->empty())
    return db_.run("delete from topology_host where seen_ms < ?", before_ms).map([](int64_t) {
      return int64_t{0};
    });
  std::vector<parameter> keys;
  keys.reserve(old->size());
  for (auto n : *old)
    keys.emplace_back(n);
  auto gone = db_.run_many("delete from topology_link where n = ?", 1, keys);
  if (!gone)
    return fail(std::move(gone.error()));
  return static_cast<int64_t>(old->size());
}

} // namespace aops::storage
