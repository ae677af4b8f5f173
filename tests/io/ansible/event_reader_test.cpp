#include "runtime/io/ansible/event_line.hpp"
#include "runtime/io/ansible/event_reader.hpp"
#include "runtime/io/ansible/event_texts.hpp"
#include "runtime/io/ansible/host_keys.hpp"
#include "runtime/io/ansible/run_files.hpp"
#include "tests/io/ansible/plays.hpp"

#include <boost/test/unit_test.hpp>

namespace event_reader_test {

using namespace aops;
using namespace aops::ansible;
using tests::local_play;

namespace {

const std::string key = "ssh-ed25519 "
                        "AAAAC3NzaC1lZDI1NTE5AAAAIJwwU3drzPbRSKR/Ah7sZnQVIzGXEGDrYbcFetu6Myez";

std::string failed_line(const std::string& msg) {
  return R"({"event":"runner_on_failed","created":"2026-11-29T12:00:00.5","event_data":{"host":"h1",)"
         R"("task":"t","task_action":"command","res":{"msg":")" +
         msg + "\"}}}\n";
}

} // namespace

BOOST_AUTO_TEST_CASE(lines_are_read_wherever_they_are_torn) {
  auto order = local_play("x", "");
  auto text = "noise before\n" + failed_line("m1") + failed_line("m2");
  event_reader whole{order};
  auto all = whole.read(text);
  BOOST_REQUIRE(all.size() == 3u);
  event_reader torn{order};
  std::vector<play_event> some;
  for (char c : text)
    for (auto& event : torn.read({&c, 1}))
      some.push_back(std::move(event));
  BOOST_REQUIRE(some.size() == all.size());
  for (size_t i = 0; i < all.size(); ++i)
    BOOST_TEST(some[i].message == all[i].message);
  BOOST_TEST(all[1].time_ms == 1'795'953'600'500);
  BOOST_TEST(whole.complaint() == "noise before");
  BOOST_TEST((whole.results().at(0).outcome == host_outcome::failed));
  BOOST_TEST(!whole.has_stats());
}

BOOST_AUTO_TEST_CASE(what_fails_while_a_play_is_ended_has_not_come_to_its_end) {
  auto order = local_play("x", "");
  event_reader reader{order};
  reader.read(failed_line("m1"));
  auto sure = reader.told();
  BOOST_TEST((reader.results(sure).at(0).outcome == host_outcome::failed));
  BOOST_TEST((reader.results(sure - 1).at(0).outcome == host_outcome::not_run));
  BOOST_TEST(reader.results(sure - 1).at(0).message == "");
  reader.read(failed_line("m2")); // What was known before stays.
  BOOST_TEST((reader.results(sure).at(0).outcome == host_outcome::failed));
}

BOOST_AUTO_TEST_CASE(a_line_that_is_too_long_is_told_and_the_next_one_read) {
  auto order = local_play("x", "");
  event_reader reader{order};
  std::string piece(1 << 20, 'x');
  for (int i = 0; i < 20; ++i)
    BOOST_TEST(reader.read(piece).empty());
  auto events = reader.read("\n" + failed_line("m1"));
  BOOST_REQUIRE(events.size() == 2u);
  BOOST_TEST(events[0].message == "an event of 20971520 bytes is left out");
  BOOST_TEST(events[1].message == "m1");
}

BOOST_AUTO_TEST_CASE(a_command_that_fails_says_why_itself) {
  auto order = local_play("x", "");
  event_reader reader{order};
  auto events = reader.read(failed_line(R"(non-zero return code","stderr":"a\nno space left\n)") +
                            failed_line(R"(non-zero return code","stderr":"","stdout":"said so)") +
                            failed_line("non-zero return code"));
  BOOST_REQUIRE(events.size() == 3u);
  BOOST_TEST(events[0].message == "non-zero return code: no space left");
  BOOST_TEST(events[1].message == "non-zero return code: said so");
  BOOST_TEST(events[2].message == "non-zero return code");
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_text_do_not_lose_an_event) {
  auto order = local_play("x", "");
  event_reader reader{order};
  auto events = reader.read(failed_line(R"(a \udce4 b \ud83d\ude00 c \\udce4 \ud83d)"));
  BOOST_REQUIRE(events.size() == 1u);
  BOOST_TEST(events[0].message == "a � b 😀 c \\udce4 �");
}

