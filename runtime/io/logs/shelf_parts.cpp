#include "runtime/base/log.hpp"
#include "runtime/io/logs/shelf_body.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>

namespace aops::logs {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view part_prefix = "lines-", part_suffix = ".db";
constexpr int64_t minute_ns = 60'000'000'000, day_ns = 24 * 60 * minute_ns;
constexpr int64_t least_part_bytes = 4 << 20;

/// When a file was made, by its name; -1 when it is no file of lines.
int64_t created_by_name(std::string_view name) {
  if (!name.starts_with(part_prefix) || !name.ends_with(part_suffix))
    return -1;
  name.remove_prefix(part_prefix.size());
  name.remove_suffix(part_suffix.size());
  int64_t ns = -1;
  auto read = std::from_chars(name.data(), name.data() + name.size(), ns);
  return read.ec == std::errc{} && read.ptr == name.data() + name.size() ? ns : -1;
}

int64_t bytes_of_part(const std::string& path) {
  int64_t sum = 0;
  for (const auto* end : {"", "-wal"}) {
    std::error_code failed;
    auto size = fs::file_size(path + end, failed);
    if (!failed)
      sum += static_cast<int64_t>(size);
  }
  return sum;
}

void remove_part(const std::string& path) {
  for (const auto* end : {"", "-wal", "-shm"}) {
    std::error_code ignored;
    fs::remove(path + end, ignored);
  }
}

/// How long lines go to one file: short enough for what is kept to be several.
int64_t part_span(int64_t keep_ns) { return std::clamp(keep_ns / 8, 15 * minute_ns, day_ns); }

tl::unexpected<error> no_folder(const std::string& path) {
  return fail(ec::store_unreachable, fmt::format("cannot use the folder {}", path));
}

} // namespace

expected<void> embedded_shelf::lock_folder() {
  std::error_code failed;
  fs::create_directories(config_.directory, failed);
  if (failed || ::chmod(config_.directory.c_str(), 0700) != 0)
    return no_folder(config_.directory);
  auto path = config_.directory + "/lock";
  lock_ = base::descriptor{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
  if (!lock_)
    return no_folder(config_.directory);
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0)
    return fail(ec::conflict, fmt::format("another process uses the folder {}", config_.directory));
  return {};
}

expected<void> embedded_shelf::load_parts() {
  std::error_code failed;
  for (fs::directory_iterator it{config_.directory, failed}, end; !failed && it != end;
       it.increment(failed))
    if (auto created = created_by_name(it->path().filename().string()); created >= 0) {
      shelf_part part;
      part.path = it->path().string();
      part.created_ns = created;
      parts_.push_back(std::make_shared<shelf_part>(std::move(part)));
    }
  if (failed)
    return no_folder(config_.directory);
  std::sort(parts_.begin(), parts_.end(), [](const auto& a, const auto& b) {
    return a->created_ns < b->created_ns;
  });
  for (auto& x : parts_) {
    auto file = sqlite_file::open(x->path);
    if (!file)
      return fail(std::move(file.error()));
    if (auto prepared = prepare_shelf_file(**file); !prepared)
      return prepared;
    auto known = *x;
    auto has = span_of_blocks(**file, known.first_ns, known.last_ns);
    if (!has)
      return fail(std::move(has.error()));
    known.has_blocks = *has;
    x = std::make_shared<shelf_part>(std::move(known));
    auto read = greatest_offsets(
      **file, [this](uint64_t source, int64_t offset) { offsets_.note(source, offset); });
    if (!read)
      return read;
    auto next = next_number_in(**file);
    if (!next)
      return fail(std::move(next.error()));
    next_ = std::max(next_, *next);
    if (x == parts_.back())
      file_ = std::move(*file);
  }
  return {};
}

expected<void> embedded_shelf::load_tail() {
  tail_from_ = next_;
  return read_tail(*file_, [this](std::string_view packed) -> expected<void> {
    auto lines = unpack_lines(packed);
    if (!lines)
      return fail(std::move(lines.error()));
    for (const auto& x : *lines)
      next_ = std::max(next_, x.n + 1);
    load_batch(std::make_shared<const std::vector<kept_line>>(std::move(*lines)));
    return {};
  });
}

