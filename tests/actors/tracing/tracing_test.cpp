#include "actors/store/vault_keeper.hpp"
#include "actors/tracing/tracing.hpp"
#include "messages/roles/remote.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/core/task/remote_plays.hpp"
#include "runtime/io/storage/log_token_repository.hpp"
#include "tests/support/store_fixture.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <utility>

namespace tracing_test {

using namespace aops;
using namespace aops::actors;

namespace {

using canned_remote = caf::typed_actor<asks<configs_to_collect, configs_collected>,
                                       asks<files_to_check, files_checked>,
                                       asks<configs_to_push, configs_pushed>>;
using canned_vault = caf::typed_actor<answers<open_vaults_query, open_vaults>>;

constexpr const char* path = "/etc/yum.repos.d/openEuler.repo";
constexpr const char* text = "[OS]\nname=OS\nenabled=1\n";
constexpr const char* changed = "[OS]\nname=OS\nenabled=0\n";

/// Hosts `h1` and `h2` in the domain `web`, whose files are what the test says.
struct tracing_fixture : tests::store_fixture {
  tracing_fixture() {
    auto turned = std::make_shared<store_access>(*store);
    turned->time = &time;
    store = turned;
    add_host("h1");
    add_host("h2");
    auto play = [this](const configs_to_collect& x) {
      ++collected;
      configs_collected reply;
      for (const auto& host : x.infos) {
        asked.push_back(host.host_id);
        auto& to = reply.resp.emplace_back();
        to.host_id = host.host_id;
        for (const auto& file : host.config_list)
          if (auto found = files.find(host.host_id + file); found != files.end()) {
            to.infos.push_back({file, found->second, "0644", "root:root"});
          } else {
            auto why = failures.find(host.host_id);
            to.fail_files.push_back(file);
            to.fail_reasons.push_back({file, why == failures.end() ? "is not there" : why->second});
          }
      }
      return reply;
    };
    auto check = [this, play](const files_to_check& x) {
      configs_to_collect all;
      for (const auto& host : x.infos) {
        auto& to = all.infos.emplace_back();
        to.host_id = host.host_id;
        for (const auto& file : host.files)
          to.config_list.push_back(file.path);
      }
      auto told = play(all);
      files_checked reply;
      for (size_t i = 0; i < told.resp.size(); ++i) {
        auto& to = reply.resp.emplace_back();
        to.read.host_id = told.resp[i].host_id;
        to.read.fail_files = told.resp[i].fail_files;
        to.read.fail_reasons = told.resp[i].fail_reasons;
        for (const auto& file : told.resp[i].infos) {
          auto known = task::known_digest(file.file_attr, file.file_owner, file.content);
          const auto& wanted = x.infos[i].files;
          bool is_same = std::any_of(wanted.begin(), wanted.end(), [&](const auto& f) {
            return f.path == file.path && f.known == known;
          });
          if (is_same)
            to.unchanged.push_back(file.path);
          else
            to.read.infos.push_back(file);
          brought += is_same ? 0 : 1;
        }
      }
      return reply;
    };
    auto push = [this](const configs_to_push& x) {
      ++pushed;
      configs_pushed reply;
      for (const auto& file : x.infos) {
        pushed_file told{file.host_id, file.path, "pushed", "", "", ""};
        if (failures.contains(file.host_id))
          told.state = "failed";
        else if (takes_files)
          files[file.host_id + file.path] = file.content;
        reply.resp.push_back(std::move(told));
      }
      return reply;
    };
    auto remote =
      [this, play, check, push](canned_remote::pointer self) -> canned_remote::behavior_type {
      return {
        [this, play, self](const caller&,
                           const configs_to_collect& x) -> caf::result<configs_collected> {
          if (refusal)
            return to_caf(*refusal);
          if (!is_slow)
            return play(x);
          foreign_promise<configs_collected> promise{self};
          held.emplace_back([play, x, promise] { promise.answer(play(x)); });
          return promise;
        },
        [this, check, self](const caller&, const files_to_check& x) -> caf::result<files_checked> {
          if (refusal)
            return to_caf(*refusal);
          if (!is_slow)
            return check(x);
          foreign_promise<files_checked> promise{self};
          held.emplace_back([check, x, promise] { promise.answer(check(x)); });
          return promise;
        },
        [this, push](const caller&, const configs_to_push& x) -> caf::result<configs_pushed> {
          if (refusal)
            return to_caf(*refusal);
          return push(x);
        }};
    };
    put(remote_name, start(remote));
    handle = start_as(tracing_name, actors::tracing, tracing_parts{store, load_trace_models({})});
    made(domains_to_create{{{"web", {}}}});
    made(hosts_to_trace{"web", {{"h1", {}, {}}, {"h2", {}, {}}}});
  }
  ~tracing_fixture() { end_all(); }