BOOST_AUTO_TEST_CASE(texts_are_cut_between_characters_after_secrets_are_masked) {
  auto order = local_play("x", "");
  order.event_bytes = 100;
  order.secrets.push_back({"geheimnis"});
  event_reader reader{order};
  std::string umlauts;
  for (int i = 0; i < 60; ++i)
    umlauts += "ä";
  auto events = reader.read(
    R"({"event":"runner_on_ok","event_data":{"host":"h1","res":{"stdout":"xgeheimnisy)" + umlauts +
    "\"}}}\n");
  BOOST_REQUIRE(events.size() == 1u);
  BOOST_TEST(events[0].output.starts_with("x********yää"), events[0].output);
  BOOST_TEST(events[0].output.size() <= 100u);
  BOOST_TEST(events[0].output.ends_with(" bytes more)"));
  BOOST_TEST(nlohmann::json(events[0].output).dump().size() > 0u); // Throws when it is no UTF-8.
}

BOOST_AUTO_TEST_CASE(what_no_log_hides_stays_hidden) {
  auto order = local_play("x", "");
  event_reader reader{order};
  auto events = reader.read(
    R"({"event":"runner_on_ok","event_data":{"host":"h1","task":"t","res":{"censored":"the output has been hidden due to the fact that 'no_log: true' was specified for this result","changed":true}}})"
    "\n");
  BOOST_REQUIRE(events.size() == 1u);
  BOOST_TEST(events[0].output.empty());
  BOOST_TEST(events[0].is_changed);
}

BOOST_AUTO_TEST_CASE(a_failure_that_was_rescued_is_none) {
  auto order = local_play("x", "", {"h1", "h2"});
  event_reader reader{order};
  (void)reader.read(failed_line("m1"));
  BOOST_TEST(reader.results().at(0).message == "m1");
  auto events =
    reader.read(R"({"event":"playbook_on_stats","event_data":{"ok":{"h1":1},"processed":{"h1":1}}})"
                "\n");
  BOOST_TEST(events.size() == 1u);
  BOOST_TEST(reader.has_stats());
  BOOST_TEST((reader.results().at(0).outcome == host_outcome::ok));
  BOOST_TEST(reader.results().at(0).message == "");
  BOOST_TEST((reader.results().at(1).outcome == host_outcome::not_run));
}

BOOST_AUTO_TEST_CASE(a_changed_host_key_shows_both_fingerprints) {
  auto order = local_play("x", "");
  order.hosts[0].host_keys = {key};
  event_reader reader{order};
  auto events = reader.read(
    R"({"event":"runner_on_unreachable","event_data":{"host":"h1","res":{"unreachable":true,"msg":"Failed to connect to the host via ssh: @@@\r\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\r\nThe fingerprint for the ED25519 key sent by the remote host is\nSHA256:abcDEF/+123.\r\nHost key verification failed."}}})"
    "\n");
  BOOST_REQUIRE(events.size() == 1u);
  BOOST_TEST(events[0].message.find(key_fingerprint(key)) != std::string::npos);
  BOOST_TEST(events[0].message.find("shown SHA256:abcDEF/+123;") != std::string::npos);
  BOOST_TEST((reader.results().at(0).outcome == host_outcome::unreachable));
}

BOOST_AUTO_TEST_CASE(fingerprints_are_those_of_openssh) {
  // ssh-keygen -lf of this key.
  BOOST_TEST(key_fingerprint(key) == "SHA256:zqdf4YiVw3K/RlS/pwvCF6dA3yE75oed1si9ROPDMEg");
  BOOST_TEST(key_fingerprint("ssh-ed25519 ???").empty());
  BOOST_TEST(key_fingerprint("").empty());
  BOOST_TEST(keys_of(known_hosts("h1", {key, "bad key with\nlines", key})).size() == 2u);
}

