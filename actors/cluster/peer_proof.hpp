#pragma once

#include "messages/cluster.hpp"
#include "messages/error.hpp"
#include "runtime/base/config.hpp"

#include <string>

/// How two nodes convince each other of who they are, beyond what TLS proves: that its peer has
/// *some* certificate of the cluster's authority.
namespace aops::actors {

/// At most 1 MiB; ec::bad_request with the system's reason.
expected<std::string> read_small_file(const std::string& path);

/// This node's papers. Files are read at each use, so that renewed ones count at once.
class peer_proof {
public:
  explicit peer_proof(const base::config& config);

  bool is_secured() const { return !certificate_.empty(); }

  /// Adds the certificate to a hello of this node.
  expected<void> show(node_hello& mine) const;

  /// Signs the other's nonce, for the other only.
  expected<std::string> sign(const node_hello& mine, const node_hello& theirs) const;

  /// Whether a hello speaks of the same cluster in the same protocol. ec::permission_denied says
  /// what is wrong.
  static expected<void> check_kind(const node_hello& theirs, const node_hello& mine);

  /// Whether its certificate is of the cluster's authority, in date, not revoked, and issued for
  /// the member: its node id or the host it advertises. ec::permission_denied says what is wrong.
  expected<void> check_certificate(const node_hello& theirs, const std::string& address) const;

  /// Whether `theirs.signature` proves that they have the key of `certificate`.
  expected<void> check_signature(const node_hello& theirs, const node_hello& mine) const;

private:
  const std::string certificate_, key_, authority_, revoked_;
};

} // namespace aops::actors
