#include "cli/aops/text/files.hpp"

#include "cli/aops/text/language.hpp"
#include "runtime/base/descriptor.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <system_error>
#include <unistd.h>

namespace aops::cli {

namespace fs = std::filesystem;

namespace {

auto refuse(const std::string& path, std::string_view what) {
  return fail(ec::bad_request, fmt::format("{}: {}", path, what));
}

auto refuse_by_errno(const std::string& path) { return refuse(path, std::strerror(errno)); }

} // namespace

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    auto n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    text.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

expected<std::string> read_file(const std::string& path) {
  constexpr size_t largest = size_t{64} << 20;
  std::error_code problem;
  if (path != "-" && fs::is_directory(path, problem))
    return refuse(path, tr("is a folder"));
  base::descriptor file(path == "-" ? ::dup(STDIN_FILENO)
                                    : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0)
    return refuse_by_errno(path);
  std::string text;
  char buffer[1 << 16];
  while (true) {
    auto n = ::read(file.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return refuse_by_errno(path);
    if (n == 0)
      return text;
    text.append(buffer, static_cast<size_t>(n));
    if (text.size() > largest)
      return refuse(path, tr("is larger than 64 MiB"));
  }
}

expected<void>
write_file(const std::string& path, std::string_view text, unsigned mode, bool with_folders) {
  std::error_code problem;
  auto folder = fs::path(path).parent_path();
  if (with_folders && !folder.empty() && !fs::exists(folder, problem)) {
    fs::create_directories(folder, problem);
    if (problem)
      return refuse(folder.string(), problem.message());
    fs::permissions(folder, fs::perms::owner_all, problem);
  }
  // A device or pipe (/dev/stdout) is written as it is.
  bool is_special = fs::exists(path, problem) && !fs::is_regular_file(path, problem);
  auto beside = is_special ? path : fmt::format("{}.{}.part", path, ::getpid());
  int flags = O_WRONLY | O_CLOEXEC | (is_special ? 0 : O_CREAT | O_EXCL);
  {
    base::descriptor file(::open(beside.c_str(), flags, static_cast<mode_t>(mode)));
    if (file.get() < 0)
      return refuse_by_errno(path);
    if (!write_all(file.get(), text)) {
      auto result = refuse_by_errno(path);
      if (!is_special)
        ::unlink(beside.c_str());
      return result;
    }
  }
  if (is_special || ::rename(beside.c_str(), path.c_str()) == 0)
    return {};
  auto result = refuse_by_errno(path);
  ::unlink(beside.c_str());
  return result;
}

std::string export_path(const std::string& path, std::string_view name) {
  std::error_code problem;
  return fs::is_directory(path, problem) ? (fs::path(path) / name).string() : path;
}

std::string stem_of(const std::string& path) { return fs::path(path).stem().string(); }

std::string extension_of(const std::string& path) {
  auto extension = fs::path(path).extension().string();
  for (auto& c : extension)
    c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return extension;
}

} // namespace aops::cli
