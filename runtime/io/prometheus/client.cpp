#include "runtime/io/prometheus/client.hpp"

#include <mutex>

namespace aops::prometheus_api {
namespace {

/// One running fetch: replies queue up, and one job at a time works on them.
class running_fetch : public std::enable_shared_from_this<running_fetch> {
public:
  running_fetch(net::http_multi& http, fetch work, client::executor elsewhere, client::on_part to)
      : http_(http), work_(std::move(work)), elsewhere_(std::move(elsewhere)), to_(std::move(to)) {}

  void start() {
    busy_ = true;
    run_elsewhere();
  }

private:
  struct arrival {
    uint64_t id;
    net::reply reply;
  };

  void run_elsewhere() {
    elsewhere_([self = shared_from_this()] { self->work(); });
  }

  void arrive(uint64_t id, net::reply reply) {
    {
      std::lock_guard lock(mutex_);
      arrived_.push_back({id, std::move(reply)});
      if (std::exchange(busy_, true))
        return;
    }
    run_elsewhere();
  }

  void work() {
    send();
    for (;;) {
      std::vector<arrival> batch;
      {
        std::lock_guard lock(mutex_);
        std::swap(batch, arrived_);
        if (batch.empty()) {
          busy_ = false;
          return;
        }
      }
      for (auto& a : batch) {
        auto parts = work_.on_reply(a.id, std::move(a.reply));
        send();
        for (size_t i = 0; i < parts.size(); ++i)
          to_(std::move(parts[i]), work_.finished() && i + 1 == parts.size());
      }
    }
  }

  void send() {
    for (auto& [id, what] : work_.next()) {
      auto taken =
        http_.submit(std::move(what), [self = shared_from_this(), id = id](net::reply r) {
          self->arrive(id, std::move(r));
        });
      if (!taken) { // Full or stopped: the query failed, like any other.
        std::lock_guard lock(mutex_);
        arrived_.push_back({id, net::reply{fail(taken.error())}});
      }
    }
  }

  net::http_multi& http_;
  fetch work_; ///< Touched only by the job that made `busy_` true.
  client::executor elsewhere_;
  client::on_part to_;
  std::mutex mutex_;
  std::vector<arrival> arrived_; ///< Under `mutex_`.
  bool busy_ = false;            ///< Under `mutex_`: a job runs or will.
};

} // namespace

expected<void> client::start(ask what, on_part to) const {
  fetch work(std::move(what), from_);
  if (work.finished())
    return fail(ec::bad_request, "Prometheus: neither series nor instances to ask for");
  std::make_shared<running_fetch>(http_, std::move(work), elsewhere_, std::move(to))->start();
  return {};
}

} // namespace aops::prometheus_api
