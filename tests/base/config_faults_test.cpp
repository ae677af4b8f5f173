#include "runtime/base/config_faults.hpp"
#include "runtime/base/config_files.hpp"
#include "runtime/base/config_options.hpp"
#include "runtime/base/json_codec.hpp"

#include <boost/test/unit_test.hpp>

namespace config_faults_test {

using namespace aops;
using namespace aops::base;

namespace {

config_fault fault(const std::string& line) {
  auto all = faults_of({ec::bad_request, line});
  BOOST_REQUIRE(all.size() == 1u);
  return all[0];
}

} // namespace

BOOST_AUTO_TEST_SUITE(config_faults)

BOOST_AUTO_TEST_CASE(a_line_is_taken_apart) {
  auto x = fault("/etc/a:b.toml:12: tls.key: /k.pem: No such file or directory");
  BOOST_TEST(x.file == "/etc/a:b.toml");
  BOOST_TEST(x.line == 12);
  BOOST_TEST(x.key == "tls.key");
  BOOST_TEST(x.reason == "/k.pem: No such file or directory");
  BOOST_TEST(x.remedy == "name a file that is there, or make it");
  x = fault("--set: log.level: must be one of debug, info");
  BOOST_TEST(x.file == "--set");
  BOOST_TEST(x.line == 0);
  BOOST_TEST(x.key == "log.level");
  x = fault("configuration: data_dir: must not be empty");
  BOOST_TEST(x.file == "");
  BOOST_TEST(x.key == "data_dir");
  x = fault("/etc/aops.toml:3: Error while parsing key: expected bare key");
  BOOST_TEST(x.line == 3);
  BOOST_TEST(x.key == "");
  BOOST_TEST(x.reason == "Error while parsing key: expected bare key");
  x = fault("/none.toml: cannot be read: No such file");
  BOOST_TEST(x.file == "/none.toml");
  BOOST_TEST(x.reason == "cannot be read: No such file");
  BOOST_TEST(x.remedy.starts_with("name a file with --config"));
}

BOOST_AUTO_TEST_CASE(an_option_that_is_out_of_bounds_is_told_its_bounds) {
  BOOST_TEST(fault("f:1: store.readers: is too small").remedy ==
             "Threads that read beside the writer. (integer, 1 to 64; default 4)");
  BOOST_TEST(fault("f:1: notify[3].url: is odd").remedy.find("default") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(whatever_is_wrong_with_an_option_has_a_remedy) {
  config c;
  for (const auto& o : options_of(c)) {
    auto done = load_config("", {o.name() + "=\x01"});
    if (done)
      continue;
    for (const auto& x : faults_of(done.error()))
      BOOST_TEST(!x.remedy.empty(), o.name());
  }
}

BOOST_AUTO_TEST_CASE(programs_are_told_the_same) {
  auto text = faults_json(faults_of({ec::bad_request, "f:1: a.b: is odd\n--set: c.d: is odder"}));
  auto list = nlohmann::json::parse(text).at("faults");
  BOOST_TEST(list.size() == 2u);
  BOOST_TEST(list[0].at("line") == 1);
  BOOST_TEST(!list[1].contains("line"));
  auto good = nlohmann::json::parse(to_json(config{}));
  BOOST_TEST(good.at("faults").empty());
  BOOST_TEST(good.at("configuration").at("store").at("readers") == 4);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace config_faults_test
