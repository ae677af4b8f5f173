#include "cli/node/service_credential.hpp"

#include "runtime/base/descriptor.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/log.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace aops::node {

namespace {

constexpr size_t secret_bytes = 32;
constexpr size_t least_length = 32;

tl::unexpected<error> unusable(const std::string& path, std::string_view why) {
  return fail(ec::bad_request, fmt::format("data.credential_file: {}: {}", path, why));
}

/// Whole or not at all, and never over one that another node made meanwhile.
expected<void> make(const std::string& path) {
  auto fresh = fmt::format("{}.{}", path, base::random_hex(4));
  auto text = base::random_hex(secret_bytes) + "\n";
  int problem = 0;
  {
    base::descriptor file{::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    bool ok = file.get() >= 0 &&
              ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
              ::fsync(file.get()) == 0 && ::link(fresh.c_str(), path.c_str()) == 0;
    problem = ok ? 0 : errno;
  }
  ::unlink(fresh.c_str());
  if (problem != 0 && problem != EEXIST)
    return unusable(path, std::strerror(problem));
  if (problem == 0)
    log::info("credential-made", "made a credential for services in {}", path);
  return {};
}

} // namespace

expected<sealed_text> service_credential(const base::config& c) {
  auto path =
    c.data.credential_file.empty() ? c.data_dir + "/service.credential" : c.data.credential_file;
  if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT)
    if (auto made = make(path); !made)
      return fail(std::move(made.error()));
  base::descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat about {};
  if (file.get() < 0 || ::fstat(file.get(), &about) != 0)
    return unusable(path, std::strerror(errno));
  if (!S_ISREG(about.st_mode))
    return unusable(path, "is no regular file");
  if ((about.st_mode & 0077) != 0)
    return unusable(path, "must be readable by its owner only (chmod 600)");
  std::array<char, 4096> buffer{};
  auto size = ::read(file.get(), buffer.data(), buffer.size());
  if (size < 0)
    return unusable(path, std::strerror(errno));
  sealed_text secret{std::string{buffer.data(), static_cast<size_t>(size)}};
  secret.text.resize(std::min(secret.text.find_first_of("\r\n"), secret.text.size()));
  if (secret.text.size() < least_length)
    return unusable(path, fmt::format("must hold at least {} characters", least_length));
  return secret;
}

} // namespace aops::node
