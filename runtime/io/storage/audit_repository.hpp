#pragma once

#include "messages/audit.hpp"
#include "messages/paging.hpp"
#include "runtime/io/storage/database.hpp"
#include "runtime/io/storage/filter.hpp"

namespace aops::storage {

/// Who did what, when, from where, to what, with which outcome. Never a secret.
struct audit_entry {
  int64_t time_ms = 0;
  std::string user, address;
  std::string action;      ///< Such as `host.add`.
  std::string entity = {}; ///< Such as a host id; may be empty.
  int64_t code = 200;      ///< Return code of the contract.
  std::string detail = {};
  std::string owner = {}; ///< Whose things it was about; empty: nobody's.
};

/// Who reads the log.
struct audit_reader {
  std::string user;
  bool is_administrator = true;
};

/// Keeps the log of what was done: append and read only, until rows are old. Each record's digest
/// covers its content and the digest of the one before, so that a record which is altered or
/// removed by hand is found. See docs/reference/rest.md#the-log.
class audit_repository {
public:
  explicit audit_repository(database& db) : db_(db) {}

  /// As the store keeps it, texts clipped: what is read back must give the same digest.
  static audit_entry fitting(const audit_entry& x);

  /// Longer texts are clipped. In a transaction: the end of the chain is locked until it ends.
  expected<void> append(const audit_entry& x);

  /// Newest first. ec::bad_request for an unpaged list that is too long.
  expected<log_page> page(const audit_reader& reader, const log_query& q);

  /// Checks up to `portion` records after a number against the chain, and at its end that nothing
  /// is missing there.
  expected<log_verified> verify(int64_t after, int64_t portion = 10'000);

  /// Deletes a portion of the oldest, up to the first one that is not from before a time; the chain
  /// goes on from there. @returns How many; 0: none is left. In a transaction.
  expected<int64_t> expire(int64_t before_ms);

  /// Deletes records, out of the counters too. The chain is the caller's, who holds its end.
  /// @param matching May name columns of the log. @returns How many.
  expected<int64_t> remove(const filter& matching);

private:
  struct chain {
    int64_t seq = 0;
    std::string digest;
    int64_t gone_seq = 0; ///< Newest of those deleted for their age.
    std::string gone_digest;
    int64_t before_n = 0; ///< Key of the last one from before the chain.
  };
  expected<chain> read_chain(std::string_view lock = {});
  expected<int64_t> expire_unchained(int64_t before_ms, int64_t before_n);
  database& db_;
};

} // namespace aops::storage