BOOST_AUTO_TEST_CASE(an_inventory_takes_texts_literally_and_every_play_is_marked) {
  auto order = local_play("run-1", R"({"ansible.builtin.debug": {}})");
  order.hosts[0].password.text = "{{ lookup('pipe', 'id') }}";
  order.hosts[0].groups = {"web", "all"};
  order.hosts[0].host_keys = {key};
  auto hosts = nlohmann::json::parse(*inventory(order, "/f"));
  const auto& vars = hosts["all"]["hosts"]["h1"];
  BOOST_TEST(vars["ansible_password"]["__ansible_unsafe"] == order.hosts[0].password.text);
  BOOST_TEST(
    vars["ansible_ssh_common_args"].get<std::string>().ends_with("StrictHostKeyChecking=yes"));
  BOOST_TEST(hosts["all"]["children"].size() == 1u);
  auto plays = nlohmann::json::parse(*marked_playbook(order));
  BOOST_TEST(plays[0]["environment"][0]["AOPS_RUN"] == "run-1");
  order.playbook = R"([{"import_playbook": "x.yml"}, {"hosts": "all", "environment": {"A": "b"}}])";
  plays = nlohmann::json::parse(*marked_playbook(order));
  BOOST_TEST(!plays[0].contains("environment"));
  BOOST_TEST(plays[1]["environment"].size() == 2u);
}

BOOST_AUTO_TEST_CASE(orders_that_cannot_be_files_are_refused) {
  auto order = local_play("../x", "");
  BOOST_TEST(!check_order(order).has_value());
  order = local_play("x", "", {"h1", "h1"});
  BOOST_TEST(!check_order(order).has_value());
  order = local_play("x", "", {"a/b"});
  BOOST_TEST(!check_order(order).has_value());
  order = local_play("x", "", {});
  BOOST_TEST(!check_order(order).has_value());
  BOOST_TEST(!is_plain_folder("/a b"));
  BOOST_TEST(!is_plain_folder("relative"));
  BOOST_TEST(is_plain_folder("/var/lib/aops/runs/x-1"));
}

BOOST_AUTO_TEST_CASE(events_that_hosts_print_are_output) {
  auto order = local_play("x", "", {"h1", "h2"});
  event_reader reader{order};
  auto line = [](const std::string& event, const std::string& data) {
    return R"({"event":")" + event + R"(","event_data":{)" + data + "}}\n";
  };
  const std::string ours = R"("playbook_uuid":"1f0c",)";
  (void)reader.read(line("playbook_on_start", R"("playbook_uuid":"1f0c")"));
  auto events =
    reader.read(line("playbook_on_start", R"("playbook_uuid":"other")") +
                line("runner_on_ok", R"("host":"h2","res":{"stdout":"forged"})") +
                line("runner_on_ok", R"("playbook_uuid":"other","host":"h2","res":{})") +
                line("playbook_on_stats", R"("ok":{"h2":1},"processed":{"h2":1})") +
                line("runner_on_file_diff", R"("host":"h2")") +
                R"({"event":"warning","stdout":"said","event_data":{"host":"h2"}})"
                "\n");
  for (const auto& event : events) {
    BOOST_TEST((event.kind == event_kind::output));
    BOOST_TEST(event.host == "");
  }
  BOOST_TEST(events.size() == 6u);
  BOOST_TEST(!reader.has_stats());
  BOOST_TEST((reader.results().at(1).outcome == host_outcome::not_run));
  BOOST_TEST(reader.results().at(1).ok == 0);
  events = reader.read(line("runner_on_ok", ours + R"("host":"h2","res":{"stdout":"real"})"));
  BOOST_REQUIRE(events.size() == 1u);
  BOOST_TEST(events[0].output == "real");
  (void)reader.read(line("playbook_on_stats", ours + R"("ok":{"h2":1},"processed":{"h2":1})"));
  BOOST_TEST(reader.has_stats());
}

