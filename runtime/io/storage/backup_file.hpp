#pragma once

#include "messages/error.hpp"
#include "runtime/base/json_codec.hpp"
#include "runtime/base/sealing.hpp"

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

/// The file of a backup: a head that anybody can read, then records, compressed, in frames that
/// nobody can change, swap or cut off unseen, and that only the key opens where there is one.
///
///     aops-backup 1\n
///     {"created_ms": …, "cipher": "none"|"aes-256-gcm", "salt": …, …}\n
///     frame…                one byte 0, or 1 for the last; four of length, little-endian; bytes
///
/// The frames' bytes, joined, are a zstd stream. With a key a frame is sealed under it with its
/// number as nonce; without one a SHA-256 over it and all before it follows. A record is one
/// character, a length in decimal digits, a colon and so many bytes.
namespace aops::storage {

inline constexpr size_t most_record_bytes = 256 << 20;

/// What `key_file` holds, without line ends at its end. ec::bad_request when it cannot be read,
/// others may read it, or it has fewer than 32 bytes.
expected<base::secret_bytes> backup_key(const std::string& key_file);

class backup_writer {
public:
  /// Writes beside the file until it is whole. ec::conflict when the file exists,
  /// ec::store_unreachable when it cannot be written.
  /// @param head Is added to. @param key Empty: not encrypted.
  static expected<std::unique_ptr<backup_writer>>
  create(const std::string& file, base::json head, const base::secret_bytes& key);
  ~backup_writer(); ///< What is not finished is deleted.

  expected<void> add(char tag, std::string_view bytes);
  /// Makes it durable and gives it its name; an existing file of that name is not touched.
  expected<void> finish();

private:
  struct state;
  explicit backup_writer(std::unique_ptr<state> s);
  std::unique_ptr<state> state_;
};

class backup_reader {
public:
  /// ec::bad_request when it is no backup, or a key is needed and missing; ec::conflict when it is
  /// of a later format.
  static expected<std::unique_ptr<backup_reader>> open(const std::string& file,
                                                       const base::secret_bytes& key);
  ~backup_reader();

  const base::json& head() const;

  struct record {
    char tag = 0;
    std::string bytes;
  };
  /// The next record; ec::corrupt when a byte was changed or some are missing (or with
  /// encryption, when the key is another).
  expected<record> next();
  /// Nothing may follow the last record.
  expected<void> expect_end();

private:
  struct state;
  explicit backup_reader(std::unique_ptr<state> s);
  std::unique_ptr<state> state_;
};

} // namespace aops::storage
