#pragma once

#include "cli/aops/net/client.hpp"

#include <atomic>
#include <memory>
#include <vector>

namespace aops::cli {

/// The nodes that a command may ask: any of a cluster answers any request. Talks to one of them
/// and goes on with the next one when that is not reached. A request that may have arrived is
/// repeated only if it reads, or comes with a key by which the nodes know it again: what creates
/// something does. Not for several threads.
class node_list {
public:
  /// Which node answered last; shared by all lists of a command.
  using favourite = std::shared_ptr<std::atomic<size_t>>;

  /// @param known At least one, in order of preference.
  node_list(std::vector<connection> known, favourite current);

  // As those of `client`. `ec::unreachable` tells about each node when none is reached.
  expected<json> get(const std::string& path);
  expected<json> post(const std::string& path, const json& body);
  expected<json> put(const std::string& path, const json& body);
  expected<json> remove(const std::string& path, const json& body);

  /// One try, at the node that answered last. When it is not reached, breaks off or is silent, the
  /// next call goes to the next node. With several nodes the longest silence is `failover_idle_s`.
  expected<void> stream(const std::string& path,
                        const std::string& last_event_id,
                        int idle_s,
                        const std::function<bool(std::string_view)>& take);

  size_t size() const { return known_.size(); }

  /// A heartbeat and some more: longer than a node that lives is silent.
  static constexpr int failover_idle_s = 20;

private:
  client& current();
  enum class repeat { reads, keyed, never };
  template <class Ask>
  expected<json> ask(repeat how, Ask ask);
  void go_on_from(size_t at);

  std::vector<connection> known_;
  std::vector<std::unique_ptr<client>> clients_; ///< Made when first needed.
  favourite current_;
};

/// Whether a request to this path of the contract changes nothing.
bool only_reads(std::string_view path);

/// Whether a request to this path of the contract creates something, and does so once for a key:
/// the routes that are `is_repeatable`.
bool creates(std::string_view path);

} // namespace aops::cli
