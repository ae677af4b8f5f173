#include "runtime/base/log.hpp"
#include "runtime/io/logs/shelf_body.hpp"

#include <algorithm>

namespace aops::logs {

namespace {

/// Blocks that are unpacked for one commit to look whether lines are there already; more lines than
/// these tell of count as new.
constexpr size_t most_looks = 256, most_blocks_of_line = 16, most_looked_at = 16;

uint64_t place_of(const kept_line& x) {
  auto h = x.source ^ (static_cast<uint64_t>(x.offset) * 0x9E3779B97F4A7C15ULL);
  h ^= h >> 29;
  return h * 0xBF58476D1CE4E5B9ULL;
}

bool comes_before(const kept_line* a, const kept_line* b) {
  return std::tie(a->host, a->source, a->time_ns, a->n) <
         std::tie(b->host, b->source, b->time_ns, b->n);
}

} // namespace

void known_offsets::note(uint64_t source, int64_t offset) {
  if (auto it = greatest_.find(source); it != greatest_.end())
    it->second = std::max(it->second, offset);
  else if (greatest_.size() < most)
    greatest_.emplace(source, offset);
  else
    has_all_ = false;
}

bool known_offsets::is_beyond(uint64_t source, int64_t offset) const {
  auto it = greatest_.find(source);
  return it == greatest_.end() ? has_all_ : offset > it->second;
}

embedded_shelf::~embedded_shelf() {
  {
    std::lock_guard guard{mutex_};
    is_stopped_ = true;
  }
  wake_.notify_all();
  if (writer_.joinable())
    writer_.join();
  for (auto& x : waiting_)
    x.then(fail(ec::unreachable, "the node stops"));
}

bool embedded_shelf::take(std::string host,
                          std::vector<new_line> lines,
                          int64_t now_ns,
                          std::function<void(expected<batch_kept>)> then) {
  batch_waiting x{std::move(host), std::move(lines), now_ns, 0, std::move(then)};
  for (const auto& line : x.lines)
    x.bytes += line.body.size() + sizeof line;
  {
    std::lock_guard guard{mutex_};
    if (is_stopped_ || (!waiting_.empty() && waiting_bytes_ + x.bytes > config_.most_waiting_bytes))
      return false;
    waiting_bytes_ += x.bytes;
    waiting_.push_back(std::move(x));
  }
  wake_.notify_one();
  return true;
}

void embedded_shelf::write_on() {
  for (;;) {
    std::deque<batch_waiting> batches;
    {
      std::unique_lock guard{mutex_};
      wake_.wait(guard, [this] { return is_stopped_ || !waiting_.empty(); });
      if (is_stopped_)
        return;
      batches.swap(waiting_);
      waiting_bytes_ = 0;
    }
    write_batches(std::move(batches));
  }
}

void embedded_shelf::write_batches(std::deque<batch_waiting> batches) {
  std::vector<batch_kept> kept;
  expected<void> stored;
  {
    std::lock_guard one{writing_};
    std::vector<tail_batch> added;
    auto from = next_;
    stored = file_->transact([&] { return store_batches(batches, kept, added); });
    if (stored) {
      std::lock_guard guard{mutex_};
      for (const auto& x : added)
        hold_tail(x);
    } else { // What was noted on the way is not there.
      next_ = from;
      tail_places_.clear();
      for (const auto& x : tail_)
        note_places(x);
    }
    older_.clear();
  }
  for (size_t i = 0; i < batches.size(); ++i)
    batches[i].then(stored ? expected<batch_kept>{std::move(kept[i])} : fail(stored.error()));
  std::lock_guard one{writing_};
  if (tail_lines_ >= config_.tail_lines || tail_bytes_ >= config_.tail_bytes)
    if (auto sealed = seal(); !sealed) // They stay where they are, and it is tried again.
      log::error(
        "lines-not-sealed", "lines of hosts stay in the tail: {}", to_string(sealed.error()));
}

expected<void> embedded_shelf::store_batches(std::deque<batch_waiting>& batches,
                                             std::vector<batch_kept>& kept,
                                             std::vector<tail_batch>& added) {
  size_t looks = 0;
  for (auto& batch : batches) {
    auto& told = kept.emplace_back();
    auto lines = std::make_shared<std::vector<kept_line>>();
    lines->reserve(batch.lines.size()); // Places refer to it while it grows.
    for (auto& x : batch.lines) {
      kept_line line;
      line.time_ns = x.time_ns > 0 ? x.time_ns : batch.now_ns;
      line.source = x.source;
      line.offset = x.offset;
      line.host = batch.host;
      line.body = std::move(x.body);
      auto known = is_known(line, looks);
      if (!known)
        return fail(std::move(known.error()));
      if (*known) {
        ++told.duplicates;
        told.places.push_back({0, line.time_ns});
        continue;
      }
      line.n = next_++;
      ++told.taken;
      told.places.push_back({line.n, line.time_ns});
      lines->push_back(std::move(line));
      const auto& last = lines->back();
      if (last.offset == without_offset)
        continue;
      tail_places_.emplace(place_of(last), std::pair{tail_batch{lines}, lines->size() - 1});
    }
    for (const auto& x : *lines)
      if (x.offset != without_offset)
        offsets_.note(x.source, x.offset);
    if (lines->empty())
      continue;
    auto stored = pack_lines(*lines, false).and_then([&](const std::string& packed) {
      return add_to_tail(*file_, lines->front().n, packed);
    });
    if (!stored)
      return stored;
    added.push_back(std::move(lines));
  }
  return {};
}

/// For searches; `mutex_` is held, or nobody else is there yet.
void embedded_shelf::hold_tail(const tail_batch& x) {
  tail_lines_ += x->size();
  for (const auto& line : *x)
    tail_bytes_ += line.body.size();
  tail_.push_back(x);
}

/// So that the same lines are known when they come again.
void embedded_shelf::note_places(const tail_batch& x) {
  for (size_t i = 0; i < x->size(); ++i) {
    const auto& line = (*x)[i];
    if (line.offset == without_offset)
      continue;
    tail_places_.emplace(place_of(line), std::pair{x, i});
    offsets_.note(line.source, line.offset);
  }
}

void embedded_shelf::load_batch(const tail_batch& x) {
  if (!x->empty())
    tail_from_ = std::min(tail_from_, x->front().n);
  note_places(x);
  hold_tail(x);
}

// -- lines that are there already

bool embedded_shelf::is_in_tail(const kept_line& x) const {
  auto [begin, end] = tail_places_.equal_range(place_of(x));
  return std::any_of(begin, end, [&](const auto& place) {
    const auto& other = (*place.second.first)[place.second.second];
    return other.source == x.source && other.offset == x.offset &&
           config_.is_same(other.body, x.body);
  });
}

expected<sqlite_file*> embedded_shelf::file_of(const shelf_part& part) {
  if (part.path == parts_.back()->path)
    return file_.get();
  auto& file = older_[part.path];
  if (!file) {
    auto opened = sqlite_file::open_reading(part.path);
    if (!opened)
      return fail(std::move(opened.error()));
    file = std::move(*opened);
  }
  return file.get();
}

expected<bool> embedded_shelf::is_in_block(const shelf_part& part,
                                           int64_t block,
                                           const kept_line& x,
                                           size_t& looks) {
  auto it = std::find_if(looked_at_.begin(), looked_at_.end(), [&](const looked_at& known) {
    return known.block == block && known.path == part.path;
  });
  if (it == looked_at_.end()) {
    if (++looks > most_looks)
      return false;
    auto file = file_of(part);
    if (!file)
      return fail(std::move(file.error()));
    auto lines = lines_of_block(**file, block);
    if (!lines)
      return fail(std::move(lines.error()));
    looked_at_.push_front({part.path, block, std::move(*lines)});
    if (looked_at_.size() > most_looked_at)
      looked_at_.pop_back();
    it = looked_at_.begin();
  }
  return std::any_of(it->lines.begin(), it->lines.end(), [&](const kept_line& other) {
    return other.source == x.source && other.offset == x.offset &&
           config_.is_same(other.body, x.body);
  });
}

expected<bool> embedded_shelf::is_known(const kept_line& x, size_t& looks) {
  if (x.offset == without_offset)
    return false;
  if (is_in_tail(x))
    return true;
  if (offsets_.is_beyond(x.source, x.offset))
    return false;
  for (size_t i = parts_.size();
       i-- > 0;) { // Only this thread and `tidy` change them, under `writing_`.
    const auto& part = *parts_[i];
    if (!part.has_blocks)
      continue;
    auto file = file_of(part);
    if (!file)
      return fail(std::move(file.error()));
    auto blocks = blocks_with(**file, x.source, x.offset, most_blocks_of_line);
    if (!blocks)
      return fail(std::move(blocks.error()));
    for (auto block : *blocks) {
      auto found = is_in_block(part, block, x, looks);
      if (!found || *found)
        return found;
    }
  }
  return false;
}

// -- from the tail to blocks

expected<void> embedded_shelf::seal() {
  if (tail_lines_ == 0)
    return {};
  std::vector<const kept_line*> all;
  all.reserve(tail_lines_);
  for (const auto& batch : tail_)
    for (const auto& x : *batch)
      all.push_back(&x);
  std::sort(all.begin(), all.end(), comes_before);
  auto known = *parts_.back();
  auto stored = file_->transact([&]() -> expected<void> {
    std::vector<kept_line> block;
    std::set<std::string> words;
    size_t bytes = 0;
    for (size_t i = 0; i < all.size(); ++i) {
      const auto& x = *all[i];
      if (block.empty() || block.back().host != x.host)
        words.insert(config_.host_word(x.host));
      config_.words(x.body, [&](std::string_view word) { words.emplace(word); });
      block.push_back(x);
      bytes += x.body.size();
      if (!known.has_blocks)
        known.first_ns = known.last_ns = x.time_ns;
      known.has_blocks = true;
      known.first_ns = std::min(known.first_ns, x.time_ns);
      known.last_ns = std::max(known.last_ns, x.time_ns);
      if (block.size() < config_.block_lines && bytes < config_.block_bytes && i + 1 < all.size())
        continue;
      if (auto added = add_block(*file_, block, words); !added)
        return added;
      block.clear();
      words.clear();
      bytes = 0;
    }
    return clear_tail(*file_, next_);
  });
  if (!stored)
    return stored;
  tail_places_.clear();
  std::lock_guard guard{mutex_};
  tail_.clear();
  tail_lines_ = tail_bytes_ = 0;
  tail_from_ = next_;
  parts_.back() = std::make_shared<shelf_part>(std::move(known));
  return {};
}

} // namespace aops::logs