  template <class Request>
  tracing_done made(const Request& x) {
    return tests::ok(ask<tracing_done>(handle, admin, x));
  }

  tracing_done expect(const std::string& body) {
    return made(items_to_trace{"web", {{path, body, {}}}, {}});
  }

  /// Asks as somebody who waits for a minute.
  template <class Request>
  void ask_for_a_minute(const Request& x) {
    caf::scoped_actor asker{system, true};
    errand with;
    with.due_ms = time.steady_ms() + 60'000;
    auto self = asker.ptr();
    enqueue(caf::actor_cast<caf::strong_actor_ptr>(handle),
            self->ctrl(),
            self->new_request_id(caf::message_priority::normal),
            caf::make_message(admin, x),
            with,
            self->context());
    run();
  }

  /// The hosts that were slow answer, one request after the other.
  void release() {
    is_slow = false;
    for (const auto& answer : std::exchange(held, {})) {
      answer();
      run();
    }
  }

  /// Vaults of these users are open here.
  void open_vaults_of(std::vector<std::string> users) {
    auto vault = [users]() -> canned_vault::behavior_type {
      return {[users](const open_vaults_query&) {
        open_vaults all;
        for (const auto& user : users)
          all.vaults.push_back({user, {}});
        return all;
      }};
    };
    put(vault_name, start(vault));
  }

  /// As the host whose token this is.
  expected<told_files_taken> tell(const std::string& token, const std::string& body) {
    return ask<told_files_taken>(handle, told_files_to_take{base::sha256_hex(token), body});
  }

  void add_token(const std::string& token, const std::string& host) {
    storage::log_token row{"id of " + token, host, "files", base::sha256_hex(token), "admin", 1};
    tests::ok(storage::log_token_repository{db()}.add("admin", row));
  }

  /// `h1 STATE, h2 STATE`
  std::string states(bool refresh = true) {
    domain_status_query q{"web", {}};
    q.refresh = refresh;
    auto reply = tests::ok(ask<domain_status>(handle, admin, q));
    std::string out;
    for (const auto& host : reply.hostStatus)
      for (const auto& file : host.syncStatus)
        out += (out.empty() ? "" : ", ") + host.hostId + " " + file.isSynced;
    return out;
  }