BOOST_AUTO_TEST_CASE(what_nests_too_deep_is_left_out_of_an_event) {
  auto order = local_play("x", "");
  order.keeps_results = true;
  event_reader reader{order};
  std::string deep(2'000'000, '[');
  deep += std::string(2'000'000, ']');
  auto events =
    reader.read(R"({"event":"runner_on_ok","event_data":{"host":"h1","res":{"stdout":"x","msg":)" +
                deep + "}}}\n");
  BOOST_REQUIRE(events.size() == 1u);
  BOOST_TEST(events[0].output == "x");
  BOOST_TEST(events[0].result.size() < 1000u);
}

BOOST_AUTO_TEST_CASE(secrets_are_masked_in_results_unless_they_are_asked_for) {
  auto order = local_play("x", "");
  order.keeps_results = true;
  order.secrets = {{"geheimnis"}, {"7"}};
  const std::string line =
    R"({"event":"runner_on_ok","event_data":{"host":"h1","res":{"rc":7,"told":[{"output":"a geheimnis"}]}}})"
    "\n";
  event_reader reader{order};
  auto events = reader.read(line);
  BOOST_REQUIRE(events.size() == 1u);
  BOOST_TEST(*events[0].exit_status == 7);
  BOOST_TEST(events[0].result == R"({"rc":7,"told":[{"output":"a ********"}]})");
  order.masks_results = false;
  event_reader plain{order};
  BOOST_TEST(plain.read(line).at(0).result.find("a geheimnis") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_secret_that_is_cut_was_masked_before) {
  auto order = local_play("x", "");
  order.secrets.push_back({std::string(100, 's')});
  event_reader reader{order};
  auto item = std::string(150, 'x') + std::string(100, 's') + std::string(200, 'y');
  auto events = reader.read(
    R"({"event":"runner_item_on_ok","event_data":{"host":"h1","res":{"item":")" + item + "\"}}}\n");
  BOOST_REQUIRE(events.size() == 1u);
  BOOST_TEST(events[0].message.starts_with(std::string(150, 'x') + "********y"), events[0].message);
}

BOOST_AUTO_TEST_CASE(either_parser_reads_the_same_of_a_line) {
  const std::string line =
    R"({"uuid":"u","event":"runner_on_ok","stdout":"a\u00e4\ud83d\ude00\n","created":"2026-11-29T12:00:00.5",)"
    R"("event_data":{"host":"h1","task":"t","task_path":"p:1","duration":0.25,"ignore_errors":true,"res":)"
    R"({"changed":false,"rc":-1,"big":18446744073709551615,"none":null,"list":[1,[2.5,{"a":{}}],"x"],)"
    R"("invocation":{"module_args":{"x":1}},"rc":7}}})";
  auto all = event_in(line), kept = event_line_parser{true}.parse(line);
  BOOST_TEST(kept.at("event") == all.at("event"));
  BOOST_TEST(kept.at("stdout") == all.at("stdout"));
  BOOST_TEST(kept.at("created") == all.at("created"));
  BOOST_TEST(kept.at("event_data").at("res") == all.at("event_data").at("res"));
  BOOST_TEST(kept.at("event_data").at("res").at("rc") == 7); // The last of a name.
  BOOST_TEST(kept.at("event_data").at("duration") == 0.25);
  BOOST_TEST(!kept.contains("uuid"));
  BOOST_TEST(!kept.at("event_data").contains("task_path"));
  auto little = event_line_parser{false}.parse(line);
  all["event_data"]["res"].erase("invocation");
  BOOST_TEST(little.at("event_data").at("res") == all.at("event_data").at("res"));
  // What only one of them takes.
  event_line_parser parser{true};
  BOOST_TEST(parser.parse(R"({"event":"x","stdout":"\udc80"})").at("stdout") == "\uFFFD");
  BOOST_TEST(
    parser.parse(R"({"event":"x","event_data":{"res":{"rc":123456789012345678901234567890}}})")
      .at("event_data")
      .at("res")
      .at("rc")
      .is_number_float());
  for (auto other : {"7", "[]", "{", "", "nothing", "\"a\"", "{\"event\":\"\xff\"}"}) {
    auto same = event_in(other);
    BOOST_TEST(
      (parser.parse(other) == same || (same.is_discarded() && parser.parse(other).is_discarded())),
      other);
  }
}

} // namespace event_reader_test
