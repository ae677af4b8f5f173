#pragma once

#include "runtime/io/prometheus/fetch.hpp"

#include <functional>
#include <memory>

namespace aops::prometheus_api {

/// Runs fetches over an HTTP client, for callers that have no mailbox of their own.
class client {
public:
  /// Runs a job on another thread than the I/O thread, sooner or later, exactly once.
  using executor = std::function<void(std::function<void()>)>;
  /// Gets each part in order; `last` with the last one. Never called twice at a time.
  using on_part = std::function<void(part, bool last)>;

  /// @param http Must outlive the client and its fetches.
  client(net::http_multi& http, source from, executor elsewhere)
      : http_(http), from_(std::move(from)), elsewhere_(std::move(elsewhere)) {}

  /// Starts to read. `ec::bad_request` when nothing is asked for: then `on_part` is never called.
  expected<void> start(ask what, on_part to) const;

private:
  net::http_multi& http_;
  source from_;
  executor elsewhere_;
};

} // namespace aops::prometheus_api
