#include "runtime/base/authority.hpp"
#include "runtime/base/config_files.hpp"
#include "runtime/base/config_options.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace config_files_test {

using namespace aops;
using namespace aops::base;

namespace {

struct folder {
  folder() {
    std::string name = std::filesystem::temp_directory_path() / "aops-config-XXXXXX";
    path = ::mkdtemp(name.data());
  }
  ~folder() { std::filesystem::remove_all(path); }
  folder(const folder&) = delete;

  std::string file(const std::string& name, const std::string& text) const {
    auto full = path + "/" + name;
    std::ofstream{full} << text;
    ::chmod(full.c_str(), 0600);
    return full;
  }
  /// What is wrong with a configuration of these lines; empty when nothing is.
  std::string refusal(const std::string& lines) const {
    auto name = file("aops.toml", lines);
    auto c = load_located_config(name);
    BOOST_REQUIRE_MESSAGE(c, (c ? "" : c.error().detail));
    auto good = check_files(c->values, c->where);
    if (good)
      return {};
    BOOST_TEST(good.error().detail.starts_with(name));
    return good.error().detail.substr(name.size());
  }
  std::string path;
};

/// Options that hold a path, by what the manual says of them.
std::vector<std::string> options_about_files() {
  config c;
  std::vector<std::string> names;
  for (const auto& o : options_of(c)) {
    auto says = [&](std::string_view words) { return o.doc.find(words) != o.doc.npos; };
    if (std::holds_alternative<std::string*>(o.value) &&
        (says("PEM file") || says("File ") || says("file whose") || says("Directory")))
      names.push_back(o.name());
  }
  return names;
}

} // namespace

BOOST_AUTO_TEST_SUITE(config_files)

BOOST_AUTO_TEST_CASE(every_option_that_names_a_file_is_opened) {
  auto opened = file_options(), named = options_about_files();
  std::sort(opened.begin(), opened.end());
  std::sort(named.begin(), named.end());
  BOOST_TEST(named.size() > 10u);
  BOOST_TEST(opened == named, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_file_that_is_missing_is_told_with_line_and_key) {
  folder there;
  auto pair = *make_authority("a", 30);
  auto certificate = there.file("a.pem", pair.certificate), key = there.file("a.key", pair.key);
  for (const auto& name : file_options()) {
    if (name == "data_dir" || name == "log.file" || name == "data.credential_file")
      continue; // Made when they are missing.
    auto section = name.substr(0, name.find('.')), option = name.substr(name.find('.') + 1);
    auto lines = fmt::format("[{}]\n{} = '{}/none'\n", section, option, there.path);
    if (name == "tls.certificate")
      lines += fmt::format("key = '{}'\n", key);
    if (name == "tls.key")
      lines += fmt::format("certificate = '{}'\n", certificate);
    if (section == "kafka")
      lines += "enabled = true\nbrokers = ['127.0.0.1:9092']\n";
    if (section == "logs")
      lines +=
        "syslog_listen = ['127.0.0.1:0']\nstore = 'opensearch'\nopensearch_url = ['http://a']\n";
    if (name == "logs.opensearch_password_file")
      lines += "opensearch_user = 'a'\n";
    if (name == "kafka.ssl_cert")
      lines += fmt::format("ssl_key = '{}'\n", key);
    if (name == "kafka.ssl_key")
      lines += fmt::format("ssl_cert = '{}'\n", certificate);
    lines += section == "storage" ? "engine = 'mariadb'\n" : "[storage]\nengine = 'mariadb'\n";
    BOOST_TEST(there.refusal(lines) ==
               fmt::format(":2: {}: {}/none: No such file or directory", name, there.path));
  }
  BOOST_TEST(there.refusal(fmt::format("[scrape]\nkeep_list = '{}'\n", there.path)) ==
             fmt::format(":2: scrape.keep_list: {}: is a folder", there.path));
}

BOOST_AUTO_TEST_CASE(keys_belong_to_their_certificates) {
  folder there;
  auto a = *make_authority("a", 30), b = *make_authority("b", 30);
  auto tls = [&](const std::string& certificate, const std::string& key) {
    return there.refusal(fmt::format("[tls]\ncertificate = '{}'\nkey = '{}'\n",
                                     there.file("c.pem", certificate),
                                     there.file("k.pem", key)));
  };
  BOOST_TEST(tls(a.certificate, a.key) == "");
  BOOST_TEST(tls(a.certificate, b.key).starts_with(":3: tls.key: the private key is not that"));
  BOOST_TEST(tls("nonsense", a.key).starts_with(":2: tls.certificate: "));
  BOOST_TEST(tls(a.certificate, "nonsense").starts_with(":3: tls.key: no private key"));
}

BOOST_AUTO_TEST_CASE(a_node_of_a_cluster_shows_a_certificate_of_its_authority) {
  folder there;
  auto ours = *make_authority("ours", 30), other = *make_authority("other", 30);
  auto node = *issue_certificate(ours, {.name = "n1", .addresses = {}});
  auto links = [&](const key_pair& authority) {
    return there.refusal(fmt::format(
      "[storage]\nengine = 'mariadb'\n[cluster]\ncertificate = '{}'\nkey = '{}'\nca = '{}'\n",
      there.file("n.pem", node.certificate),
      there.file("n.key", node.key),
      there.file("ca.pem", authority.certificate)));
  };
  BOOST_TEST(links(ours) == "");
  BOOST_TEST(links(other).starts_with(":4: cluster.certificate: "));
}

BOOST_AUTO_TEST_CASE(what_is_not_in_force_is_not_opened) {
  folder there;
  BOOST_TEST(there.refusal("[tls]\nenabled = false\ncertificate = '/none'\nkey = '/none'\n") == "");
  BOOST_TEST(there.refusal("[storage]\nssl_ca = '/none'\n") == "");
}

BOOST_AUTO_TEST_CASE(a_log_must_be_writable_and_the_password_private) {
  folder there;
  BOOST_TEST(there.refusal(fmt::format("[log]\nfile = '{}/new.log'\n", there.path)) == "");
  BOOST_TEST(there.refusal(fmt::format("[log]\nfile = '{}/none/new.log'\n", there.path))
               .starts_with(":2: log.file: "));
  BOOST_TEST(!std::filesystem::exists(there.path + "/new.log"));
  auto password = there.file("password", "hunter2\n");
  auto lines = fmt::format("[storage]\nengine = 'mariadb'\npassword_file = '{}'\n", password);
  BOOST_TEST(there.refusal(lines) == "");
  ::chmod(password.c_str(), 0644);
  auto why = there.refusal(lines);
  BOOST_TEST(why.starts_with(":3: storage.password_file: must hold a line"));
  BOOST_TEST(why.find("hunter2") == why.npos);
}

BOOST_AUTO_TEST_CASE(an_option_from_the_command_line_is_told_as_such) {
  auto c = load_located_config("", {"scrape.keep_list=/none"});
  BOOST_REQUIRE(c);
  BOOST_TEST(check_files(c->values, c->where).error().detail ==
             "--set: scrape.keep_list: /none: No such file or directory");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace config_files_test
