#include "actors/logs/host_logs.hpp"
#include "actors/logs/line_intake.hpp"
#include "actors/logs/syslog_intake.hpp"
#include "messages/names.hpp"
#include "runtime/base/digest.hpp"
#include "tests/actors/logs/awaited_lines.hpp"
#include "tests/support/outcome.hpp"
#include "tests/support/process.hpp"
#include "tests/support/store_fixture.hpp"

#include <caf/all.hpp>

#include <future>

namespace aops::actors {

namespace {

struct host_logs_fixture : tests::store_fixture {
  host_logs_fixture() {
    auto place =
      std::make_shared<line_store_place>([this]() -> expected<std::shared_ptr<line_store>> {
        embedded_lines_config how{folder.path() + "/logs", 86'400'000, int64_t{1} << 30};
        auto opened = open_embedded_lines(how, now->now_ms() * 1'000'000);
        if (!opened)
          return fail(opened.error());
        return std::shared_ptr<line_store>{std::make_shared<tests::awaited_lines>(*opened)};
      });
    auto threads = std::make_shared<inline_executor>();
    it = start_as(
      host_logs_name,
      host_logs,
      host_logs_parts{store, std::make_shared<cluster_map>(), "n1", place, threads, threads});
    host = add_host("h1").host_id;
  }
  ~host_logs_fixture() { end_all(); }

  std::string token(const std::string& host_id, const std::string& name = "t") {
    auto made = ask<log_token_created>(it, admin, log_token_to_create{host_id, name});
    return made ? base::sha256_hex(made->access_token) : to_string(made.error());
  }
  expected<lines_taken> send(const std::string& hash, const std::string& body) {
    return ask<lines_taken>(it, lines_to_take{hash, "json", body});
  }
  std::string found(const std::string& query, const caller& who) {
    line_search q;
    q.query.emplace(query);
    auto answer = ask<lines_found>(it, who, q);
    if (!answer)
      return to_string(answer.error());
    std::string out;
    for (const auto& x : answer->lines)
      out += x.message + " ";
    return out;
  }

