#include "runtime/io/net/http_multi.hpp"

#include "runtime/base/address.hpp"
#include "runtime/base/descriptor.hpp"
#include "runtime/base/thread.hpp"
#include "runtime/io/net/transfer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <optional>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <thread>
#include <unistd.h>
#include <unordered_set>

namespace aops::net {
namespace {

/// Easy handles kept for the next request.
constexpr size_t max_spare = 128;

/// Needed once per process before any handle.
bool init_curl() {
  static const bool done = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return done;
}

} // namespace

/// The I/O thread and what it owns. Members without a lock belong to the thread alone.
class http_multi::loop {
public:
  explicit loop(http_multi_options options)
      : options_(std::move(options)), epoll_(::epoll_create1(EPOLL_CLOEXEC)),
        wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  ~loop() {
    stop();
    spare_.clear();
    lanes_.clear(); // Closes idle connections, which calls on_socket.
  }

  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;

  expected<void> start() {
    if (epoll_.get() < 0 || wake_.get() < 0)
      return fail(ec::internal, fmt::format("HTTP client: {}", std::strerror(errno)));
    if (!open_lanes())
      return fail(ec::internal, "HTTP client: libcurl has no room");
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = watched(0, wake_.get());
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event);
    auto names = resolver::start(options_.names);
    if (!names)
      return fail(std::move(names.error()));
    names_ = std::move(*names);
    return start_thread();
  }

  expected<void> submit(request what, callback done) {
    {
      std::lock_guard lock(mutex_);
      if (stopping_)
        return fail(ec::cancelled, "HTTP client: stopped");
      if (outstanding_.load(std::memory_order_relaxed) >= options_.max_outstanding) {
        refused_.fetch_add(1, std::memory_order_relaxed);
        return fail(ec::overloaded,
                    fmt::format("HTTP client: {} requests outstanding", options_.max_outstanding));
      }
      outstanding_.fetch_add(1, std::memory_order_relaxed);
    }
    submission job{std::move(what), std::move(done), steady::now(), {}, {}};
    auto host = host_of(job.what.url);
    if (host.empty() || base::is_ip_address(host)) {
      deliver(std::move(job));
      return {};
    }
    job.name = host;
    auto patience = std::min(job.what.connect_timeout, job.what.total_timeout);
    auto shared = std::make_shared<submission>(std::move(job)); // std::function copies.
    names_->resolve(host, patience, [this, shared](expected<resolver::addresses> found) {
      shared->found = std::move(found);
      deliver(std::move(*shared));
    });
    return {};
  }

  void stop() {
    if (names_)
      names_->stop(); // What waits for a name comes back now.
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake();
    if (thread_.joinable())
      thread_.join();
  }

  http_multi_stats stats() const {
    return {outstanding_.load(),
            succeeded_.load(),
            failed_.load(),
            refused_.load(),
            connects_.load(),
            bytes_.load()};
  }

private:
  /// Connections that are looked at together, and the transfers that may use them.
  struct lane {
    lane(loop& owner, size_t place) : of(owner), number(place) {}
    ~lane() { curl_multi_cleanup(multi); }
    lane(const lane&) = delete;
    lane& operator=(const lane&) = delete;

    loop& of;
    size_t number;
    CURLM* multi = nullptr;
    std::optional<steady::time_point> timer; ///< When libcurl wants to be called.
    size_t transfers = 0;                    ///< Under way.
    steady::time_point used{};               ///< When its last request began.
    bool is_filled = false;                  ///< It may keep connections.
  };

  size_t lane_count() const { return std::max<size_t>(1, options_.lanes); }

  bool open_lanes() {
    for (size_t number = 0; number < lane_count(); ++number)
      if (!open(*lanes_.emplace_back(std::make_unique<lane>(*this, number))))
        return false;
    return true;
  }

  bool open(lane& x) {
    auto share = options_.max_idle / lane_count();
    auto most = lane_count() == 1 ? share : share + share / 2 + 1;
    x.multi = curl_multi_init();
    if (!x.multi)
      return false;
    curl_multi_setopt(x.multi, CURLMOPT_SOCKETFUNCTION, &loop::on_socket);
    curl_multi_setopt(x.multi, CURLMOPT_SOCKETDATA, &x);
    curl_multi_setopt(x.multi, CURLMOPT_TIMERFUNCTION, &loop::on_timer);
    curl_multi_setopt(x.multi, CURLMOPT_TIMERDATA, &x);
    curl_multi_setopt(x.multi, CURLMOPT_MAXCONNECTS, static_cast<long>(most));
    // No CURLMOPT_MAX_HOST_CONNECTIONS: libcurl 7.88 keeps whatever waits for a connection in one
    // line for all hosts, so that a silent host would hold up the others.
    return true;
  }

  lane& lane_of(const transfer& t) { return *lanes_[t.lane() % lanes_.size()]; }

