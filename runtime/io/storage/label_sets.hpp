#pragma once

#include "messages/sample.hpp"
#include "runtime/io/storage/database.hpp"

#include <map>
#include <string>
#include <string_view>

namespace aops::storage {

/// Labels as a column has them: JSON in the order of names; and back, empty for what is none.
std::string text_of(const label_set& labels);
label_set labels_of(std::string_view text);

/// The label sets of results, by number.
class label_sets {
public:
  explicit label_sets(database& db) : db_(db) {}

  /// Somebody will ask for its number, for a row that ends at a time.
  void want(const label_set& labels, int64_t end_ms);

  /// Finds the numbers of all that is wanted, makes those that are missing. In a transaction.
  expected<void> find();

  /// The number of what was wanted; 0 without labels.
  int64_t number_of(const label_set& labels) const;

  /// Deletes those that no result needs: of all results, those that ended before a time are
  /// deleted. In a transaction.
  static expected<int64_t> expire(database& db, int64_t ended_before_ms, int64_t limit);

private:
  struct wanted {
    std::string text, digest;
    int64_t end_ms = 0, number = 0;
  };
  expected<void> read(const std::vector<std::string>& digests, bool is_locked);

  database& db_;
  std::map<label_set, wanted> wanted_;
  std::map<std::string, wanted*> by_digest_;
  std::map<std::string, int64_t> used_until_; ///< As stored, by digest.
};

} // namespace aops::storage
