#pragma once

#include "messages/kafka.hpp"
#include "runtime/io/storage/outbox_repository.hpp"
#include "runtime/io/storage/rows_by_text.hpp"

namespace aops::storage {

/// A message that could not be used, with what it is about as far as that is known.
struct dead_letter {
  dead_message about;
  std::string owner; ///< Empty: it did not tell.
  std::optional<std::string> key, value;
  std::string headers; ///< Text of `write_headers`.
};

/// Headers of a message as one text, whatever bytes they are, and back.
using header_list = std::vector<std::pair<std::string, std::string>>;
std::string write_headers(const header_list& headers);
header_list read_headers(std::string_view text);

/// Keeps messages that could not be used, and puts them into the outbox: when they come for their
/// topic of such messages, and when somebody sends them to their own topic again.
class dead_message_repository {
public:
  explicit dead_message_repository(database& db) : db_(db) {}

  /// Those that came before change nothing. In a transaction.
  /// @param suffix Of topics of such messages. @returns How many are new.
  expected<int64_t> add(const std::vector<dead_letter>& letters, std::string_view suffix);

  /// Which of these are there, whatever became of them.
  expected<by_text<bool>> known(const std::vector<std::string>& ids);

  /// The newest first, of an owner and of nobody.
  expected<dead_page> page(std::string_view owner, const dead_query& q);

  expected<dead_letter> find(std::string_view owner, std::string_view id); ///< ec::not_found.

  /// Puts those that are kept into the outbox, for the topics they came from. In a transaction.
  expected<dead_changed> replay(std::string_view owner, const std::vector<std::string>& ids);

  /// Forgets contents. In a transaction.
  expected<dead_changed> drop(std::string_view owner, const std::vector<std::string>& ids);

  /// Deletes a portion of those seen before a time. In a transaction. @returns How many.
  expected<int64_t> expire(int64_t before_ms);

private:
  expected<bool> change(std::string_view owner, std::string_view id, std::string_view state);
  database& db_;
};

} // namespace aops::storage
