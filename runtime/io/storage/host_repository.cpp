#include "runtime/io/storage/host_repository.hpp"

#include "runtime/io/storage/alert_repository.hpp"
#include "runtime/io/storage/credential_repository.hpp"
#include "runtime/io/storage/filter.hpp"
#include "runtime/io/storage/meta_repository.hpp"
#include "runtime/io/storage/result_repository.hpp"
#include "runtime/io/storage/steps.hpp"
#include "runtime/io/storage/tracing_repository.hpp"

#include <unordered_map>

namespace aops::storage {

namespace {

const std::string record_query =
  "select h.id, h.name, h.owner, g.name, h.ip, h.exporter_port, h.slot, h.status, "
  "h.status_since_ms, h.source from host h join host_group g on g.n = h.host_group";

host_record read_record(const row& r) {
  host_record x;
  x.host_id = r.string(0);
  x.host_name = r.string(1);
  x.owner = r.string(2);
  x.host_group_name = r.string(3);
  x.public_ip = r.string(4);
  x.exporter_port = r.integer(5);
  x.slot = static_cast<uint16_t>(r.integer(6));
  x.status = r.string(7);
  x.status_since_ms = r.integer(8);
  x.source = r.string(9);
  return x;
}

host_info read_info(const row& r) {
  host_info x;
  x.host_id = r.string(0);
  x.host_name = r.string(1);
  x.host_group_name = r.string(2);
  x.public_ip = r.string(3);
  x.ssh_port = r.integer(4);
  x.management = r.boolean(5);
  x.status = r.string(6);
  if (r.integer(7) > 0)
    x.status_since.emplace(moment{r.integer(7)});
  if (r.integer(8) > 0)
    x.exporter_port.emplace(r.integer(8));
  x.scrape_error = r.string(9);
  if (r.integer(10) > 0)
    x.first_online.emplace(moment{r.integer(10)});
  x.source = r.string(11);
  return x;
}

} // namespace

expected<void> host_repository::explain_conflict(const place& x) {
  auto taken = db_.first(
    "select name from host where owner = ? and n <> ? and "
    "(name = ? or (ip = ? and coalesce(nullif(exporter_port, 0), ?) = ?))",
    [](const row& r) { return r.string(0); },
    x.owner,
    x.self,
    x.name,
    x.address,
    x.default_port,
    x.port == 0 ? x.default_port : x.port);
  if (!taken)
    return fail(std::move(taken.error()));
  if (!*taken)
    return {};
  return fail(ec::conflict,
              **taken == x.name ? "host_name: exists already" : "public_ip: exists already");
}

/// The default group is made by whoever needs it first.
expected<int64_t> host_repository::group_key(std::string_view owner, std::string_view name) {
  const std::string query = "select n from host_group where owner = ? and name = ?";
  auto known = db_.integer(query, owner, name);
  if (!known)
    return fail(std::move(known.error()));
  if (*known)
    return **known;
  if (name != default_group)
    return fail(ec::not_found, "host_group_name: no such group");
  auto made = add_group(owner, {default_group, "Hosts that name no group."});
  if (made)
    return db_.last_id();
  if (made.error() != ec::conflict)
    return fail(std::move(made.error()));
  // Another node was faster: a locking read sees what it committed.
  return db_.count(query + std::string{db_.sql().for_update()}, owner, name);
}

expected<void> host_repository::add(const new_host& x, std::string_view credentials) {
  place there{x.owner, x.host_name, x.public_ip, x.exporter_port.value_or(0), x.default_port};
  if (auto free = explain_conflict(there); !free)
    return free;
  auto group = group_key(x.owner, x.host_group_name);
  if (!group)
    return fail(std::move(group.error()));
  return in_order(
    [&]() -> expected<void> {
      auto added =
        db_.run("insert into host (id, owner, name, ip, host_group, ssh_port, management, "
                "exporter_port, slot, source, status, status_since_ms, created_ms) "
                "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'unknown', ?, ?)",
                x.host_id,
                x.owner,
                x.host_name,
                x.public_ip,
                *group,
                x.ssh_port,
                x.management,
                x.exporter_port.value_or(0),
                x.slot,
                x.source,
                x.created_ms,
                x.created_ms);
      if (!added && added.error() == ec::conflict) { // Another node was faster.
        auto free = explain_conflict(there);
        return free ? expected<void>{fail(ec::conflict, "host_id: in use")} : free;
      }
      return only(std::move(added));
    },
    [&]() -> expected<void> {
      if (credentials.empty())
        return {};
      return credential_repository{db_}.save(x.host_id, credentials);
    },
    [&] { return meta_repository{db_}.bump("hosts"); });
}

expected<host_record> host_repository::update(std::string_view owner,
                                              const host_to_update& x,
                                              int64_t default_port,
                                              int64_t now_ms) {
  struct known {
    int64_t key, group, ssh_port, exporter_port;
    bool management;
    std::string name, address, source;
  };
  auto found = db_.first(
    "select n, host_group, ssh_port, exporter_port, management, name, ip, source from host "
    "where owner = ? and id = ?" +
      std::string{db_.sql().for_update()},
    [](const row& r) {
      return known{r.integer(0),
                   r.integer(1),
                   r.integer(2),
                   r.integer(3),
                   r.boolean(4),
                   r.string(5),
                   r.string(6),
                   r.string(7)};
    },
    owner,
    x.host_id);
  if (!found)
    return fail(std::move(found.error()));
  if (!*found)
    return fail(ec::not_found, "host_id: no such host");
  const auto& was = **found;
  auto now = was;
  now.name = x.host_name.value_or(was.name);
  now.address = x.public_ip.value_or(was.address);
  now.ssh_port = x.ssh_port.value_or(was.ssh_port);
  now.exporter_port = x.exporter_port.value_or(was.exporter_port);
  now.management = x.management.value_or(was.management);
  now.source = x.source.value_or(was.source);
  place there{owner, now.name, now.address, now.exporter_port, default_port, was.key};
  if (auto free = explain_conflict(there); !free)
    return fail(std::move(free.error()));
  if (x.host_group_name) {
    auto group = group_key(owner, *x.host_group_name);
    if (!group)
      return fail(std::move(group.error()));
    now.group = *group;
  }
  bool is_elsewhere = now.address != was.address || now.exporter_port != was.exporter_port ||
                      now.source != was.source;
  auto done = in_order(
    [&]() -> expected<void> {
      auto changed = db_.run("update host set name = ?, ip = ?, host_group = ?, ssh_port = ?, "
                             "exporter_port = ?, management = ?, source = ? where n = ?",
                             now.name,
                             now.address,
                             now.group,
                             now.ssh_port,
                             now.exporter_port,
                             now.management,
                             now.source,
                             was.key);
      if (!changed && changed.error() == ec::conflict) // Another node was faster.
        if (auto free = explain_conflict(there); !free)
          return free;
      return only(std::move(changed));
    },
    [&]() -> expected<void> {
      if (!is_elsewhere)
        return {};
      // Below 0: it answered where it was before.
      return only(db_.run("update host set status = 'unknown', status_since_ms = ?, "
                          "scrape_error = '', first_online_ms = case when first_online_ms > 0 "
                          "then -first_online_ms else first_online_ms end where n = ?",
                          now_ms,
                          was.key));
    },
    [&] { return meta_repository{db_}.bump("hosts"); });
  if (!done)
    return fail(std::move(done.error()));
  return find(x.host_id);
}

expected<bool>
host_repository::remove(std::string_view owner, std::string_view host_id, int64_t now_ms) {
  auto found = db_.integer("select n from host where owner = ? and id = ?", owner, host_id);
  if (!found)
    return fail(std::move(found.error()));
  if (!*found)
    return false;
  auto host = **found;
  auto done =
    in_order([&] { return alert_repository{db_}.end_of_host(host, now_ms); },
             [&] { return result_repository{db_}.remove_host(owner, host); },
             [&] { return db_.run("delete from host_credential where host = ?", host); },
             [&] { return db_.run("delete from host_key where host = ?", host); },
             [&] { return db_.run("delete from host_information where host = ?", host); },
             [&] { return db_.run("delete from deviation where host = ?", host); },
             [&] { return db_.run("delete from host_cursor where host = ?", host); },
             [&] { return db_.run("delete from series where host = ?", host); },
             [&] { return db_.run("delete from pushed_sample where host = ?", host); },
             [&] { return db_.run("delete from sample where host = ?", host); },
             [&] { return db_.run("delete from sample_chunk where host = ?", host); },
             [&] { return forget_traced_host(db_, host_id); },
             [&] { return db_.run("delete from log_token where host_id = ?", host_id); },
             [&] { return db_.run("delete from topology_link where host_id = ?", host_id); },
             [&] { return db_.run("delete from topology_host where host_id = ?", host_id); },
             [&] { return db_.run("delete from host where n = ?", host); },
             [&] { return meta_repository{db_}.bump("hosts"); });
  if (!done)
    return fail(std::move(done.error()));
  return true;
}

namespace {

/// Hosts `h` that are seen, of groups (empty: all) and of a kind (absent: both).
filter hosts_in(const scope& of,
                const std::vector<std::string>& group_names,
                const maybe<bool>& management) {
  filter matching("h.owner = ?", of.owner());
  of.limit_groups(matching, "h.host_group");
  if (!group_names.empty()) {
    filter groups("owner = ?", of.owner());
    groups.in("name", group_names);
    matching.also_all("h.host_group in (select n from host_group where " + groups.where() + ")",
                      groups.values());
  }
  if (management)
    matching.also("h.management = ?", *management);
  return matching;
}

} // namespace

expected<hosts_page> host_repository::page(const scope& of, const hosts_query& q) {
  snapshot view{db_};
  if (!view)
    return fail(view.error());
  if (auto fair = check_length("host_group_list", q.host_group_list.size()); !fair)
    return fail(std::move(fair.error()));
  if (auto fair = check_length("host_list", q.host_list.size()); !fair)
    return fail(std::move(fair.error()));
  auto p = paging_of(q);
  auto matching = hosts_in(of, q.host_group_list, q.management);
  if (!q.host_list.empty())
    matching.in("h.id", q.host_list);
  auto window = window_of(db_, p, "host h", matching);
  if (!window)
    return fail(std::move(window.error()));
  static constexpr sort_choice choices[] = {{"host_name", "h.name"}, {"host_group_name", "g.name"}};
  auto rows = db_.list_with(
    "select h.id, h.name, g.name, h.ip, h.ssh_port, h.management, h.status, h.status_since_ms, "
    "h.exporter_port, h.scrape_error, h.first_online_ms, h.source from host h join host_group g on "
    "g.n = "
    "h.host_group where " +
      matching.where() + order_by(p, choices, "h.n", "h.n") + " limit ? offset ?",
    matching.values_and(window->limit, window->offset),
    read_info);
  if (!rows)
    return fail(std::move(rows.error()));
  hosts_page out;
  set_totals(out, window->total, p);
  out.host_infos = std::move(*rows);
  return out;
}

expected<int64_t> host_repository::count(const scope& of, const hosts_to_count& which) {
  auto matching = hosts_in(of, which.host_group_list, which.management);
  return db_
    .integer_with("select count(*) from host h where " + matching.where(), matching.values())
    .map([](auto n) { return n.value_or(0); });
}

expected<host_record> host_repository::find(std::string_view host_id) {
  auto found = db_.first(record_query + " where h.id = ?", read_record, host_id);
  if (!found)
    return fail(std::move(found.error()));
  if (!*found)
    return fail(ec::not_found, "host " + std::string{host_id});
  return std::move(**found);
}

expected<std::vector<host_record>> host_repository::of_owner(std::string_view owner) {
  return db_.list(record_query + " where h.owner = ? order by h.n", read_record, owner);
}

expected<std::vector<host_record>> host_repository::in_group(int64_t group) {
  return db_.list(record_query + " where h.host_group = ? order by h.n", read_record, group);
}

expected<std::vector<host_record>> host_repository::in_slots(std::span<const uint16_t> slots) {
  if (slots.empty())
    return std::vector<host_record>{};
  if (slots.size() >= 256)
    return db_.list(record_query + " order by h.n", read_record);
  filter matching("1 = 1");
  matching.in("h.slot", std::vector<uint16_t>(slots.begin(), slots.end()));
  return db_.list_with(
    record_query + " where " + matching.where() + " order by h.n", matching.values(), read_record);
}

expected<std::vector<host_record>>
host_repository::known(const scope& of, const std::vector<std::string>& host_ids) {
  std::unordered_map<std::string, host_record> found;
  auto done = for_parts(host_ids, [&](const std::vector<std::string>& part) -> expected<void> {
    filter matching("h.owner = ?", of.owner());
    of.limit_groups(matching, "h.host_group");
    matching.in("h.id", part);
    auto rows =
      db_.list_with(record_query + " where " + matching.where(), matching.values(), read_record);
    if (!rows)
      return fail(std::move(rows.error()));
    for (auto& x : *rows)
      found.emplace(x.host_id, std::move(x));
    return {};
  });
  if (!done)
    return fail(std::move(done.error()));
  return in_order_of(host_ids, std::move(found));
}

expected<by_text<std::string>> host_repository::owners(const std::vector<std::string>& host_ids) {
  return rows_of_texts(
    db_, "select id, owner from host", "id", host_ids, [](const row& r) { return r.string(1); });
}

expected<std::vector<host_record>> host_repository::called(const scope& of,
                                                           const std::vector<std::string>& texts) {
  std::vector<host_record> out;
  for (const auto* column : {"h.name", "h.ip"}) {
    auto done = for_parts(texts, [&](const std::vector<std::string>& part) -> expected<void> {
      filter matching("h.owner = ?", of.owner());
      of.limit_groups(matching, "h.host_group");
      matching.in(column, part);
      auto rows =
        db_.list_with(record_query + " where " + matching.where(), matching.values(), read_record);
      if (!rows)
        return fail(std::move(rows.error()));
      std::move(rows->begin(), rows->end(), std::back_inserter(out));
      return {};
    });
    if (!done)
      return fail(std::move(done.error()));
  }
  return out;
}

expected<void>
host_repository::set_status(std::string_view host_id, std::string_view status, int64_t since_ms) {
  auto rows = db_.run(
    "update host set status = ?, status_since_ms = ? where id = ?", status, since_ms, host_id);
  if (rows && *rows == 0)
    return fail(ec::not_found, "host " + std::string{host_id});
  return only(std::move(rows));
}

} // namespace aops::storage
