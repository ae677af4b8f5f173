#pragma once

#include "messages/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// The private authority of a cluster (X.509, EC P-256): makes it, issues and revokes certificates
/// of nodes, and checks what a peer shows. Everything is PEM text; keys must not reach a log.
namespace aops::base {

/// A certificate and its private key.
struct key_pair {
  std::string certificate, key;
};

/// @param days Of validity, from a day ago: clocks differ. At least 1.
expected<key_pair> make_authority(const std::string& name, int64_t days);

/// What a node's certificate shall say.
struct certificate_wish {
  std::string name;                          ///< Common name and first alternative name. Not empty.
  std::vector<std::string> addresses = {};   ///< Host names and IP addresses of the node's links.
  int64_t days = 365;                        ///< Negative: it has expired, for tests.
  bool for_server = true, for_client = true; ///< Nodes are both.
};

expected<key_pair> issue_certificate(const key_pair& authority, const certificate_wish& wish);

/// A new list of revoked certificates: those of the old one (may be empty) and this (may be empty).
/// Certificates that expired stay in it.
expected<std::string> revoke_certificate(const key_pair& authority,
                                         const std::string& list,
                                         const std::string& certificate);

/// Who a certificate is for.
struct certificate_subject {
  std::vector<std::string> names; ///< Common name, then alternative names, DNS and IP.
  std::string serial;             ///< Hexadecimal.
  int64_t until_ms = 0;           ///< When it ends, UTC.
};
expected<certificate_subject> read_certificate(const std::string& pem);

/// Whether the first certificate of `chain` (others help) was issued by `authority`, is in date by
/// this machine's clock, good for server and client, and not in `revoked` (empty: nothing is).
/// ec::permission_denied says why not, ec::corrupt what cannot be read.
expected<certificate_subject> check_certificate(const std::string& chain,
                                                const std::string& authority,
                                                const std::string& revoked);

/// Proof of having the key: SHA-256 signature, hexadecimal.
expected<std::string> sign_text(const std::string& key, std::string_view text);
bool is_signed_by(const std::string& certificate,
                  std::string_view text,
                  std::string_view signature);

/// Whether key and certificate belong together; ec::corrupt when one cannot be read.
expected<void> check_key(const std::string& certificate, const std::string& key);

} // namespace aops::base