  /// What epoll tells of a descriptor.
  static uint64_t watched(size_t lane_number, int fd) {
    return uint64_t{lane_number} << 32 | static_cast<uint32_t>(fd);
  }

  /// Hands it to the I/O thread, from any thread.
  void deliver(submission job) {
    bool first = false;
    {
      std::lock_guard lock(mutex_);
      if (!has_ended_) {
        first = incoming_.empty();
        incoming_.push_back(std::move(job));
      }
    }
    if (job.done) // It is still here: the thread has ended.
      refuse(std::move(job), {ec::cancelled, "HTTP client: stopped"});
    else if (first)
      wake();
  }

  /// What never gets on the wire.
  void refuse(submission job, error why) {
    failed_.fetch_add(1, std::memory_order_relaxed);
    outstanding_.fetch_sub(1, std::memory_order_relaxed);
    job.done(reply{fail(std::move(why)), {}, false});
  }

  expected<void> start_thread() {
    auto started = base::start_thread("aops-http-io", [this] { run(); });
    if (!started)
      return fail(std::move(started.error()));
    thread_ = std::move(*started);
    return {};
  }

  void wake() const {
    uint64_t one = 1;
    [[maybe_unused]] auto written = ::write(wake_.get(), &one, sizeof one);
  }

  void run() {
    while (!admit()) {
      wait();
      for (auto& x : lanes_)
        if (x->timer && steady::now() >= *x->timer) {
          x->timer.reset();
          act(*x, CURL_SOCKET_TIMEOUT, 0);
        }
      for (auto& x : lanes_)
        if (x->transfers > 0)
          reap(*x);
      close_forgotten();
    }
    cancel_all();
  }

  /// Starts what came in. True when it is time to stop.
  bool admit() {
    bool stop = false;
    {
      std::lock_guard lock(mutex_);
      std::swap(incoming_, admitted_);
      stop = has_ended_ = stopping_;
    }
    for (auto& job : admitted_) {
      if (!stop && !job.found) {
        auto why = job.found.error();
        if (why != ec::cancelled)
          why.detail = "is not found: " + why.detail;
        refuse(std::move(job), std::move(why));
        continue;
      }
      if (stop) {
        refuse(std::move(job), {ec::cancelled, "HTTP client: stopped"});
        continue;
      }
      auto t = spare_transfer();
      if (t->begin(std::move(job)))
        launch(std::move(t));
      else
        finish(std::move(t), CURLE_OPERATION_TIMEDOUT);
    }
    admitted_.clear();
    return stop;
  }

  void launch(std::unique_ptr<transfer> t) {
    auto& x = lane_of(*t);
    if (curl_multi_add_handle(x.multi, t->handle()) != CURLM_OK) {
      finish(std::move(t), CURLE_FAILED_INIT);
      return;
    }
    ++x.transfers;
    x.used = steady::now();
    x.is_filled = true;
    active_.insert(t.release());
  }

  /// The transfer is libcurl's no more.
  std::unique_ptr<transfer> take_back(transfer* t) {
    auto& x = lane_of(*t);
    curl_multi_remove_handle(x.multi, t->handle());
    --x.transfers;
    active_.erase(t);
    return std::unique_ptr<transfer>(t);
  }

  /// What a lane keeps is looked at when it is used: one that is used no more, for its hosts are
  /// gone, would keep their connections for ever.
  void close_forgotten() {
    auto now = steady::now();
    auto age = std::max<steady::duration>(options_.max_idle_age, std::chrono::seconds{1});
    if (lanes_.size() == 1 || now - looked_ < age / 4)
      return;
    looked_ = now;
    for (auto& x : lanes_) {
      bool is_forgotten = x->is_filled && x->transfers == 0 && now - x->used > age;
      if (!is_forgotten)
        continue;
      curl_multi_cleanup(std::exchange(x->multi, nullptr)); // Which calls on_socket.
      x->timer.reset();
      x->is_filled = false;
      open(*x); // Without room it stays closed: its requests fail, and say so.
    }
  }

  void act(lane& x, curl_socket_t fd, int what) {
    curl_multi_socket_action(x.multi, fd, what, &running_);
  }

