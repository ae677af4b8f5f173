#pragma once

#include "messages/error.hpp"
#include "runtime/base/units.hpp"

#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace httplib {
class Server;
}

namespace aops::agent {

/// GET /metrics, for whoever asks.
class exporter {
public:
  /// @param page Makes the text, on a thread of the server.
  /// ec::unreachable when nobody may listen there.
  static expected<std::unique_ptr<exporter>> start(const base::endpoint& at,
                                                   std::function<std::string()> page);
  ~exporter();

  const base::endpoint& at() const { return at_; } ///< With the port it got.

private:
  exporter() = default;
  base::endpoint at_;
  std::unique_ptr<httplib::Server> server_;
  std::thread thread_;
};

} // namespace aops::agent
