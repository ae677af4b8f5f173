#include "http/routes/write_routes.hpp"

#include "http/routes/host_token.hpp"
#include "http/server/packed_body.hpp"
#include "messages/roles/push.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <mutex>
#include <unordered_set>

namespace aops::http {

namespace {

http_response plain_answer(int status, std::string text) {
  http_response r;
  r.status = status;
  r.content_type = "text/plain; charset=utf-8";
  r.body = std::move(text);
  if (!r.body.empty())
    r.body += '\n';
  if (status == 503)
    r.headers.emplace_back("Retry-After", "1");
  return r;
}

/// Senders drop what is refused with 4xx, 429 among it unless they are told otherwise, and send
/// again what is refused with 5xx.
int status_for_sender(const error& e) {
  switch (e.code) {
  case ec::overloaded:
  case ec::timed_out:
  case ec::unreachable:
  case ec::store_unreachable:
  case ec::fenced:
  case ec::moved:
    return 503;
  case ec::bad_request:
  case ec::not_found:
    return 400;
  default:
    return outcome_of(e.code).http;
  }
}

http_response refuse_sender(const error& e) {
  auto status = status_for_sender(e);
  auto text = status == 500 || e.detail.empty() ? std::string{outcome_of(e.code).msg} : e.detail;
  return plain_answer(status, std::move(text));
}

http_response answer_of(const write_taken& x) {
  auto causes = x.causes;
  if (x.samples.early > 0)
    causes.push_back(fmt::format("{} samples are of the future", x.samples.early));
  auto refused = x.refused + x.samples.early;
  if (refused == 0)
    return plain_answer(204, {});
  return plain_answer(400,
                      fmt::format("{} samples refused: {}. The others are stored ({} new).",
                                  refused,
                                  fmt::join(causes, "; "),
                                  x.samples.taken));
}

/// Whose tokens are no host's, as far as that was found out: asked for first the next time. A
/// guess.
class account_tokens {
public:
  bool has(const std::string& hash) {
    std::lock_guard guard{mutex_};
    return hashes_.contains(hash);
  }
  void note(const std::string& hash, bool is_account) {
    constexpr size_t most = 10'000;
    std::lock_guard guard{mutex_};
    if (!is_account)
      hashes_.erase(hash);
    else if (hashes_.size() < most)
      hashes_.insert(hash);
  }

private:
  std::mutex mutex_;
  std::unordered_set<std::string> hashes_;
};

struct write_door {
  node_port port;
  std::shared_ptr<identity_provider> who;
  account_tokens accounts;

  expected<write_taken> as_host(const foreign_request& x, const std::string& hash) {
    return value_of<write_taken>(port(actors::push_intake_name,
                                      x.context.left(),
                                      caf::make_message(write_to_take{hash, x.request.body})));
  }

  expected<write_taken> as_account(const foreign_request& x) {
    auto known = who->identify_client(x.request);
    if (!known)
      return fail(std::move(known.error()));
    if (known->is_ambient)
      return fail(ec::session_invalid, "send a token, as `Authorization: Bearer TOKEN`");
    if (known->who.must_change_password)
      return fail(ec::default_password);
    if (!known->who.may_act)
      return fail(ec::permission_denied, "the token may only read");
    if (known->who.owner.empty())
      return fail(ec::permission_denied, "the account belongs to nobody yet");
    return value_of<write_taken>(
      port(actors::push_intake_name,
           x.context.left(),
           caf::make_message(known->who, write_to_take{{}, x.request.body})));
  }

  expected<http_response> take(const foreign_request& x) {
    auto encoding = trim(x.request.header(packed_header));
    if (!encoding.empty() && !same_name(encoding, "snappy"))
      return plain_answer(415, "Content-Encoding: must be snappy");
    if (x.request.header("Content-Type").find("io.prometheus.write.v2") != std::string_view::npos)
      return plain_answer(415, "remote_write 1.0 is taken: prometheus.WriteRequest");
    auto hash = host_token_hash(x.request);
    if (!hash)
      return fail(std::move(hash.error()));
    auto is_account = accounts.has(*hash);
    auto taken = is_account ? as_account(x) : as_host(x, *hash);
    if (!taken && taken.error() == ec::session_invalid) {
      is_account = !is_account;
      auto other = is_account ? as_account(x) : as_host(x, *hash);
      accounts.note(*hash, is_account && (other || other.error() != ec::session_invalid));
      taken = std::move(other);
    }
    return taken.map(answer_of);
  }
};

} // namespace

foreign_route write_intake_route(const node_port& port, std::shared_ptr<identity_provider> who) {
  auto door = std::make_shared<write_door>();
  door->port = port;
  door->who = std::move(who);
  foreign_route r;
  r.path = "/api/v1/write";
  r.summary =
    "Take samples that a Prometheus or an agent pushes (remote_write 1.0). With the token of a "
    "host, or of an account that may do more than read.";
  r.bodies = {"application/x-protobuf"};
  r.answer = [door](const foreign_request& x) { return door->take(x); };
  r.refuse = refuse_sender;
  r.who = may::anyone; // A host's token is no session: the door looks at it.
  r.statuses = {204, 400, 401, 403, 415, 500, 503};
  return r;
}

} // namespace aops::http
