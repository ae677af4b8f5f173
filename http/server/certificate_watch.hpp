#pragma once

#include "http/server/certificate.hpp"
#include "http/server/transport.hpp"

#include <memory>
#include <string>

namespace aops::http {

/// Notices that the files of a certificate were replaced, so that a renewed one is used without a
/// restart. For one thread.
class certificate_watch {
public:
  explicit certificate_watch(certificate_files files);

  /// A context made of the files when they have changed since they were last read; else null. Looks
  /// at most once a second. Files that do not belong together, as in the middle of being replaced,
  /// are looked at again; it is logged once.
  std::shared_ptr<tls_context> renewed(steady_time now = std::chrono::steady_clock::now());

private:
  /// Changes whenever a file is written or replaced.
  std::string stamp() const;

  certificate_files files_;
  std::string seen_, blamed_;
  steady_time looked_{};
};

} // namespace aops::http
