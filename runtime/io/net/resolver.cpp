#include "runtime/io/net/resolver.hpp"

#include "runtime/base/descriptor.hpp"
#include "runtime/base/thread.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ares.h>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <unordered_map>

namespace aops::net {
namespace {

using steady = std::chrono::steady_clock;

/// Names asked for at once; further ones wait.
constexpr size_t most_queries = 4096;

/// Who waits for one name.
constexpr size_t most_waiters = 1024;

/// Overdue addresses are handed out for so long after their time; later the new ones are waited
/// for: who asks that seldom wants to know what is true now.
constexpr int64_t overdue_ms = 60'000;

constexpr const char* resolver_file = "/etc/resolv.conf";

/// What tells that the file is another one.
struct file_version {
  ino_t number = 0;
  timespec changed{};
  explicit file_version(const char* path) {
    struct stat about {};
    if (::stat(path, &about) == 0) {
      number = about.st_ino;
      changed = about.st_mtim;
    }
  }
  bool operator==(const file_version& x) const {
    return number == x.number && changed.tv_sec == x.changed.tv_sec &&
           changed.tv_nsec == x.changed.tv_nsec;
  }
};

/// Needed once per process.
bool init_library() {
  static const bool done = ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS;
  return done;
}

std::string text_of(const sockaddr* at) {
  std::array<char, INET6_ADDRSTRLEN> out{};
  const void* bytes = nullptr;
  if (at->sa_family == AF_INET)
    bytes = &reinterpret_cast<const sockaddr_in*>(at)->sin_addr;
  else if (at->sa_family == AF_INET6)
    bytes = &reinterpret_cast<const sockaddr_in6*>(at)->sin6_addr;
  if (!bytes || !::inet_ntop(at->sa_family, bytes, out.data(), out.size()))
    return {};
  return out.data();
}

/// Whether the servers said so, rather than nothing.
bool is_answer(int status) { return status == ARES_ENOTFOUND || status == ARES_ENODATA; }

error failure(const std::string& name, int status) {
  switch (status) {
  case ARES_ENOTFOUND:
    return {ec::unreachable, fmt::format("the name {} does not exist", name)};
  case ARES_ENODATA:
    return {ec::unreachable, fmt::format("the name {} has no address", name)};
  case ARES_ETIMEOUT:
    return {ec::timed_out,
            fmt::format("the name {} cannot be looked up: no name server answers", name)};
  case ARES_ECANCELLED:
  case ARES_EDESTRUCTION:
    return {ec::cancelled, fmt::format("the name {}: stopped", name)};
  default:
    return {ec::unreachable,
            fmt::format("the name {} cannot be looked up: {}", name, ares_strerror(status))};
  }
}

} // namespace

/// The thread and what it shares with those who ask.
class resolver::loop {
public:
  explicit loop(resolver_options options)
      : options_(std::move(options)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  ~loop() {
    stop();
    if (channel_)
      ares_destroy(channel_);
  }

  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;

  expected<void> start() {
    if (wake_.get() < 0 || !init_library())
      return fail(ec::internal, fmt::format("resolver: {}", std::strerror(errno)));
    if (auto made = make_channel(); !made)
      return made;
    auto started = base::start_thread("aops-dns", [this] { run(); });
    if (!started)
      return fail(std::move(started.error()));
    thread_ = std::move(*started);
    return {};
  }

  void resolve(const std::string& name, std::chrono::milliseconds patience, callback then) {
    expected<addresses> known = fail(ec::cancelled, "resolver: stopped");
    {
      std::lock_guard lock(mutex_);
      if (!stopping_) {
        auto now = options_.time->steady_ms();
        auto* x = entry_of(name);
        if (!x) {
          known = fail(ec::overloaded, "resolver: too many names at once");
        } else {
          x->used_ms = now;
          bool is_due = now >= x->until_ms && !x->is_asked;
          if (is_due) {
            x->is_asked = true;
            to_ask_.push_back(name);
            wake();
          }
          bool is_known = now < x->until_ms || (x->found && now < x->until_ms + overdue_ms);
          if (!is_known && x->waiting.size() < most_waiters) {
            x->waiting.push_back({steady::now() + patience, std::move(then)});
            if (x->waiting.back().until < soonest_) {
              soonest_ = x->waiting.back().until;
              wake();
            }
            return;
          }
          known = is_known ? x->found
                           : fail(ec::overloaded, "resolver: too many wait for the name " + name);
        }
      }
    }
    then(std::move(known));
  }

  void prefer(const std::string& name, const std::string& address) {
    std::lock_guard lock(mutex_);
    auto x = names_.find(name);
    if (x == names_.end() || !x->second.found)
      return;
    auto& all = *x->second.found;
    if (auto i = std::find(all.begin(), all.end(), address); i != all.end())
      std::rotate(all.begin(), i, i + 1);
  }

  void stop() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake();
    if (thread_.joinable())
      thread_.join();
  }

private:
  struct waiter {
    steady::time_point until;
    callback then;
  };

