#include "runtime/io/storage/data_dir.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace aops::storage {

namespace {

constexpr const char* lock_name = "aops.lock";

tl::unexpected<error> failed(std::string_view what, const std::string& path, int code) {
  return fail(ec::store_unreachable,
              std::string{what} + " " + path + ": " + std::generic_category().message(code));
}

/// Opens for reading and writing, made with mode 0600; a laxer mode is tightened.
expected<int> open_private(const std::string& path) {
  auto file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0)
    return failed("cannot open", path, errno);
  if (::fchmod(file, 0600) != 0) {
    auto code = errno;
    ::close(file);
    return failed("cannot protect", path, code);
  }
  return file;
}

std::string holder_of(int file) {
  char text[32] = {};
  auto length = ::pread(file, text, sizeof text - 1, 0);
  std::string_view digits{text, length > 0 ? static_cast<size_t>(length) : 0};
  digits = digits.substr(0, digits.find_first_not_of("0123456789"));
  return digits.empty() ? "another process" : "process " + std::string{digits};
}

} // namespace

expected<std::unique_ptr<data_dir>> data_dir::lock(const std::string& path) {
  std::error_code code;
  auto is_new = std::filesystem::create_directories(path, code);
  if (code)
    return failed("cannot make data directory", path, code.value());
  if (is_new && ::chmod(path.c_str(), 0700) != 0)
    return failed("cannot protect data directory", path, errno);
  auto file = open_private(path + "/" + lock_name);
  if (!file)
    return fail(std::move(file.error()));
  if (::flock(*file, LOCK_EX | LOCK_NB) != 0) {
    auto reason = errno;
    auto holder = holder_of(*file);
    ::close(*file);
    if (reason != EWOULDBLOCK)
      return failed("cannot lock data directory", path, reason);
    return fail(ec::conflict, "data directory " + path + " is in use by " + holder);
  }
  auto pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(*file, 0) != 0 || ::pwrite(*file, pid.data(), pid.size(), 0) < 0) {
    auto reason = errno;
    ::close(*file);
    return failed("cannot write to data directory", path, reason);
  }
  return std::unique_ptr<data_dir>{new data_dir(path, *file)};
}

data_dir::~data_dir() { ::close(lock_); }

expected<std::string> data_dir::private_file(const std::string& name) const {
  auto path = path_ + "/" + name;
  auto file = open_private(path);
  if (!file)
    return fail(std::move(file.error()));
  ::close(*file);
  return path;
}

} // namespace aops::storage
