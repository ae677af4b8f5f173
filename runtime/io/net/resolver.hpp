#pragma once

#include "messages/error.hpp"
#include "runtime/base/clock.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace aops::net {

struct resolver_options {
  /// `192.0.2.53,127.0.0.1:5353`; empty: those of /etc/resolv.conf, which is read again when it
  /// changes. /etc/hosts is looked at first.
  std::string servers;
  std::chrono::milliseconds attempt{1000}; ///< The first wait for a server; later ones are longer.
  int attempts = 3;
  /// How long an answer counts: as long as it says itself, within these.
  std::chrono::seconds least_ttl{5}, most_ttl{300};
  /// How long a name counts as one that does not resolve.
  std::chrono::seconds failed_ttl{5};
  /// How long addresses go on to count while no server answers.
  std::chrono::seconds outage_ttl{86'400};
  size_t most_names = 16'384;                           ///< Names known or asked for.
  const base::time_source* time = &base::system_time(); ///< For what the cache knows.
};

/// Finds the addresses of DNS names, on one thread of its own (c-ares): a server or a zone that
/// does not answer delays no other name. Keeps what it found. A known name whose time is over is
/// looked up again while its old addresses are still handed out, so that nobody who asks often ever
/// waits for DNS.
class resolver {
public:
  /// Preferred first; never empty.
  using addresses = std::vector<std::string>;

  /// ec::unreachable: there is no such name, it has no address, or nobody tells; ec::timed_out;
  /// ec::overloaded; ec::cancelled when stopped.
  using callback = std::function<void(expected<addresses>)>;

  /// ec::internal when the system has no more descriptors or threads.
  static expected<std::unique_ptr<resolver>> start(resolver_options options = {});

  /// Stops.
  ~resolver();

  /// From any thread. `then` runs at once when the answer is known, else on the thread of the
  /// resolver, within `patience`; it must not stop or destroy the resolver, and must not throw.
  void resolve(const std::string& name, std::chrono::milliseconds patience, callback then);

  /// A connection to this address came about, to those before it not: the first one to be handed
  /// out from now on.
  void prefer(const std::string& name, const std::string& address);

  /// Ends the thread. Who waits gets ec::cancelled before this returns. Idempotent; by one thread
  /// at a time.
  void stop();

private:
  class loop;
  explicit resolver(std::unique_ptr<loop> loop);
  std::unique_ptr<loop> loop_;
};

} // namespace aops::net
