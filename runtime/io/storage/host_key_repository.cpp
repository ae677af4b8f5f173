#include "runtime/io/storage/host_key_repository.hpp"

#include "runtime/io/storage/steps.hpp"

#include <fmt/format.h>

namespace aops::storage {

expected<by_text<std::vector<std::string>>>
host_key_repository::texts_of(std::string_view columns,
                              const std::vector<std::string>& host_ids,
                              std::string (*text_of)(const row&)) {
  by_text<std::vector<std::string>> out;
  auto done = for_parts(host_ids, [&](const std::vector<std::string>& part) -> expected<void> {
    filter matching("1 = 1");
    matching.in("h.id", part);
    auto rows = db_.list_with(
      fmt::format("select h.id, {} from host_key k join host h on h.n = k.host where {}"
                  " order by k.host, k.kind",
                  columns,
                  matching.where()),
      matching.values(),
      [&](const row& r) {
        out[r.string(0)].push_back(text_of(r));
        return true;
      });
    return only(std::move(rows));
  });
  if (!done)
    return fail(std::move(done.error()));
  return out;
}

expected<by_text<std::vector<std::string>>>
host_key_repository::of(const std::vector<std::string>& host_ids) {
  return texts_of(
    "k.kind, k.body", host_ids, [](const row& r) { return r.string(1) + " " + r.string(2); });
}

expected<by_text<std::vector<std::string>>>
host_key_repository::fingerprints_of(const std::vector<std::string>& host_ids) {
  return texts_of("k.fingerprint", host_ids, [](const row& r) { return r.string(1); });
}

expected<void>
host_key_repository::add(int64_t host, const std::vector<known_key>& keys, int64_t now_ms) {
  return for_each(keys, [&](const known_key& x) -> expected<void> {
    auto blank = x.key.find(' ');
    if (blank == std::string::npos)
      return {};
    return only(db_.run(
      db_.sql().insert_ignore("host_key", {"host", "kind"}, {"body", "fingerprint", "seen_ms"}),
      host,
      std::string_view{x.key}.substr(0, blank),
      std::string_view{x.key}.substr(blank + 1),
      x.fingerprint,
      now_ms));
  });
}

expected<void> host_key_repository::remember(std::string_view host_id,
                                             const std::vector<known_key>& keys,
                                             int64_t now_ms) {
  if (keys.empty())
    return {};
  auto host = db_.integer("select n from host where id = ?", host_id);
  if (!host || !*host)
    return only(std::move(host));
  auto known = db_.count("select count(*) from host_key where host = ?", **host);
  if (!known || *known > 0)
    return only(std::move(known));
  return add(**host, keys, now_ms);
}

expected<void> host_key_repository::replace(std::string_view owner,
                                            std::string_view host_id,
                                            const std::vector<known_key>& keys,
                                            int64_t now_ms) {
  auto host = db_.integer("select n from host where owner = ? and id = ?", owner, host_id);
  if (!host)
    return fail(std::move(host.error()));
  if (!*host)
    return fail(ec::not_found, "host " + std::string{host_id});
  return in_order([&] { return db_.run("delete from host_key where host = ?", **host); },
                  [&] { return add(**host, keys, now_ms); });
}

} // namespace aops::storage
