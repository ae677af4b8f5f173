#include "runtime/io/syslog/syslog_server.hpp"

#include "runtime/base/address.hpp"
#include "runtime/base/log.hpp"
#include "runtime/io/syslog/tls_context.hpp"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>
#include <mutex>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace aops::syslog {

namespace {

using std::chrono::steady_clock;

constexpr int most_events = 64, look_every_ms = 1000, waiting_connections = 128;
constexpr size_t read_bytes = 32 << 10, most_read = 128 << 10;
constexpr std::chrono::seconds handshake_patience{10};

/// A file descriptor that is closed.
class owned_fd {
public:
  explicit owned_fd(int fd = -1) : fd_(fd) {}
  owned_fd(owned_fd&& x) noexcept : fd_(std::exchange(x.fd_, -1)) {}
  owned_fd& operator=(owned_fd&& x) noexcept {
    std::swap(fd_, x.fd_);
    return *this;
  }
  ~owned_fd() {
    if (fd_ >= 0)
      ::close(fd_);
  }
  int get() const { return fd_; }

private:
  int fd_;
};

std::string system_text() { return std::strerror(errno); }

std::string address_of(const sockaddr_storage& from) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (from.ss_family == AF_INET)
    inet_ntop(AF_INET,
              &reinterpret_cast<const sockaddr_in&>(from).sin_addr,
              text.data(),
              static_cast<socklen_t>(text.size()));
  else
    inet_ntop(AF_INET6,
              &reinterpret_cast<const sockaddr_in6&>(from).sin6_addr,
              text.data(),
              static_cast<socklen_t>(text.size()));
  std::string out{text.data()};
  constexpr std::string_view mapped = "::ffff:";
  if (out.starts_with(mapped) && out.find('.') != out.npos)
    out.erase(0, mapped.size());
  return out;
}

expected<owned_fd> listen_at(const door& x) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  auto wrong = [&](const std::string& why) {
    return fail(ec::internal,
                fmt::format("logs.syslog_listen: {}: {}", base::with_port(x.host, x.port), why));
  };
  auto port = std::to_string(x.port);
  if (auto e = getaddrinfo(x.host.empty() ? nullptr : x.host.c_str(), port.c_str(), &hints, &found);
      e != 0)
    return wrong(gai_strerror(e));
  std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> all{found, &freeaddrinfo};
  owned_fd fd{socket(all->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  int on = 1;
  if (fd.get() < 0 || setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      bind(fd.get(), all->ai_addr, all->ai_addrlen) != 0 ||
      listen(fd.get(), waiting_connections) != 0)
    return wrong(system_text());
  return fd;
}

std::string bound_address(int fd) {
  sockaddr_storage at{};
  socklen_t size = sizeof at;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) != 0)
    return {};
  auto port = at.ss_family == AF_INET ? reinterpret_cast<const sockaddr_in&>(at).sin_port
                                      : reinterpret_cast<const sockaddr_in6&>(at).sin6_port;
  return base::with_port(address_of(at), ntohs(port));
}

/// What other threads tell the loop.
struct inbox {
  std::mutex mutex;
  std::vector<std::pair<uint64_t, bool>> done; ///< Connections that may go on, or must end.
  owned_fd wake{eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
  bool is_stopping = false;

  void tell(uint64_t connection, bool may_go_on) {
    std::lock_guard guard{mutex};
    done.emplace_back(connection, may_go_on);
    wake_up();
  }
  void wake_up() const {
    uint64_t one = 1;
    [[maybe_unused]] auto written = ::write(wake.get(), &one, sizeof one);
  }
};

struct connection {
  owned_fd fd;
  std::unique_ptr<tls_session> tls; ///< Null: plain.
  peer who;
  bool is_shaken = false; ///< The handshake is over.
  bool is_busy = false;   ///< Its bytes are being taken.
  bool has_ended = false; ///< No more bytes will come.
  bool is_end_told = false;
  steady_clock::time_point begun = steady_clock::now(), heard = begun;
};

class epoll_server final : public server {
public:
  explicit epoll_server(server_options options)
      : options_(std::move(options)), epoll_(epoll_create1(EPOLL_CLOEXEC)) {}

