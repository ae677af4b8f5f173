#include "actors/logs/log_tokens.hpp"

#include "actors/store/store_access.hpp"

namespace aops::actors {

using storage::log_token_repository;

expected<log_token_created> create_log_token(storage::database& db,
                                             const caller& who,
                                             const storage::log_token& made,
                                             const std::string& token) {
  if (auto added = log_token_repository{db}.add(who.owner, made); !added)
    return fail(std::move(added.error()));
  return audit(db, made.created_ms, who, "logs.token.create", made.host_id).map([&] {
    return log_token_created{made.id, token};
  });
}

expected<log_tokens_found>
list_log_tokens(storage::database& db, const caller& who, const log_tokens_query& q) {
  return log_token_repository{db}
    .of_owner(who.owner, q.host_list.value_or(std::vector<std::string>{}))
    .map([](std::vector<log_token_info> all) { return log_tokens_found{std::move(all)}; });
}

expected<log_tokens_deleted> delete_log_tokens(storage::database& db,
                                               const caller& who,
                                               const log_tokens_to_delete& x,
                                               int64_t now_ms) {
  auto gone = log_token_repository{db}.remove(who.owner, x.token_list);
  if (!gone)
    return fail(std::move(gone.error()));
  return audit(db, now_ms, who, "logs.token.delete", listed(*gone)).map([&] {
    return log_tokens_deleted{std::move(*gone)};
  });
}

} // namespace aops::actors
