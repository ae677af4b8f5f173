#include "runtime/base/config.hpp"
#include "runtime/base/config_options.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

namespace config_test {

using namespace aops;
using base::load_config;

namespace {

/// A file that goes away with the test.
struct text_file {
  std::string path;
  explicit text_file(const std::string& text) {
    std::string name = std::filesystem::temp_directory_path() / "aops-config-XXXXXX";
    ::close(::mkstemp(name.data()));
    path = name;
    std::ofstream{path} << text;
  }
  ~text_file() { std::filesystem::remove(path); }
  text_file(const text_file&) = delete;
};

/// The refusal with the file's path cut off; empty when the text is fine.
std::string refusal(const std::string& text) {
  text_file file{text};
  auto c = load_config(file.path);
  if (c)
    return {};
  BOOST_TEST(c.error().detail.starts_with(file.path));
  return c.error().detail.substr(file.path.size());
}

std::string override_refusal(const std::string& assignment) {
  auto c = load_config("", {assignment});
  return c ? std::string{} : c.error().detail;
}

} // namespace

BOOST_AUTO_TEST_SUITE(config)

BOOST_AUTO_TEST_CASE(the_example_file_is_the_struct) {
  std::ifstream file{AOPS_SOURCE_DIR "/etc/aops.toml"};
  std::stringstream text;
  text << file.rdbuf();
  BOOST_TEST(text.str() == base::default_toml());
}

BOOST_AUTO_TEST_CASE(the_example_file_sets_nothing_new) {
  text_file file{base::default_toml()};
  auto c = load_config(file.path);
  BOOST_REQUIRE_MESSAGE(c, (c ? "" : c.error().detail));
  BOOST_TEST(base::to_toml(*c) == base::to_toml(base::config{}));
}

BOOST_AUTO_TEST_CASE(every_option_is_documented_and_unique) {
  base::config c;
  std::set<std::string> names;
  for (const auto& o : base::options_of(c)) {
    BOOST_TEST(!o.doc.empty());
    BOOST_TEST(names.insert(o.name()).second);
    BOOST_TEST(base::check_option(o).has_value());
  }
}

BOOST_AUTO_TEST_CASE(where_lines_are_kept_is_judged_together) {
  auto why = [](std::vector<std::string> set) {
    auto c = load_config("", set);
    return c ? std::string{} : c.error().detail;
  };
  BOOST_TEST(why({"logs.store=opensearch"}) ==
             "--set: logs.store: opensearch needs logs.opensearch_url");
  BOOST_TEST(why({"logs.opensearch_url=ftp://a"}).ends_with("must begin with http:// or https://"));
  BOOST_TEST(why({"logs.opensearch_url=https://u:p@a"}).find("u:p") == std::string::npos);
  BOOST_TEST(why({"logs.opensearch_prefix=Lines"}).find("lower case") != std::string::npos);
  BOOST_TEST(why({"logs.opensearch_user=a"}).find("goes with") != std::string::npos);
  BOOST_TEST(why({"logs.syslog_idle=10ms"}).find("at least 1s") != std::string::npos);
  BOOST_TEST(
    why({"logs.store=opensearch", "logs.opensearch_url=http://a:9200,https://b:9200"}).empty());
}

BOOST_AUTO_TEST_CASE(the_log_store_is_proved_to_by_user_or_key) {
  text_file secret{"pass word\n"};
  std::filesystem::permissions(secret.path, std::filesystem::perms{0600});
  base::config c;
  BOOST_TEST(base::log_store_proof(c).value().empty());
  c.logs.opensearch_user = "aops";
  c.logs.opensearch_password_file = secret.path;
  BOOST_TEST(base::log_store_proof(c).value() == "Authorization: Basic YW9wczpwYXNzIHdvcmQ=");
  c.logs.opensearch_api_key_file = secret.path;
  BOOST_TEST(base::log_store_proof(c).value() == "Authorization: ApiKey pass word");
  std::filesystem::permissions(secret.path, std::filesystem::perms{0644});
  BOOST_TEST(!base::log_store_proof(c));
}

BOOST_AUTO_TEST_CASE(options_are_read_in_their_units) {
  text_file file{"data_dir = '/srv/aops'\n"
                 "[check]\nsample_period = 30\ndelay = '1m'\ndead_retry_task_discount = 0.25\n"
                 "[http]\nlisten = '[::1]:0'\nmax_body = '64KiB'\nmax_connections = 100\n"
                 "[storage]\nhost = ['db1', 'db2']\npassword = 'secret'\n"
                 "[auth]\nsession_idle = 0.5e3\n"};
  auto c = load_config(file.path);
  BOOST_REQUIRE_MESSAGE(c, (c ? "" : c.error().detail));
  BOOST_TEST(c->data_dir == "/srv/aops");
  BOOST_TEST(c->check.sample_period.ms == 30000);
  BOOST_TEST(c->check.delay.ms == 60000);
  BOOST_TEST(c->check.dead_retry_task_discount == 0.25);
  BOOST_TEST(c->http.listen.host == "::1");
  BOOST_TEST(c->http.listen.port == 0);
  BOOST_TEST(c->http.max_body.bytes == 65536);
  BOOST_TEST(c->http.max_connections == 100);
  BOOST_TEST(c->storage.host.at(1) == "db2");
  BOOST_TEST(c->storage.password.text == "secret");
  BOOST_TEST(c->auth.session_idle.ms == 500'000);
}

BOOST_AUTO_TEST_CASE(errors_name_file_line_key_and_reason) {
  BOOST_TEST(refusal("[check]\nsample_perod = 15\n") ==
             ":2: check.sample_perod: unknown key, did you mean 'check.sample_period'?");
  BOOST_TEST(refusal("\n\n[chekc]\nx = 1\n") == ":3: chekc: unknown section");
  BOOST_TEST(refusal("data_dri = ''\n") == ":1: data_dri: unknown key, did you mean 'data_dir'?");
  BOOST_TEST(refusal("[check.sample]\nx = 1\n") == ":1: check.sample: unknown section");
  BOOST_TEST(refusal("[check]\nsample_period = '15 minutes'\n")
               .starts_with(":2: check.sample_period: must be a duration"));
  BOOST_TEST(refusal("[check]\nsample_period = 0\n") ==
             ":2: check.sample_period: must be from 1s to 1h");
  BOOST_TEST(refusal("[check]\n\nsample_period = '1500ms'\n") ==
             ":3: check.sample_period: must be whole seconds");
  BOOST_TEST(refusal("[http]\nmax_connections = 'many'\n") ==
             ":2: http.max_connections: must be an integer");
  BOOST_TEST(refusal("[http]\nlisten = 11111\n") ==
             ":2: http.listen: must be HOST:PORT, such as 127.0.0.1:11111 or [::1]:11111");
  BOOST_TEST(refusal("[http]\nlisten = 'a:70000'\n") ==
             ":2: http.listen: must end in a port from 0 to 65535");
  BOOST_TEST(refusal("[log]\nlevel = 'loud'\n") ==
             ":2: log.level: must be one of: debug, info, warn, error, off");
  BOOST_TEST(refusal("[log]\nfile = 3\n") == ":2: log.file: must be a text in quotes");
  BOOST_TEST(refusal("http = 1\n") == ":1: http: unknown key");
  BOOST_TEST(refusal("[http]\nlisten = \n").starts_with(":2: "));
}

BOOST_AUTO_TEST_CASE(rules_between_options_name_the_line_of_one) {
  BOOST_TEST(refusal("[samples]\nsource = 'prometheus'\n") ==
             ":2: samples.source: prometheus needs prometheus.url");
  BOOST_TEST(refusal("[tls]\nkey = '/k.pem'\n") ==
             ":2: tls.key: tls.certificate and tls.key go together");
  BOOST_TEST(refusal("[auth]\nscrypt_n = 40000\n") == ":2: auth.scrypt_n: must be a power of two");
  BOOST_TEST(refusal("[prometheus]\nurl = 'localhost:9090'\n") ==
             ":2: prometheus.url: must begin with http:// or https://");
  BOOST_TEST(refusal("[retention]\ndump_samples = true\n") ==
             ":2: retention.dump_samples: needs retention.dump_directory");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_there_is_an_error) {
  BOOST_TEST(load_config("/nonexistent/aops.toml")
               .error()
               .detail.starts_with("/nonexistent/aops.toml: cannot be read"));
}

BOOST_AUTO_TEST_CASE(overrides_win_over_the_file) {
  text_file file{"[check]\nsample_period = 30\n"};
  auto c = load_config(
    file.path, {"check.sample_period=2s", "tls.enabled=off", "storage.host=a,b", "data_dir=/x"});
  BOOST_REQUIRE(c);
  BOOST_TEST(c->check.sample_period.ms == 2000);
  BOOST_TEST(!c->tls.enabled);
  BOOST_TEST(c->storage.host.size() == 2);
  BOOST_TEST(c->data_dir == "/x");
}

BOOST_AUTO_TEST_CASE(wrong_overrides_name_the_key) {
  BOOST_TEST(override_refusal("check.nothing=1") == "--set: check.nothing: unknown key");
  BOOST_TEST(override_refusal("check.sample_period") == "--set: must be section.key=value");
  BOOST_TEST(override_refusal("scrape.port=0") == "--set: scrape.port: must be from 1 to 65535");
  BOOST_TEST(override_refusal("storage.engine=oracle") ==
             "--set: storage.engine: must be one of: sqlite, mariadb");
}

BOOST_AUTO_TEST_CASE(a_password_is_not_printed) {
  auto c = load_config("", {"storage.password=hunter2"});
  BOOST_REQUIRE(c);
  auto text = base::to_toml(*c);
  BOOST_TEST(text.find("hunter2") == text.npos);
  BOOST_TEST(text.find("password = \"<sealed>\"") != text.npos);
}

BOOST_AUTO_TEST_CASE(a_password_file_must_be_private) {
  text_file file{"hunter2\nrest\n"};
  auto c = load_config("", {"storage.password_file=" + file.path});
  BOOST_REQUIRE(c);
  BOOST_TEST(base::storage_password(*c)->text == "hunter2");
  ::chmod(file.path.c_str(), 0644);
  BOOST_TEST(!base::storage_password(*c).has_value());
}

BOOST_AUTO_TEST_CASE(receivers_of_alerts_are_tables) {
  text_file file{"[[notify]]\nname = 'oncall'\nurl = 'https://h/secret'\n"
                 "severities = ['critical']\nrepeat = '1h'\n"
                 "[[notify]]\nname = 'log'\nurl = 'http://h'\nresolved = false\n"};
  auto c = load_config(file.path);
  BOOST_REQUIRE_MESSAGE(c, (c ? "" : c.error().detail));
  BOOST_REQUIRE(c->notify.size() == 2u);
  BOOST_TEST(c->notify[0].url.text == "https://h/secret");
  BOOST_TEST(c->notify[0].severities.size() == 1u);
  BOOST_TEST(c->notify[0].repeat.ms == 3'600'000);
  BOOST_TEST(c->notify[0].resolved);
  BOOST_TEST(!c->notify[1].resolved);
  auto text = base::to_toml(*c);
  BOOST_TEST(text.find("secret") == text.npos);
  BOOST_TEST(text.find("[[notify]]\nname = \"oncall\"\n") != text.npos);
}

BOOST_AUTO_TEST_CASE(plug_ins_are_tables_by_name) {
  text_file file{"[plugins.ewma]\ncommand = ['/usr/bin/python3', '/opt/ewma.py']\n"
                 "timeout = '2s'\nmemory = '64MiB'\n"
                 "[plugins.other]\ncommand = ['/bin/sh', '-c', \"\"\"a, b\n\"c\"\"\"\", '']\n"};
  auto c = load_config(file.path);
  BOOST_REQUIRE_MESSAGE(c, (c ? "" : c.error().detail));
  BOOST_REQUIRE(c->plugins.size() == 2u);
  BOOST_TEST(c->plugins[0].name == "ewma");
  BOOST_TEST(c->plugins[0].command.size() == 2u);
  BOOST_TEST(c->plugins[0].timeout.ms == 2000);
  BOOST_TEST(c->plugins[0].memory.bytes == 64 << 20);
  BOOST_TEST(c->plugins[1].nice == 10);
  BOOST_REQUIRE(c->plugins[1].command.size() == 4u);
  BOOST_TEST(c->plugins[1].command[2] == "a, b\n\"c\"");
  BOOST_TEST(c->plugins[1].command[3] == "");
  auto text = base::to_toml(*c);
  BOOST_TEST(text.find("[plugins.ewma]\ncommand = [\"/usr/bin/python3\"") != text.npos);
  text_file again{text};
  auto same = load_config(again.path);
  BOOST_REQUIRE_MESSAGE(same, (same ? "" : same.error().detail));
  BOOST_TEST(base::to_toml(*same) == text);
}

BOOST_AUTO_TEST_CASE(a_plug_in_that_cannot_be_run_is_refused) {
  BOOST_TEST(refusal("[plugins.a]\nnice = 3\n") ==
             ":1: plugins.a.command: must begin with the whole path of a program");
  BOOST_TEST(refusal("[plugins.a]\ncommand = ['cat']\n") ==
             ":1: plugins.a.command: must begin with the whole path of a program");
  BOOST_TEST(refusal("[plugins.promql]\ncommand = ['/bin/cat']\n") ==
             ":1: plugins.promql: a plug-in of this name is built in");
  BOOST_TEST(refusal("[plugins.a]\ncommand = ['/bin/cat']\ntime = 3\n") ==
             ":3: plugins.a.time: unknown key");
  BOOST_TEST(refusal("[plugins.a]\ncommand = '/bin/cat'\n") ==
             ":2: plugins.a.command: must be a list of texts");
  BOOST_TEST(refusal("plugins = 3\n") == ":1: plugins: must be tables: [plugins.NAME]");
}

BOOST_AUTO_TEST_CASE(each_address_of_an_alertmanager_is_a_receiver) {
  text_file file{"[[notify]]\nname = 'am'\nformat = 'alertmanager'\n"
                 "urls = ['http://a:9093', 'http://b:9093/secret']\n"
                 "[[notify]]\nname = 'slow'\nformat = 'alertmanager'\nurl = 'http://c'\n"
                 "repeat = '5m'\n"};
  auto c = load_config(file.path);
  BOOST_REQUIRE_MESSAGE(c, (c ? "" : c.error().detail));
  BOOST_REQUIRE(c->notify.size() == 3u);
  BOOST_TEST(c->notify[0].name == "am");
  BOOST_TEST(c->notify[0].url.text == "http://a:9093");
  BOOST_TEST(c->notify[0].repeat.ms == 60'000);
  BOOST_TEST(c->notify[1].name == "am-2");
  BOOST_TEST(c->notify[1].url.text == "http://b:9093/secret");
  BOOST_TEST(c->notify[1].urls.texts.empty());
  BOOST_TEST(c->notify[2].repeat.ms == 300'000);
  BOOST_TEST(base::to_toml(*c).find("secret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_alertmanager_would_not_understand_is_refused) {
  const std::string begin = "[[notify]]\nname = 'a'\nurl = 'http://h'\n";
  const std::string am = begin + "format = 'alertmanager'\n";
  BOOST_TEST(refusal(begin + "urls = ['http://b']\n") ==
             ":4: notify[0].urls: goes with format = \"alertmanager\" only");
  BOOST_TEST(refusal(am + "urls = ['ftp://hunter2']\n") ==
             ":5: notify[0].urls: each must begin with http:// or https://");
  BOOST_TEST(refusal(am + "repeat = 0\n").starts_with(":5: notify[0].repeat: must be at least 1s"));
  BOOST_TEST(
    refusal(am + "resolved = false\n").starts_with(":5: notify[0].resolved: must be true"));
  BOOST_TEST(refusal(am + "repeat = '20m'\n") ==
             ":1: notify[0].expire_after: must be at least four times `repeat`");
  BOOST_TEST(refusal(begin + "format = 'slack'\nbody = 'x'\n") ==
             ":5: notify[0].body: goes without format, which says what is sent");
  BOOST_TEST(
    refusal("[[notify]]\nname = 'a-2'\nurl = 'http://h'\n" + am + "urls = ['http://b']\n") ==
    ":5: notify[1].name: another receiver is called a-2");
  BOOST_TEST(refusal("[alertmanager]\ntrees = ['x']\n") ==
             ":2: alertmanager.trees: x is no ALERT=TREE");
  BOOST_TEST(refusal("[http]\npublic_url = 'x'\n") ==
             ":2: http.public_url: must begin with http:// or https://");
}

BOOST_AUTO_TEST_CASE(errors_of_receivers_name_file_line_key_and_reason) {
  const std::string begin = "[[notify]]\nname = 'a'\nurl = 'http://h'\n";
  BOOST_TEST(refusal(begin + "colour = 1\n") == ":4: notify[0].colour: unknown key");
  BOOST_TEST(refusal(begin + "repeat = 'often'\n").starts_with(":4: notify[0].repeat: must be"));
  BOOST_TEST(refusal(begin + "severities = ['loud']\n") ==
             ":4: notify[0].severities: loud is none of info, warning, critical");
  BOOST_TEST(refusal(begin + "\n" + begin) == ":6: notify[1].name: another receiver is called a");
  BOOST_TEST(refusal("[[notify]]\nname = 'a'\n") ==
             ":1: notify[0].url: must begin with http:// or https://");
  BOOST_TEST(refusal("\n[[notify]]\nname = 'a b'\nurl = 'http://h'\n")
               .starts_with(":3: notify[0].name: must be 1 to 64 letters"));
  BOOST_TEST(refusal("[notify]\nname = 'a'\n") == ":1: notify: must be tables: [[notify]]");
  BOOST_TEST(refusal(begin + "headers_file = '/nonexistent/h'\n") ==
             ":4: notify[0].headers_file: /nonexistent/h cannot be read");
  BOOST_TEST(refusal(begin + "ca = '/nonexistent/ca'\n") ==
             ":4: notify[0].ca: /nonexistent/ca cannot be read");
}

BOOST_AUTO_TEST_CASE(headers_of_a_receiver_come_from_a_private_file) {
  text_file file{"# who we are\nAuthorization: Bearer hunter2\n\nX-Team: a b\n"};
  base::notify_receiver to;
  BOOST_TEST(base::notify_headers(to)->empty());
  to.headers_file = file.path;
  auto headers = base::notify_headers(to);
  BOOST_REQUIRE(headers);
  BOOST_REQUIRE(headers->size() == 2u);
  BOOST_TEST(headers->at(0) == "Authorization: Bearer hunter2");
  ::chmod(file.path.c_str(), 0640);
  BOOST_TEST(!base::notify_headers(to).has_value());
  text_file wrong{"no header\n"};
  to.headers_file = wrong.path;
  BOOST_TEST(base::notify_headers(to).error().detail == wrong.path + ":1: must be `Name: value`");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(units)

BOOST_AUTO_TEST_CASE(durations_read_back_as_they_print) {
  for (auto text : {"0s", "1ms", "1500ms", "15s", "5m", "2h", "7d"})
    BOOST_TEST(to_string(*base::parse_duration(text)) == text);
  BOOST_TEST(base::parse_duration("15")->ms == 15000);
  BOOST_TEST(base::parse_duration("0.5")->ms == 500);
  BOOST_TEST(base::parse_duration("1.5h")->ms == 5'400'000);
  for (auto text : {"", "s", "-1s", "1x", "1s2", "1e9d", "nan", "inf", "0x10", "99999999999d"})
    BOOST_TEST(!base::parse_duration(text).has_value());
}

BOOST_AUTO_TEST_CASE(sizes_read_back_as_they_print) {
  for (auto text : {"0B", "5B", "64KiB", "8MiB", "10GB", "1TiB"})
    BOOST_TEST(to_string(*base::parse_byte_size(text)) == text);
  for (auto text : {"", "MiB", "-1", "1mib", "99999999TB"})
    BOOST_TEST(!base::parse_byte_size(text).has_value());
}

BOOST_AUTO_TEST_CASE(endpoints_read_back_as_they_print) {
  for (auto text : {"127.0.0.1:0", "localhost:65535", "[::1]:80"})
    BOOST_TEST(to_string(*base::parse_endpoint(text)) == text);
  for (auto text : {"", "host", ":80", "host:", "host:x", "host:65536", "::1:80", "ho st:1"})
    BOOST_TEST(!base::parse_endpoint(text).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace config_test
