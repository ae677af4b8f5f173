#include "runtime/io/storage/host_key_repository.hpp"

#include "runtime/io/storage/steps.hpp"

namespace aops::storage {

expected<by_text<std::vector<std::string>>>
host_key_repository::of(const std::vector<std::string>& host_ids) {
  by_text<std::vector<std::string>> out;
  auto done = for_parts(host_ids, [&](const std::vector<std::string>& part) -> expected<void> {
    filter matching("1 = 1");
    matching.in("h.id", part);
    auto rows = db_.list_with(
      "select h.id, k.kind, k.body from host_key k join host h on h.n = k.host where " +
        matching.where() + " order by k.host, k.kind",
      matching.values(),
      [&](const row& r) {
        out[r.string(0)].push_back(r.string(1) + " " + r.string(2));
        return true;
      });
    return only(std::move(rows));
  });
  if (!done)
    return fail(std::move(done.error()));
  return out;
}

expected<void>
host_key_repository::add(int64_t host, const std::vector<std::string>& keys, int64_t now_ms) {
  return for_each(keys, [&](const std::string& key) -> expected<void> {
    auto blank = key.find(' ');
    if (blank == std::string::npos)
      return {};
    return only(db_.run(db_.sql().insert_ignore("host_key", {"host", "kind"}, {"body", "seen_ms"}),
                        host,
                        std::string_view{key}.substr(0, blank),
                        std::string_view{key}.substr(blank + 1),
                        now_ms));
  });
}

expected<void> host_key_repository::remember(std::string_view host_id,
                                             const std::vector<std::string>& keys,
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
                                            const std::vector<std::string>& keys,
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
