#include "http/server/connection.hpp"

#include "runtime/base/log.hpp"
#include "runtime/base/metrics.hpp"

#include <fmt/format.h>
#include <httplib.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace aops::http {

using std::chrono::steady_clock;

namespace {

std::string_view status_text(int status) {
  switch (status) {
  case 400:
    return "Bad Request";
  case 404:
    return "Not Found";
  case 408:
    return "Request Timeout";
  case 411:
    return "Length Required";
  case 413:
    return "Payload Too Large";
  case 414:
    return "URI Too Long";
  case 415:
    return "Unsupported Media Type";
  case 417:
    return "Expectation Failed";
  case 431:
    return "Request Header Fields Too Large";
  default:
    return "Error";
  }
}

/// Passwords, keys and tokens pass through the buffers of a connection, which may stay open for
/// long.
void empty_and_wipe(std::string& buffer) {
  ::OPENSSL_cleanse(buffer.data(), buffer.size());
  buffer.clear();
}

/// What the library and the codecs left on the stack of this thread, which waits for its next
/// connection then: below the caller's frame. The library reads bodies by way of its stack, some
/// 10 KiB deep. Not much more: each open connection would keep what is written to here.
[[gnu::noinline]] void wipe_stack() {
  std::array<char, 24 * 1024> below;
  ::OPENSSL_cleanse(below.data(), below.size());
}

} // namespace

// -- one connection as the library sees it

/// Feeds the library from a head read beforehand and a body of known length; collects what it
/// writes, so that an answer leaves in one piece.
class http_engine::connection_state : public httplib::Stream {
public:
  connection_state(const connection_limits& limits, std::unique_ptr<transport> over)
      : wire(std::move(over)), limits_(limits), address_(wire->remote_address()) {}

  enum class head_state { complete, refused, over };

  /// Waits for a request and reads its head.
  head_state read_head(std::chrono::milliseconds patience) {
    if (in_.empty() && !wire->wait_readable(steady_clock::now() + patience))
      return head_state::over;
    auto deadline = steady_clock::now() + limits_.header_timeout;
    for (size_t seen = 0; true;) {
      auto end = in_.find("\r\n\r\n", seen);
      if (end != in_.npos)
        return take_head(end + 4);
      if (in_.size() > limits_.head.max_head_bytes)
        return refuse(
          {431, fmt::format("the headers are longer than {} bytes", limits_.head.max_head_bytes)});
      seen = in_.size() > 3 ? in_.size() - 3 : 0;
      if (!fill(deadline))
        return in_.empty() || !wire->timed_out() ? head_state::over
                                                 : refuse({408, "the headers took too long"});
    }
  }

  bool flush() {
    if (!out_.empty() && is_fine_)
      is_fine_ = wire->write(out_, limits_.write_timeout);
    empty_and_wipe(out_);
    return is_fine_;
  }

  bool is_request_read() const { return head_.empty() && body_left_ == 0; }
  bool is_fine() const { return is_fine_; }

  // -- httplib::Stream

  bool is_readable() const override { return true; }
  bool is_writable() const override { return is_fine_ && !wire->is_peer_gone(); }

  ssize_t read(char* to, size_t size) override {
    if (!head_.empty()) {
      auto n = head_.copy(to, size, head_read_);
      head_read_ += n;
      if (head_read_ == head_.size())
        empty_and_wipe(head_);
      return static_cast<ssize_t>(n);
    }
    if (body_left_ == 0)
      return 0;
    flush(); // The client may wait for `100 Continue` before it sends.
    if (in_.empty() && !fill(body_deadline_))
      return 0;
    auto n = std::min({size, in_.size(), body_left_});
    std::memcpy(to, in_.data(), n);
    drop(n);
    body_left_ -= n;
    return static_cast<ssize_t>(n);
  }

  ssize_t write(const char* bytes, size_t size) override {
    constexpr size_t enough = 64 * 1024;
    out_.append(bytes, size);
    if (out_.size() >= enough)
      flush();
    return is_fine_ ? static_cast<ssize_t>(size) : -1;
  }

  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip = address_;
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  /// The library only asks whether `select` could take it.
  socket_t socket() const override { return 0; }

  std::unique_ptr<transport> wire;
  static constexpr std::string_view passed_on = "TRACE"; ///< It has no table of handlers.
  std::string path;                                      ///< Of the request being answered.
  std::string foreign_method; ///< Likewise, where the library was given another one.
  bool must_close = false;    ///< The request was refused half-way.
  std::atomic<bool> is_streaming{false};

private:
  bool fill(steady_time deadline) {
    std::array<char, 16 * 1024> piece;
    auto n = wire->read(piece.data(), piece.size(), deadline);
    in_.append(piece.data(), n);
    ::OPENSSL_cleanse(piece.data(), n);
    return n > 0;
  }

