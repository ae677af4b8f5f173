#include "cli/agent/agent_config.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace agent_config_test {

using namespace aops;
using namespace aops::agent;
namespace fs = std::filesystem;

namespace {

class written_files {
public:
  written_files() {
    char name[] = "/tmp/aops-agent-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~written_files() { fs::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text, int mode = 0600) const {
    auto at = folder_ / name;
    std::ofstream{at} << text;
    fs::permissions(at, static_cast<fs::perms>(mode));
    return at.string();
  }
  expected<agent_config> load(const std::string& text,
                              const std::vector<std::string>& more = {}) const {
    return load_agent_config(write("agent.toml", text), more);
  }
  /// The faults, without the folder.
  std::string refusal(const std::string& text, const std::vector<std::string>& more = {}) const {
    auto read = load(text, more);
    if (read)
      return "none";
    auto out = read.error().detail;
    for (size_t at; (at = out.find(folder_.string() + "/")) != out.npos;)
      out.erase(at, folder_.string().size() + 1);
    return out;
  }

private:
  fs::path folder_;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(agent_configs, written_files)

BOOST_AUTO_TEST_CASE(a_file_is_read_and_the_command_line_overrides_it) {
  auto token = write("token", "abc\n");
  auto read = load("url = [\"https://a:1\", \"https://b/x/\"]\ntoken_file = \"" + token +
                     "\"\nperiod = \"10s\"\nexclude = [\"sshd\"]\nlisten = \"127.0.0.1:9\"\n",
                   {"period=2", "exclude=a,b"});
  BOOST_REQUIRE_MESSAGE(read, (read ? std::string{} : read.error().detail));
  BOOST_TEST(read->url.size() == 2u);
  BOOST_TEST(read->period.ms == 2000);
  BOOST_TEST(read->exclude == (std::vector<std::string>{"a", "b"}),
             boost::test_tools::per_element());
  BOOST_TEST(read->listen.port == 9);
}

BOOST_AUTO_TEST_CASE(faults_are_told_by_line_all_at_once) {
  BOOST_TEST(refusal("perod = 5\nperiod = \"1h\"\nurl = 7\n") ==
             "agent.toml:1: perod: unknown key, did you mean 'period'?\n"
             "agent.toml:2: period: must be from 1s to 5m\n"
             "agent.toml:3: url: must be a list of texts");
  BOOST_TEST(refusal("period = \n").starts_with("agent.toml:1: "));
  BOOST_TEST(refusal("", {"period=soon"}).starts_with("--period: period: "));
  BOOST_TEST(refusal("machine_id = \"x\"\n") ==
             "agent.toml:1: machine_id: must be 32 lower-case hex digits");
  BOOST_TEST(refusal("[probe]\nname = \"a\"\n") ==
             "agent.toml:1: probe: must be tables: [[probe]]");
}

BOOST_AUTO_TEST_CASE(a_node_is_told_over_https_with_a_token) {
  BOOST_TEST(refusal("url = [\"https://a\"]\n") ==
             "configuration: token_file: must be set: a batch goes with the token of this host");
  auto open = write("open", "secret\n", 0644);
  auto got = refusal("url = [\"https://a\"]\ntoken_file = \"" + open + "\"\n");
  BOOST_TEST(got ==
             "agent.toml:2: token_file: open must be readable by its owner only (chmod 600)");
  auto odd = write("odd", "sec ret\x01\n");
  got = refusal("url = [\"https://a\"]\ntoken_file = \"" + odd + "\"\n");
  BOOST_TEST(got == "agent.toml:2: token_file: odd holds no token in its first line");
  BOOST_TEST(*read_token(write("good", "abc \r\nmore\n")) == "abc");
}

BOOST_AUTO_TEST_CASE(addresses_of_nodes_are_read) {
  auto at = parse_node_address("https://node.example:8443/aops/");
  BOOST_REQUIRE(at);
  BOOST_TEST(at->host == "node.example");
  BOOST_TEST(at->port == 8443);
  BOOST_TEST(at->prefix == "/aops");
  BOOST_TEST(at->tls);
  BOOST_TEST(parse_node_address("https://node.example")->port == 443);
  at = parse_node_address("https://[2001:db8::1]");
  BOOST_REQUIRE(at);
  BOOST_TEST(at->host == "2001:db8::1");
  BOOST_TEST(at->port == 443);
  BOOST_TEST(!parse_node_address("http://127.0.0.1:80")->tls);
  BOOST_TEST(bool(parse_node_address("http://[::1]:80")));
  BOOST_TEST(bool(parse_node_address("http://localhost:80")));
  for (auto* url : {"",
                    "node:80",
                    "http://node:80",
                    "http://128.0.0.1",
                    "https://",
                    "https://a:0",
                    "https://a:70000",
                    "https://u:p@a",
                    "https://a/?x=1",
                    "ftp://a"})
    BOOST_TEST(!parse_node_address(url), url);
}

BOOST_AUTO_TEST_CASE(a_probe_has_a_command_and_says_what_its_lines_mean) {
  auto meta =
    write("meta.toml", "[[table]]\nname = \"queue\"\nfields = [\"name key\", \"depth gauge\"]\n");
  auto probe = [&](const std::string& more) {
    return "period = 5\n[[probe]]\nname = \"a\"\nmeta = \"" + meta + "\"\n" + more;
  };
  auto read = load(probe("command = [\"/bin/true\", \"--fields\", \"a,b\"]\n"));
  BOOST_REQUIRE_MESSAGE(read, (read ? std::string{} : read.error().detail));
  BOOST_REQUIRE(read->probes.size() == 1u);
  BOOST_TEST(read->probes[0].command.at(2) == "a,b");
  BOOST_TEST(read->probes[0].tables.at(0).fields.size() == 2u);
  BOOST_TEST(refusal(probe("")) ==
             "agent.toml:2: probe[0]: command: must begin with the whole path of a program");
  BOOST_TEST(refusal(probe("command = [\"true\"]\n")) ==
             "agent.toml:5: probe[0].command: must begin with the whole path of a program");
  BOOST_TEST(refusal(probe("command = [\"/bin/true\"]\nenabled = \"auto\"\n"))
               .find("check: goes with enabled") != std::string::npos);
  BOOST_TEST(refusal(probe("command = [\"/bin/true\"]\nenabled = \"maybe\"\n")) ==
             "agent.toml:6: probe[0].enabled: must be one of: on, off, auto");
  BOOST_TEST(refusal(probe("command = [\"/bin/true\"]\n[[probe]]\nname = \"a\"\nmeta = \"" + meta +
                           "\"\ncommand = [\"/bin/true\"]\n")) ==
             "agent.toml:7: probe[1].name: another probe is called a");
  write("meta.toml", "[[table]]\nname = \"queue\"\nfields = [\"name key\", \"depth metre\"]\n");
  BOOST_TEST(
    refusal(probe("command = [\"/bin/true\"]\n")) ==
    "meta.toml:3: table[0].fields: the kind of depth must be key, label, gauge or counter");
  write("meta.toml", "[[table]]\nname = \"queue\"\nfields = [\"name label\"]\n");
  BOOST_TEST(refusal(probe("command = [\"/bin/true\"]\n")) ==
             "meta.toml:1: table[0]: one field must be a key");
}

BOOST_AUTO_TEST_CASE(the_sample_is_what_is_in_force_without_a_file) {
  auto none = load_agent_config("", {});
  auto sample = load(default_agent_toml());
  BOOST_REQUIRE_MESSAGE(sample, (sample ? std::string{} : sample.error().detail));
  BOOST_REQUIRE(none);
  BOOST_TEST(sample->period.ms == none->period.ms);
  BOOST_TEST(sample->exclude == none->exclude, boost::test_tools::per_element());
  std::ifstream in{AOPS_SOURCE_DIR "/etc/agent.toml"};
  std::stringstream text;
  text << in.rdbuf();
  BOOST_TEST(text.str() == default_agent_toml());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace agent_config_test
