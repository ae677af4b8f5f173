#include "cli/aops/command/session.hpp"
#include "tests/cli/aops/support/command_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <mutex>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace node_list_test {

using namespace aops;
using namespace aops::cli;
using tests::canned_node;

namespace {

/// A port where nobody listens, kept from others for as long as this lives.
class dead_port {
public:
  dead_port() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    BOOST_REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&at), size) == 0);
    BOOST_REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size) == 0);
    port_ = ntohs(at.sin_port);
  }
  ~dead_port() { ::close(fd_); }
  dead_port(const dead_port&) = delete;
  dead_port& operator=(const dead_port&) = delete;
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

private:
  int fd_;
  int port_ = 0;
};

/// A port where somebody listens who hangs up once he has read a request.
class breaking_port {
public:
  breaking_port() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    BOOST_REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&at), size) == 0);
    BOOST_REQUIRE(::listen(fd_, 8) == 0);
    BOOST_REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size) == 0);
    port_ = ntohs(at.sin_port);
    thread_ = std::thread{[this] { listen(); }};
  }
  ~breaking_port() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }
  breaking_port(const breaking_port&) = delete;
  breaking_port& operator=(const breaking_port&) = delete;
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::vector<std::string> heard() {
    std::lock_guard lock{mutex_};
    return heard_;
  }

private:
  void listen() {
    for (int link; (link = ::accept(fd_, nullptr, nullptr)) >= 0; ::close(link)) {
      std::string text;
      char piece[4096];
      // The body of these requests comes with its head, or right after it.
      while (text.find("\r\n\r\n") == std::string::npos || !text.ends_with('}')) {
        auto n = ::recv(link, piece, sizeof piece, 0);
        if (n <= 0)
          break;
        text.append(piece, static_cast<size_t>(n));
      }
      std::lock_guard lock{mutex_};
      heard_.push_back(std::move(text));
    }
  }
  int fd_;
  int port_ = 0;
  std::mutex mutex_;
  std::vector<std::string> heard_;
  std::thread thread_;
};

