#include "runtime/io/storage/filter.hpp"
#include "runtime/io/storage/host_repository.hpp"
#include "runtime/io/storage/meta_repository.hpp"
#include "runtime/io/storage/steps.hpp"

#include <charconv>

/// The part of `host_repository` that keeps groups.
namespace aops::storage {

namespace {

struct group {
  int64_t key;
  std::string name, description;
};

/// By name, else by id.
/// Locked, so that no host joins it meanwhile.
expected<std::optional<group>>
lock_group(database& db, std::string_view owner, std::string_view name_or_id) {
  const std::string lock{db.sql().for_update()};
  auto read = [](const row& r) { return group{r.integer(0), r.string(1), r.string(2)}; };
  auto named =
    db.first("select n, name, description from host_group where owner = ? and name = ?" + lock,
             read,
             owner,
             name_or_id);
  if (!named || *named)
    return named;
  int64_t key = 0;
  auto end = name_or_id.data() + name_or_id.size();
  if (auto got = std::from_chars(name_or_id.data(), end, key);
      got.ec != std::errc{} || got.ptr != end)
    return std::optional<group>{};
  return db.first("select n, name, description from host_group where owner = ? and n = ?" + lock,
                  read,
                  owner,
                  key);
}

} // namespace

expected<std::string> host_repository::add_group(std::string_view owner,
                                                 const host_group_to_add& x) {
  auto added = db_.run("insert into host_group (owner, name, description) values (?, ?, ?)",
                       owner,
                       x.host_group_name,
                       x.description);
  if (added)
    return std::to_string(db_.last_id());
  if (added.error() == ec::conflict)
    return fail(ec::conflict, "host_group_name: exists already");
  return fail(std::move(added.error()));
}

expected<host_groups_deleted>
host_repository::delete_groups(std::string_view owner, const std::vector<std::string>& groups) {
  host_groups_deleted out;
  bool has_kept = false;
  auto done = for_each(groups, [&](const std::string& name_or_id) -> expected<void> {
    auto found = lock_group(db_, owner, name_or_id);
    if (!found)
      return fail(std::move(found.error()));
    if (!*found)
      return {};
    auto key = (*found)->key;
    auto hosts = db_.count("select count(*) from host where host_group = ?", key);
    if (!hosts)
      return fail(std::move(hosts.error()));
    if (*hosts > 0) {
      has_kept = true;
      return {};
    }
    out.deleted.push_back((*found)->name);
    return in_order(
      [&] { return db_.run("delete from group_grant where host_group = ?", key); },
      [&] { return db_.run("delete from deploy_task_group where host_group = ?", key); },
      [&] { return db_.run("delete from silence_group where host_group = ?", key); },
      [&] { return db_.run("delete from host_group where n = ?", key); });
  });
  if (!done)
    return fail(std::move(done.error()));
  if (has_kept)
    out.code = out.deleted.empty() ? 1106 : 206;
  return out;
}

expected<std::vector<host_record>> host_repository::update_group(std::string_view owner,
                                                                 const host_group_to_update& x) {
  auto found = lock_group(db_, owner, x.host_group_name);
  if (!found)
    return fail(std::move(found.error()));
  if (!*found)
    return fail(ec::not_found, "host_group_name: no such group");
  const auto& was = **found;
  auto name = x.new_name.value_or(was.name);
  auto changed = db_.run("update host_group set name = ?, description = ? where n = ?",
                         name,
                         x.description.value_or(was.description),
                         was.key);
  if (!changed && changed.error() == ec::conflict)
    return fail(ec::conflict, "new_name: exists already");
  if (!changed)
    return fail(std::move(changed.error()));
  if (name == was.name)
    return std::vector<host_record>{};
  // Which rules a host has depends on the name of its group.
  if (auto bumped = meta_repository{db_}.bump("hosts"); !bumped)
    return fail(std::move(bumped.error()));
  return in_group(was.key);
}

expected<host_groups_page> host_repository::groups_page(const scope& of, const paging& p) {
  snapshot view{db_};
  if (!view)
    return fail(view.error());
  filter matching("g.owner = ?", of.owner());
  of.limit_groups(matching, "g.n");
  auto window = window_of(db_, p, "host_group g", matching);
  if (!window)
    return fail(std::move(window.error()));
  static constexpr sort_choice choices[] = {{"host_group_name", "g.name"},
                                            {"host_count", "host_count"}};
  auto rows = db_.list_with(
    "select g.name, g.description, g.n, "
    "(select count(*) from host h where h.host_group = g.n) as host_count "
    "from host_group g where " +
      matching.where() + order_by(p, choices, "g.n", "g.n") + " limit ? offset ?",
    matching.values_and(window->limit, window->offset),
    [](const row& r) {
      return host_group_info{r.string(0), r.string(1), std::to_string(r.integer(2)), r.integer(3)};
    });
  if (!rows)
    return fail(std::move(rows.error()));
  host_groups_page out;
  set_totals(out, window->total, p);
  out.host_group_infos = std::move(*rows);
  return out;
}

} // namespace aops::storage
