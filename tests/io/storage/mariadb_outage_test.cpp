#include "runtime/io/storage/group_writer.hpp"
#include "runtime/io/storage/mariadb_database.hpp"
#include "runtime/io/storage/meta_repository.hpp"
#include "tests/io/storage/mariadb_store.hpp"

#include <algorithm>
#include <set>
#include <thread>

namespace mariadb_outage_test {

/// Servers that go away, come back, or do not let us in.
using namespace aops;
using namespace aops::storage;
using namespace aops::tests;

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using steady = std::chrono::steady_clock;

mariadb_config by_tcp(const std::vector<const mariadb_server*>& servers) {
  mariadb_config out;
  for (const auto* server : servers)
    out.hosts.push_back("127.0.0.1:" + std::to_string(server->port()));
  out.user = "net";
  out.password.text = "s3cret";
  out.database = "aops";
  out.timeout = seconds{3};
  out.connect_timeout = seconds{2};
  return out;
}

void let_in(const mariadb_server& server, const std::string& more = {}) {
  server.sql("create user net@'127.0.0.1' identified by 's3cret' " + more +
             "; grant all on aops.* to net@'127.0.0.1'");
}

} // namespace

BOOST_AUTO_TEST_SUITE(mariadb_outage)

BOOST_AUTO_TEST_CASE(a_killed_server_loses_nothing_acknowledged_and_is_found_again) {
  mariadb_server server{mariadb_server::care::durable};
  auto config = database_on(server, "aops");
  config.timeout = seconds{3};
  auto pool = ok(open_mariadb(config));
  auto& db = pool->writer();
  ok(meta_repository{db}.adopt_all_slots("node"));
  ok(db.execute("create table note (n bigint primary key) engine = InnoDB"));
  group_writer writer{db, {"node", 1000, 100, 3}};
  std::set<int64_t> acknowledged;
  int64_t next = 0;
  int failed = 0;
  auto batch = [&](int size) {
    for (int i = 0; i < size; ++i) {
      auto n = ++next;
      writer.append(
        fence{1, 1},
        [n](database& d) { return d.run("insert into note (n) values (?)", n); },
        [&, n](expected<int64_t> how) {
          if (how)
            acknowledged.insert(n);
          else
            failed += how.error() == ec::store_unreachable;
        });
    }
    writer.flush();
  };
  for (int round = 0; round < 3; ++round) {
    failed = 0;
    std::thread killer([&] {
      std::this_thread::sleep_for(milliseconds{20 + 15 * round}); // Anywhere in the writing.
      server.kill();
    });
    while (failed == 0)
      batch(20);
    killer.join();
    // Away: every request is refused at once.
    auto begin = steady::now();
    for (int i = 0; i < 1000; ++i) {
      auto reader = pool->read();
      auto got = reader ? (*reader)->count("select count(*) from note").map([](auto) {})
                        : expected<void>{fail(reader.error())};
      BOOST_REQUIRE(failure_of(got) == ec::store_unreachable);
    }
    BOOST_TEST((steady::now() - begin < seconds{2}));
    BOOST_TEST(!pool->status().is_reachable);
    server.start();
    begin = steady::now();
    auto goes_on = [&] {
      failed = 0;
      batch(1);
      return failed == 0;
    };
    BOOST_TEST(eventually(goes_on, seconds{10}));
    BOOST_TEST((steady::now() - begin < milliseconds{2500}));
    BOOST_TEST(pool->status().is_reachable);
    auto stored =
      ok(db.list("select n from note order by n", [](const row& r) { return r.integer(0); }));
    BOOST_TEST(
      std::includes(stored.begin(), stored.end(), acknowledged.begin(), acknowledged.end()));
  }
  BOOST_TEST(acknowledged.size() > 3u);
}

BOOST_AUTO_TEST_CASE(a_server_that_says_nothing_is_given_up_and_the_next_one_serves) {
  mariadb_server first, second;
  for (const auto* server : {&first, &second}) {
    let_in(*server);
    ok(open_mariadb(by_tcp({server})));
  }
  auto pool = ok(open_mariadb(by_tcp({&first, &second})));
  auto& db = pool->writer();
  ok(db.run("insert into cluster_setting (name, value) values ('who', 'first')"));
  ok(open_mariadb(by_tcp({&second})))
    ->writer()
    .run("insert into cluster_setting (name, value) values ('who', 'second')");
  auto who = [&] {
    return db.first("select value from cluster_setting", [](const row& r) { return r.string(0); });
  };
  BOOST_TEST(ok(who()).value() == "first");
  first.pause();
  auto begin = steady::now();
  BOOST_TEST(eventually([&] { return who().value_or(std::nullopt) == "second"; }));
  BOOST_TEST((steady::now() - begin < seconds{10}));
  BOOST_TEST(pool->status().endpoint == "127.0.0.1:" + std::to_string(second.port()));
  first.resume();
  // It stays where it is until that one fails too.
  BOOST_TEST(ok(who()).value() == "second");
  second.kill();
  BOOST_TEST(eventually([&] { return who().value_or(std::nullopt) == "first"; }));
  // A server that only reads is none.
  second.start();
  first.sql("set global read_only = 1");
  auto written = [&] { return db.run("update cluster_setting set name = name").has_value(); };
  BOOST_TEST(eventually(written));
  BOOST_TEST(ok(who()).value() == "second");
}

