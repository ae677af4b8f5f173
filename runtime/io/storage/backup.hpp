#pragma once

#include "runtime/base/sealing.hpp"
#include "runtime/io/storage/migration.hpp"
#include "runtime/io/storage/store_copy.hpp"

/// Backups: all of a store in one file, whatever its engine. What such a file is made of:
/// `backup_file.hpp`.
namespace aops::storage {

struct backup_summary {
  int64_t created_ms = 0;
  std::string release; ///< That made it.
  std::string engine;  ///< Of the store it was made of; it can be restored to any.
  int64_t schema = 0;
  bool is_encrypted = false;
  std::vector<copied_table> tables; ///< Those with rows of users, in the order of the file.
};

/// Writes everything that the store holds at one moment; others may write meanwhile.
///
/// ec::conflict when the file exists, or the store's schema is not of today; ec::store_unreachable
/// when the file cannot be written. What was begun is deleted then.
/// @param key Empty: not encrypted.
/// @param goes_on Asked now and then; once false it ends with ec::cancelled.
expected<backup_summary> make_backup(
  database& from,
  const std::string& file,
  const base::secret_bytes& key,
  int64_t now_ms,
  const copy_progress& progress,
  const std::function<bool()>& goes_on = [] { return true; });

/// The head only, believed as it stands.
expected<backup_summary> peek_backup(const std::string& file, const base::secret_bytes& key);

/// Reads it whole: each row must be readable and each table have the rows and digest it had when it
/// was written. Errors as those of `backup_reader`.
expected<backup_summary> verify_backup(const std::string& file,
                                       const base::secret_bytes& key,
                                       const copy_progress& progress);

/// The steps up to those of the backup: what an empty store must have before it is restored. The
/// rest is done afterwards, by whoever opens it. ec::conflict when the backup is of a later
/// release.
expected<std::span<const migration>> schema_of_backup(const backup_summary& x);

/// Fills a store from a backup, then reads it back and compares. Verify the file first: this
/// believes it up to the first fault.
///
/// @param to Empty, or what a restore left that was cut off; with the schema of the backup.
/// ec::conflict when it has rows or other tables; ec::corrupt as `verify_backup`, or when what is
/// read back differs. Until it is finished no node starts on it.
expected<backup_summary> restore_backup(const std::string& file,
                                        const base::secret_bytes& key,
                                        database& to,
                                        const copy_progress& progress);

} // namespace aops::storage
