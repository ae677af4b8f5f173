#pragma once

#include "runtime/io/net/http_multi.hpp"

#include <curl/curl.h>

#include <array>
#include <optional>
#include <utility>

namespace aops::net {

using steady = std::chrono::steady_clock;

/// A request on its way into the I/O thread.
struct submission {
  request what;
  http_multi::callback done;
  steady::time_point submitted;
  std::string name;                      ///< Empty: the URL has an address.
  expected<resolver::addresses> found{}; ///< Of the name; used one after the other.
};

/// The host of a URL, without brackets; empty when it is none.
std::string host_of(const std::string& url);

/// One easy handle and what it works for; used again and again, on the I/O thread only. Never
/// moves: libcurl holds its address.
class transfer {
public:
  explicit transfer(const http_multi_options& options);
  ~transfer();
  transfer(const transfer&) = delete;
  transfer& operator=(const transfer&) = delete;

  CURL* handle() const { return easy_; }
  static transfer* of(CURL* easy);

  /// Prepares the handle. False when the deadline has passed already.
  bool begin(submission s);

  /// After a redirect to the same host: prepares the next hop. False when the answer stands as it
  /// is.
  bool redirect();

  /// After a failed attempt to connect: prepares the one to the name's next address. False when
  /// there is none, or no time.
  bool other_address(CURLcode code);

  /// The name and the address that answered, when it was not the first one.
  std::optional<std::pair<std::string, std::string>> better_address() const;

  /// How it ended, by libcurl's code.
  reply outcome(CURLcode code);

  http_multi::callback take_callback() { return std::move(job_.done); }

  /// As the request says.
  size_t lane() const { return job_.what.lane; }

  /// Connections that this run opened.
  long connects() const;

  /// Lets go of the request, keeps the handle.
  void clear();

private:
  static size_t on_data(char* data, size_t size, size_t count, void* self);
  size_t append(const char* data, size_t n);
  void set_options();
  void set_address();
  bool set_deadline();
  bool has_other_content() const;
  error failure(CURLcode code) const;
  std::string peer() const;

  CURL* easy_ = nullptr;
  std::string ca_file_; ///< Of requests that name none.
  curl_slist* headers_ = nullptr;
  curl_slist* connect_to_ = nullptr;
  size_t address_ = 0; ///< Which of those found.
  std::array<char, CURL_ERROR_SIZE> curl_text_{};
  submission job_;
  steady::time_point started_;
  response answer_;
  int redirects_ = 0;
  bool too_large_ = false;
  bool other_content_ = false;
};

} // namespace aops::net
