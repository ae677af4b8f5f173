#include "actors/store/store_access.hpp"

namespace aops::actors {

storage::audit_entry
entry_of(const caller& who, int64_t now_ms, std::string_view action, int64_t code) {
  // One that acts for itself has no name at all; nobody else has none.
  bool is_service = who.by_service || who.user.empty();
  storage::audit_entry entry;
  entry.time_ms = now_ms;
  entry.user = is_service ? std::string{service_user} : who.user;
  entry.owner = who.owner;
  entry.address = who.address;
  entry.action = action;
  entry.code = code;
  if (who.by_service)
    entry.detail = "for " + who.user;
  return entry;
}

expected<void> audit(storage::database& db,
                     int64_t now_ms,
                     const caller& who,
                     std::string_view action,
                     std::string_view entity,
                     int64_t code) {
  auto entry = entry_of(who, now_ms, action, code);
  entry.entity = entity;
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