BOOST_AUTO_TEST_CASE(errors_say_what_to_check_and_show_no_password) {
  auto& server = shared_server();
  server.sql("create user if not exists few@localhost identified by 's3cret'");
  auto config = database_on(server, "aops_errors");
  auto detail_of = [&] {
    auto opened = open_mariadb(config);
    BOOST_REQUIRE(!opened);
    BOOST_TEST(opened.error().code == ec::store_unreachable);
    BOOST_TEST(opened.error().detail.find("s3cret") == std::string::npos);
    return opened.error().detail;
  };
  config.user = "few";
  config.password.text = "wrong-s3cret";
  BOOST_TEST(detail_of().find("check storage.user and storage.password") != std::string::npos);
  config.password.text = "s3cret";
  BOOST_TEST(detail_of().find("check storage.database") != std::string::npos);
  config.socket += "-elsewhere";
  BOOST_TEST(detail_of().find("check storage.socket") != std::string::npos);
  config.socket.clear();
  config.hosts = {"127.0.0.1:" + std::to_string(free_port()), "[::1]:1"};
  auto both = detail_of();
  BOOST_TEST(both.find("check storage.host") != std::string::npos);
  BOOST_TEST(both.find(config.hosts[0]) != std::string::npos);
  BOOST_TEST(both.find("::1:1") != std::string::npos);
  config.hosts.clear();
  BOOST_TEST(detail_of().find("no MariaDB host") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(connections_by_tls_trust_their_authority_only) {
  temp_folder keys;
  auto openssl = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "openssl");
    run(words);
  };
  for (auto name : {"ca", "stranger"})
    openssl({"req",
             "-x509",
             "-newkey",
             "ec",
             "-pkeyopt",
             "ec_paramgen_curve:prime256v1",
             "-nodes",
             "-days",
             "2",
             "-subj",
             std::string{"/CN="} + name,
             "-keyout",
             keys / (std::string{name} + ".key"),
             "-out",
             keys / (std::string{name} + ".pem")});
  openssl({"req",
           "-newkey",
           "ec",
           "-pkeyopt",
           "ec_paramgen_curve:prime256v1",
           "-nodes",
           "-subj",
           "/CN=database",
           "-addext",
           "subjectAltName=DNS:localhost",
           "-keyout",
           keys / "server.key",
           "-out",
           keys / "server.csr"});
  openssl({"x509",
           "-req",
           "-in",
           keys / "server.csr",
           "-CA",
           keys / "ca.pem",
           "-CAkey",
           keys / "ca.key",
           "-CAcreateserial",
           "-days",
           "2",
           "-copy_extensions",
           "copy",
           "-out",
           keys / "server.pem"});
  run({"chmod", "-R", "a+rX", keys.path()});
  mariadb_server server{mariadb_server::care::none,
                        {"--ssl-ca=" + (keys / "ca.pem"),
                         "--ssl-cert=" + (keys / "server.pem"),
                         "--ssl-key=" + (keys / "server.key")}};
  let_in(server, "require ssl");
  auto config = by_tcp({&server});
  BOOST_TEST(failure_of(open_mariadb(config)) == ec::store_unreachable); // It wants TLS.
  config.ssl_ca = keys / "ca.pem";
  config.ssl_verify = false;
  auto pool = ok(open_mariadb(config));
  auto cipher = ok(pool->writer().list("show session status like 'Ssl_cipher'",
                                       [](const row& r) { return r.string(1); }));
  BOOST_REQUIRE(cipher.size() == 1);
  BOOST_TEST(!cipher[0].empty());
  config.ssl_verify = true;
  auto named = config;
  named.hosts = {"localhost:" + std::to_string(server.port())};
  ok(open_mariadb(named));
  // Known as 127.0.0.1 the certificate is for another name.
  auto refused = open_mariadb(config);
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().detail.find("storage.ssl_ca") != std::string::npos);
  config.ssl_ca = keys / "stranger.pem";
  BOOST_TEST(failure_of(open_mariadb(config)) == ec::store_unreachable);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace mariadb_outage_test
