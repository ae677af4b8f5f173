#include "runtime/io/logs/block_finder.hpp"
#include "runtime/io/logs/shelf_body.hpp"

#include <algorithm>

namespace aops::logs {

namespace {

bool is_late(const shelf_scan& what) { return std::chrono::steady_clock::now() >= what.deadline; }

/// Newest or oldest first, by what is first of interest in them.
template <class T>
int64_t bound_of(const T& x, const shelf_scan& what) {
  return what.newest_first ? x.last_ns : x.first_ns;
}

template <class T>
bool stands_before(const T& a, const T& b, const shelf_scan& what) {
  return what.newest_first ? a.last_ns > b.last_ns : a.first_ns < b.first_ns;
}

} // namespace

expected<bool> embedded_shelf::scan(const shelf_scan& what, line_visitor& visitor) {
  std::vector<std::shared_ptr<const shelf_part>> parts;
  std::vector<tail_batch> tail;
  uint64_t tail_from = 0;
  {
    std::lock_guard guard{mutex_};
    tail = tail_;
    tail_from = tail_from_;
    parts = parts_;
  }
  for (const auto& batch : tail) {
    if (is_late(what))
      return false;
    for (const auto& x : *batch)
      if (x.time_ns >= what.start_ns && x.time_ns < what.end_ns)
        visitor.take(x);
  }
  std::erase_if(parts, [&](const auto& x) {
    return !x->has_blocks || x->last_ns < what.start_ns || x->first_ns >= what.end_ns;
  });
  std::sort(parts.begin(), parts.end(), [&](const auto& a, const auto& b) {
    return stands_before(*a, *b, what);
  });
  for (const auto& part : parts) {
    if (visitor.is_done(bound_of(*part, what)))
      return true;
    auto scanned = scan_part(*part, what, tail_from, visitor);
    if (!scanned && scanned.error() == ec::not_found) // Dropped meanwhile.
      continue;
    if (!scanned || !*scanned)
      return scanned;
  }
  return true;
}

expected<bool> embedded_shelf::scan_part(const shelf_part& part,
                                         const shelf_scan& what,
                                         uint64_t tail_from,
                                         line_visitor& visitor) {
  auto file = sqlite_file::open_reading(part.path);
  if (!file)
    return fail(std::move(file.error()));
  auto found = find_blocks(**file, what);
  if (!found)
    return fail(std::move(found.error()));
  if (!*found)
    return false;
  auto& blocks = **found;
  std::sort(blocks.begin(), blocks.end(), [&](const auto& a, const auto& b) {
    return stands_before(a, b, what);
  });
  for (const auto& block : blocks) {
    if (block.first_n >= tail_from) // They were in the tail when that was looked at.
      continue;
    if (visitor.is_done(bound_of(block, what)))
      return true;
    if (is_late(what))
      return false;
    auto lines = lines_of_block(**file, block.n);
    if (!lines && lines.error() == ec::corrupt) {
      visitor.miss(lines.error()); // The others are as good as before.
      continue;
    }
    if (!lines)
      return fail(std::move(lines.error()));
    for (const auto& x : *lines)
      if (x.time_ns >= what.start_ns && x.time_ns < what.end_ns)
        visitor.take(x);
  }
  return true;
}

} // namespace aops::logs
