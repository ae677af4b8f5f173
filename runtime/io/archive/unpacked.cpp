#include "runtime/io/archive/unpacked.hpp"

#include "runtime/base/descriptor.hpp"
#include "runtime/base/digest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <tuple>
#include <unistd.h>
#include <utility>
#include <vector>

namespace aops::archive {

namespace {

namespace fs = std::filesystem;

/// Names of what is not whole, each with random digits behind.
constexpr std::string_view half = ".unpacking-", going = ".removing-";

/// From making a folder to holding it.
constexpr int64_t hold_patience_ms = 60'000;

tl::unexpected<error> trouble(const std::string& path, int number = errno) {
  return fail(ec::store_unreachable, fmt::format("{}: {}", path, std::strerror(number)));
}

/// Writes into a folder that nobody else knows yet. Links are made last, so that nothing is written
/// through one.
class writer final : public visitor {
public:
  explicit writer(fs::path folder) : folder_(std::move(folder)) {}

  expected<void> begin(const entry& x) override {
    auto path = folder_ / x.name;
    std::error_code failed;
    fs::create_directories(x.kind == entry_kind::folder ? path : path.parent_path(), failed);
    if (failed)
      return trouble(path, failed.value());
    if (x.kind == entry_kind::link)
      links_.emplace_back(path, x.target);
    if (x.kind != entry_kind::file)
      return {};
    path_ = path;
    file_ = base::descriptor{::open(path.c_str(),
                                    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                                    x.is_executable ? 0500 : 0400)};
    return file_ ? expected<void>{} : trouble(path_);
  }

  expected<void> bytes(std::string_view part) override {
    while (!part.empty()) {
      auto written = ::write(file_.get(), part.data(), part.size());
      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0)
        return trouble(path_);
      part.remove_prefix(static_cast<size_t>(written));
    }
    return {};
  }

  expected<void> end() override {
    file_ = base::descriptor{};
    return {};
  }

  expected<void> make_links() {
    for (const auto& [path, target] : links_)
      if (::symlink(target.c_str(), path.c_str()) != 0)
        return trouble(path);
    return {};
  }

private:
  fs::path folder_;
  std::string path_;
  base::descriptor file_;
  std::vector<std::pair<std::string, std::string>> links_;
};

bool is_there(const fs::path& path) {
  std::error_code failed;
  return fs::exists(path, failed);
}

int64_t touched_ms(const struct stat& about) { return int64_t{about.st_mtim.tv_sec} * 1000; }

/// Keeps a folder from being removed as long as it is open; none when it cannot be opened.
base::descriptor held(const fs::path& folder, int how) {
  base::descriptor at{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)};
  while (at && ::flock(at.get(), how) != 0)
    if (errno != EINTR)
      return base::descriptor{};
  return at;
}

/// Whether the folder still has its name.
bool is_named(const base::descriptor& at, const fs::path& name) {
  struct stat own {};
  struct stat named {};
  return at && ::fstat(at.get(), &own) == 0 && ::lstat(name.c_str(), &named) == 0 &&
         own.st_dev == named.st_dev && own.st_ino == named.st_ino;
}

/// The whole folder of this name, marked as asked for just now.
std::optional<base::descriptor> found(const fs::path& folder) {
  auto at = held(folder, LOCK_SH);
  if (!is_named(at, folder))
    return std::nullopt;
  (void)::futimens(at.get(), nullptr);
  return at;
}

/// People pack a folder as often as what is in it.
std::string root_of(const fs::path& folder) {
  for (const auto* name : {"aops.yml", "roles", "files"})
    if (is_there(folder / name))
      return folder;
  std::vector<fs::path> inside;
  std::error_code failed;
  for (fs::directory_iterator it{folder, failed}, end; !failed && it != end; it.increment(failed))
    inside.push_back(it->path());
  return inside.size() == 1 && fs::is_directory(fs::symlink_status(inside[0], failed))
           ? inside[0].string()
           : folder.string();
}

/// Removes the folder unless it was given away.
struct rubbish {
  fs::path folder;
  ~rubbish() {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }
};