  /// Takes what has been used off the front of what was read.
  void drop(size_t size) {
    auto left = in_.size() - size;
    std::memmove(in_.data(), in_.data() + size, left);
    ::OPENSSL_cleanse(in_.data() + left, size);
    in_.resize(left);
  }

  head_state take_head(size_t size) {
    std::string_view head{in_.data(), size};
    auto facts = judge_head(head, limits_.head);
    if (!facts)
      return refuse(facts.error());
    head_ = tidy_head(head);
    hide_foreign_method();
    head_read_ = 0;
    drop(size);
    body_left_ = facts->body_bytes;
    body_deadline_ = steady_clock::now() + limits_.body_timeout;
    return head_state::complete;
  }

  /// The library refuses methods that it does not know as malformed; to us no path has them. It
  /// gets a method that it passes on instead.
  void hide_foreign_method() {
    constexpr std::array<std::string_view, 8> known = {
      "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", passed_on};
    constexpr size_t longest = 20;
    foreign_method.clear();
    auto method = std::string_view{head_}.substr(0, head_.find(' '));
    auto is_letter = [](char x) { return x >= 'A' && x <= 'Z'; };
    if (method.empty() || method.size() > longest ||
        !std::all_of(method.begin(), method.end(), is_letter) ||
        std::find(known.begin(), known.end(), method) != known.end())
      return;
    foreign_method = method;
    head_.replace(0, method.size(), passed_on);
  }

  /// Answers in the library's stead.
  head_state refuse(const head_problem& problem) {
    auto body = refusal_body(problem.status, problem.reason);
    out_ += fmt::format("HTTP/1.1 {} {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n"
                        "Connection: close\r\n\r\n{}",
                        problem.status,
                        status_text(problem.status),
                        body.size(),
                        body);
    flush();
    metrics::counter_of("aops_http_refused_total",
                        "Requests refused before they were read, by HTTP status.",
                        {{"status", std::to_string(problem.status)}})
      .add();
    log::debug(
      "request-refused", "{} was refused with {}: {}", address_, problem.status, problem.reason);
    return head_state::refused;
  }

  const connection_limits& limits_;
  std::string address_;
  std::string in_, out_; ///< Read but not used; written but not sent.
  std::string head_;     ///< What the library has still to read of the head.
  size_t head_read_ = 0;
  size_t body_left_ = 0;
  steady_time body_deadline_{};
  bool is_fine_ = true;
};

// -- the library

namespace {

/// The connection whose request this thread answers: the library hands its handlers only the
/// request.
thread_local http_engine::connection_state* current = nullptr;

/// The library matches paths by recursive regular expressions; we do not.
constexpr char only_path = '/';

class direct_sink : public stream_sink {
public:
  direct_sink(httplib::DataSink& sink, http_engine::connection_state& c)
      : sink_(sink), connection_(c) {}
  bool write(std::string_view bytes) override {
    return bytes.empty() || (sink_.write(bytes.data(), bytes.size()) && connection_.flush());
  }
  bool is_open() override { return connection_.is_writable(); }

private:
  httplib::DataSink& sink_;
  http_engine::connection_state& connection_;
};

http_request request_of(const httplib::Request& q) {
  http_request r;
  r.method = current->foreign_method.empty() ? q.method : current->foreign_method;
  r.path = current->path;
  r.query.assign(q.params.begin(), q.params.end());
  r.headers.assign(q.headers.begin(), q.headers.end());
  r.body = q.body;
  r.address = q.remote_addr;
  r.is_secure = current->wire->is_encrypted();
  return r;
}

/// The library compresses what is set as content; what is given piece by piece goes out as it is.
void send_shared(std::shared_ptr<const std::string> body,
                 const std::string& type,
                 httplib::Response& to) {
  auto size = body->size();
  to.set_content_provider(
    size, type, [body = std::move(body)](size_t offset, size_t length, httplib::DataSink& sink) {
      return sink.write(body->data() + offset, length);
    });
}

void send_stream(stream live, httplib::Response& to) {
  auto* c = current;
  c->is_streaming = true;
  auto type = live.content_type;
  to.set_chunked_content_provider(
    type,
    [c, live = std::move(live)](size_t, httplib::DataSink& sink) {
      direct_sink out{sink, *c};
      c->flush(); // The headers, before the first event.
      if (!live.pump(out))
        sink.done();
      return c->is_fine();
    },
    [c](bool) { c->is_streaming = false; });
}

} // namespace

