#include "actors/query/piece_cache.hpp"

namespace aops::actors {

namespace {

/// No piece is longer: an hour is packed.
constexpr int64_t longest_piece_ms = 3600 * 1000;

/// What an item takes beside its columns.
constexpr size_t item_bytes = 256;

} // namespace

std::vector<piece_cache::item>
piece_cache::of(std::string_view host_id, int64_t from_ms, int64_t until_ms) {
  std::vector<item> out;
  std::lock_guard hold{mutex_};
  auto host = hosts_.find(host_id);
  if (host == hosts_.end())
    return out;
  auto& pieces = host->second;
  for (auto i = pieces.lower_bound({from_ms - longest_piece_ms, 0});
       i != pieces.end() && i->first.first <= until_ms;
       ++i) {
    if (i->second->it.key.until_ms < from_ms)
      continue;
    out.push_back(i->second->it);
    all_.splice(all_.begin(), all_, i->second);
  }
  return out;
}

void piece_cache::drop(places::iterator x) {
  bytes_ -= x->bytes;
  auto host = hosts_.find(x->host_id);
  host->second.erase({x->it.key.from_ms, x->it.key.chunk});
  if (host->second.empty())
    hosts_.erase(host);
  all_.erase(x);
}

void piece_cache::put(const std::string& host_id, item x) {
  auto bytes = x.columns->bytes() + item_bytes;
  if (bytes > most_bytes_)
    return;
  std::lock_guard hold{mutex_};
  if (auto host = hosts_.find(host_id); host != hosts_.end()) {
    std::vector<places::iterator> replaced;
    if (auto same = host->second.find({x.key.from_ms, x.key.chunk}); same != host->second.end())
      replaced.push_back(same->second);
    // Rows that are packed now are no longer there as rows.
    if (x.key.chunk != 0)
      for (auto i = host->second.lower_bound({x.key.from_ms, 0});
           i != host->second.end() && i->first.first <= x.key.until_ms;
           ++i)
        if (i->first.second == 0)
          replaced.push_back(i->second);
    for (auto i : replaced)
      drop(i);
  }
  bytes_ += bytes;
  all_.push_front({host_id, std::move(x), bytes});
  const auto& key = all_.front().it.key;
  hosts_[host_id][{key.from_ms, key.chunk}] = all_.begin();
  while (bytes_ > most_bytes_)
    drop(std::prev(all_.end()));
}

size_t piece_cache::bytes() const {
  std::lock_guard hold{mutex_};
  return bytes_;
}

} // namespace aops::actors
