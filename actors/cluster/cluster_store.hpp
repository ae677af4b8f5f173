#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/io/storage/cluster_repository.hpp"
#include "runtime/io/storage/database_pool.hpp"

#include <memory>
#include <type_traits>
#include <utility>

namespace aops::actors {

/// The membership's own connection to the store: neither a full queue of the writer nor lent
/// readers hold a renewal up. One thread.
class cluster_store {
public:
  /// @param time Must outlive it.
  cluster_store(std::shared_ptr<storage::database_pool> pool, const base::time_source& time)
      : pool_(std::move(pool)), time_(time) {}

  /// `work(cluster_repository&)`, again a few times while the engine is busy, for a second at most:
  /// somebody who was stopped may hold a lock. A connection that was lost is made anew by the next
  /// call.
  template <class Work>
  auto run(Work work) -> std::invoke_result_t<Work&, storage::cluster_repository&> {
    using result = std::invoke_result_t<Work&, storage::cluster_repository&>;
    if (auto ready = connect(); !ready)
      return fail(std::move(ready.error()));
    storage::cluster_repository repository{*db_};
    auto until = time_.steady_ms() + patience_ms;
    result out = work(repository);
    for (int again = 1;
         again < attempts && !out && out.error() == ec::overloaded && time_.steady_ms() < until;
         ++again)
      out = work(repository);
    is_broken_ = !out && out.error() == ec::store_unreachable;
    return out;
  }

private:
  static constexpr int attempts = 4;
  static constexpr int64_t patience_ms = 1000;

  expected<void> connect() {
    if (!db_) {
      auto made = pool_->connect();
      if (!made)
        return fail(std::move(made.error()));
      db_ = std::move(*made);
    } else if (is_broken_) {
      if (auto back = db_->reconnect(); !back)
        return back;
    }
    is_broken_ = false;
    return {};
  }

  std::shared_ptr<storage::database_pool> pool_; ///< Outlives its connection.
  const base::time_source& time_;
  std::unique_ptr<storage::database> db_;
  bool is_broken_ = false;
};

} // namespace aops::actors
