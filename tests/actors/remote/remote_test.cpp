#include "actors/remote/remote.hpp"
#include "actors/store/host_credentials.hpp"
#include "runtime/base/json_library.hpp"
#include "runtime/io/storage/credential_repository.hpp"
#include "runtime/io/storage/host_key_repository.hpp"
#include "tests/actors/task/run_fixture.hpp"
#include "tests/support/process.hpp"

#include <fstream>

namespace remote_test {

using namespace aops;
using namespace aops::actors;
using nlohmann::json;

namespace {

const std::string ed25519 =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJwwU3drzPbRSKR/Ah7sZnQVIzGXEGDrYbcFetu6Myez";
const std::string other_key =
  "ecdsa-sha2-nistp256 AAAAC3NzaC1lZDI1NTE5AAAAIJwwU3drzPbRSKR/Ah7sZnQVIzGXEGDrYbcFetu6MyeA";

/// `remote` on a node that has the key of session `s1`: h1 to h3 can be logged in to.
struct remote_fixture : tests::run_fixture {
  remote_fixture() {
    std::ofstream{folder / "commands"} << R"({
      "say": {"argv": ["echo", "{what}"], "args": {"what": ".*"}, "timeout": 100},
      "judge": {"argv": ["judge", "{file}"], "timeout": 300}})";
    settings->tasks.commands = folder / "commands";
    settings->tasks.forks = 50;
    for (const auto* id : {"h1", "h2", "h3"})
      add_login(id);
    handle = start_as(remote_name,
                      remote,
                      remote_parts{store,
                                   player,
                                   std::make_shared<inline_executor>(),
                                   "n1",
                                   [this](const std::string&, int64_t) { return shown; }});
  }
  ~remote_fixture() { end_all(); }

  void add_login(const std::string& id) {
    host_login login;
    login.username = "u";
    login.password.text = "password-of-" + id;
    auto sealed = tests::ok(
      seal_login(vault::secret_bytes{std::string(vault::data_key_bytes, 'k')}, "admin", id, login));
    tests::ok(storage::credential_repository{db()}.save(id, sealed));
  }

  /// Hosts tell that their action ended so; then the play ends.
  void tell_and_end(tests::canned_play& x, const ansible::play_event& like) {
    std::vector<ansible::play_event> events;
    for (const auto& host : x.order.hosts) {
      events.push_back(like);
      events.back().host = host.id;
    }
    x.happened(std::move(events));
    end_well(x);
  }

  std::string text(const std::string& query) {
    auto found = tests::ok(db().first(query, [](const storage::row& r) { return r.string(0); }));
    return found.value_or("");
  }
  std::string record(const std::string& action) {
    return text("select detail from audit_log where action = '" + action + "' order by n desc");
  }

  tests::temp_folder folder;
  expected<std::vector<std::string>> shown = std::vector<std::string>{ed25519, other_key};
  full_remote_actor handle;
};

ansible::play_event event_of(ansible::event_kind kind, std::string result = {}) {
  ansible::play_event x;
  x.kind = kind;
  x.result = std::move(result);
  return x;
}

command_to_execute say(std::vector<std::string> hosts, const std::string& what) {
  return {std::move(hosts), "say", std::map<std::string, std::string>{{"what", what}}};
}

} // namespace

BOOST_FIXTURE_TEST_CASE(what_reads_hosts_needs_the_vault_key_and_hosts_there_are, remote_fixture) {
  auto refresh = [&](const caller& who, std::vector<std::string> ids) {
    host_infos_to_refresh x;
    x.host_list = std::move(ids);
    return ask<host_infos_refreshed>(handle, who, x);
  };
  auto collect = [&](const caller& who, const std::string& id, maybe<std::string> name = {}) {
    return ask<configs_collected>(handle, who, configs_to_collect{{{id, {"/etc/hosts"}}}, name});
  };
  unlocked = {};
  BOOST_TEST(tests::failure_of(refresh(admin, {})) == ec::vault_key);
  BOOST_TEST(tests::failure_of(collect(admin, "h1")) == ec::vault_key);
  BOOST_TEST(tests::failure_of(collect(admin, "h1", std::string{"eve"})) == ec::permission_denied);
  unlocked = {"s1"};
  auto unknown = refresh(admin, {"h1", "no"});
  BOOST_TEST(tests::failure_of(unknown) == ec::bad_request);
  BOOST_TEST(unknown.error().detail == "host_list[1]: no such host");
  BOOST_TEST(collect(admin, "no").error().detail == "infos[0].host_id: no such host");
  BOOST_TEST(tests::failure_of(ask<command_executed>(
               handle, admin, command_to_execute{{"h1"}, "rm", {}})) == ec::bad_request);
  BOOST_TEST(player->plays.empty());
}

