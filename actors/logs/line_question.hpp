#pragma once

#include "actors/logs/line_store.hpp"
#include "runtime/base/json_codec.hpp"

/// Searches for lines in the language of OpenSearch. Pure.
namespace aops::actors {

/// Hosts that are told one by one; of more, their lines are looked at.
inline constexpr size_t most_hosts_of_question = 50'000;

/// What is asked of documents for lines that are wanted.
struct line_question {
  base::json query;
  bool is_exact = true; ///< All that it finds are wanted.
};
line_question question_of(const lines_wanted& what);

/// The body of a search for the next lines beyond a place, in the order asked for.
std::string body_of_page(const lines_wanted& what,
                         const line_question& q,
                         const std::optional<line_place>& after,
                         size_t count,
                         int64_t patience_ms);

/// The body of a search that counts.
std::string body_of_count(const line_question& q, const logs::buckets& to, int64_t patience_ms);

/// Which of these ids are there.
std::string body_of_ids(const std::vector<std::string>& ids);

} // namespace aops::actors