  tests::temp_folder folder;
  full_host_logs_actor it;
  std::string host;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(host_logs_suite, host_logs_fixture)

BOOST_AUTO_TEST_CASE(lines_of_a_token_are_those_of_its_host) {
  auto hash = token(host);
  auto taken = send(hash, R"([{"log": "first", "path": "/a", "offset": 1}, {"log": "second"}])");
  BOOST_REQUIRE(taken);
  BOOST_TEST(taken->taken == 2);
  auto again = send(hash, R"([{"log": "first", "path": "/a", "offset": 1}])");
  BOOST_TEST(again->duplicates == 1);
  BOOST_TEST(found("first", admin) == "first ");
  BOOST_TEST(found("source:/a", admin) == "first ");
  BOOST_TEST(found("first", other) == ""); // Another administrator.
}

BOOST_AUTO_TEST_CASE(nothing_is_taken_without_a_token_or_of_another_host) {
  auto none = send(base::sha256_hex("guess"), R"({"log": "x"})");
  BOOST_TEST((!none && none.error() == ec::session_invalid));
  auto forged = send(token(host), R"([{"log": "x"}, {"log": "x", "host_id": "other"}])");
  BOOST_TEST((!forged && forged.error() == ec::permission_denied));
  auto broken = send(token(host, "u"), "[1]");
  BOOST_TEST((!broken && broken.error() == ec::bad_request));
  BOOST_TEST(found("", admin) == "");
}

BOOST_AUTO_TEST_CASE(whose_a_token_is_is_told_before_anything_is_read) {
  auto known = [&](const std::string& hash) {
    return ask<host_token_known>(it, host_token_query{hash});
  };
  auto hash = token(host);
  BOOST_TEST(tests::ok(known(hash)).host_id == host);
  BOOST_TEST(tests::ok(known(hash)).host_id == host); // Remembered.
  BOOST_TEST(tests::failure_of(known(base::sha256_hex("guess"))) == ec::session_invalid);
}

BOOST_AUTO_TEST_CASE(tokens_are_made_listed_and_deleted_by_their_owner) {
  BOOST_TEST(tests::failure_of(ask<log_token_created>(it, other, log_token_to_create{host, "t"})) ==
             ec::not_found);
  auto hash = token(host);
  BOOST_TEST(token(host) == "conflict: name: exists already");
  auto listed = tests::ok(ask<log_tokens_found>(it, admin, log_tokens_query{}));
  BOOST_REQUIRE(listed.token_infos.size() == 1u);
  BOOST_TEST(tests::ok(ask<log_tokens_found>(it, other, log_tokens_query{})).token_infos.empty());
  auto id = listed.token_infos[0].token_id;
  BOOST_TEST(
    tests::ok(ask<log_tokens_deleted>(it, other, log_tokens_to_delete{{id}})).deleted.empty());
  BOOST_TEST(send(hash, R"({"log": "x"})").has_value());
  BOOST_TEST(
    tests::ok(ask<log_tokens_deleted>(it, admin, log_tokens_to_delete{{id}})).deleted.size() == 1u);
  BOOST_TEST(!send(hash, R"({"log": "x"})"));
}

BOOST_AUTO_TEST_CASE(a_query_that_does_not_read_is_refused) {
  BOOST_TEST(found("(", admin) == "bad_request: query: column 2: a word is missing here");
}

BOOST_AUTO_TEST_CASE(a_user_of_no_group_finds_nothing) {
  BOOST_REQUIRE(send(token(host), R"({"log": "secret"})"));
  caller ann{"ann", "admin", rights::ordinary, false, {}, "192.0.2.3"};
  BOOST_TEST(found("secret", ann) == "secret ");
  ann.groups.emplace();
  BOOST_TEST(found("secret", ann) == "");
  ann.groups->push_back("g");
  BOOST_TEST(found("secret", ann) == "secret ");
  ann.owner.clear();
  BOOST_TEST(found("secret", ann) == "");
}

BOOST_AUTO_TEST_CASE(who_follows_hears_of_lines_as_they_come_and_of_what_was_dropped) {
  auto hash = token(host);
  BOOST_REQUIRE(send(hash, R"({"log": "before"})"));
  lines_to_follow wanted;
  wanted.tap = "t";
  wanted.query.emplace("NOT noise");
  auto next = [&](const caller& who) {
    auto told = tests::ok(ask<lines_followed>(it, who, wanted));
    wanted.places = told.places;
    return told;
  };
  auto first = next(admin);
  BOOST_TEST(first.lines.empty());
  BOOST_TEST((first.begun == std::vector<std::string>{"n1"}));
  BOOST_REQUIRE(send(hash, R"([{"log": "one"}, {"log": "noise"}, {"log": "two"}])"));
  auto places = wanted.places;
  auto told = next(admin);
  BOOST_REQUIRE(told.lines.size() == 2u);
  BOOST_TEST((told.lines[0].message + told.lines[1].message + told.lines[0].host_name) ==
             "onetwoname-h1");
  BOOST_TEST(told.begun.empty());
  BOOST_TEST(found("one", admin) == "one ");
  line_context_query around;
  around.line_id = told.lines[0].line_id; // It is the same line that a search finds.
  BOOST_TEST(ask<line_context>(it, admin, around).has_value());
  BOOST_TEST(next(admin).lines.empty());
  std::string many = "[";
  for (int i = 0; i < 6000; ++i)
    many += (i ? "," : "") + std::string{R"({"log": "many"})"};
  BOOST_REQUIRE(send(hash, many + "]"));
  wanted.most_lines = 10;
  told = next(admin);
  BOOST_TEST(told.lines.size() == 10u);
  BOOST_TEST(told.dropped == 6000 - static_cast<int64_t>(line_taps::most_lines_of_tap));
  BOOST_TEST(next(admin).lines.size() == 10u);
  auto foreign = tests::ok(ask<lines_followed>(it, other, wanted));
  BOOST_REQUIRE(send(hash, R"({"log": "three"})"));
  BOOST_TEST(next(other).lines.empty());
  wanted.query.emplace("(");
  wanted.tap = "u";
  BOOST_TEST(tests::failure_of(ask<lines_followed>(it, admin, wanted)) == ec::bad_request);
}

BOOST_AUTO_TEST_CASE(rules_that_begin_while_lines_are_on_their_way_to_the_disk_read_them_there) {
  embedded_lines_config how{folder.path() + "/slow", 86'400'000, int64_t{1} << 30};
  auto slow = std::make_shared<tests::awaited_lines>(
    tests::ok(open_embedded_lines(how, now->now_ms() * 1'000'000)));
  intake_tools with;
  with.store = store;
  with.place = std::make_shared<line_store_place>([&] { return slow; });
  with.taps = std::make_shared<line_taps>();
  lines_to_follow rule, reader;
  rule.tap = "rule", rule.host_list = {host}, rule.items = {{"sshd", "log", {}}};
  reader.tap = "reader", reader.host_list = {host};
  auto seen = std::make_shared<const hosts_seen>(hosts_seen{{host, "h1"}});
  auto run_of = [&](const lines_to_follow& x) {
    return tests::ok(with.taps->take({admin, x}, "n1", seen, 0)).place.run;
  };
  auto send = [&](const std::string& text) {
    logs::record line;
    line.message = text;
    line.program = "sshd";
    line.time_ns = now->now_ms() * 1'000'000;
    bool told = false;
    keep_lines(with, host, {line}, [&](expected<lines_taken> x) { told = x.has_value(); });
    BOOST_TEST(told);
  };
  std::string of_rule, of_reader;
  slow->when_stored = [&] {
    of_rule = run_of(rule);
    of_reader = run_of(reader);
  };
  send("one");
  BOOST_TEST(run_of(reader) == of_reader); // Begins with what comes.
  auto again = run_of(rule);
  BOOST_TEST(again != of_rule);
  slow->when_stored = [] {};
  send("two"); // Is told.
  BOOST_TEST(run_of(rule) == again);
}

BOOST_AUTO_TEST_CASE(names_and_addresses_of_several_hosts_are_nobodys) {
  host_record a, b, c;
  a.host_id = "a", a.host_name = "web", a.public_ip = "192.0.2.1";
  b.host_id = "b", b.host_name = "db", b.public_ip = "192.0.2.2";
  c.host_id = "c", c.host_name = "db", c.public_ip = "192.0.2.1";
  host_names_known known;
  known.load({a, b, c});
  BOOST_TEST(known.by_name("web").value_or("-") == "a");
  BOOST_TEST(known.by_name("b").value_or("-") == "b");
  BOOST_TEST(known.by_name("db").value_or("-") == "-");
  BOOST_TEST(known.by_name("nobody").value_or("-") == "-");
  BOOST_TEST(known.by_address("192.0.2.2").value_or("-") == "b");
  BOOST_TEST(known.by_address("192.0.2.1").value_or("-") == "-");
  host_record forger;
  forger.host_id = "d", forger.host_name = "a"; // Called as another one's id.
  known = {};
  known.load({a, forger});
  BOOST_TEST(known.by_name("a").value_or("-") == "-");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
