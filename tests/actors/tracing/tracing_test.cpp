#include "actors/store/vault_keeper.hpp"
#include "actors/tracing/tracing.hpp"
#include "messages/roles/remote.hpp"
#include "tests/support/store_fixture.hpp"

#include <caf/all.hpp>

#include <utility>

namespace tracing_test {

using namespace aops;
using namespace aops::actors;

namespace {

using canned_remote = caf::typed_actor<asks<configs_to_collect, configs_collected>,
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
    auto remote = [this, play, push](canned_remote::pointer self) -> canned_remote::behavior_type {
      return {[this, play, self](const caller&,
                                 const configs_to_collect& x) -> caf::result<configs_collected> {
                if (refusal)
                  return to_caf(*refusal);
                if (!is_slow)
                  return play(x);
                foreign_promise<configs_collected> promise{self};
                held.emplace_back([play, x, promise] { promise.answer(play(x)); });
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
  int collected = 0, pushed = 0;
  std::vector<std::string> asked; ///< Hosts, in the order in which they answered.
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
  auto vault = []() -> canned_vault::behavior_type {
    return {[](const open_vaults_query&) {
      open_vaults all;
      for (const auto* user : {"admin", "eve"})
        all.vaults.push_back({user, {}});
      return all;
    }};
  };
  put(vault_name, start(vault));
  is_slow = true;
  pass(31s);
  BOOST_TEST(held.size() == 1u); // One of the two looks; the other waits.
  auto status = ask_later<domain_status>(handle, admin, domain_status_query{"web", {}});
  release();
  BOOST_TEST(tests::ok(status.get()).code == 200);
  const std::vector<std::string> in_order{"h1", "h2", "h1", "h2", "h3"};
  BOOST_TEST(asked == in_order, boost::test_tools::per_element());
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
