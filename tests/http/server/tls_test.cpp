#include "http/server/certificate.hpp"
#include "http/server/certificate_watch.hpp"
#include "http/server/server.hpp"
#include "tests/http/support/raw_client.hpp"
#include "tests/http/support/sample_service.hpp"

#include <boost/test/unit_test.hpp>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/stat.h>

namespace tls_test {

using namespace aops;
using namespace std::chrono_literals;

namespace {

struct folder_fixture {
  std::filesystem::path folder;
  folder_fixture() {
    std::string name = std::filesystem::temp_directory_path() / "aops-tls-XXXXXX";
    BOOST_REQUIRE(::mkdtemp(name.data()));
    folder = name;
  }
  ~folder_fixture() { std::filesystem::remove_all(folder); }
};

mode_t mode_of(const std::string& file) {
  struct stat about {};
  BOOST_REQUIRE(::stat(file.c_str(), &about) == 0);
  return about.st_mode & 0777;
}

/// A verifying TLS client; empty answer when the handshake fails.
std::string ask_over_tls(uint16_t port,
                         const std::string& ca_file,
                         const std::string& name,
                         const std::string& request) {
  tests::raw_client c{port};
  std::unique_ptr<SSL_CTX, decltype(&::SSL_CTX_free)> context{::SSL_CTX_new(::TLS_client_method()),
                                                              &::SSL_CTX_free};
  ::SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  BOOST_REQUIRE(::SSL_CTX_load_verify_locations(context.get(), ca_file.c_str(), nullptr) == 1);
  std::unique_ptr<SSL, decltype(&::SSL_free)> ssl{::SSL_new(context.get()), &::SSL_free};
  if (::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(ssl.get()), name.c_str()) != 1)
    ::SSL_set1_host(ssl.get(), name.c_str());
  ::SSL_set_fd(ssl.get(), c.socket());
  if (::SSL_connect(ssl.get()) != 1)
    return {};
  ::SSL_write(ssl.get(), request.data(), static_cast<int>(request.size()));
  std::string answer;
  char piece[4096];
  for (int n; (n = ::SSL_read(ssl.get(), piece, sizeof piece)) > 0;)
    answer.append(piece, static_cast<size_t>(n));
  return answer;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(https, folder_fixture)

BOOST_AUTO_TEST_CASE(a_certificate_is_made_once_and_private) {
  auto first = http::self_signed_certificate(folder / "data", {});
  BOOST_REQUIRE(first);
  BOOST_TEST(mode_of(first->key) == 0600u);
  BOOST_TEST(mode_of(first->certificate) == 0600u);
  BOOST_TEST(mode_of(folder / "data") == 0700u);
  auto print = *http::certificate_fingerprint(first->certificate);
  BOOST_TEST(print.size() == 64u);
  BOOST_REQUIRE(http::self_signed_certificate(folder / "data", {}).has_value());
  BOOST_TEST(*http::certificate_fingerprint(first->certificate) == print);
}

BOOST_AUTO_TEST_CASE(a_certificate_without_its_key_is_made_anew) {
  auto files = http::self_signed_certificate(folder, {});
  BOOST_REQUIRE(files);
  auto print = *http::certificate_fingerprint(files->certificate);
  std::filesystem::remove(files->key);
  BOOST_REQUIRE(http::self_signed_certificate(folder, {}).has_value());
  BOOST_TEST(*http::certificate_fingerprint(files->certificate) != print);
}

BOOST_AUTO_TEST_CASE(a_folder_that_cannot_be_written_is_an_error) {
  BOOST_TEST((http::self_signed_certificate("/proc/nowhere", {}).error() == ec::internal));
}

BOOST_AUTO_TEST_CASE(clients_that_know_the_certificate_are_served_under_every_name) {
  base::config c;
  c.data_dir = folder;
  c.http.listen.port = 0;
  c.tls.names = {"aops.example", "evil,DNS:other.example", ""};
  auto options = http::server_options_of(c);
  BOOST_REQUIRE_MESSAGE(options, (options ? "" : options.error().detail));
  tests::sessions_by_hand sessions;
  auto server = http::http_server::start(*options, tests::sample_service(sessions));
  BOOST_REQUIRE(server);
  BOOST_TEST((*server)->base_url() == "https://127.0.0.1:" + std::to_string((*server)->port()));
  auto request = "GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n";
  for (auto name : {"127.0.0.1", "localhost", "::1", "aops.example"})
    BOOST_TEST(ask_over_tls((*server)->port(), options->tls->certificate, name, request)
                 .ends_with("{\"status\":\"ok\"}"));
  for (auto name : {"other.example", "10.0.0.1"})
    BOOST_TEST(ask_over_tls((*server)->port(), options->tls->certificate, name, request) == "");
}

BOOST_AUTO_TEST_CASE(plain_http_on_a_tls_port_ends_quickly_and_harms_nobody) {
  base::config c;
  c.data_dir = folder;
  c.http.listen.port = 0;
  auto options = http::server_options_of(c);
  tests::sessions_by_hand sessions;
  auto server = std::move(*http::http_server::start(*options, tests::sample_service(sessions)));
  tests::raw_client wrong{server->port()};
  wrong.send(tests::get_request("/healthz"));
  BOOST_TEST(wrong.is_closed_within(5s));
  auto request = "GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n";
  BOOST_TEST(
    !ask_over_tls(server->port(), options->tls->certificate, "localhost", request).empty());
}

BOOST_AUTO_TEST_CASE(a_renewed_certificate_is_used_without_a_restart) {
  auto old = *http::self_signed_certificate(folder / "old", {}),
       next = *http::self_signed_certificate(folder / "next", {});
  http::certificate_files used{folder / "used.crt", folder / "used.key"};
  auto put = [](const std::string& from, const std::string& to) {
    std::filesystem::copy_file(from, to + ".new");
    std::filesystem::rename(to + ".new", to);
  };
  put(old.certificate, used.certificate);
  put(old.key, used.key);
  http::certificate_watch watch{used};
  auto now = std::chrono::steady_clock::now();
  BOOST_TEST(!watch.renewed(now));
  put(next.certificate, used.certificate); // In the middle: the key is still the old one's.
  log::capture captured;
  for (int i = 2; i < 6; ++i)
    BOOST_TEST(!watch.renewed(now + std::chrono::seconds{i}));
  BOOST_TEST(captured.count("certificate-not-renewed") == 1u);
  put(next.key, used.key);
  BOOST_TEST(!watch.renewed(now + 5100ms)); // Looked a moment ago.
  BOOST_TEST(watch.renewed(now + 10s) != nullptr);
  BOOST_TEST(!watch.renewed(now + 20s));
  std::filesystem::remove(used.key);
  BOOST_TEST(!watch.renewed(now + 30s));
}

BOOST_AUTO_TEST_CASE(connections_after_a_renewal_see_the_new_certificate) {
  auto old = *http::self_signed_certificate(folder / "old", {}),
       next = *http::self_signed_certificate(folder / "next", {});
  http::server_options options;
  options.tls = http::certificate_files{folder / "used.crt", folder / "used.key"};
  auto put = [&](const http::certificate_files& from) {
    for (const auto& [file, to] : {std::pair{from.certificate, options.tls->certificate},
                                   std::pair{from.key, options.tls->key}}) {
      std::filesystem::copy_file(file, to + ".new");
      std::filesystem::rename(to + ".new", to);
    }
  };
  put(old);
  tests::sessions_by_hand sessions;
  auto server = std::move(*http::http_server::start(options, tests::sample_service(sessions)));
  auto request = "GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n";
  auto is_shown = [&](const http::certificate_files& x) {
    return !ask_over_tls(server->port(), x.certificate, "localhost", request).empty();
  };
  BOOST_TEST(is_shown(old));
  put(next);
  // It looks at most once a second.
  auto end = std::chrono::steady_clock::now() + 20s;
  while (!is_shown(next) && std::chrono::steady_clock::now() < end)
    std::this_thread::yield();
  BOOST_TEST(is_shown(next));
  BOOST_TEST(!is_shown(old));
}

BOOST_AUTO_TEST_CASE(a_key_that_does_not_fit_is_an_error) {
  auto one = http::self_signed_certificate(folder / "one", {}),
       two = http::self_signed_certificate(folder / "two", {});
  http::server_options o;
  o.tls = http::certificate_files{one->certificate, two->key};
  tests::sessions_by_hand sessions;
  auto server = http::http_server::start(o, tests::sample_service(sessions));
  BOOST_REQUIRE(!server);
  BOOST_TEST(server.error().detail.starts_with("private key "));
  o.tls->certificate = folder / "none";
  BOOST_TEST(http::http_server::start(o, tests::sample_service(sessions))
               .error()
               .detail.starts_with("certificate "));
}

BOOST_AUTO_TEST_CASE(plain_http_needs_no_certificate) {
  base::config c;
  c.data_dir = folder;
  c.tls.enabled = false;
  auto options = http::server_options_of(c);
  BOOST_REQUIRE(options);
  BOOST_TEST(!options->tls.has_value());
  BOOST_TEST(std::filesystem::is_empty(folder));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace tls_test
