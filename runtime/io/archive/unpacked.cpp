#include "runtime/io/archive/unpacked.hpp"

#include "runtime/base/descriptor.hpp"
#include "runtime/base/digest.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace aops::archive {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view half = ".unpacking-"; // And a random name.

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

expected<void> unpack(const fs::path& folder,
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
  base::descriptor at{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!at || ::syncfs(at.get()) != 0)
    return trouble(folder);
  return {};
}

} // namespace

expected<std::string> unpacked(const std::string& cache,
                               std::string_view digest,
                               const limits& most,
                               const std::function<expected<byte_source>()>& source) {
  auto folder = fs::path{cache} / digest;
  if (is_there(folder)) {
    (void)::utimensat(AT_FDCWD, folder.c_str(), nullptr, 0); // Asked for just now.
    return root_of(folder);
  }
  std::error_code failed;
  fs::create_directories(cache, failed);
  if (failed)
    return trouble(cache, failed.value());
  (void)::chmod(cache.c_str(), 0700);
  rubbish fresh{fs::path{cache} / (std::string{half} + base::random_hex(8))};
  if (::mkdir(fresh.folder.c_str(), 0700) != 0)
    return trouble(fresh.folder);
  if (auto done = unpack(fresh.folder, digest, most, source); !done)
    return fail(std::move(done.error()));
  fs::rename(fresh.folder, folder, failed);
  if (failed && !is_there(folder)) // Another one was faster.
    return trouble(folder, failed.value());
  return root_of(folder);
}

void tidy(const std::string& cache, int64_t before_ms) {
  std::error_code failed;
  std::vector<fs::path> old;
  for (fs::directory_iterator it{cache, failed}, end; !failed && it != end; it.increment(failed)) {
    struct stat about {};
    if (::lstat(it->path().c_str(), &about) != 0)
      continue;
    auto touched = int64_t{about.st_mtim.tv_sec} * 1000;
    if (touched < before_ms || it->path().filename().string().starts_with(half))
      old.push_back(it->path());
  }
  for (const auto& path : old)
    fs::remove_all(path, failed);
}

} // namespace aops::archive
