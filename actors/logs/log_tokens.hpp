#pragma once

#include "messages/account.hpp"
#include "messages/logs.hpp"
#include "runtime/io/storage/database.hpp"
#include "runtime/io/storage/log_token_repository.hpp"

/// Tokens of hosts, on a connection of the SQL store; what changes something, in a transaction.
namespace aops::actors {

expected<log_token_created> create_log_token(storage::database& db,
                                             const caller& who,
                                             const storage::log_token& made,
                                             const std::string& token);
expected<log_tokens_found>
list_log_tokens(storage::database& db, const caller& who, const log_tokens_query& q);
expected<log_tokens_deleted> delete_log_tokens(storage::database& db,
                                               const caller& who,
                                               const log_tokens_to_delete& x,
                                               int64_t now_ms);

} // namespace aops::actors
