#pragma once

#include "http/server/server.hpp"
#include "runtime/base/digest.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <mutex>

namespace aops {

struct echo_request {
  std::string text;
  int64_t count = 1;
};
#define AOPS_FIELDS_echo_request(F)                                                                \
  F(text, required().text(1, 20), "What to say.")                                                  \
  F(count, optional_field().range(1, 9), "How often.")
AOPS_MESSAGE(echo_request)

struct echo_reply {
  int64_t code = 200;
  std::string said, user;
};
#define AOPS_FIELDS_echo_reply(F)                                                                  \
  F(code, internal(), "")                                                                          \
  F(said, required(), "What was said.")                                                            \
  F(user, required(), "By whom.")
AOPS_MESSAGE(echo_reply)

} // namespace aops

namespace tests {

using namespace aops;

/// Sessions that exist by hand.
class sessions_by_hand {
public:
  std::string
  open(const std::string& user, rights role = rights::administrator, bool must_change = false) {
    auto token = base::random_hex(16);
    std::lock_guard lock{mutex_};
    caller c;
    c.user = c.owner = user;
    c.role = role;
    c.must_change_password = must_change;
    known_[base::sha256_hex(token)] = c;
    return token;
  }
  /// A token of a program that may only read.
  std::string open_to_read(const std::string& user) {
    auto token = open(user);
    std::lock_guard lock{mutex_};
    known_[base::sha256_hex(token)].may_act = false;
    return token;
  }
  void close(const std::string& token) {
    std::lock_guard lock{mutex_};
    known_.erase(base::sha256_hex(token));
  }
  expected<caller> find(const std::string& hash) {
    std::lock_guard lock{mutex_};
    ++asked;
    auto it = known_.find(hash);
    if (it == known_.end())
      return fail(ec::session_invalid);
    return it->second;
  }
  int asked = 0;

private:
  std::mutex mutex_;
  std::map<std::string, caller> known_;
};

/// A mistake that the JSON library asserts nobody makes.
inline std::string text_of_what_is_not_there(const http::json& x) { return x["missing"].dump(); }

inline expected<echo_reply> echo(const http::request_context& context, const echo_request& m) {
  if (m.text == "throw")
    throw std::runtime_error("a secret reason");
  if (m.text == "no member")
    return echo_reply{200, m.text, text_of_what_is_not_there(http::json{{"text", m.text}})};
  if (m.text == "fail")
    return fail(ec::internal, "a secret reason");
  if (m.text == "busy")
    return fail(ec::overloaded, "the store's queue is full");
  if (m.text == "late")
    return fail(ec::timed_out);
  if (m.text == "twice")
    return fail(ec::conflict, "host_group_name: exists");
  echo_reply r;
  r.code = m.text == "partly" ? 206 : 200;
  for (int64_t i = 0; i < m.count; ++i)
    r.said += m.text;
  r.user = context.who.user;
  if (m.text == "key")
    r.said = context.who.repeatable.key + " " + context.who.repeatable.digest;
  return r;
}

inline http::service sample_service(sessions_by_hand& sessions) {
  using http::may;
  using http::method;
  http::service s;
  auto add = [&](method verb, const char* path, may who) {
    s.routes.push_back(
      http::make_route<echo_request, echo_reply>(verb, path, who, "Say it.", echo));
  };
  add(method::post, "/test/open", may::anyone);
  add(method::post, "/test/user", may::user);
  add(method::post, "/test/admin", may::administrator);
  add(method::post, "/test/pending", may::pending);
  add(method::remove, "/test/delete", may::user);
  add(method::post, "/test/once", may::user);
  s.routes.back().is_repeatable = true;
  add(method::get, "/test/query", may::user);
  s.routes.push_back(http::make_route<nothing, done>(
    method::post, "/test/nothing", may::anyone, "Nothing.", [](const auto&, const nothing&) {
      return expected<done>{done{}};
    }));
  s.identities = std::make_shared<http::session_identity>(
    [&sessions](const std::string& hash) { return sessions.find(hash); });
  return s;
}

} // namespace tests