  ~epoll_server() override {
    {
      std::lock_guard guard{inbox_->mutex};
      inbox_->is_stopping = true;
    }
    inbox_->wake_up();
    if (thread_.joinable())
      thread_.join();
  }

  expected<void> begin() {
    for (const auto& x : options_.doors) {
      if (x.is_tls && !context_) {
        auto made = tls_context::load(options_.tls);
        if (!made)
          return fail(std::move(made.error()));
        context_ = std::move(*made);
      }
      auto fd = listen_at(x);
      if (!fd)
        return fail(std::move(fd.error()));
      addresses_.push_back((x.is_tls ? "tls:" : "") + bound_address(fd->get()));
      doors_.push_back(std::move(*fd));
    }
    if (epoll_.get() < 0 || !watch(inbox_->wake.get(), wake_key, EPOLLIN))
      return fail(ec::internal, "logs.syslog_listen: " + system_text());
    watch_doors(true);
    thread_ = std::thread{[this] { loop(); }};
    return {};
  }

  std::vector<std::string> addresses() const override { return addresses_; }

private:
  // Keys of epoll: doors first, then the eventfd; connections are counted from there on.
  static constexpr uint64_t wake_key = 1 << 16, first_connection = wake_key + 1;

  bool watch(int fd, uint64_t key, uint32_t events, int how = EPOLL_CTL_ADD) const {
    epoll_event e{};
    e.events = events;
    e.data.u64 = key;
    return epoll_ctl(epoll_.get(), how, fd, &e) == 0;
  }

  /// When there is no place, others wait in the queue of the system.
  void watch_doors(bool on) {
    if (on == are_doors_watched_)
      return;
    are_doors_watched_ = on;
    for (size_t i = 0; i < doors_.size(); ++i)
      watch(doors_[i].get(), i, EPOLLIN, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL);
  }

  void loop() {
    std::array<epoll_event, most_events> events{};
    for (;;) {
      auto n = epoll_wait(epoll_.get(), events.data(), most_events, look_every_ms);
      for (int i = 0; i < n; ++i) {
        auto key = events[static_cast<size_t>(i)].data.u64;
        if (key < doors_.size())
          accept_all(key);
        else if (key == wake_key)
          drain_wake();
        else
          go_on(key);
      }
      if (!take_inbox())
        return;
      drop_slow();
      watch_doors(connections_.size() < options_.most_connections &&
                  steady_clock::now() >= doors_shut_until_);
    }
  }

  void drain_wake() const {
    uint64_t count = 0;
    [[maybe_unused]] auto read = ::read(inbox_->wake.get(), &count, sizeof count);
  }

  /// False: it stops.
  bool take_inbox() {
    std::vector<std::pair<uint64_t, bool>> done;
    {
      std::lock_guard guard{inbox_->mutex};
      if (inbox_->is_stopping)
        return false;
      done.swap(inbox_->done);
    }
    for (auto [key, may_go_on] : done) {
      auto it = connections_.find(key);
      if (it == connections_.end())
        continue;
      auto& x = it->second;
      x.is_busy = false;
      x.heard = steady_clock::now();
      if (!may_go_on || x.is_end_told)
        end(key);
      else if (x.has_ended)
        hand_over(key, x, {});
      else
        go_on(key); // What TLS has read already no event will tell.
    }
    return true;
  }

  void drop_slow() {
    auto now = steady_clock::now();
    if (now < next_look_)
      return;
    next_look_ = now + std::chrono::milliseconds{look_every_ms};
    if (options_.each_look)
      options_.each_look();
    std::vector<uint64_t> slow, idle;
    for (const auto& [key, x] : connections_)
      if (!x.is_shaken && now - x.begun > handshake_patience)
        slow.push_back(key);
      else if (x.is_shaken && is_idle(x, now))
        idle.push_back(key);
    for (auto key : slow)
      end(key);
    for (auto key : idle) { // A last line without a line feed is one all the same.
      auto& x = connections_.at(key);
      log::info("syslog-idle", "{}: nothing came for logs.syslog_idle", x.who.address);
      x.has_ended = true;
      hand_over(key, x, {});
    }
  }

