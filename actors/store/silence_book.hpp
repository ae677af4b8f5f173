#pragma once

#include "messages/alerts.hpp"
#include "runtime/core/notify/silence.hpp"
#include "runtime/io/storage/silence_repository.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace aops::actors {

/// A stored silence, ready to be asked. ec::bad_request naming the field.
expected<notify::silence> silence_from(const storage::stored_silence& x);

/// Silences are made ready once: they never change but for their end. Any thread.
class silence_cache {
public:
  using item = std::shared_ptr<const notify::silence>;

  /// Null for one that cannot be read any more, such as for a time zone that is gone.
  item get(const storage::stored_silence& x);

private:
  using name = std::pair<std::string, std::pair<int64_t, size_t>>; ///< Id, end, number of groups.
  std::mutex mutex_;
  std::map<name, item> all_;
};

/// The silences of some owners at one look.
class silence_book {
public:
  struct hit {
    std::string id;
    notify::silence::stretch when;
  };

  /// @param from_ms What ended before is of no interest.
  static expected<silence_book> read(storage::database& db,
                                     silence_cache& cache,
                                     const std::vector<std::string>& owners,
                                     int64_t from_ms);

  bool is_empty() const { return all_.empty(); }

  /// Of those that are about an alert at a time the one that lasts longest.
  std::optional<hit>
  find(std::string_view owner, const notify::silence_subject& x, int64_t at_ms) const;

private:
  struct entry {
    std::string owner, id;
    silence_cache::item what;
  };
  std::vector<entry> all_;
};

/// What a silence looks at.
notify::silence_subject subject_of(const told_alert& x, int64_t group);

/// Says of alerts which silence is about them.
expected<void> mark_silenced(storage::database& db,
                             silence_cache& cache,
                             const std::string& owner,
                             int64_t now_ms,
                             std::vector<alert_info>& alerts);

} // namespace aops::actors