class http_engine::server : public httplib::Server {
public:
  server(dispatcher& to, const connection_limits& limits) : to_(to) {
    svr_sock_ = 0; // Never used; streams end when it is invalid.
    set_payload_max_length(limits.head.max_body_bytes);
    set_keep_alive_timeout(
      std::chrono::duration_cast<std::chrono::seconds>(limits.keep_alive).count());
    set_keep_alive_max_count(1'000'000);
    // What is no page is neither shown in a frame nor lets anything run; pages have their own
    // policy.
    set_default_headers(
      {{"X-Content-Type-Options", "nosniff"},
       {"Cache-Control", "no-store"},
       {"X-Frame-Options", "DENY"},
       {"Referrer-Policy", "no-referrer"},
       {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"}});
    auto handle = [this](const httplib::Request& q, httplib::Response& r) { answer(q, r); };
    const std::string path(1, only_path);
    Get(path, handle).Post(path, handle).Put(path, handle);
    Patch(path, handle).Delete(path, handle).Options(path, handle);
    set_pre_routing_handler([this](const httplib::Request& q, httplib::Response& r) {
      if (q.method != connection_state::passed_on)
        return HandlerResponse::Unhandled;
      answer(q, r);
      return HandlerResponse::Handled;
    });
    set_exception_handler([](const httplib::Request&, httplib::Response& r, std::exception_ptr) {
      log::error("answer-failed", "an answer could not be made: out of memory?");
      r.status = 500;
      r.set_content(refusal_body(500, "internal server error"), "application/json");
      current->must_close = true;
    });
    set_error_handler([](const httplib::Request&, httplib::Response& r) { complete_refusal(r); });
  }

  bool process(connection_state& c, bool close_after, bool& is_closed) {
    return process_request(c, close_after, is_closed, [&c](httplib::Request& q) {
      c.path = std::move(q.path);
      q.path.assign(1, only_path);
    });
  }

private:
  void answer(const httplib::Request& q, httplib::Response& r) {
    auto answer = to_.answer(request_of(q));
    r.status = answer.status;
    for (const auto& [name, value] : answer.headers) {
      r.headers.erase(name); // In place of a default.
      r.set_header(name, value);
    }
    if (answer.live)
      send_stream(std::move(*answer.live), r);
    else if (answer.shared_body && !answer.shared_body->empty())
      send_shared(std::move(answer.shared_body), answer.content_type, r);
    else if (answer.status != 204 && answer.status != 304) // These have none.
      r.set_content(std::move(answer.body), answer.content_type);
  }

  /// Refusals of the library itself have no body, and may leave half a request unread.
  static void complete_refusal(httplib::Response& r) {
    if (!r.body.empty())
      return;
    // A method without handlers comes as 400; nothing else has no path.
    if (r.status == 404)
      r.status = 400;
    r.set_content(refusal_body(r.status, status_text(r.status)), "application/json");
    r.set_header("Connection", "close");
    current->must_close = true;
  }

  dispatcher& to_;
};

http_engine::http_engine(dispatcher& to, connection_limits limits)
    : limits_(limits), server_(std::make_unique<server>(to, limits_)) {}

http_engine::~http_engine() = default;

bool http_engine::answer(connection_state& c, bool close_after) {
  current = &c;
  bool is_closed = false;
  bool is_done = server_->process(c, close_after, is_closed);
  current = nullptr;
  c.is_streaming = false;
  wipe_stack();
  return c.flush() && is_done && !is_closed && !c.must_close && !close_after && c.is_request_read();
}

// -- its life

connection::connection(http_engine& engine, std::unique_ptr<transport> over)
    : state_(std::make_unique<http_engine::connection_state>(engine.limits(), std::move(over))),
      engine_(engine) {}

connection::~connection() = default;

void connection::run(const std::function<bool()>& must_close) {
  using head_state = http_engine::connection_state::head_state;
  const auto& limits = engine_.limits();
  if (!state_->wire->begin(steady_clock::now() + limits.header_timeout))
    return;
  auto patience = limits.header_timeout;
  while (true) {
    auto head = state_->read_head(patience);
    if (head == head_state::over)
      return;
    if (head == head_state::refused)
      break;
    if (!engine_.answer(*state_, must_close()) || must_close())
      break;
    patience = limits.keep_alive;
  }
  if (state_->is_fine())
    state_->wire->close_gently();
}

void connection::stop() {
  if (!state_->is_streaming)
    state_->wire->stop_reading();
}

void connection::cut() { state_->wire->cut(); }

} // namespace aops::http
