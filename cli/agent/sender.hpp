#pragma once

#include "cli/agent/agent_config.hpp"
#include "cli/agent/delivery.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace httplib {
class ClientImpl;
}

namespace aops::agent {

/// What became of batches.
struct sender_figures {
  uint64_t sent = 0, failed = 0;
  uint64_t replaced = 0; ///< A newer one came before it could go.
  bool is_reached = false;
};

/// Sends batches to a node, on a thread of its own. Holds one: a newer one takes its place.
class sender {
public:
  explicit sender(const agent_config& config);
  ~sender();
  sender(const sender&) = delete;
  sender& operator=(const sender&) = delete;

  /// ec::internal when the system has no thread left.
  expected<void> start();
  /// Of any thread; does not wait.
  void offer(std::string body);
  /// @returns Whether the thread ended in time. A request that waits for a node is not broken off:
  /// then the process has to end without it.
  bool stop(std::chrono::milliseconds patience);

  sender_figures figures() const;

private:
  enum class outcome { sent, unreachable, busy, refused };
  struct answer {
    outcome what = outcome::unreachable;
    std::optional<int64_t> retry_after_s;
    std::string why; ///< Never a secret.
  };

  void run();
  answer send(const std::string& body);
  httplib::ClientImpl& client();
  void note(const node_address& to, const answer& got);

  std::vector<node_address> nodes_;
  std::string token_file_, ca_;
  std::chrono::milliseconds timeout_;
  delivery delivery_;
  std::thread thread_;
  /// Of one node, while it answers: it reads the authorities' certificates once.
  std::unique_ptr<httplib::ClientImpl> client_;
  size_t client_of_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<std::string> waiting_;
  sender_figures figures_;
  std::map<std::string, std::string> told_; ///< What the log was told last of each node.
  bool is_stopping_ = false, has_ended_ = false;
};

} // namespace aops::agent
