#pragma once

#include "runtime/io/storage/mariadb.hpp"

#include <memory>
#include <mutex>
#include <mysql.h>
#include <random>

namespace aops::storage {

struct mariadb_closer {
  void operator()(MYSQL* x) const { mysql_close(x); }
};
using mariadb_link = std::unique_ptr<MYSQL, mariadb_closer>;

/// What a connection is for.
enum class mariadb_session : uint8_t {
  writes,              ///< Each statement sees what was committed last; waits for locks are short.
  reads,               ///< A transaction sees one state, and cannot write.
  migrates,            ///< As `writes`, with time to define a schema.
  chooses_no_database, ///< To make the database.
};

/// The servers of a pool, and which of them serves. Shared by all its connections, so that a
/// server that is away costs one of them a wait now and then, and the others nothing.
class mariadb_endpoints {
public:
  explicit mariadb_endpoints(mariadb_config config);

  /// A connection to the server that served last, else to the first in order of preference that
  /// serves. While none does, one caller tries again after a growing pause of at most `most_pause`;
  /// all others get the last error at once. ec::store_unreachable; ec::not_found when it is only
  /// the database that is missing, for a session that migrates.
  /// @param again In place of a lost one.
  expected<mariadb_link> connect(mariadb_session kind, bool again = false);

  pool_status status() const;
  const mariadb_config& config() const { return config_; }

  static constexpr std::chrono::milliseconds first_pause{50}, most_pause{800};

private:
  struct endpoint {
    std::string host; ///< Empty: the socket.
    unsigned port = 0;
    std::string name; ///< As errors and metrics show it.
  };
  using steady = std::chrono::steady_clock;

  static endpoint parse(const std::string& text, int64_t port);
  expected<size_t> admit();
  expected<mariadb_link> connect_to(const endpoint& at, mariadb_session kind) const;
  expected<mariadb_link> open(const endpoint& at, mariadb_session kind) const;
  void secure(MYSQL* db) const;
  expected<void> prepare_session(MYSQL* db, mariadb_session kind) const;
  error connect_error(const endpoint& at, MYSQL* db) const;
  void succeed(size_t index, bool again);
  error fail_all(error why);

  mariadb_config config_;
  std::vector<endpoint> endpoints_;
  mutable std::mutex mutex_;
  size_t current_ = 0;
  bool is_down_ = false, is_probed_ = false;
  steady::time_point next_probe_{};
  std::chrono::milliseconds pause_{0};
  error last_error_{ec::store_unreachable, {}};
  uint64_t reconnects_ = 0;
  std::minstd_rand random_{std::random_device{}()};
};

} // namespace aops::storage
