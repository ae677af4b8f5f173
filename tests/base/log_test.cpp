#include "runtime/base/json_library.hpp"
#include "runtime/base/log.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/stat.h>

namespace log_test {

using namespace aops;

namespace {

/// A folder for log files; the log goes back to standard error afterwards.
struct file_fixture {
  std::filesystem::path folder;
  file_fixture() {
    std::string name = std::filesystem::temp_directory_path() / "aops-log-XXXXXX";
    BOOST_REQUIRE(::mkdtemp(name.data()));
    folder = name;
  }
  ~file_fixture() {
    BOOST_TEST(log::init({}).has_value());
    std::filesystem::remove_all(folder);
  }
  std::string text(const std::string& name = "aops.log") const {
    std::ifstream file{folder / name};
    std::stringstream all;
    all << file.rdbuf();
    return all.str();
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(logging)

BOOST_AUTO_TEST_CASE(a_text_line_has_time_level_event_and_message) {
  BOOST_TEST(
    log::render(
      log::format::text, 1'700'000'000'123, log::level::warn, "round-failed", "no samples") ==
    "2023-11-14T22:13:20.123Z warn  round-failed no samples");
}

BOOST_AUTO_TEST_CASE(nobody_can_forge_a_line) {
  auto line = log::render(log::format::text, 0, log::level::info, "x", "a\nb\r\x1b[31m");
  BOOST_TEST(line.ends_with("a\\nb\\x0d\\x1b[31m"));
}

BOOST_AUTO_TEST_CASE(a_json_line_is_an_object_whatever_the_bytes) {
  auto line = log::render(log::format::json, 0, log::level::error, "x", "quote \" line\n \xff");
  auto object = nlohmann::json::parse(line);
  BOOST_TEST(object["event"] == "x");
  BOOST_TEST(object["level"] == "error");
  BOOST_TEST(line.find('\n') == line.npos);
}

BOOST_AUTO_TEST_CASE(a_capture_keeps_lines_of_every_level) {
  log::capture captured;
  log::debug("a", "{} and {}", 1, "two");
  log::error("b", "plain {{}}");
  BOOST_TEST(captured.count("a") == 1);
  BOOST_TEST(captured.lines().at(0).message == "1 and two");
  BOOST_TEST(captured.lines().at(1).message == "plain {}");
  BOOST_TEST((captured.lines().at(1).l == log::level::error));
}

BOOST_FIXTURE_TEST_CASE(a_file_log_is_private_and_filters_by_level, file_fixture) {
  log::log_config c;
  c.file = folder / "aops.log";
  c.lowest = log::level::warn;
  BOOST_REQUIRE(log::init(c).has_value());
  log::info("quiet", "not written");
  log::warn("loud", "written with a {} and a %v", "{}");
  log::flush();
  BOOST_TEST(text().find("quiet") == std::string::npos);
  BOOST_TEST(text().find("warn  loud written with a {} and a %v\n") != std::string::npos);
  struct stat about {};
  BOOST_REQUIRE(::stat(c.file.c_str(), &about) == 0);
  BOOST_TEST((about.st_mode & 0777) == 0640);
}

BOOST_FIXTURE_TEST_CASE(a_file_rotates_and_old_ones_go, file_fixture) {
  log::log_config c;
  c.file = folder / "aops.log";
  c.max_bytes = 1000;
  c.max_files = 2;
  BOOST_REQUIRE(log::init(c).has_value());
  for (int i = 0; i < 100; ++i)
    log::info("line", "number {:04}", i);
  log::flush();
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator{folder}) {
    BOOST_TEST(entry.file_size() <= 1000u);
    ++files;
  }
  BOOST_TEST(files == 3u);
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_opened_is_an_error) {
  log::log_config c;
  c.file = "/proc/nowhere/aops.log";
  BOOST_TEST((log::init(c).error() == ec::internal));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace log_test
