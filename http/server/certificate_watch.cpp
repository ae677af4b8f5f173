#include "http/server/certificate_watch.hpp"

#include "runtime/base/log.hpp"

#include <fmt/format.h>

#include <sys/stat.h>

namespace aops::http {

certificate_watch::certificate_watch(certificate_files files)
    : files_(std::move(files)), seen_(stamp()) {}

std::string certificate_watch::stamp() const {
  std::string out;
  for (const auto* file : {&files_.certificate, &files_.key}) {
    struct stat about {};
    if (::stat(file->c_str(), &about) != 0)
      return {};
    out += fmt::format("{}.{}.{}.{}.{} ",
                       about.st_dev,
                       about.st_ino,
                       about.st_size,
                       about.st_mtim.tv_sec,
                       about.st_mtim.tv_nsec);
  }
  return out;
}

std::shared_ptr<tls_context> certificate_watch::renewed(steady_time now) {
  constexpr std::chrono::seconds pace{1};
  if (now - looked_ < pace)
    return {};
  looked_ = now;
  auto found = stamp();
  if (found == seen_ || found.empty())
    return {};
  auto fresh = tls_context::load(files_.certificate, files_.key);
  if (!fresh) {
    if (std::exchange(blamed_, found) != found)
      log::error("certificate-not-renewed", "goes on with the old one: {}", fresh.error().detail);
    return {};
  }
  seen_ = std::move(found);
  log::info("certificate-renewed", "{} is used from now on", files_.certificate);
  return std::move(*fresh);
}

} // namespace aops::http
