#include "runtime/core/tracing/names.hpp"

#include <boost/test/unit_test.hpp>

namespace names_test {

using namespace aops;
using namespace aops::tracing;

BOOST_AUTO_TEST_SUITE(names_of_tracing)

BOOST_AUTO_TEST_CASE(domains_are_words_that_are_no_folder) {
  for (const char* fine : {"web", "a", "Web_1-x.y", "...", "0"})
    BOOST_TEST(check_domain_name(fine).has_value(), fine);
  BOOST_TEST(check_domain_name(std::string(255, 'a')).has_value());
  for (const char* bad : {"", ".", "..", "a/b", "x'; id; '", "a b", "a\n", "ü", "a:b"}) {
    auto x = check_domain_name(bad);
    BOOST_REQUIRE(!x);
    BOOST_TEST((x.error() == ec::bad_request));
    BOOST_TEST(x.error().detail.starts_with("domainName: "));
    BOOST_TEST(x.error().detail.find("id;") == std::string::npos);
  }
  BOOST_TEST(!check_domain_name(std::string(256, 'a')));
  using namespace std::string_view_literals;
  BOOST_TEST(!check_domain_name("a\0b"sv));
}

BOOST_AUTO_TEST_CASE(paths_are_those_that_may_be_collected) {
  BOOST_TEST(check_path("/etc/ssh/sshd_config").has_value());
  BOOST_TEST(check_path("/etc/Größe.conf").has_value());
  using namespace std::string_view_literals;
  for (auto bad : {""sv,
                   "etc/x"sv,
                   "/etc/../x"sv,
                   "/etc/./x"sv,
                   "/etc/"sv,
                   "/etc/a\nb"sv,
                   "/etc/a\0b"sv,
                   "/etc/\xff"sv})
    BOOST_TEST(!check_path(bad));
  BOOST_TEST(!check_path("/" + std::string(4096, 'a')));
  BOOST_TEST(check_path("x", "confFiles[1].filePath").error().detail ==
             "confFiles[1].filePath: must be the absolute path of a file, without `.` and `..`");
}

BOOST_AUTO_TEST_CASE(old_paths_have_a_system_before_them) {
  BOOST_TEST(without_os_type("openEuler:/etc/a") == "/etc/a");
  BOOST_TEST(without_os_type("/etc/a:/b") == "/etc/a:/b");
  BOOST_TEST(without_os_type(":/b") == ":/b");
}

BOOST_AUTO_TEST_CASE(a_drift_is_named_after_its_place) {
  auto name = drift_name("web", "/etc/a:b");
  BOOST_TEST(name == "config_drift:web:/etc/a:b");
  auto place = read_drift_name(name);
  BOOST_REQUIRE(place);
  BOOST_TEST(place->domain == "web");
  BOOST_TEST(place->path == "/etc/a:b");
  for (const char* bad :
       {"", "config_drift:", "config_drift:web", "config_drift:..:/a", "cpu:a:/b"})
    BOOST_TEST(!read_drift_name(bad));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace names_test
