#pragma once

#include "http/routes/ask.hpp"
#include "http/server/route.hpp"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

namespace aops::http {

struct line_stream_limits {
  size_t most = 256;                               ///< Streams at once.
  std::chrono::milliseconds pause{500};            ///< Between two looks for lines.
  std::chrono::milliseconds heartbeat{15'000};     ///< A comment after this long without an event.
  std::chrono::milliseconds check_interval{1'000}; ///< Between looks at session and client.
  /// After this long a store that nodes share shows what all of them took before.
  std::chrono::milliseconds settling{3'000};
};

/// Streams of lines as they come. Each asks all nodes, which hold a bounded number of lines for it:
/// who reads too slowly is told how many were dropped.
class line_followers : public std::enable_shared_from_this<line_followers> {
public:
  explicit line_followers(node_port port, line_stream_limits limits = {})
      : port_(std::move(port)), limits_(limits) {}

  struct wish {
    std::string query;
    std::vector<std::string> host_list; ///< Ids; empty: all that he sees.
  };
  /// Goes on after the line of `Last-Event-ID`, as far as it is kept. ec::bad_request when the
  /// query does not read, ec::overloaded.
  expected<stream> open(const stream_request& asked, const wish& what);

  /// Ends all streams at once and opens no more.
  void stop();

private:
  class follower;
  friend class follower;
  bool take_place();
  void leave_place();
  bool wait_until(steady_time t); ///< False when it stops.

  node_port port_;
  line_stream_limits limits_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool is_stopping_ = false;
  size_t open_ = 0;
};

/// GET /logs/stream
stream_route line_stream_route(std::shared_ptr<line_followers> all);

} // namespace aops::http
