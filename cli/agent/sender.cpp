#include "cli/agent/sender.hpp"

#include "runtime/base/clock.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/thread.hpp"
#include "runtime/base/units.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace aops::agent {

namespace {

constexpr const char* ingest_path = "/topology/ingest";
/// A node says a sentence.
constexpr size_t most_answer = size_t{64} << 10U;

std::vector<node_address> addresses_of(const std::vector<std::string>& urls) {
  std::vector<node_address> out;
  for (const auto& url : urls)
    if (auto at = parse_node_address(url))
      out.push_back(std::move(*at));
  return out;
}

std::string explained(httplib::Error e) {
  switch (e) {
  case httplib::Error::Connection:
    return "cannot connect";
  case httplib::Error::ConnectionTimeout:
    return "cannot connect in time";
  case httplib::Error::SSLConnection:
    return "the TLS handshake failed";
  case httplib::Error::SSLLoadingCerts:
    return "the authority of its certificate cannot be read";
  case httplib::Error::SSLServerVerification:
    return "its certificate is not trusted, see the option ca";
  case httplib::Error::Read:
  case httplib::Error::Write:
    return "no answer, or the connection broke off";
  default:
    return httplib::to_string(e);
  }
}

} // namespace

sender::sender(const agent_config& config)
    : nodes_(addresses_of(config.url)), token_file_(config.token_file), ca_(config.ca),
      timeout_(config.timeout.chrono()), delivery_(std::max<size_t>(nodes_.size(), 1)) {}

sender::~sender() {
  stop(std::chrono::milliseconds{0});
  if (thread_.joinable())
    thread_.join();
}

expected<void> sender::start() {
  auto made = base::start_thread("sender", [this] { run(); });
  if (!made)
    return fail(std::move(made.error()));
  thread_ = std::move(*made);
  return {};
}

void sender::offer(std::string body) {
  std::lock_guard lock{mutex_};
  if (waiting_)
    ++figures_.replaced;
  waiting_ = std::move(body);
  changed_.notify_all();
}

bool sender::stop(std::chrono::milliseconds patience) {
  std::unique_lock lock{mutex_};
  is_stopping_ = true;
  changed_.notify_all();
  return !thread_.joinable() || changed_.wait_for(lock, patience, [this] { return has_ended_; });
}

sender_figures sender::figures() const {
  std::lock_guard lock{mutex_};
  return figures_;
}

void sender::run() {
  const auto& time = base::system_time();
  std::unique_lock lock{mutex_};
  while (!is_stopping_) {
    auto wait = delivery_.not_before_ms() - time.steady_ms();
    if (!waiting_)
      changed_.wait(lock);
    else if (wait > 0)
      changed_.wait_for(lock, std::chrono::milliseconds{wait});
    if (is_stopping_ || !waiting_ || delivery_.not_before_ms() > time.steady_ms())
      continue;
    auto body = std::move(*waiting_);
    waiting_.reset();
    const auto& to = nodes_[delivery_.node()];
    lock.unlock();
    auto got = send(body);
    lock.lock();
    auto now = time.steady_ms();
    switch (got.what) {
    case outcome::sent:
      delivery_.succeeded();
      break;
    case outcome::unreachable:
      delivery_.unreachable(now);
      break;
    case outcome::busy:
      delivery_.told_to_wait(now, got.retry_after_s);
      break;
    case outcome::refused:
      delivery_.refused(now);
      break;
    }
    ++(got.what == outcome::sent ? figures_.sent : figures_.failed);
    // Goes again unless there is a newer one; what a node does not take would not do better twice.
    if (got.what == outcome::unreachable || got.what == outcome::busy) {
      if (!waiting_)
        waiting_ = std::move(body);
      else
        ++figures_.replaced;
    }
    if (!is_stopping_)
      note(to, got);
  }
  has_ended_ = true;
  changed_.notify_all();
}

httplib::ClientImpl& sender::client() {
  if (client_ && client_of_ == delivery_.node())
    return *client_;
  const auto& to = nodes_[delivery_.node()];
  if (to.tls) {
    auto tls = std::make_unique<httplib::SSLClient>(to.host, to.port);
    if (!ca_.empty())
      tls->set_ca_cert_path(ca_, "");
    tls->enable_server_certificate_verification(true);
    SSL_CTX_set_min_proto_version(tls->ssl_context(), TLS1_2_VERSION);
    client_ = std::move(tls);
  } else {
    client_ = std::make_unique<httplib::ClientImpl>(to.host, to.port);
  }
  client_->set_connection_timeout(timeout_);
  client_->set_read_timeout(timeout_);
  client_->set_write_timeout(timeout_);
  client_->set_tcp_nodelay(true);
  client_of_ = delivery_.node();
  return *client_;
}

sender::answer sender::send(const std::string& body) {
  // Read anew each time: a token that was replaced counts at once.
  auto token = read_token(token_file_);
  if (!token)
    return {outcome::refused, {}, token.error().detail};
  httplib::Request request;
  request.method = "POST";
  request.path = nodes_[delivery_.node()].prefix + ingest_path;
  request.headers = {{"Authorization", "Bearer " + *token}, {"Content-Type", "application/json"}};
  request.body = body;
  size_t read = 0;
  request.content_receiver = [&](const char*, size_t n, uint64_t, uint64_t) {
    read += n;
    return read <= most_answer;
  };
  auto result = client().send(request);
  if (!result) {
    auto why = explained(result.error());
    client_.reset(); // What it read of certificates may be what is wrong.
    return {outcome::unreachable, {}, why};
  }
  auto status = result->status;
  if (status / 100 == 2)
    return {outcome::sent, {}, {}};
  std::optional<int64_t> after;
  if (auto text = base::parse_integer(result->get_header_value("Retry-After")))
    after = *text;
  auto why = fmt::format("answers {}", status);
  if (status == 429 || status == 503)
    return {outcome::busy, after, why + ": it has too much to do"};
  if (status / 100 == 5)
    return {outcome::unreachable, {}, why};
  if (status == 401 || status == 403)
    why += ": it does not take the token of this host";
  return {outcome::refused, {}, why};
}

void sender::note(const node_address& to, const answer& got) {
  figures_.is_reached = got.what == outcome::sent;
  auto [told, is_new] = told_.try_emplace(to.text, got.why);
  if (!is_new && std::exchange(told->second, got.why) == got.why)
    return;
  if (got.what == outcome::sent)
    log::info("node-reached", "{} takes what this host tells", to.text);
  else
    log::warn("node-not-reached", "{} {}", to.text, got.why);
}

} // namespace aops::agent
