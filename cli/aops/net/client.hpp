#pragma once

#include "cli/aops/net/target.hpp"
#include "cli/aops/text/json.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace httplib {
class ClientImpl;
}

namespace aops::cli {

/// How the node proves who it is.
struct trust {
  enum class kind {
    system,  ///< A certificate that the system's authorities vouch for, made out for the host.
    file,    ///< The same with the authorities (or the certificate itself) of `cacert`.
    pinned,  ///< Exactly the certificate with `fingerprint`, whatever it says.
    anybody, ///< Any certificate: this machine only, or a first look.
  };
  kind how = kind::system;
  std::string cacert;
  std::string fingerprint;
};

struct connection {
  target where;
  trust whom;
  std::string token;  ///< Sent as `Access-Token`; empty: none.
  int timeout_s = 60; ///< For an answer.
  int connect_s = 5;  ///< For connecting.
};

/// A REST client of one node. One request at a time; not for several threads.
class client {
public:
  explicit client(connection to);
  ~client();
  client(client&&) noexcept;

  /// The reply's object, whatever its `code`.
  /// `ec::unreachable` when no node answers (or one that is not trusted), `ec::overloaded` for HTTP
  /// 429, `ec::not_found` for a path the node does not know, `ec::internal` for an answer that is
  /// no reply of the contract.
  /// @param key Not empty: the node carries the request out once, however often it comes with this
  /// key.
  expected<json> post(const std::string& path, const json& body, const std::string& key = {});
  expected<json> get(const std::string& path);                   ///< Errors as for `post`.
  expected<json> put(const std::string& path, const json& body); ///< Errors as for `post`.
  /// DELETE; errors as for `post`.
  expected<json> remove(const std::string& path, const json& body);

  /// A shorter wait for the next answers; 0: that of the connection.
  void limit_answer(int seconds);

  /// False when the last request certainly did not arrive: there was no connection.
  bool may_have_arrived() const { return may_have_arrived_; }
  /// Whether the connection of the last request broke before its time was over.
  bool broke_off() const { return broke_off_; }

  /// Reads a stream until it ends or `take` returns false. An error also when it breaks off.
  /// @param idle_s Longest silence before the stream counts as broken.
  expected<void> stream(const std::string& path,
                        const std::string& last_event_id,
                        int idle_s,
                        const std::function<bool(std::string_view)>& take);

  /// The node's certificate, found by a handshake in which nothing is sent; `ec::unreachable` as
  /// for `post`.
  expected<std::string> look_at_certificate();

  const connection& to() const { return to_; }

private:
  struct certificate_check;
  struct answer;
  expected<json>
  read_reply(const answer& got, std::string_view method, const std::string& path) const;
  error explain(const answer& got) const;
  void prepare_tls();

  connection to_;
  int answer_s_ = 60;
  mutable bool may_have_arrived_ = true;
  mutable bool broke_off_ = false;
  std::unique_ptr<certificate_check> check_;
  std::unique_ptr<httplib::ClientImpl> http_;
};

} // namespace aops::cli