  void wait() {
    std::array<epoll_event, 256> events;
    int n = ::epoll_wait(epoll_.get(), events.data(), events.size(), wait_ms());
    for (int i = 0; i < n; ++i) {
      auto which = events[static_cast<size_t>(i)].data.u64;
      int fd = static_cast<int>(which & 0xffff'ffff);
      if (fd == wake_.get()) {
        uint64_t count = 0;
        [[maybe_unused]] auto got = ::read(fd, &count, sizeof count);
        continue;
      }
      auto what = events[static_cast<size_t>(i)].events;
      int action = (what & EPOLLIN ? CURL_CSELECT_IN : 0) |
                   (what & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                   (what & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
      act(*lanes_[which >> 32], fd, action);
    }
  }

  int wait_ms() const {
    std::optional<steady::time_point> first;
    for (const auto& x : lanes_)
      if (x->timer && (!first || *x->timer < *first))
        first = x->timer;
    if (!first)
      return -1;
    auto left = std::chrono::ceil<std::chrono::milliseconds>(*first - steady::now());
    return static_cast<int>(std::clamp<int64_t>(left.count(), 0, 60'000));
  }

  void reap(lane& x) {
    int left = 0;
    while (auto* message = curl_multi_info_read(x.multi, &left)) {
      if (message->msg != CURLMSG_DONE)
        continue;
      auto code = message->data.result; // The message dies when the transfer is taken back.
      auto t = take_back(transfer::of(message->easy_handle));
      connects_.fetch_add(static_cast<uint64_t>(t->connects()), std::memory_order_relaxed);
      bool goes_on = code == CURLE_OK ? t->redirect() : t->other_address(code);
      if (goes_on)
        launch(std::move(t));
      else
        finish(std::move(t), code);
    }
  }

  /// Frees everything before the callback, which may submit.
  void finish(std::unique_ptr<transfer> t, CURLcode code) {
    auto outcome = t->outcome(code);
    if (auto better = t->better_address(); better && outcome.result)
      names_->prefer(better->first, better->second);
    auto done = t->take_callback();
    t->clear();
    if (spare_.size() < max_spare)
      spare_.push_back(std::move(t));
    else
      t.reset();
    auto& counter = outcome.result ? succeeded_ : failed_;
    counter.fetch_add(1, std::memory_order_relaxed);
    if (outcome.result)
      bytes_.fetch_add(outcome.result->body.size(), std::memory_order_relaxed);
    outstanding_.fetch_sub(1, std::memory_order_relaxed);
    done(std::move(outcome));
  }

  void cancel_all() {
    while (!active_.empty()) {
      auto t = take_back(*active_.begin());
      finish(std::move(t), CURLE_ABORTED_BY_CALLBACK);
    }
  }

  std::unique_ptr<transfer> spare_transfer() {
    if (spare_.empty())
      return std::make_unique<transfer>(options_);
    auto t = std::move(spare_.back());
    spare_.pop_back();
    return t;
  }

  static int on_socket(CURL*, curl_socket_t fd, int what, void* self, void* known) {
    auto* x = static_cast<lane*>(self);
    int epoll = x->of.epoll_.get();
    if (what == CURL_POLL_REMOVE) {
      ::epoll_ctl(epoll, EPOLL_CTL_DEL, fd, nullptr);
      return 0;
    }
    epoll_event event{};
    event.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
    event.data.u64 = watched(x->number, fd);
    int change = known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (!known)
      curl_multi_assign(x->multi, fd, x); // Anything but null: `known` from now on.
    if (::epoll_ctl(epoll, change, fd, &event) != 0 && errno == EEXIST)
      ::epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event);
    return 0;
  }

  static int on_timer(CURLM*, long ms, void* self) {
    auto* x = static_cast<lane*>(self);
    if (ms < 0)
      x->timer.reset();
    else
      x->timer = steady::now() + std::chrono::milliseconds(ms);
    return 0;
  }

  const http_multi_options options_;
  base::descriptor epoll_;
  base::descriptor wake_;
  std::vector<std::unique_ptr<lane>> lanes_;
  std::unique_ptr<resolver> names_;
  std::thread thread_;

  std::mutex mutex_;
  std::vector<submission> incoming_; ///< Under `mutex_`.
  bool stopping_ = false;            ///< Under `mutex_`.
  bool has_ended_ = false;           ///< Under `mutex_`: nobody takes in any more.

  std::vector<submission> admitted_;
  std::unordered_set<transfer*> active_; ///< Owned: libcurl works on them.
  std::vector<std::unique_ptr<transfer>> spare_;
  steady::time_point looked_ = steady::now(); ///< For lanes that are used no more.
  int running_ = 0;

  std::atomic<uint64_t> outstanding_{0}, succeeded_{0}, failed_{0}, refused_{0}, connects_{0},
    bytes_{0};
};

http_multi::http_multi(std::unique_ptr<loop> l) : loop_(std::move(l)) {}

http_multi::~http_multi() = default;

expected<std::unique_ptr<http_multi>> http_multi::start(http_multi_options options) {
  if (!init_curl())
    return fail(ec::internal, "HTTP client: libcurl does not initialise");
  auto l = std::make_unique<loop>(std::move(options));
  if (auto started = l->start(); !started)
    return fail(started.error());
  return std::unique_ptr<http_multi>(new http_multi(std::move(l)));
}

expected<void> http_multi::submit(request what, callback done) {
  return loop_->submit(std::move(what), std::move(done));
}

void http_multi::stop() { loop_->stop(); }

http_multi_stats http_multi::stats() const { return loop_->stats(); }

} // namespace aops::net