struct fixture : tests::command_fixture {
  fixture() { node.answer("/manage/host/count", {{"host_count", 1}}); }
  dead_port dead;
  const std::vector<std::string> count = {"stat", "--action", "count", "--field", "host"};
  static size_t asked(const canned_node& whom, std::string_view path) {
    size_t n = 0;
    for (const auto& q : whom.seen())
      n += q.path == path;
    return n;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(cli_node_list, fixture)

BOOST_AUTO_TEST_CASE(the_next_node_is_asked_when_one_is_not_reached) {
  auto words = count;
  words.insert(words.end(), {"--url", dead.url() + "," + node.url()});
  BOOST_TEST(run(words) == 0);
  words = count;
  words.insert(words.end(), {"--url", dead.url(), "--url", node.url()});
  BOOST_TEST(run(words) == 0);
  variables["AOPS_URL"] = dead.url() + "," + dead.url();
  BOOST_TEST(run(count) == 3);
  BOOST_TEST(told(dead.url() + ": cannot connect; is the node running there?; " + dead.url()));
  variables["AOPS_URL"] = dead.url() + ",," + node.url();
  BOOST_TEST(run(count) == 1);
}

BOOST_AUTO_TEST_CASE(what_creates_is_asked_again_with_the_same_key_when_the_connection_broke) {
  breaking_port broken;
  node.answer("/manage/host/group/add", {{"host_group_id", "7"}});
  variables["AOPS_URL"] = broken.url() + "," + node.url();
  BOOST_TEST(run({"group", "add", "web"}) == 0);
  auto sent = broken.heard();
  BOOST_REQUIRE(sent.size() == 1u);
  auto at = sent[0].find("Idempotency-Key: ");
  BOOST_REQUIRE(at != std::string::npos);
  auto key = sent[0].substr(at + 17, 32);
  BOOST_TEST(node.last("/manage/host/group/add").key == key);
  BOOST_TEST(run({"group", "add", "web"}) == 0);
  BOOST_TEST(node.last("/manage/host/group/add").key != key);
  variables["AOPS_URL"] = broken.url();
  BOOST_TEST(run({"group", "add", "web"}) == 3);
  BOOST_TEST(broken.heard().size() == 4u); // Twice: the node may live.
  BOOST_TEST(told("it may have been carried out"));
  BOOST_TEST(run({"group", "delete", "web"}) == 3);
  auto all = broken.heard();
  BOOST_TEST(all.back().find("Idempotency-Key") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(registration_is_asked_again_with_the_same_key_when_the_connection_broke) {
  breaking_port broken;
  node.answer("/manage/account/register", json::object());
  variables["AOPS_URL"] = broken.url() + "," + node.url();
  variables["AOPS_NEW_PASSWORD"] = "correct horse";
  BOOST_TEST(run({"account", "register", "ann"}) == 0, err.str());
  auto sent = broken.heard();
  BOOST_REQUIRE(sent.size() == 1u);
  auto key = node.last("/manage/account/register").key;
  BOOST_TEST(key.size() == 32u);
  BOOST_TEST(sent[0].find("Idempotency-Key: " + key) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_an_error_is_an_answer) {
  canned_node other;
  other.answer("/manage/host/count", {{"host_count", 2}});
  canned_node ill;
  ill.answer("/manage/host/count", {{"code", 1101}, {"msg", "connect to database error"}});
  variables["AOPS_URL"] = ill.url() + "," + other.url();
  BOOST_TEST(run(count) == 1);
  BOOST_TEST(other.seen().empty());
}

BOOST_AUTO_TEST_CASE(what_only_reads_is_known) {
  for (const auto* path : {"/manage/host/get",
                           "/diag/report/get_list",
                           "/check/rule/count",
                           "/manage/host/info/query",
                           "/cluster/nodes",
                           "/cluster/tree?node=1"})
    BOOST_TEST(only_reads(path), path);
  for (const auto* path :
       {"/diag/execute", "/manage/host/add", "/manage/host/delete", "/cluster/node/drain"})
    BOOST_TEST(!only_reads(path), path);
}

BOOST_AUTO_TEST_CASE(a_log_in_remembers_all_nodes_and_their_certificates) {
  canned_node one(canned_node::scheme::https), two(canned_node::scheme::https);
  variables.erase("AOPS_URL");
  variables.erase("AOPS_ACCESS_TOKEN");
  variables["AOPS_PASSWORD"] = "p";
  one.answer("/manage/account/login", {{"access_token", "t1"}});
  one.answer("/manage/host/count", {{"host_count", 3}});
  two.answer("/manage/host/count", {{"host_count", 4}});
  BOOST_TEST(run({"login", "--url", dead.url() + "," + one.url() + "," + two.url()}) == 0);
  BOOST_TEST(told(dead.url()));
  auto known = *load_context(folder + "/config/aops/context.json");
  BOOST_TEST(known.url == one.url()); // One that was reached.
  BOOST_TEST(known.fingerprint == one.fingerprint());
  BOOST_REQUIRE(known.others.size() == 2u);
  BOOST_TEST(known.others[0].url == dead.url());
  BOOST_TEST(known.others[1].fingerprint == two.fingerprint());
  BOOST_TEST(asked(two, "/manage/account/login") == 0u); // Sessions belong to the cluster.
  BOOST_TEST(run(count) == 0);
  BOOST_TEST(one.last("/manage/host/count").token == "t1");
  known.url = dead.url(); // As if the first had died.
  known.others.erase(known.others.begin());
  BOOST_REQUIRE(save_context(folder + "/config/aops/context.json", known));
  BOOST_TEST(run(count) == 0);
  BOOST_TEST(two.last("/manage/host/count").token == "t1");
  auto named = count;
  named.insert(named.end(), {"--url", two.url()});
  BOOST_TEST(run(named) == 0); // Known, so that it gets the token.
  named.back() = one.url();
  BOOST_TEST(run(named) == 2); // Not known any more.
}

BOOST_AUTO_TEST_CASE(a_certificate_of_another_node_is_refused_and_the_next_one_asked) {
  canned_node one(canned_node::scheme::https), two(canned_node::scheme::https);
  two.answer("/manage/host/count", {{"host_count", 4}});
  variables.erase("AOPS_URL");
  context known{one.url(), "admin", "t1", two.fingerprint(), ""};
  known.others.push_back({two.url(), two.fingerprint()});
  BOOST_REQUIRE(save_context(folder + "/config/aops/context.json", known));
  BOOST_TEST(run(count) == 0);
  BOOST_TEST(one.seen().empty());
}

BOOST_AUTO_TEST_CASE(a_stream_whose_node_dies_goes_on_at_another_behind_the_last_event) {
  canned_node other;
  variables["AOPS_URL"] = node.url() + "," + other.url();
  node.answer("/diag/task/get",
              {{"task_infos", json::array({{{"task_id", "k1"}, {"expected_report_num", 4}}})}});
  other.answer("/diag/report/get_list", {{"total_count", 0}, {"result", json::array()}});
  // Ends in order after two events; then this node refuses, as one that is going down does.
  node.stream("/diag/progress/stream",
              "id: 2\nevent: report\ndata: {}\n\nevent: progress\ndata: {\"progress\":2}\n\n");
  node.answer_http("/diag/progress/stream", 503, "{}");
  other.stream("/diag/progress/stream",
               "id: 4\nevent: done\ndata: "
               "{\"progress\":4,\"expected_report_num\":4,\"state\":\"done\"}\n\n");
  BOOST_TEST(run({"diag", "--task_id", "k1", "--watch"}) == 0);
  BOOST_TEST(other.last("/diag/progress/stream").last_event_id == "2");
  BOOST_TEST(asked(node, "/diag/progress/stream") == 2u);
}

BOOST_AUTO_TEST_CASE(a_stream_begins_at_the_node_that_lives) {
  variables["AOPS_URL"] = dead.url() + "," + node.url();
  node.answer("/diag/execute", {{"task_id", "k1"}, {"expected_report_num", 1}});
  node.answer("/diag/report/get_list", {{"total_count", 0}, {"result", json::array()}});
  node.stream(
    "/diag/progress/stream",
    "event: done\ndata: {\"progress\":1,\"expected_report_num\":1,\"state\":\"done\"}\n\n");
  BOOST_TEST(run({"diag", "--tree_list", "t", "--host_list", tests::id1, "--last", "1h"}) == 0);
  BOOST_TEST(asked(node, "/diag/execute") == 1u);
  BOOST_TEST(waited_ms == 0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace node_list_test
