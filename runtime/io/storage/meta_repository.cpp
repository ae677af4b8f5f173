#include "runtime/io/storage/meta_repository.hpp"

#include "runtime/io/storage/steps.hpp"

namespace aops::storage {

expected<versions> meta_repository::read() {
  auto rows = db_.list("select name, version from meta", [](const row& r) {
    return std::pair{r.string(0), r.integer(1)};
  });
  if (!rows)
    return fail(std::move(rows.error()));
  versions out;
  for (const auto& [name, version] : *rows) {
    if (name == "rules")
      out.rules = version;
    else if (name == "hosts")
      out.hosts = version;
    else if (name == "sessions")
      out.sessions = version;
    else if (name == "slot_map")
      out.slot_map = version;
    else if (name == "cluster")
      out.cluster = version;
  }
  return out;
}

expected<void> meta_repository::bump(std::string_view subject) {
  auto rows = db_.run("update meta set version = version + 1 where name = ?", subject);
  if (rows && *rows == 0)
    return fail(ec::internal, "no version of " + std::string{subject});
  return only(std::move(rows));
}

expected<std::vector<slot_row>> meta_repository::slots() {
  return db_.list("select slot, node, epoch, seq from slot order by slot", [](const row& r) {
    return slot_row{static_cast<uint16_t>(r.integer(0)),
                    r.string(1),
                    static_cast<uint64_t>(r.integer(2)),
                    r.integer(3)};
  });
}

expected<void> meta_repository::adopt_all_slots(std::string_view node) {
  return transact(db_, [&](database& db) {
    return in_order([&] { return db.run("update slot set node = ? where node <> ?", node, node); },
                    [&] { return bump("slot_map"); });
  });
}

} // namespace aops::storage