expected<void> embedded_shelf::open(int64_t now_ns) {
  if (auto locked = lock_folder(); !locked)
    return locked;
  if (auto loaded = load_parts(); !loaded)
    return loaded;
  if (parts_.empty())
    if (auto begun = begin_part(now_ns); !begun)
      return begun;
  if (auto loaded = load_tail(); !loaded)
    return loaded;
  auto writer = base::start_thread("log-writer", [this] { write_on(); });
  if (!writer)
    return fail(std::move(writer.error()));
  writer_ = std::move(*writer);
  return {};
}

expected<void> embedded_shelf::begin_part(int64_t now_ns) {
  // A clock that was set back must not make a file older than the one before.
  auto created = parts_.empty() ? now_ns : std::max(now_ns, parts_.back()->created_ns + 1);
  auto part = std::make_shared<shelf_part>();
  part->path = fmt::format("{}/{}{:020}{}", config_.directory, part_prefix, created, part_suffix);
  part->created_ns = created;
  auto file = sqlite_file::open(part->path);
  if (!file)
    return fail(std::move(file.error()));
  if (auto prepared = prepare_shelf_file(**file); !prepared)
    return prepared;
  if (auto numbered = clear_tail(**file, next_); !numbered)
    return numbered;
  file_ = std::move(*file);
  std::lock_guard guard{mutex_};
  parts_.push_back(std::move(part));
  return {};
}

bool embedded_shelf::is_part_over(int64_t now_ns) const {
  const auto& now = *parts_.back();
  if (!now.has_blocks && tail_lines_ == 0)
    return false;
  auto span = part_span(config_.keep_ns);
  return now_ns / span > now.created_ns / span ||
         bytes_of_part(now.path) > std::max(config_.max_bytes / 8, least_part_bytes);
}

int64_t embedded_shelf::bytes_of_files() const {
  int64_t sum = 0;
  for (const auto& x : parts_)
    sum += bytes_of_part(x->path);
  return sum;
}

expected<size_t> embedded_shelf::tidy(int64_t now_ns) {
  std::lock_guard one{writing_};
  if (is_part_over(now_ns)) {
    if (auto sealed = seal(); !sealed)
      return fail(std::move(sealed.error()));
    if (auto begun = begin_part(now_ns); !begun)
      return fail(std::move(begun.error()));
  }
  size_t gone = 0;
  for (;;) {
    std::lock_guard guard{mutex_};
    // What is in a file came before the next one was made.
    bool is_old = parts_.size() > 1 && parts_[1]->created_ns <= now_ns - config_.keep_ns;
    if (!is_old && (parts_.size() < 2 || bytes_of_files() <= config_.max_bytes))
      break;
    log::info("lines-dropped",
              "{} is removed: its lines are {}",
              parts_.front()->path,
              is_old ? "older than logs.keep" : "beyond logs.max_bytes");
    looked_at_.clear();
    remove_part(parts_.front()->path);
    parts_.erase(parts_.begin());
    ++gone;
  }
  return gone;
}

line_shelf::figures embedded_shelf::standing() const {
  std::lock_guard guard{mutex_};
  figures out;
  out.bytes = bytes_of_files();
  out.files = static_cast<int64_t>(parts_.size());
  out.waiting_bytes = static_cast<int64_t>(waiting_bytes_);
  out.tail_lines = static_cast<int64_t>(tail_lines_);
  return out;
}

expected<std::unique_ptr<line_shelf>> line_shelf::open(shelf_config config, int64_t now_ns) {
  auto shelf = std::make_unique<embedded_shelf>(std::move(config));
  if (auto opened = shelf->open(now_ns); !opened)
    return fail(std::move(opened.error()));
  return std::unique_ptr<line_shelf>{std::move(shelf)};
}

} // namespace aops::logs