/// @param at The folder.
expected<void> unpack(const fs::path& folder,
                      const base::descriptor& at,
                      std::string_view digest,
                      const limits& most,
                      const std::function<expected<byte_source>()>& open) {
  auto source = open();
  if (!source)
    return fail(std::move(source.error()));
  writer to{folder};
  auto read = read_archive(*source, most, to);
  if (!read)
    return fail(std::move(read.error()));
  if (read->digest != digest)
    return fail(ec::corrupt, fmt::format("package {}: its bytes are not those it had", digest));
  if (auto made = to.make_links(); !made)
    return made;
  // The folder's new name must not outlive what is in it.
  return ::syncfs(at.get()) == 0 ? expected<void>{} : trouble(folder);
}

unpacked_folder given(const fs::path& folder, base::descriptor at) {
  return {root_of(folder), std::make_shared<const base::descriptor>(std::move(at))};
}

struct cached {
  fs::path path;
  int64_t touched_ms = 0, bytes = 0;
};

/// What the files below use of the disk, about.
int64_t bytes_below(const fs::path& folder) {
  int64_t all = 0;
  std::error_code failed;
  for (fs::recursive_directory_iterator it{folder, failed}, end; !failed && it != end;
       it.increment(failed)) {
    struct stat about {};
    if (::lstat(it->path().c_str(), &about) == 0)
      all += int64_t{about.st_blocks} * 512;
  }
  return all;
}

/// Takes its name first: nobody finds what is half gone. One that is in use, or was asked for since
/// it was looked at, stays. @returns Whether it went.
bool removed(const cached& x) {
  auto at = held(x.path, LOCK_EX | LOCK_NB);
  struct stat about {};
  if (!is_named(at, x.path) || ::fstat(at.get(), &about) != 0 || touched_ms(about) > x.touched_ms)
    return false;
  rubbish gone{x.path.parent_path() / (std::string{going} + base::random_hex(8))};
  std::error_code failed;
  fs::rename(x.path, gone.folder, failed);
  return !failed;
}

} // namespace

expected<unpacked_folder> unpacked(const std::string& cache,
                                   std::string_view digest,
                                   const limits& most,
                                   const std::function<expected<byte_source>()>& source) {
  auto folder = fs::path{cache} / digest;
  if (auto at = found(folder))
    return given(folder, std::move(*at));
  std::error_code failed;
  fs::create_directories(cache, failed);
  if (failed)
    return trouble(cache, failed.value());
  (void)::chmod(cache.c_str(), 0700);
  rubbish fresh{fs::path{cache} / (std::string{half} + base::random_hex(8))};
  if (::mkdir(fresh.folder.c_str(), 0700) != 0)
    return trouble(fresh.folder);
  auto own = held(fresh.folder, LOCK_SH);
  if (!own)
    return trouble(fresh.folder);
  if (auto done = unpack(fresh.folder, own, digest, most, source); !done)
    return fail(std::move(done.error()));
  fs::rename(fresh.folder, folder, failed);
  if (!failed)
    return given(folder, std::move(own));
  if (auto at = found(folder)) // Another one was faster.
    return given(folder, std::move(*at));
  return trouble(folder, failed.value());
}

void tidy(const std::string& cache, int64_t now_ms, int64_t patience_ms, int64_t most_bytes) {
  std::error_code failed;
  std::vector<cached> whole, rest;
  for (fs::directory_iterator it{cache, failed}, end; !failed && it != end; it.increment(failed)) {
    struct stat about {};
    if (::lstat(it->path().c_str(), &about) != 0)
      continue;
    cached x{it->path(), touched_ms(about), 0};
    bool is_half = it->path().filename().string().starts_with('.');
    if (is_half && x.touched_ms < now_ms - hold_patience_ms)
      rest.push_back(std::move(x));
    else if (!is_half)
      whole.push_back(std::move(x));
  }
  for (const auto& x : rest)
    (void)removed(x);
  std::sort(whole.begin(), whole.end(), [](const cached& a, const cached& b) {
    return std::tie(a.touched_ms, a.path) < std::tie(b.touched_ms, b.path);
  });
  int64_t all = 0;
  for (auto& x : whole)
    all += x.bytes = bytes_below(x.path);
  for (const auto& x : whole)
    if ((x.touched_ms < now_ms - patience_ms || all > most_bytes) && removed(x))
      all -= x.bytes;
}

} // namespace aops::archive
