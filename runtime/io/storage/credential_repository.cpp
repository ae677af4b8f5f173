#include "runtime/io/storage/credential_repository.hpp"

#include "runtime/io/storage/filter.hpp"
#include "runtime/io/storage/meta_repository.hpp"
#include "runtime/io/storage/steps.hpp"

namespace aops::storage {

expected<void> credential_repository::save(std::string_view host_id, std::string_view sealed) {
  auto host = db_.integer("select n from host where id = ?", host_id);
  if (!host)
    return fail(std::move(host.error()));
  if (!*host)
    return fail(ec::not_found, "host " + std::string{host_id});
  return only(
    db_.run(db_.sql().upsert("host_credential", {"host"}, {"body"}), **host, blob{sealed}));
}

expected<std::string> credential_repository::find(std::string_view owner,
                                                  std::string_view host_id) {
  auto found = db_.first(
    "select c.body from host_credential c join host h on h.n = c.host "
    "where h.owner = ? and h.id = ?",
    [](const row& r) { return r.string(0); },
    owner,
    host_id);
  if (!found)
    return fail(std::move(found.error()));
  if (!*found)
    return fail(ec::not_found, "credentials of host " + std::string{host_id});
  return std::move(**found);
}

expected<std::vector<credential_repository::entry>>
credential_repository::of_owner(std::string_view owner) {
  return db_.list(
    "select h.id, c.body from host_credential c join host h on h.n = c.host "
    "where h.owner = ? order by h.n",
    [](const row& r) {
      return entry{r.string(0), r.string(1)};
    },
    owner);
}

expected<std::vector<credential_repository::entry>>
credential_repository::of_hosts(std::string_view owner, const std::vector<std::string>& host_ids) {
  std::vector<entry> out;
  auto done = for_parts(host_ids, [&](const std::vector<std::string>& part) -> expected<void> {
    filter matching("h.owner = ?", owner);
    matching.in("h.id", part);
    auto rows = db_.list_with(
      "select h.id, c.body from host_credential c join host h on h.n = c.host where " +
        matching.where(),
      matching.values(),
      [&](const row& r) {
        out.push_back({r.string(0), r.string(1)});
        return true;
      });
    return only(std::move(rows));
  });
  if (!done)
    return fail(std::move(done.error()));
  return out;
}

expected<std::optional<std::string>> credential_repository::verifier(std::string_view owner) {
  return db_.first(
    "select body from vault_verifier where owner = ?",
    [](const row& r) { return r.string(0); },
    owner);
}

expected<std::optional<std::string>> credential_repository::lock_verifier(std::string_view owner) {
  return db_.first(
    "select body from vault_verifier where owner = ?" + std::string{db_.sql().for_update()},
    [](const row& r) { return r.string(0); },
    owner);
}

expected<void> credential_repository::drop_empty_vault(std::string_view owner) {
  // Locked before it counts: whoever seals something meanwhile locks it too, and looks again.
  auto verifier = lock_verifier(owner);
  if (!verifier || !*verifier)
    return only(std::move(verifier));
  auto left = db_.count(
    "select count(*) from host_credential c join host h on h.n = c.host where h.owner = ?", owner);
  if (!left || *left > 0)
    return only(std::move(left));
  return in_order([&] { return db_.run("delete from vault_verifier where owner = ?", owner); },
                  [&] {
                    return db_.run(
                      "update session set vault_node = '' where vault_node <> '' and account in "
                      "(select n from account where owner = ?)",
                      owner);
                  },
                  [&] { return meta_repository{db_}.bump("sessions"); });
}

expected<void> credential_repository::save_verifier(std::string_view owner,
                                                    std::string_view verifier) {
  return only(
    db_.run(db_.sql().insert_ignore("vault_verifier", {"owner"}, {"body"}), owner, blob{verifier}));
}

expected<void> credential_repository::replace_verifier(std::string_view owner,
                                                       std::string_view was,
                                                       std::string_view verifier) {
  auto rows = db_.run("update vault_verifier set body = ? where owner = ? and body = ?",
                      blob{verifier},
                      owner,
                      blob{was});
  if (rows && *rows == 0)
    return fail(ec::conflict, "the vault key was changed meanwhile");
  return only(std::move(rows));
}

} // namespace aops::storage
