#pragma once

#include "messages/rounds.hpp"
#include "runtime/core/check/round_columns.hpp"

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aops::actors {

using columns_ptr = std::shared_ptr<const check::round_columns>;

/// Pieces of what is stored of hosts, unpacked, as queries read them last. The store says whether
/// one is still what it has. Any thread.
class piece_cache {
public:
  struct item {
    piece_key key;
    columns_ptr columns;
  };

  /// @param most_bytes When it holds more, what was not looked at for longest goes.
  explicit piece_cache(size_t most_bytes) : most_bytes_(most_bytes) {}

  /// What it has of a host that may lie in [from_ms, until_ms].
  std::vector<item> of(std::string_view host_id, int64_t from_ms, int64_t until_ms);

  /// What it had in its place goes.
  void put(const std::string& host_id, item x);

  size_t most_bytes() const { return most_bytes_; }
  size_t bytes() const;

private:
  struct kept {
    std::string host_id;
    item it;
    size_t bytes;
  };
  using places = std::list<kept>;             ///< What was looked at last comes first.
  using key_of = std::pair<int64_t, int64_t>; ///< Begin, number of the packed hour.
  void drop(places::iterator x);

  const size_t most_bytes_;
  mutable std::mutex mutex_;
  places all_;
  std::map<std::string, std::map<key_of, places::iterator>, std::less<>> hosts_;
  size_t bytes_ = 0;
};

} // namespace aops::actors
