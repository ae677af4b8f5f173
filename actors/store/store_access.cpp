#include "actors/store/store_access.hpp"

namespace aops::actors {

expected<void> audit(storage::database& db,
                     int64_t now_ms,
                     const caller& who,
                     std::string_view action,
                     std::string_view entity,
                     int64_t code) {
  storage::audit_entry entry;
  entry.time_ms = now_ms;
  entry.user = who.user;
  entry.owner = who.owner;
  entry.address = who.address;
  entry.action = action;
  entry.entity = entity;
  entry.code = code;
  return storage::audit_repository{db}.append(entry);
}

std::string listed(const std::vector<std::string>& names) {
  constexpr size_t most = 200;
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    if (text.size() + names[i].size() > most)
      return text + fmt::format(" and {} more", names.size() - i);
    text += (i ? "," : "") + names[i];
  }
  return text;
}

} // namespace aops::actors
