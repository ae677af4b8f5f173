#include "cli/aops/command/program.hpp"
#include "cli/aops/verbs/verbs.hpp"
#include "runtime/base/json_library.hpp"
#include "tests/path/greeting/verb/greet.hpp"
#include "tests/support/process.hpp"

#include <boost/test/unit_test.hpp>

#include <sstream>

namespace aops::tests {

namespace {

using nlohmann::json;

/// A node that knows greetings, and the command line that does.
struct greeting_fixture {
  greeting_fixture() {
    verbs.push_back(greet_verb());
    auto ready = node->wait_for_line("ready ", std::chrono::seconds{60});
    auto at = ready.find("http=");
    BOOST_REQUIRE_MESSAGE(at != std::string::npos, node->errors());
    variables["AOPS_URL"] = ready.substr(at + 5, ready.find(' ', at) - at - 5);
    variables["XDG_CONFIG_HOME"] = folder.path();
    // The first log-in of a store must change the password.
    variables["AOPS_ACCESS_TOKEN"] = log_in("changeme");
    BOOST_REQUIRE(run({"account", "--action", "change", "--password", "another password"}) == 0);
    variables["AOPS_ACCESS_TOKEN"] = log_in("another password");
  }

  std::string log_in(const std::string& password) {
    // A password that must be changed is told by the exit code; the token comes all the same.
    run({"account", "--action", "login", "--username", "admin", "--password", password});
    auto reply = json::parse(out.str(), nullptr, false);
    BOOST_REQUIRE_MESSAGE(reply.is_object() && reply.contains("access_token"),
                          out.str() + err.str());
    return reply.at("access_token").get<std::string>();
  }

  int run(const std::vector<std::string>& words) {
    out.str({});
    err.str({});
    return cli::run_program(io, "aops", verbs, words);
  }

  /// What `greet get` shows once the task is over.
  std::string shown(const std::string& task) {
    BOOST_TEST(eventually([&] {
      return run({"greet", "--action", "get", "--task_id", task, "-o", "json"}) == 0 &&
             json::parse(out.str()).value("state", "") == "done";
    }));
    return out.str();
  }

  temp_folder folder;
  std::unique_ptr<process> node =
    std::make_unique<process>(std::vector<std::string>{AOPS_GREETING_NODE,
                                                       "data_dir=" + folder.path() + "/data",
                                                       "http.listen=127.0.0.1:0",
                                                       "tls.enabled=false",
                                                       "auth.scrypt_n=1024"});
  cli::verb_list verbs = cli::all_verbs();
  std::map<std::string, std::string> variables;
  std::ostringstream out, err;
  cli::console io{
    .out = out,
    .err = err,
    .env = [this](const char* name) -> std::optional<std::string> {
      auto it = variables.find(name);
      return it == variables.end() ? std::nullopt : std::optional{it->second};
    },
    .now_s = [] { return std::time(nullptr); },
    .pause = [](int) {},
    .read_line = []() -> expected<std::string> { return fail(ec::not_found); },
    .ask = [](const std::string&, bool) -> expected<std::string> { return fail(ec::not_found); }};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(a_new_kind_of_job, greeting_fixture)

BOOST_AUTO_TEST_CASE(is_stored_runs_fills_its_table_and_is_shown_by_its_route_and_its_verb) {
  BOOST_REQUIRE_MESSAGE(
    run(
      {"greet", "--action", "execute", "--host_list", "web1,db1,db2", "--words", "good morning"}) ==
      0,
    err.str());
  auto task = json::parse(out.str()).at("task_id").get<std::string>();
  auto found = json::parse(shown(task)).at("greetings");
  BOOST_REQUIRE(found.size() == 3u);
  std::set<std::string> said;
  std::set<int64_t> numbers;
  for (const auto& x : found) {
    said.insert(x.at("said").get<std::string>());
    numbers.insert(x.at("number").get<int64_t>());
  }
  BOOST_TEST(said == (std::set<std::string>{
                       "good morning, db1!", "good morning, db2!", "good morning, web1!"}),
             boost::test_tools::per_element());
  BOOST_TEST(numbers == (std::set<int64_t>{1, 2, 3}), boost::test_tools::per_element());
  // As a table, too.
  BOOST_TEST(run({"greet", "--action", "get", "--task_id", task, "-o", "table"}) == 0);
  BOOST_TEST(out.str().find("good morning, web1!") != std::string::npos, out.str());
  // It is no diagnosis, but a task like any other.
  BOOST_TEST(run({"greet", "--help"}) == 0);
  BOOST_TEST(out.str().find("Greet hosts") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(is_described_by_its_node_and_checked_before_it_reaches_its_actor) {
  auto url = variables["AOPS_URL"];
  auto port = static_cast<uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
  auto document = json::parse(http_get("127.0.0.1", port, "/openapi.json"));
  BOOST_TEST(document.at("paths").contains("/greeting/execute"));
  BOOST_TEST(document.at("paths").contains("/diag/execute"));
  BOOST_TEST(run({"greet", "--action", "execute", "--host_list", "web1"}) == 1);
  BOOST_TEST(err.str().find("words") != std::string::npos, err.str());
}

BOOST_AUTO_TEST_CASE(outlives_its_node) {
  BOOST_REQUIRE(run({"greet", "--action", "execute", "--host_list", "web1", "--words", "hello"}) ==
                0);
  auto task = json::parse(out.str()).at("task_id").get<std::string>();
  auto before = shown(task);
  node.reset();
  node = std::make_unique<process>(std::vector<std::string>{AOPS_GREETING_NODE,
                                                            "data_dir=" + folder.path() + "/data",
                                                            "http.listen=127.0.0.1:0",
                                                            "tls.enabled=false",
                                                            "auth.scrypt_n=1024"});
  auto ready = node->wait_for_line("ready ", std::chrono::seconds{60});
  auto at = ready.find("http=");
  BOOST_REQUIRE_MESSAGE(at != std::string::npos, node->errors());
  variables["AOPS_URL"] = ready.substr(at + 5, ready.find(' ', at) - at - 5);
  BOOST_TEST(shown(task) == before);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::tests
