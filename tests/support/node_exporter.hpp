#pragma once

#include "tests/support/process.hpp"

#include <memory>
#include <stdexcept>

namespace aops::tests {

/// A real node_exporter (Debian's `prometheus-node-exporter`) on a free port of 127.0.0.1, until
/// the end of the scope.
class node_exporter {
public:
  node_exporter() {
    for (int attempt = 0; attempt < 3; ++attempt) {
      port_ = free_port();
      process_ = std::make_unique<process>(std::vector<std::string>{
        "prometheus-node-exporter", "--web.listen-address=" + instance(), "--log.level=warn"});
      bool up =
        eventually([&] { return !process_->running() || accepts_connections("127.0.0.1", port_); });
      if (up && process_->running())
        return;
    }
    throw std::runtime_error("node_exporter does not start: " + process_->errors());
  }

  uint16_t port() const { return port_; }
  std::string instance() const { return "127.0.0.1:" + std::to_string(port_); }
  process& child() { return *process_; }

private:
  uint16_t port_ = 0;
  std::unique_ptr<process> process_;
};

} // namespace aops::tests