  std::map<std::string, std::string> files, failures;
  std::optional<error> refusal;
  bool takes_files = true, is_slow = false;
  std::vector<std::function<void()>> held;
  int collected = 0, pushed = 0, brought = 0; ///< The last: files whose text came by a check.
  std::vector<std::string> asked;             ///< Hosts, in the order in which they answered.
  full_tracing_actor handle;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(files_are_what_they_should_be_or_it_is_said_why_not, tracing_fixture) {
  expect(text);
  BOOST_TEST(states(false) == "h1 UNKNOWN, h2 UNKNOWN");
  files = {{std::string{"h1"} + path, text},
           {std::string{"h2"} + path, "# a remark\n[OS]\nenabled = 1\nname = OS\n"}};
  BOOST_TEST(states() == "h1 SYNCHRONIZED, h2 SYNCHRONIZED");
  pass(60s);
  files[std::string{"h2"} + path] = changed;
  BOOST_TEST(states() == "h1 SYNCHRONIZED, h2 NOT SYNCHRONIZE");
  BOOST_TEST(count("select count(*) from check_result") == 1);
  files.erase(std::string{"h2"} + path);
  pass(60s);
  BOOST_TEST(states() == "h1 SYNCHRONIZED, h2 NOT FOUND");
  failures["h2"] = "connection refused";
  BOOST_TEST(states() == "h1 SYNCHRONIZED, h2 UNREACHABLE");
  BOOST_TEST(states(false) == "h1 SYNCHRONIZED, h2 UNREACHABLE");
  failures["h2"] = "may not be read or written";
  BOOST_TEST(states() == "h1 SYNCHRONIZED, h2 UNREADABLE");
  auto edits = tests::ok(ask<trace_edits>(handle, admin, trace_edits_query{}));
  BOOST_REQUIRE(edits.edits.size() == 2u);
  BOOST_TEST(edits.edits[0].summary == "the file is gone");
  BOOST_TEST(edits.edits[1].summary.find("enabled") != std::string::npos);
  BOOST_TEST(tests::ok(ask<trace_edits>(handle, other, trace_edits_query{})).edits.empty());
}

BOOST_FIXTURE_TEST_CASE(what_hosts_have_may_be_what_is_expected, tracing_fixture) {
  files[std::string{"h1"} + path] = text;
  auto from = [&](const char* host, const char* file) {
    item_to_trace item;
    item.filePath = file;
    item.hostId = std::string{host};
    return ask<tracing_done>(handle, admin, items_to_trace{"web", {item}, {}});
  };
  BOOST_TEST(tests::ok(from("h1", path)).code == 200);
  auto stored = tests::ok(ask<traced_items>(handle, admin, traced_items_query{"web"}));
  BOOST_REQUIRE(stored.confFiles.size() == 1u);
  BOOST_TEST(stored.confFiles[0].contents ==
             "{\n    \"OS\": {\n        \"name\": \"OS\",\n        \"enabled\": \"1\"\n    }\n}\n");
  auto missing = tests::ok(from("h1", "/etc/none"));
  BOOST_TEST(missing.code == 500);
  BOOST_TEST(missing.failList.at(0).reason == "missing");
  BOOST_TEST(tests::ok(from("h9", path)).code == 400);
  refusal = error{ec::vault_key, {}};
  BOOST_TEST(tests::failure_of(from("h1", path)) == ec::vault_key);
  refusal = error{ec::unreachable, "somebody"};
  BOOST_TEST(tests::ok(from("h1", path)).code == 500);
}

BOOST_FIXTURE_TEST_CASE(what_was_synced_is_read_again, tracing_fixture) {
  expect(text);
  files = {{std::string{"h1"} + path, text}, {std::string{"h2"} + path, changed}};
  states();
  auto sync = [&] {
    return tests::ok(ask<configs_synced>(handle, admin, configs_to_sync{"web", {}, {}, {}, {}}));
  };
  takes_files = false; // It says so, and does not.
  auto failed = sync();
  BOOST_TEST(failed.code == 206);
  BOOST_TEST(failed.list.at(1).syncResult.at(0).result == "FILED");
  takes_files = true;
  auto good = sync();
  BOOST_TEST(good.code == 200);
  BOOST_TEST(files[std::string{"h2"} + path] == text);
  auto edits = tests::ok(ask<trace_edits>(handle, admin, trace_edits_query{}));
  BOOST_REQUIRE(edits.edits.size() == 1u);
  BOOST_TEST(edits.edits[0].username == "admin");
  failures["h1"] = failures["h2"] = "connection refused";
  files.clear();
  BOOST_TEST(sync().code == 500);
}

BOOST_FIXTURE_TEST_CASE(what_waited_for_its_turn_is_about_what_is_expected_then, tracing_fixture) {
  settings->tracing.parallel = 1;
  expect(text);
  files = {{std::string{"h1"} + path, text}, {std::string{"h2"} + path, text}};
  is_slow = true;
  auto status = ask_later<domain_status>(handle, admin, domain_status_query{"web", {}});
  auto sync = ask_later<configs_synced>(handle, admin, configs_to_sync{"web", {}, {}, {}, {}});
  expect(changed);
  release();
  BOOST_TEST(tests::ok(status.get()).code == 200);
  BOOST_TEST(tests::ok(sync.get()).code == 200);
  BOOST_TEST(files[std::string{"h1"} + path] == changed);
}

BOOST_FIXTURE_TEST_CASE(what_nobody_waits_for_any_more_is_not_begun, tracing_fixture) {
  settings->tracing.parallel = 1;
  expect(text);
  is_slow = true;
  auto first = ask_later<domain_status>(handle, admin, domain_status_query{"web", {}});
  ask_for_a_minute(domain_status_query{"web", {}});
  ask_for_a_minute(configs_to_sync{"web", {}, {}, {}, {}});
  pass(2min);
  release();
  BOOST_TEST(tests::ok(first.get()).code == 200);
  BOOST_TEST(collected == 1);
  BOOST_TEST(pushed == 0);
  BOOST_TEST(states() == "h1 NOT FOUND, h2 NOT FOUND"); // Their turns are over, too.
}

BOOST_FIXTURE_TEST_CASE(people_go_before_looks_by_time, tracing_fixture) {
  settings->tracing.parallel = 1;
  expect(text);
  add_host("h3", "eve");
  auto of_eve = [&](const auto& x) { tests::ok(ask<tracing_done>(handle, other, x)); };
  of_eve(domains_to_create{{{"hers", {}}}});
  of_eve(hosts_to_trace{"hers", {{"h3", {}, {}}}});
  of_eve(items_to_trace{"hers", {{path, std::string{text}, {}}}, {}});
  open_vaults_of({"admin", "eve"});
  is_slow = true;
  pass(31s);
  BOOST_TEST(held.size() == 1u); // One of the two looks; the other waits.
  auto status = ask_later<domain_status>(handle, admin, domain_status_query{"web", {}});
  release();
  BOOST_TEST(tests::ok(status.get()).code == 200);
  const std::vector<std::string> in_order{"h1", "h2", "h1", "h2", "h3"};
  BOOST_TEST(asked == in_order, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_change_is_known_between_the_looks_and_nothing_else_is_fetched,
                        tracing_fixture) {
  expect(text);
  open_vaults_of({"admin"});
  files = {{std::string{"h1"} + path, text}, {std::string{"h2"} + path, text}};
  pass(16s);
  BOOST_TEST(states(false) == "h1 SYNCHRONIZED, h2 SYNCHRONIZED");
  BOOST_TEST(brought == 2);
  for (int i = 0; i < 8; ++i) // Rounds are a fourth of the period apart.
    pass(15s);
  BOOST_TEST(collected >= 3);
  BOOST_TEST(brought == 2); // They are as they were.
  files[std::string{"h2"} + path] = changed;
  for (int i = 0; i < 4; ++i)
    pass(15s);
  BOOST_TEST(states(false) == "h1 SYNCHRONIZED, h2 NOT SYNCHRONIZE");
  BOOST_TEST(brought == 3);
  auto edits = tests::ok(ask<trace_edits>(handle, admin, trace_edits_query{}));
  BOOST_REQUIRE(edits.edits.size() == 1u);
  BOOST_TEST(edits.edits[0].seen.ms - edits.edits[0].unchanged_until.ms <= 60'000);
}

BOOST_FIXTURE_TEST_CASE(hosts_that_do_not_answer_are_asked_less_and_less, tracing_fixture) {
  expect(text);
  open_vaults_of({"admin"});
  files = {{std::string{"h1"} + path, text}};
  failures["h2"] = "connection refused";
  for (int i = 0; i < 38; ++i) // Short of the next look at all of them.
    pass(15s);
  auto times = [&](const char* host) { return std::count(asked.begin(), asked.end(), host); };
  BOOST_TEST(times("h1") >= 9);
  BOOST_TEST(times("h2") <= 5);
  BOOST_TEST(times("h2") >= 2);
  for (int i = 0; i < 60; ++i)
    pass(15s);
  failures.clear();
  files[std::string{"h2"} + path] = text;
  for (int i = 0; i < 44; ++i)
    pass(15s);
  BOOST_TEST(states(false) == "h1 SYNCHRONIZED, h2 SYNCHRONIZED");
}

BOOST_FIXTURE_TEST_CASE(a_host_tells_of_its_own_files_and_of_no_others, tracing_fixture) {
  expect(text);
  add_token("secret of h1", "h1");
  BOOST_TEST((tests::failure_of(tell("another", R"({"files": []})")) == ec::session_invalid));
  auto asked_for = tests::ok(tell("secret of h1", R"({"files": []})"));
  BOOST_TEST(asked_for.traced == std::vector<std::string>{path}, boost::test_tools::per_element());
  BOOST_TEST(asked_for.period_ms == 60'000);
  auto digest = task::known_digest("0644", "root:root", text);
  auto by_digest = [&](const std::string& of) {
    return tests::ok(
      tell("secret of h1",
           R"({"files": [{"path": ")" + std::string{path} + R"(", "digest": ")" + of + "\"}]}"));
  };
  BOOST_TEST(by_digest(digest).wanted.size() == 1u); // Nothing is known of it.
  auto whole = [&](const std::string& of) {
    std::string escaped;
    for (auto c : of)
      escaped += c == '\n' ? "\\n" : std::string(1, c);
    return R"({"path": ")" + std::string{path} + R"(", "content": ")" + escaped +
           R"(", "file_attr": "0644", "file_owner": "root:root"})";
  };
  auto other_path = R"({"path": "/etc/shadow", "content": "x"})";
  auto taken = tests::ok(
    tell("secret of h1", "{\"files\": [" + whole(text) + ", " + std::string{other_path} + "]}"));
  BOOST_TEST(taken.wanted.empty());
  BOOST_TEST(taken.untraced == std::vector<std::string>{"/etc/shadow"},
             boost::test_tools::per_element());
  BOOST_TEST(states(false) == "h1 SYNCHRONIZED, h2 UNKNOWN");
  BOOST_TEST(count("select count(*) from trace_real") == 1);
  BOOST_TEST(by_digest(digest).wanted.empty());
  // It is not asked by others while it tells, and the other host still is.
  failures["h1"] = failures["h2"] = "connection refused";
  BOOST_TEST(states() == "h1 SYNCHRONIZED, h2 UNREACHABLE");
  pass(30s);
  tests::ok(tell("secret of h1", "{\"files\": [" + whole(changed) + "]}"));
  BOOST_TEST(states(false) == "h1 NOT SYNCHRONIZE, h2 UNREACHABLE");
  BOOST_TEST(count("select count(*) from check_result") == 1);
  auto edits = tests::ok(ask<trace_edits>(handle, admin, trace_edits_query{}));
  BOOST_REQUIRE(edits.edits.size() == 1u);
  BOOST_TEST(edits.edits[0].summary.find("enabled: 1 → 0") != std::string::npos);
  tests::ok(tell("secret of h1",
                 R"({"files": [{"path": ")" + std::string{path} + R"(", "failure": "missing"}]})"));
  BOOST_TEST(states(false) == "h1 NOT FOUND, h2 UNREACHABLE");
  pass(4min); // It is silent: it is asked as the others are.
  BOOST_TEST(states() == "h1 UNREACHABLE, h2 UNREACHABLE");
  for (const char* bad : {"",
                          "[]",
                          R"({"files": [{"path": "/etc/x"}]})",
                          R"({"files": [{"path": "/etc/x", "failure": "tired"}]})",
                          R"({"files": [{"path": "/etc/x", "digest": "ab"}]})"})
    BOOST_TEST((tests::failure_of(tell("secret of h1", bad)) == ec::bad_request), bad);
}

BOOST_FIXTURE_TEST_CASE(users_get_what_was_found_and_hosts_are_not_asked, tracing_fixture) {
  expect(text);
  auto ann = admin;
  ann.user = "ann";
  ann.role = rights::ordinary;
  ann.groups.emplace();
  auto before = collected;
  auto none = tests::ok(ask<domain_status>(handle, ann, domain_status_query{"web", {}}));
  BOOST_TEST(none.code == 404); // She sees no host.
  BOOST_TEST(tests::ok(ask<traced_hosts>(handle, ann, traced_hosts_query{"web"})).list.empty());
  BOOST_TEST(collected == before);
  BOOST_TEST(tests::ok(ask<traced_items>(handle, other, traced_items_query{"web"})).code == 400);
}

} // namespace tracing_test
