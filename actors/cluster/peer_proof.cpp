#include "actors/cluster/peer_proof.hpp"

#include "actors/cluster/transport.hpp"
#include "runtime/base/authority.hpp"
#include "runtime/base/units.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace aops::actors {

namespace {

constexpr std::streamsize most_bytes = 1 << 20;

/// What is signed: everything that makes this link different from any other.
std::string signed_text(const node_hello& signer, const node_hello& verifier) {
  return "aops link\n" + signer.cluster + '\n' + signer.node + '\n' +
         std::to_string(signer.incarnation) + '\n' + verifier.node + '\n' +
         std::to_string(verifier.incarnation) + '\n' + verifier.nonce + '\n' + signer.nonce;
}

expected<void> refuse_peer(std::string why) { return fail(ec::permission_denied, std::move(why)); }

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& x : names)
    text += (text.empty() ? "" : ", ") + x;
  return text;
}

} // namespace

expected<std::string> read_small_file(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  if (!in)
    return fail(ec::bad_request, path + ": " + std::strerror(errno));
  std::string text(most_bytes, '\0');
  in.read(text.data(), most_bytes);
  text.resize(static_cast<size_t>(in.gcount()));
  if (in.bad() || !in.eof())
    return fail(ec::bad_request, path + ": cannot be read, or longer than 1 MiB");
  return text;
}

peer_proof::peer_proof(const base::config& config)
    : certificate_(config.cluster.certificate), key_(config.cluster.key),
      authority_(config.cluster.ca), revoked_(config.cluster.revoked) {}

expected<void> peer_proof::show(node_hello& mine) const {
  if (!is_secured())
    return {};
  auto text = read_small_file(certificate_);
  if (!text)
    return fail(text.error());
  mine.certificate = std::move(*text);
  return {};
}

expected<std::string> peer_proof::sign(const node_hello& mine, const node_hello& theirs) const {
  if (!is_secured())
    return std::string{};
  auto key = read_small_file(key_);
  if (!key)
    return fail(key.error());
  return base::sign_text(*key, signed_text(mine, theirs));
}

expected<void> peer_proof::check_kind(const node_hello& theirs, const node_hello& mine) {
  if (theirs.protocol != mine.protocol)
    return refuse_peer("it speaks protocol " + std::to_string(theirs.protocol) + " (release " +
                       theirs.version.substr(0, 64) + "), this node " +
                       std::to_string(mine.protocol));
  if (theirs.cluster != mine.cluster)
    return refuse_peer("it belongs to another cluster, " + theirs.cluster.substr(0, 64));
  if (theirs.node == mine.node)
    return refuse_peer("it has this node's own id: was the data directory copied?");
  return {};
}

expected<void> peer_proof::check_certificate(const node_hello& theirs,
                                             const std::string& address) const {
  if (!is_secured())
    return {};
  auto authority = read_small_file(authority_);
  if (!authority)
    return fail(authority.error());
  std::string revoked;
  if (!revoked_.empty()) {
    auto list = read_small_file(revoked_);
    if (!list)
      return fail(list.error());
    revoked = std::move(*list);
  }
  auto subject = base::check_certificate(theirs.certificate, *authority, revoked);
  if (!subject)
    return refuse_peer("its certificate: " + subject.error().detail);
  auto host = base::parse_endpoint(address);
  auto covers = [&](const std::string& x) { return x == theirs.node || (host && x == host->host); };
  if (std::none_of(subject->names.begin(), subject->names.end(), covers))
    return refuse_peer("its certificate is for " + listed(subject->names) + ", not for " + address);
  return {};
}

expected<void> peer_proof::check_signature(const node_hello& theirs, const node_hello& mine) const {
  if (!is_secured() ||
      base::is_signed_by(theirs.certificate, signed_text(theirs, mine), theirs.signature))
    return {};
  return refuse_peer("it does not have the key of the certificate it shows");
}

} // namespace aops::actors