  bool is_idle(const connection& x, steady_clock::time_point now) const {
    return options_.most_idle.count() > 0 && !x.is_busy && now - x.heard > options_.most_idle;
  }

  void accept_all(uint64_t i) {
    while (connections_.size() < options_.most_connections) {
      sockaddr_storage from{};
      socklen_t size = sizeof from;
      owned_fd fd{accept4(
        doors_[i].get(), reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC)};
      if (fd.get() < 0) {
        // Without descriptors or memory who waits stays there, and would be told of without end.
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
          doors_shut_until_ = steady_clock::now() + std::chrono::milliseconds{look_every_ms};
        return;
      }
      connection x;
      x.who.connection = next_key_++;
      x.who.address = address_of(from);
      if (options_.doors[i].is_tls) {
        if (auto fresh = context_->fresh(options_.tls))
          context_ = std::move(fresh);
        x.tls = context_->accept(fd.get());
        if (!x.tls)
          continue;
      } else {
        x.is_shaken = true;
      }
      int on = 1; // A host that is gone without a word is noticed at last.
      setsockopt(fd.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
      x.fd = std::move(fd);
      auto key = x.who.connection;
      if (watch(x.fd.get(), key, EPOLLIN | EPOLLRDHUP | EPOLLET | EPOLLOUT))
        connections_.emplace(key, std::move(x));
    }
  }

  void go_on(uint64_t key) {
    auto it = connections_.find(key);
    if (it == connections_.end() || it->second.is_busy)
      return;
    auto& x = it->second;
    if (!x.is_shaken) {
      auto shaken = x.tls->shake();
      if (!shaken) {
        log::info("syslog-refused", "{}: {}", x.who.address, shaken.error().detail);
        return end(key);
      }
      if (!*shaken)
        return;
      x.is_shaken = true;
      x.who.names = x.tls->peer_names();
    }
    std::string bytes;
    bool is_over = !read_some(x, bytes);
    if (bytes.empty() && !is_over)
      return;
    x.has_ended = is_over;
    hand_over(key, x, std::move(bytes));
  }

  /// No bytes: it has ended.
  void hand_over(uint64_t key, connection& x, std::string bytes) {
    x.is_busy = true;
    x.is_end_told = bytes.empty();
    auto done = [box = inbox_, key](bool may_go_on) { box->tell(key, may_go_on); };
    options_.take(x.who, std::move(bytes), std::move(done));
  }

  /// False when nothing more will come.
  static bool read_some(connection& x, std::string& to) {
    std::array<char, read_bytes> buffer; // NOLINT: filled below
    while (to.size() < most_read) {
      if (x.tls) {
        auto n = x.tls->read(buffer.data(), buffer.size());
        if (n <= 0)
          return n == 0;
        to.append(buffer.data(), static_cast<size_t>(n));
        continue;
      }
      auto n = ::recv(x.fd.get(), buffer.data(), buffer.size(), 0);
      if (n == 0)
        return false;
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK;
      to.append(buffer.data(), static_cast<size_t>(n));
    }
    return true;
  }

  void end(uint64_t key) {
    connections_.erase(key);
    if (options_.gone)
      options_.gone(key);
  }

  server_options options_;
  owned_fd epoll_;
  std::shared_ptr<inbox> inbox_ = std::make_shared<inbox>();
  std::shared_ptr<tls_context> context_;
  std::vector<owned_fd> doors_;
  std::vector<std::string> addresses_;
  std::map<uint64_t, connection> connections_;
  uint64_t next_key_ = first_connection;
  bool are_doors_watched_ = false;
  steady_clock::time_point doors_shut_until_{};
  steady_clock::time_point next_look_{};
  std::thread thread_;
};

} // namespace

expected<std::unique_ptr<server>> server::start(server_options options) {
  auto made = std::make_unique<epoll_server>(std::move(options));
  if (auto begun = made->begin(); !begun)
    return fail(std::move(begun.error()));
  return std::unique_ptr<server>{std::move(made)};
}

} // namespace aops::syslog
