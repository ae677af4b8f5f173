#pragma once

#include "messages/rounds.hpp"
#include "runtime/io/storage/database.hpp"

#include <map>

namespace aops::storage {

/// Reads stored rounds of many hosts at once, for one who keeps what he has read: he names the
/// pieces he has, and is sent those that are new or others by now. Packed hours are sent as they
/// are.
class sample_pieces {
public:
  /// What is not packed comes in stretches of so much time.
  static constexpr int64_t rows_ms = 5 * 60 * 1000;
  static constexpr size_t most_hosts = 64;

  explicit sample_pieces(database& db) : db_(db) {}

  /// All of it in one state of the store. ec::bad_request for too many hosts.
  expected<pieces_found> find(const pieces_query& q);

private:
  struct found_host;
  using by_host = std::map<int64_t, found_host>;

  expected<void> find_series(by_host& hosts, const std::vector<std::string>& names);
  expected<void> find_keys(by_host& hosts, int64_t from_ms, int64_t until_ms);
  expected<void> read_newest(found_host& host, int64_t until_ms);
  expected<void> read_pieces(found_host& host, int64_t until_ms, int64_t& bytes_left);
  expected<void> skip_to_next(found_host& host);
  expected<void> read_rows(found_host& host, size_t first, size_t last, int64_t& bytes_left);

  database& db_;
};

} // namespace aops::storage
