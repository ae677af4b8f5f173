#include "runtime/io/storage/log_token_repository.hpp"

#include "runtime/io/storage/steps.hpp"

#include <algorithm>

namespace aops::storage {

expected<void> log_token_repository::add(std::string_view owner, const log_token& x) {
  auto host = db_.integer("select n from host where owner = ? and id = ?" +
                            std::string{db_.sql().for_update()},
                          owner,
                          x.host_id);
  if (!host)
    return fail(std::move(host.error()));
  if (!*host)
    return fail(ec::not_found, "host_id: no such host");
  auto known = db_.count("select count(*) from log_token where host_id = ?", x.host_id);
  if (!known)
    return fail(std::move(known.error()));
  if (*known >= most_per_host)
    return fail(ec::bad_request, "name: a host has at most 10 tokens");
  auto added =
    db_.run("insert into log_token (id, host_id, name, token_hash, username, created_ms) "
            "values (?, ?, ?, ?, ?, ?)",
            x.id,
            x.host_id,
            x.name,
            x.token_hash,
            x.username,
            x.created_ms);
  if (!added && added.error() == ec::conflict)
    return fail(ec::conflict, "name: exists already");
  return only(std::move(added));
}

expected<std::string> log_token_repository::host_of(std::string_view token_hash) {
  auto found = db_.first(
    "select t.host_id from log_token t join host h on h.id = t.host_id where t.token_hash = ?",
    [](const row& r) { return r.string(0); },
    token_hash);
  if (!found)
    return fail(std::move(found.error()));
  if (!*found)
    return fail(ec::session_invalid);
  return std::move(**found);
}

expected<std::vector<log_token_info>>
log_token_repository::of_owner(std::string_view owner, const std::vector<std::string>& hosts) {
  auto all = db_.list(
    "select t.id, t.host_id, h.name, t.name, t.created_ms from log_token t "
    "join host h on h.id = t.host_id where h.owner = ? order by h.name, t.name",
    [](const row& r) {
      return log_token_info{r.string(0), r.string(1), r.string(2), r.string(3), {r.integer(4)}};
    },
    owner);
  if (all && !hosts.empty())
    std::erase_if(*all, [&](const log_token_info& x) {
      return std::find(hosts.begin(), hosts.end(), x.host_id) == hosts.end();
    });
  return all;
}

expected<std::vector<std::string>>
log_token_repository::remove(std::string_view owner, const std::vector<std::string>& ids) {
  std::vector<std::string> gone;
  auto done = for_each(ids, [&](const std::string& id) -> expected<void> {
    auto rows = db_.run("delete from log_token where id = ? and host_id in "
                        "(select id from host where owner = ?)",
                        id,
                        owner);
    if (!rows)
      return fail(std::move(rows.error()));
    if (*rows > 0)
      gone.push_back(id);
    return {};
  });
  if (!done)
    return fail(std::move(done.error()));
  return gone;
}

} // namespace aops::storage