BOOST_FIXTURE_TEST_CASE(a_command_is_in_the_log_with_its_arguments, remote_fixture) {
  auto answer = ask_later<command_executed>(handle, admin, say({"h2", "h1"}, "a $HOME ~"));
  BOOST_REQUIRE(plays() == 1u);
  auto& order = play().order;
  BOOST_TEST(!order.keeps_results);
  BOOST_TEST((order.timeout > 100s));
  auto task = json::parse(order.playbook)[0]["tasks"][0];
  BOOST_TEST(task["aops_command"]["argv"][4]["__ansible_unsafe"] == "a $HOME ~");
  auto event = event_of(ansible::event_kind::ok);
  event.output = "said";
  event.exit_status = 0;
  tell_and_end(play(), event);
  auto reply = tests::ok(answer.get());
  BOOST_REQUIRE(reply.resp.size() == 2u);
  BOOST_TEST(reply.resp[0].host_id == "h2");
  BOOST_TEST(reply.resp[0].state == "ok");
  BOOST_TEST(*reply.resp[0].exit_status == 0);
  BOOST_TEST(record("config.execute") == R"(["echo","a $HOME ~"])");
}

BOOST_FIXTURE_TEST_CASE(a_command_that_is_followed_is_told_while_it_runs, remote_fixture) {
  auto x = say({"h1", "h2"}, "x");
  x.follow = true;
  auto begun = tests::ok(ask<command_executed>(handle, admin, x)); // At once.
  auto id = begun.execution_id.value_or("");
  BOOST_TEST(live_outputs::node_of(id) == "n1");
  auto task = json::parse(play().order.playbook)[0]["tasks"][0];
  BOOST_TEST(
    task["aops_command"]["follow"].get<std::string>().ends_with("{{ inventory_hostname }}"));
  auto tell = [&](const char* host, ansible::event_kind kind, const char* text) {
    auto event = event_of(kind);
    event.host = host;
    event.output = text;
    if (kind != ansible::event_kind::retried)
      event.exit_status = kind == ansible::event_kind::ok ? 0 : 3;
    play().happened({event});
  };
  auto outputs = [&](const caller& who, int64_t after) {
    return ask<command_outputs>(handle, who, command_output_query{id, after});
  };
  tell("h1", ansible::event_kind::retried, "one\n");
  auto some = tests::ok(outputs(admin, 0));
  BOOST_TEST(some.outputs.at(0).host_id == "h1");
  BOOST_TEST(!some.ended);
  BOOST_TEST(record("config.execute") == ""); // It is not over.
  tell("h2", ansible::event_kind::ok, "two");
  tell("h1", ansible::event_kind::failed, "three");
  end_as(play(), "h1 failed,h2 ok");
  auto rest = tests::ok(outputs(admin, some.next));
  BOOST_TEST(rest.outputs.size() == 2u);
  BOOST_TEST(rest.ended);
  BOOST_TEST(rest.code == 206);
  BOOST_REQUIRE(rest.resp.size() == 2u);
  BOOST_TEST(rest.resp[0].output == "one\nthree");
  BOOST_TEST(*rest.resp[0].exit_status == 3);
  BOOST_TEST(rest.resp[1].state == "ok");
  BOOST_TEST(record("config.execute") == R"(["echo","x"])");
  auto eve = admin;
  eve.user = "eve";
  BOOST_TEST(tests::failure_of(outputs(eve, 0)) == ec::bad_request);
}

