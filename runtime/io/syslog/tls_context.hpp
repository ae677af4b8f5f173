#pragma once

#include "runtime/io/syslog/syslog_server.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

struct ssl_ctx_st;
struct ssl_st;

namespace aops::syslog {

/// One connection under TLS. For one thread.
class tls_session {
public:
  explicit tls_session(ssl_st* s) : s_(s) {}
  ~tls_session();
  tls_session(const tls_session&) = delete;
  tls_session& operator=(const tls_session&) = delete;

  /// Whether the handshake is over; an error when it failed.
  expected<bool> shake();
  /// Common name and DNS names of the client's certificate, if it proved one.
  std::vector<std::string> peer_names() const;
  /// > 0: so many bytes; 0: none for now; < 0: nothing more will come.
  int read(char* to, size_t most);

private:
  ssl_st* s_;
};

/// What connections under TLS share.
class tls_context {
public:
  /// ec::internal with the file that does not serve.
  static expected<std::shared_ptr<tls_context>> load(const certificates& from);
  ~tls_context();
  tls_context(const tls_context&) = delete;
  tls_context& operator=(const tls_context&) = delete;

  std::unique_ptr<tls_session> accept(int fd);
  /// Another one, when the files have changed and serve; looked at now and then.
  std::shared_ptr<tls_context> fresh(const certificates& from);

private:
  explicit tls_context(ssl_ctx_st* c) : c_(c) {}
  ssl_ctx_st* c_;
  std::filesystem::file_time_type changed_{};
  int64_t look_again_ms_ = 0;
};

} // namespace aops::syslog
