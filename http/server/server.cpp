#include "http/server/server.hpp"

#include "http/server/certificate_watch.hpp"
#include "http/server/elastic_pool.hpp"
#include "http/server/listener.hpp"
#include "runtime/base/descriptor.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/metrics.hpp"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <mutex>
#include <sys/socket.h>
#include <unistd.h>
#include <unordered_set>

namespace aops::http {

namespace {

class running_server : public http_server {
public:
  running_server(const server_options& options,
                 service what,
                 std::shared_ptr<tls_context> tls,
                 std::shared_ptr<listener> door)
      : options_(options), tls_(std::move(tls)), dispatcher_(std::move(what)),
        engine_(dispatcher_, options.limits), pool_({4, options.max_connections}),
        door_(std::move(door)) {
    if (options_.tls)
      certificate_.emplace(*options_.tls);
  }

  ~running_server() override { stop(std::chrono::seconds{5}); }

  void open() {
    base::raise_file_limit();
    door_->start([this](int socket) { take(socket); });
  }

  uint16_t port() const override { return door_->port(); }
  std::string base_url() const override { return base_url_of(options_, port()); }

  const json& openapi() const override { return dispatcher_.openapi(); }
  size_t connections() const override { return pool_.busy(); }

  void on_stop(std::function<void()> end_streams) override {
    std::lock_guard lock{mutex_};
    end_streams_.push_back(std::move(end_streams));
  }

  void stop(std::chrono::milliseconds grace) override {
    if (is_stopping_.exchange(true))
      return;
    door_->rest();
    std::vector<std::function<void()>> end_streams;
    {
      std::lock_guard lock{mutex_};
      end_streams.swap(end_streams_);
    }
    for (const auto& end : end_streams)
      end();
    for_each([](connection& c) { c.stop(); });
    if (!pool_.close(grace))
      for_each([](connection& c) { c.cut(); });
    pool_.join();
  }

private:
  void take(int socket) {
    if (certificate_)
      if (auto fresh = certificate_->renewed())
        tls_ = std::move(fresh);
    auto over = tls_ ? tls_->wrap(socket) : plain_transport(socket);
    auto c = std::make_shared<connection>(engine_, std::move(over));
    if (!pool_.try_run([this, c] { serve(*c); }))
      refuse(socket);
  }

  /// All threads are at work. The socket closes with its connection right after.
  void refuse(int socket) {
    static auto refused =
      metrics::counter_of("aops_http_refused_connections_total", "Connections beyond the limit.");
    refused.add();
    if (tls_) // No handshake in this thread.
      return;
    auto body = refusal_body(429, "too many connections");
    auto text = fmt::format(
      "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nRetry-After: 1\r\n"
      "Content-Length: {}\r\nConnection: close\r\n\r\n{}",
      body.size(),
      body);
    [[maybe_unused]] auto n = ::send(socket, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }

  void serve(connection& c) {
    {
      std::lock_guard lock{mutex_};
      if (is_stopping_) // Else `stop` finds it in the list.
        return;
      open_.insert(&c);
    }
    try {
      c.run([this] { return must_close(); });
    } catch (const std::exception& e) { // A stream can make one when its head has left already.
      log::error("connection-failed", "a connection is closed by an exception: {}", e.what());
    }
    std::lock_guard lock{mutex_};
    open_.erase(&c);
  }

  /// Nearly full: nobody may keep a thread without a request.
  bool must_close() const {
    return is_stopping_ || pool_.busy() * 10 >= options_.max_connections * 9;
  }

  template <class Visit>
  void for_each(Visit visit) {
    std::lock_guard lock{mutex_};
    for (auto* c : open_)
      visit(*c);
  }

  server_options options_;
  std::shared_ptr<tls_context> tls_;             ///< Of the thread that accepts.
  std::optional<certificate_watch> certificate_; ///< Likewise.
  dispatcher dispatcher_;
  http_engine engine_;
  std::atomic<bool> is_stopping_{false};
  std::mutex mutex_; ///< Guards the two below.
  std::unordered_set<connection*> open_;
  std::vector<std::function<void()>> end_streams_;
  elastic_pool pool_;
  std::shared_ptr<listener> door_;
  metrics::gauge connections_ =
    metrics::gauge_of("aops_" + options_.figures + "_connections", "Open connections.");
  metrics::gauge threads_ = metrics::gauge_of("aops_" + options_.figures + "_threads",
                                              "Threads for connections, idle ones included.");
  metrics::refresher refresher_{[this] {
    connections_.set(static_cast<double>(pool_.busy()));
    threads_.set(static_cast<double>(pool_.threads()));
  }};
};

expected<std::shared_ptr<tls_context>> tls_of(const server_options& options) {
  if (!options.tls)
    return std::shared_ptr<tls_context>{};
  return tls_context::load(options.tls->certificate, options.tls->key);
}

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

} // namespace

expected<server_options> server_options_of(const base::config& c) {
  server_options o;
  o.listen = c.http.listen;
  o.max_connections = static_cast<size_t>(c.http.max_connections);
  o.limits.head.max_body_bytes = static_cast<size_t>(c.http.max_body.bytes);
  o.limits.header_timeout = c.http.header_timeout.chrono();
  o.limits.body_timeout = c.http.body_timeout.chrono();
  o.limits.keep_alive = c.http.keep_alive.chrono();
  o.limits.write_timeout = c.http.write_timeout.chrono();
  if (!c.tls.enabled)
    return o;
  if (!c.tls.certificate.empty()) {
    o.tls = certificate_files{c.tls.certificate, c.tls.key};
    return o;
  }
  auto names = c.tls.names;
  names.push_back(host_name());
  names.push_back(c.http.listen.host);
  auto files = self_signed_certificate(c.data_dir, names);
  if (!files)
    return fail(std::move(files.error()));
  o.tls = std::move(*files);
  return o;
}

std::string base_url_of(const server_options& options, uint16_t port) {
  auto host = options.listen.host;
  if (host == "0.0.0.0" || host.empty())
    host = "127.0.0.1";
  if (host == "::")
    host = "::1";
  return fmt::format(
    "{}://{}", options.tls ? "https" : "http", to_string(base::endpoint{host, port}));
}

expected<std::unique_ptr<http_server>> http_server::start(const server_options& options,
                                                          service what) {
  auto door = std::make_shared<listener>();
  if (auto done = door->open(options.listen); !done)
    return fail(std::move(done.error()));
  return start(options, std::move(what), std::move(door));
}

expected<std::unique_ptr<http_server>>
http_server::start(const server_options& options, service what, std::shared_ptr<listener> door) {
  auto tls = tls_of(options);
  if (!tls)
    return fail(std::move(tls.error()));
  auto known = options;
  for (const auto& r : what.foreign)
    if (r.takes_packed)
      known.limits.head.packed_paths.push_back(r.path);
  what.max_body = known.limits.head.max_body_bytes;
  auto server =
    std::make_unique<running_server>(known, std::move(what), std::move(*tls), std::move(door));
  server->open();
  return std::unique_ptr<http_server>{std::move(server)};
}

} // namespace aops::http