BOOST_FIXTURE_TEST_CASE(what_was_done_is_stored_though_nobody_waits_any_more, remote_fixture) {
  auto answer = ask_later<command_executed>(handle, admin, say({"h1"}, "x"));
  BOOST_REQUIRE(plays() == 1u);
  settings->store.request_timeout.ms = -1; // Whatever is bounded by it is late.
  ansible::play_result result;
  result.hosts.emplace_back();
  result.hosts[0].host = "h1";
  result.hosts[0].host_keys = {ed25519};
  std::exchange(play().ended, nullptr)(std::move(result));
  run();
  BOOST_TEST(record("config.execute") == R"(["echo","x"])");
  BOOST_TEST(tests::ok(storage::host_key_repository{db()}.of({"h1"})).size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(one_play_has_so_many_hosts_and_the_next_has_the_others, remote_fixture) {
  std::vector<std::string> ids;
  for (int i = 0; i < 250; ++i) {
    ids.push_back("x" + std::to_string(i));
    add_host(ids.back());
    add_login(ids.back());
  }
  auto answer = ask_later<command_executed>(handle, admin, say(ids, "x"));
  std::vector<size_t> sizes;
  while (sizes.size() < plays() && sizes.size() < 10) {
    sizes.push_back(play().order.hosts.size());
    BOOST_TEST(play().order.secrets.size() == ids.size()); // Also of hosts of the other plays.
    BOOST_TEST((play().order.timeout > 100s * ((sizes.back() + 49) / 50))); // 50 at once.
    tell_and_end(play(), event_of(ansible::event_kind::ok));
  }
  BOOST_TEST(sizes == (std::vector<size_t>{100, 100, 50}), boost::test_tools::per_element());
  auto reply = tests::ok(answer.get());
  BOOST_REQUIRE(reply.resp.size() == ids.size());
  for (size_t i = 0; i < ids.size(); ++i)
    BOOST_TEST(reply.resp[i].host_id == ids[i]);
  BOOST_TEST(reply.code == 200);

  configs_to_collect files;
  for (const auto& id : ids)
    files.infos.push_back({id, {"/a"}});
  auto read = ask_later<configs_collected>(handle, admin, files);
  sizes = {};
  for (size_t before = plays() - 1; before < plays() && sizes.size() < 10; ++before) {
    sizes.push_back(play().order.hosts.size());
    BOOST_TEST(!play().order.masks_results);
    tell_and_end(play(),
                 event_of(ansible::event_kind::ok, R"({"told":[{"path":"/a","content":"aGkK"}]})"));
  }
  BOOST_TEST(sizes == (std::vector<size_t>{100, 100, 50}), boost::test_tools::per_element());
  BOOST_TEST(tests::ok(read.get()).code == 200);
  BOOST_TEST(record("config.collect") == "/a");
}

BOOST_FIXTURE_TEST_CASE(files_are_pushed_for_as_long_as_their_commands_take, remote_fixture) {
  configs_to_push x;
  for (const auto* path : {"/a", "/b"}) {
    file_to_push file;
    file.host_id = "h1";
    file.path = path;
    file.validate = command_to_use{"judge", {}};
    x.infos.push_back(file);
  }
  auto answer = ask_later<configs_pushed>(handle, admin, x);
  BOOST_REQUIRE(plays() == 1u);
  BOOST_TEST((play().order.timeout > 600s));
  BOOST_TEST(play().order.masks_results);
  tell_and_end(play(),
               event_of(ansible::event_kind::ok,
                        R"({"told":[{"state":"pushed"},{"state":"refused","reason":"no"}]})"));
  auto reply = tests::ok(answer.get());
  BOOST_REQUIRE(reply.resp.size() == 2u);
  BOOST_TEST(reply.resp[0].state == "pushed");
  BOOST_TEST(reply.resp[1].reason == "no");
  BOOST_TEST(record("config.push") == R"(["judge","{file}"])");
}

BOOST_FIXTURE_TEST_CASE(a_host_is_trusted_by_the_key_that_was_confirmed_alone, remote_fixture) {
  auto known = [&] {
    auto keys = tests::ok(storage::host_key_repository{db()}.of({"h1"}));
    auto it = keys.find("h1");
    return it == keys.end() ? std::vector<std::string>{} : it->second;
  };
  auto seen = tests::ok(ask<host_keys_shown>(handle, admin, host_to_trust{"h1", {}}));
  BOOST_TEST(seen.shown.size() == 2u);
  BOOST_TEST(!seen.trusted);
  BOOST_TEST(known().empty());
  auto wrong = ask<host_keys_shown>(handle, admin, host_to_trust{"h1", std::string{"SHA256:x"}});
  BOOST_TEST(tests::failure_of(wrong) == ec::bad_request);
  BOOST_TEST(known().empty());
  auto print = ansible::key_fingerprint(ed25519);
  auto trusted = tests::ok(ask<host_keys_shown>(handle, admin, host_to_trust{"h1", print}));
  BOOST_TEST(trusted.trusted);
  BOOST_TEST(known() == std::vector<std::string>{ed25519}, boost::test_tools::per_element());
  BOOST_TEST(record("host.trust") == print);
}

BOOST_FIXTURE_TEST_CASE(facts_are_collected_each_day_while_the_key_is_there, remote_fixture) {
  pass(5min);
  BOOST_TEST(plays() == 0u);
  open_to = {"admin"};
  pass(1min);
  BOOST_REQUIRE(plays() == 1u);
  BOOST_TEST(play().hosts() == "h1 h2 h3");
  pass(5min);
  BOOST_TEST(plays() == 1u);                                   // It goes on.
  tell_and_end(play(), event_of(ansible::event_kind::failed)); // Of these, too, once is enough.
  pass(23h);
  BOOST_TEST(plays() == 1u);
  pass(1h + 2min);
  BOOST_REQUIRE(plays() == 2u);
  BOOST_TEST(play().hosts() == "h1 h2 h3");
}

BOOST_FIXTURE_TEST_CASE(why_facts_are_not_there_is_cut_between_characters, remote_fixture) {
  host_infos_to_refresh x;
  x.host_list = std::vector<std::string>{"h1"};
  auto answer = ask_later<host_infos_refreshed>(handle, admin, x);
  BOOST_REQUIRE(plays() == 1u);
  auto event = event_of(ansible::event_kind::failed);
  for (int i = 0; i < 600; ++i)
    event.message += "ü";
  tell_and_end(play(), event);
  BOOST_TEST(tests::ok(answer.get()).fail_list.size() == 1u);
  auto why = text("select failure from host_information");
  BOOST_TEST(why.starts_with("üüüüü"));
  BOOST_TEST(why.size() > 900u);
  BOOST_TEST(why.size() <= 1000u);
  BOOST_TEST(json(why).dump().size() > 0u); // Throws when it is no UTF-8.
}

} // namespace remote_test
