#include "actors/cluster/transport.hpp"

#include "actors/cluster/peer_proof.hpp"
#include "actors/cluster/tls_errors.hpp"
#include "actors/support/call.hpp"
#include "runtime/base/authority.hpp"

#include <caf/all.hpp>
#include <caf/io/all.hpp>
#include <caf/openssl/all.hpp>

namespace aops::actors {

namespace {

bool is_any(const std::string& host) {
  return host.empty() || host == "0.0.0.0" || host == "::" || host == "*";
}

expected<void> check_files(const base::config& config) {
  const auto& c = config.cluster;
  auto key_file = [](const char* key, const std::string& path) -> expected<std::string> {
    if (path.empty())
      return fail(ec::bad_request,
                  std::string{"cluster."} + key +
                    " is missing: certificate, key and ca are set together");
    auto text = read_small_file(path);
    if (!text)
      return fail(ec::bad_request, std::string{"cluster."} + key + ": " + text.error().detail);
    return text;
  };
  auto certificate = key_file("certificate", c.certificate);
  if (!certificate)
    return fail(certificate.error());
  auto key = key_file("key", c.key);
  if (!key)
    return fail(key.error());
  auto ca = key_file("ca", c.ca);
  if (!ca)
    return fail(ca.error());
  if (auto good = base::check_key(*certificate, *key); !good)
    return fail(ec::bad_request, "cluster.key: " + good.error().detail);
  if (auto good = base::check_certificate(*certificate, *ca, {}); !good)
    return fail(ec::bad_request, "cluster.certificate: " + good.error().detail);
  return {};
}

expected<void> check_addresses(const base::config& config) {
  const auto& c = config.cluster;
  if (!has_certificate(config) && !is_loopback(c.listen.host))
    return fail(ec::bad_request,
                "cluster.listen: " + base::to_string(c.listen) +
                  " is not loopback: links to other machines need cluster.certificate, cluster.key "
                  "and cluster.ca (make them with `aops cluster ca init` and `aops cluster ca "
                  "issue`)");
  if (!c.advertise.empty()) {
    if (auto e = base::parse_endpoint(c.advertise); !e)
      return fail(ec::bad_request, "cluster.advertise: " + e.error().detail);
  } else if (is_any(c.listen.host)) {
    return fail(ec::bad_request,
                "cluster.advertise is missing: other nodes cannot connect to " +
                  base::to_string(c.listen));
  }
  return {};
}

} // namespace

bool has_certificate(const base::config& config) {
  const auto& c = config.cluster;
  return !c.certificate.empty() || !c.key.empty() || !c.ca.empty();
}

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "::1" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos);
}

expected<void> configure_transport(caf::actor_system_config& caf_config,
                                   const base::config& config) {
  if (config.storage.engine == "sqlite")
    return {};
  if (auto good = check_addresses(config); !good)
    return good;
  const auto& c = config.cluster;
  caf_config.load<caf::io::middleman>();
  // Both ends need both: only so does each notice that the other froze.
  caf_config.set("middleman.heartbeat-interval", caf::timespan{c.heartbeat.chrono()});
  caf_config.set("middleman.connection-timeout", caf::timespan{c.suspect_after.chrono()});
  caf_config.set("middleman.enable-automatic-connections", false);
  if (!has_certificate(config))
    return {};
  // CAF reads these files with each connection and ends the process when it cannot: whoever renews
  // them renames new ones into place. Here, at the start, a mistake still gets its clear line.
  if (auto good = check_files(config); !good)
    return good;
  keep_tls_errors_apart();
  caf_config.load<caf::openssl::manager>();
  caf_config.openssl_certificate = c.certificate;
  caf_config.openssl_key = c.key;
  caf_config.openssl_cafile = c.ca;
  caf_config.set("openssl.certificate", c.certificate);
  caf_config.set("openssl.key", c.key);
  caf_config.set("openssl.cafile", c.ca);
  return {};
}

caf::io::middleman_actor connector_of(caf::actor_system& system, const base::config& config) {
  return has_certificate(config) ? system.openssl_manager().actor_handle()
                                 : system.middleman().actor_handle();
}

expected<base::endpoint> open_gate(caf::actor_system& system,
                                   const caf::strong_actor_ptr& gate,
                                   const base::config& config,
                                   uint16_t port) {
  auto at = config.cluster.listen;
  if (port != 0)
    at.port = port;
  auto opened = value_of<uint16_t>(
    call_message(system,
                 caf::actor_cast<caf::strong_actor_ptr>(connector_of(system, config)),
                 std::chrono::seconds{5},
                 caf::make_message(caf::publish_atom_v,
                                   at.port,
                                   gate,
                                   std::set<std::string>{},
                                   is_any(at.host) ? std::string{} : at.host,
                                   true)));
  if (!opened)
    return fail(ec::unreachable,
                "cluster.listen: cannot listen on " + base::to_string(at) + ": " +
                  to_string(opened.error()));
  at.port = *opened;
  return at;
}

std::string advertised(const base::config& config, const base::endpoint& listening) {
  auto e = base::parse_endpoint(config.cluster.advertise);
  if (!e)
    return base::to_string(listening);
  if (e->port == 0)
    e->port = listening.port;
  return base::to_string(*e);
}

} // namespace aops::actors
