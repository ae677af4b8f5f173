#include "runtime/io/storage/host_info_repository.hpp"

#include "runtime/io/storage/filter.hpp"
#include "runtime/io/storage/steps.hpp"

#include <unordered_map>

namespace aops::storage {

namespace {

using ids = std::vector<std::string>;

/// What one answer holds, as JSON text.
constexpr size_t most_bytes = size_t{16} << 20;

/// Hosts of the scope among some, which must outlive it.
filter hosts_in(const host_info_repository::scope& of, const ids&& some) = delete;
filter hosts_in(const host_info_repository::scope& of, const ids& some) {
  filter matching("1 = 1");
  if (!of.owner.empty())
    matching.also("h.owner = ?", of.owner);
  if (of.groups) {
    filter groups("1 = 1");
    groups.in("name", *of.groups);
    if (of.groups->empty())
      groups.also("1 = 0"); // An empty list means all elsewhere.
    matching.also_all("h.host_group in (select n from host_group where " + groups.where() + ")",
                      groups.values());
  }
  matching.in("h.id", some);
  return matching;
}

/// Reads hosts in parts, and puts them into the order asked.
template <class Read>
expected<std::vector<host_facts>> facts_of(database& db,
                                           const host_info_repository::scope& of,
                                           const ids& wanted,
                                           const std::string& query,
                                           Read read) {
  std::unordered_map<std::string, host_facts> found;
  size_t bytes = 0;
  auto done = for_parts(wanted, [&](const ids& part) -> expected<void> {
    auto matching = hosts_in(of, part);
    auto rows = db.list_with(query + " where " + matching.where(), matching.values(), read);
    if (!rows)
      return fail(std::move(rows.error()));
    for (auto& x : *rows) {
      bytes += x.infos.text.size();
      found.emplace(x.host_id, std::move(x));
    }
    if (bytes > most_bytes)
      return fail(ec::bad_request, "host_list: more is known of them than one answer takes");
    return {};
  });
  if (!done)
    return fail(std::move(done.error()));
  return in_order_of(wanted, std::move(found));
}

} // namespace

expected<std::vector<host_facts>> host_info_repository::facts(const scope& of, const ids& some) {
  return facts_of(db_,
                  of,
                  some,
                  "select h.id, i.body, i.updated_ms, i.failure from host h "
                  "left join host_information i on i.host = h.n",
                  [](const row& r) {
                    host_facts x;
                    x.host_id = r.string(0);
                    x.infos.text = r.is_null(1) ? "{}" : r.string(1);
                    if (r.is_null(1))
                      return x;
                    if (auto at = r.integer(2); at > 0)
                      x.collected = moment{at};
                    x.failure = r.string(3);
                    return x;
                  });
}

expected<std::vector<host_facts>> host_info_repository::basics(const scope& of, const ids& some) {
  return facts_of(db_,
                  of,
                  some,
                  "select h.id, h.name, g.name, h.ip, h.ssh_port, h.management, h.status "
                  "from host h join host_group g on g.n = h.host_group",
                  [](const row& r) {
                    host_facts x;
                    x.host_id = r.string(0);
                    x.host_name = r.string(1);
                    x.host_group_name = r.string(2);
                    x.public_ip = r.string(3);
                    x.ssh_port = r.integer(4);
                    x.management = r.boolean(5);
                    x.status = r.string(6);
                    return x;
                  });
}

expected<bool> host_info_repository::save(const scope& of,
                                          std::string_view host_id,
                                          std::string_view infos,
                                          int64_t now_ms) {
  const ids one{std::string{host_id}}; // The condition refers to it.
  auto matching = hosts_in(of, one);
  auto host =
    db_.integer_with("select h.n from host h where " + matching.where(), matching.values());
  if (!host)
    return fail(std::move(host.error()));
  if (!*host)
    return false;
  auto saved = db_.run(
    db_.sql().upsert("host_information", {"host"}, {"body", "updated_ms", "tried_ms", "failure"}),
    **host,
    infos,
    now_ms,
    now_ms,
    std::string_view{});
  return saved.map([](int64_t) { return true; });
}

expected<void>
host_info_repository::note_failure(std::string_view host_id, std::string_view why, int64_t now_ms) {
  auto host = db_.integer("select n from host where id = ?", host_id);
  if (!host || !*host)
    return only(std::move(host));
  return only(update_or_insert(
    [&] {
      return db_.run("update host_information set tried_ms = ?, failure = ? where host = ?",
                     now_ms,
                     why,
                     **host);
    },
    [&] {
      return db_.run("insert into host_information (host, body, updated_ms, tried_ms, failure) "
                     "values (?, '{}', 0, ?, ?)",
                     **host,
                     now_ms,
                     why);
    }));
}

expected<std::vector<std::string>>
host_info_repository::due(std::string_view owner, int64_t before_ms, int64_t most) {
  return db_.list(
    "select h.id from host h join host_credential c on c.host = h.n "
    "left join host_information i on i.host = h.n where h.owner = ? and "
    "(i.host is null or (i.updated_ms < ? and i.tried_ms < ?)) order by h.n limit ?",
    [](const row& r) { return r.string(0); },
    owner,
    before_ms,
    before_ms,
    most);
}

expected<int64_t> host_info_repository::remove(const scope& of, const ids& some) {
  int64_t removed = 0;
  auto done = for_parts(some, [&](const ids& part) -> expected<void> {
    auto matching = hosts_in(of, part);
    auto rows = db_.run_with("delete from host_information where host in (select h.n from host h "
                             "where " +
                               matching.where() + ")",
                             matching.values());
    if (!rows)
      return fail(std::move(rows.error()));
    removed += *rows;
    return {};
  });
  if (!done)
    return fail(std::move(done.error()));
  return removed;
}

} // namespace aops::storage
