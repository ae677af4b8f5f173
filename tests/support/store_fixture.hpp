#pragma once

#include "actors/store/store_access.hpp"
#include "messages/roles/account.hpp"
#include "messages/roles/check.hpp"
#include "messages/roles/diag.hpp"
#include "messages/roles/host.hpp"
#include "messages/roles/job.hpp"
#include "messages/roles/rounds.hpp"
#include "messages/rounds.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/outcome.hpp"

#include <boost/test/unit_test.hpp>

#include <ostream>
#include <stdexcept>

namespace aops::tests {

/// All store actors over an empty SQLite store in memory, on the fixture's one thread and clock.
/// The directory knows them under their names; password hashing costs as little as it may.
struct store_fixture : actor_fixture {
  store_fixture();
  ~store_fixture() { end_all(); }

  /// May be changed at any time.
  std::shared_ptr<base::config> settings = std::make_shared<base::config>();
  std::shared_ptr<const base::clock> now{std::shared_ptr<void>{}, &clock};
  std::shared_ptr<actors::directory> names = std::make_shared<actors::directory>();
  /// Owns all.
  std::shared_ptr<schedule::ownership> slots = std::make_shared<schedule::ownership>();
  std::shared_ptr<storage::database_pool> pool;
  actors::store_ptr store;

  caller admin = {"admin", "admin", rights::administrator, false, {}, "192.0.2.1"};
  caller other = {"eve", "eve", rights::administrator, false, {}, "192.0.2.2"};

  storage::database& db() { return pool->writer(); }

  /// Who has the name now.
  template <class Handle>
  Handle of(std::string_view name) const {
    return names->find_as<Handle>(name);
  }

  template <class Handle>
  void put(std::string_view name, const Handle& who) {
    names->put(name, caf::actor_cast<caf::strong_actor_ptr>(who));
  }

  /// Starts what has the name from now on.
  template <class F, class... Args>
  auto start_as(std::string_view name, F fun, Args&&... args) {
    auto handle = start(std::move(fun), std::forward<Args>(args)...);
    put(name, handle);
    return handle;
  }

  /// Nobody has the name any more; whoever had it lives on until `give_back`.
  void take_away(std::string_view name);
  void give_back(std::string_view name);

  /// A group `g` and a host in it, stored without credentials. @returns Its record.
  host_record add_host(const std::string& id, const std::string& owner = "admin");

  /// What the host has stored, all of it, as one text: cursor, samples, series, results,
  /// deviations.
  std::string dump(const host_record& host);
  /// Its results: `item from-until value`, times in seconds relative to `since_ms`, separated by `;
  /// `.
  std::string results(const host_record& host, int64_t since_ms = 0);

  /// Number that a query gives.
  int64_t count(const std::string& query);

private:
  std::map<std::string, caf::strong_actor_ptr, std::less<>> away_;
};

} // namespace aops::tests