  struct entry {
    expected<addresses> found = fail(ec::timed_out);
    int64_t until_ms = 0;    ///< How long `found` counts; 0: nothing is known yet.
    int64_t answered_ms = 0; ///< When addresses were last told.
    int64_t used_ms = 0;
    bool is_asked = false; ///< Queued or under way.
    std::vector<waiter> waiting;
  };

  /// A query under way; c-ares holds its address.
  struct query {
    loop* self;
    std::string name;
  };

  // -- under the lock

  entry* entry_of(const std::string& name) {
    if (auto x = names_.find(name); x != names_.end())
      return &x->second;
    if (names_.size() >= options_.most_names)
      forget_half();
    if (names_.size() >= options_.most_names)
      return nullptr;
    return &names_[name];
  }

  /// Those not used for longest; never one that somebody waits for.
  void forget_half() {
    std::vector<int64_t> used;
    for (const auto& [name, x] : names_)
      used.push_back(x.used_ms);
    auto middle = used.begin() + static_cast<std::ptrdiff_t>(used.size() / 2);
    std::nth_element(used.begin(), middle, used.end());
    std::erase_if(names_,
                  [&](const auto& x) { return x.second.used_ms <= *middle && !x.second.is_asked; });
  }

  // -- on the thread

  void wake() const {
    uint64_t one = 1;
    [[maybe_unused]] auto written = ::write(wake_.get(), &one, sizeof one);
  }

  void run() {
    while (begin_queries()) {
      wait();
      give_up_late();
    }
    end_all();
  }

  /// False when it is time to stop.
  bool begin_queries() {
    std::vector<std::string> names;
    {
      std::lock_guard lock(mutex_);
      if (stopping_)
        return false;
      while (!to_ask_.empty() && queries_ + names.size() < most_queries) {
        names.push_back(std::move(to_ask_.front()));
        to_ask_.pop_front();
      }
    }
    if (!names.empty())
      follow_configuration();
    for (auto& name : names)
      begin_query(std::move(name));
    return true;
  }

  void begin_query(std::string name) {
    ++queries_;
    auto* q = new query{this, std::move(name)};
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    // May call back before it returns.
    ares_getaddrinfo(channel_, q->name.c_str(), nullptr, &hints, &loop::on_answer, q);
  }

  static void on_answer(void* arg, int status, int, ares_addrinfo* info) {
    std::unique_ptr<query> q(static_cast<query*>(arg));
    --q->self->queries_;
    q->self->take_answer(q->name, status, info);
    if (info)
      ares_freeaddrinfo(info);
  }

  void take_answer(const std::string& name, int status, const ares_addrinfo* info) {
    auto ttl = options_.most_ttl.count();
    addresses found;
    if (status == ARES_SUCCESS && info) {
      for (const auto* x = info->nodes; x; x = x->ai_next) {
        ttl = std::min<int64_t>(ttl, x->ai_ttl);
        auto text = text_of(x->ai_addr);
        if (!text.empty() && std::find(found.begin(), found.end(), text) == found.end())
          found.push_back(std::move(text));
      }
      for (const auto* x = info->cnames; x; x = x->next)
        ttl = std::min<int64_t>(ttl, x->ttl);
    }
    if (status == ARES_SUCCESS && found.empty())
      status = ARES_ENODATA;
    auto keep_ms = 1000 * std::max<int64_t>(ttl, options_.least_ttl.count());
    std::vector<waiter> waiting;
    expected<addresses> answer = fail(ec::internal);
    {
      std::lock_guard lock(mutex_);
      auto& x = names_[name]; // Never forgotten while it is asked for.
      auto now = options_.time->steady_ms();
      x.is_asked = false;
      if (status == ARES_SUCCESS) {
        keep_preference(x, found);
        x.found = std::move(found);
        x.answered_ms = now;
      } else {
        keep_ms = 1000 * options_.failed_ttl.count();
        // An outage of DNS must not become one of everything that was found by it.
        bool is_outage =
          !is_answer(status) && x.found && now < x.answered_ms + 1000 * options_.outage_ttl.count();
        if (!is_outage)
          x.found = fail(failure(name, status));
      }
      x.until_ms = now + keep_ms;
      answer = x.found;
      waiting = std::exchange(x.waiting, {});
    }
    for (auto& w : waiting)
      w.then(answer);
  }

  /// The address that was good stays the first one for as long as it is told.
  static void keep_preference(const entry& before, addresses& now) {
    if (!before.found)
      return;
    if (auto i = std::find(now.begin(), now.end(), before.found->front()); i != now.end())
      std::rotate(now.begin(), i, i + 1);
  }

  void wait() {
    std::vector<pollfd> fds{{wake_.get(), POLLIN, 0}};
    for (const auto& [fd, events] : sockets_)
      fds.push_back({fd, events, 0});
    if (::poll(fds.data(), fds.size(), wait_ms()) < 0)
      for (auto& x : fds)
        x.revents = 0; // Interrupted: the time-outs are looked at all the same.
    if (fds[0].revents != 0) {
      uint64_t count = 0;
      [[maybe_unused]] auto got = ::read(wake_.get(), &count, sizeof count);
    }
    for (size_t i = 1; i < fds.size(); ++i) {
      auto what = fds[i].revents;
      bool reads = (what & (POLLIN | POLLERR | POLLHUP)) != 0, writes = (what & POLLOUT) != 0;
      if (reads || writes)
        ares_process_fd(
          channel_, reads ? fds[i].fd : ARES_SOCKET_BAD, writes ? fds[i].fd : ARES_SOCKET_BAD);
    }
    ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD); // Its time-outs.
  }

