#pragma once

#include "messages/error.hpp"
#include "runtime/base/json_codec.hpp"
#include "runtime/io/net/http_multi.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

namespace aops::opensearch {

/// Where it is and who asks.
struct search_place {
  std::vector<std::string> urls; ///< Nodes of one cluster; at least one.
  std::string proof;             ///< A header; a secret. Empty: nobody in particular.
  std::string ca_file;           ///< PEM; empty: the system's.
};

struct search_call {
  std::string verb = "GET", path; ///< With `/` in front.
  std::string body = {};          ///< JSON, or lines of it.
  bool is_lines = false;
  std::chrono::milliseconds patience{10'000};
  size_t max_bytes = size_t{16} << 20; ///< Of the answer.
};

struct search_answer {
  int status = 0;
  base::json body; ///< Null when there is none.
};

/// Asks a cluster at one of its addresses: at the one that answered last, and when that is away at
/// the others. Any thread that may wait.
class search_client {
public:
  /// ec::internal.
  static expected<std::shared_ptr<search_client>> start(search_place where);

  /// Any status below 500 but those that name no right is an answer.
  ///
  /// ec::unreachable, ec::timed_out: nobody answers, or answers 5xx; ec::permission_denied: who
  /// asks is not known (401), or may not (403); ec::query_failed: the answer is too long, or no
  /// JSON. The detail begins with the address.
  expected<search_answer> call(const search_call& what) const;

  /// Calls under way, and all from now on, end with ec::cancelled.
  void stop() { http_->stop(); }

  /// The first address, for what people read.
  const std::string& shown_url() const { return where_.urls.front(); }

private:
  search_client(search_place where, std::unique_ptr<net::http_multi> http)
      : where_(std::move(where)), http_(std::move(http)) {}
  expected<search_answer>
  ask_at(const std::string& url, const search_call& what, std::chrono::milliseconds patience) const;

  search_place where_;
  std::unique_ptr<net::http_multi> http_;
  mutable std::atomic<size_t> good_{0}; ///< Which address answered last.
};

/// What stands below some names; null when nothing does.
const base::json& value_in(const base::json& x, std::initializer_list<const char*> names);

/// The whole number there, also one in a text; else 0.
int64_t number_in(const base::json& x, std::initializer_list<const char*> names);

/// The text there; else none.
std::string text_in(const base::json& x, std::initializer_list<const char*> names);

/// What an answer says went wrong, in words; the status when it says nothing.
std::string reason_of(const search_answer& x);

} // namespace aops::opensearch