  int wait_ms() {
    timeval longest{60, 0}, left{};
    const auto* t = ares_timeout(channel_, &longest, &left);
    auto ms = t->tv_sec * 1000 + t->tv_usec / 1000 + 1;
    std::lock_guard lock(mutex_);
    if (soonest_ != steady::time_point::max()) {
      auto rest = std::chrono::ceil<std::chrono::milliseconds>(soonest_ - steady::now());
      ms = std::min<int64_t>(ms, rest.count());
    }
    return static_cast<int>(std::max<int64_t>(ms, 0));
  }

  /// Whose patience has ended.
  void give_up_late() {
    std::vector<std::pair<std::string, waiter>> late;
    {
      std::lock_guard lock(mutex_);
      auto now = steady::now();
      if (now < soonest_)
        return;
      soonest_ = steady::time_point::max();
      for (auto& [name, x] : names_) {
        auto stay = std::stable_partition(
          x.waiting.begin(), x.waiting.end(), [now](const waiter& w) { return w.until > now; });
        for (auto w = x.waiting.begin(); w != stay; ++w)
          soonest_ = std::min(soonest_, w->until);
        for (auto w = stay; w != x.waiting.end(); ++w)
          late.emplace_back(name, std::move(*w));
        x.waiting.erase(stay, x.waiting.end());
      }
    }
    for (auto& [name, w] : late)
      w.then(fail(failure(name, ARES_ETIMEOUT)));
  }

  void end_all() {
    ares_cancel(channel_); // Calls back for all queries.
    std::vector<waiter> waiting;
    {
      std::lock_guard lock(mutex_);
      to_ask_.clear();
      for (auto& [name, x] : names_)
        for (auto& w : std::exchange(x.waiting, {}))
          waiting.push_back(std::move(w));
    }
    for (auto& w : waiting)
      w.then(fail(ec::cancelled, "resolver: stopped"));
  }

  // -- the channel

  expected<void> make_channel() {
    ares_options o{};
    o.timeout = static_cast<int>(options_.attempt.count());
    o.tries = options_.attempts;
    o.sock_state_cb = &loop::on_socket;
    o.sock_state_cb_data = this;
    auto status = ares_init_options(
      &channel_, &o, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
    if (status == ARES_SUCCESS && !options_.servers.empty())
      status = ares_set_servers_ports_csv(channel_, options_.servers.c_str());
    if (status == ARES_SUCCESS)
      return {};
    return fail(ec::internal, fmt::format("resolver: {}", ares_strerror(status)));
  }

  /// c-ares reads the system's configuration once. Waits for a moment without queries: the old
  /// channel would take them along.
  void follow_configuration() {
    file_version now{resolver_file};
    if (!options_.servers.empty() || queries_ > 0 || now == configuration_)
      return;
    auto* old = std::exchange(channel_, nullptr);
    if (make_channel())
      configuration_ = now;
    else
      std::swap(channel_, old);
    if (old)
      ares_destroy(old);
  }

  static void on_socket(void* self, ares_socket_t fd, int readable, int writable) {
    auto& sockets = static_cast<loop*>(self)->sockets_;
    if (!readable && !writable)
      sockets.erase(fd);
    else
      sockets[fd] = static_cast<short>((readable ? POLLIN : 0) | (writable ? POLLOUT : 0));
  }

  const resolver_options options_;
  base::descriptor wake_;
  std::thread thread_;

  std::mutex mutex_;
  std::unordered_map<std::string, entry> names_; ///< Under `mutex_`, as all until `stopping_`.
  std::deque<std::string> to_ask_;
  steady::time_point soonest_ = steady::time_point::max(); ///< When somebody's patience may end.
  bool stopping_ = false;

  ares_channel channel_ = nullptr; ///< Of the thread, as all below.
  file_version configuration_{resolver_file};
  std::map<ares_socket_t, short> sockets_; ///< With what is waited for.
  size_t queries_ = 0;
};

resolver::resolver(std::unique_ptr<loop> l) : loop_(std::move(l)) {}

resolver::~resolver() = default;

expected<std::unique_ptr<resolver>> resolver::start(resolver_options options) {
  auto l = std::make_unique<loop>(std::move(options));
  if (auto started = l->start(); !started)
    return fail(started.error());
  return std::unique_ptr<resolver>(new resolver(std::move(l)));
}

void resolver::resolve(const std::string& name, std::chrono::milliseconds patience, callback then) {
  loop_->resolve(name, patience, std::move(then));
}

void resolver::prefer(const std::string& name, const std::string& address) {
  loop_->prefer(name, address);
}

void resolver::stop() { loop_->stop(); }

} // namespace aops::net
