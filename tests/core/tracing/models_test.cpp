#include "runtime/core/tracing/compare.hpp"
#include "tests/core/tracing/helpers.hpp"

#include <filesystem>
#include <fstream>
#include <glob.h>

namespace models_test {

using namespace aops;
using namespace aops::tracing;
using namespace aops::tests;

BOOST_AUTO_TEST_SUITE(shipped_models_of_tracing)

BOOST_AUTO_TEST_CASE(they_are_two_of_the_original_and_ten_more) {
  std::string names;
  for (const auto& x : shipped().all())
    names += x.name + " ";
  BOOST_TEST(names == "chrony coremail fstab hosts logrotate my_cnf nginx resolv_conf sshd_config "
                      "sudoers sysctl yum ");
}

BOOST_AUTO_TEST_CASE(each_reads_a_real_file_and_knows_all_of_it) {
  for (const auto& model : shipped().all()) {
    auto text = sample_of(model.name);
    auto x = parse(text, model.how);
    BOOST_REQUIRE_MESSAGE(x.has_value(), model.name + ": " + (x ? "" : x.error().detail));
    BOOST_TEST(!x->values().empty(), model.name);
    BOOST_TEST(x->text() == text);
    for (const auto& part : unknown_in(*x, model))
      BOOST_ERROR(model.name + ": " + part.text);
    // What it says, said again, changes nothing; said anew, it says the same.
    auto same = apply(text, x->values(), model.how);
    BOOST_REQUIRE(same);
    BOOST_TEST(*same == text);
    auto anew = print(x->values(), model.how);
    BOOST_REQUIRE_MESSAGE(anew.has_value(), model.name);
    BOOST_TEST(to_string(status_of(x->values(), *anew, model).state) == "SYNCHRONIZED", model.name);
    // Its JSON is what it is.
    auto back = from_json_text(to_json_text(x->values()));
    BOOST_REQUIRE(back);
    BOOST_TEST(to_json_text(*back) == to_json_text(x->values()));
  }
}

namespace {

/// Files of this machine of a model, those that may be read.
std::vector<std::string> files_here(const model& x) {
  std::vector<std::string> out;
  for (const auto& pattern : x.paths) {
    glob_t found{};
    if (::glob(pattern.c_str(), 0, nullptr, &found) == 0)
      for (size_t i = 0; i < found.gl_pathc; ++i)
        if (std::filesystem::is_regular_file(found.gl_pathv[i]) &&
            std::ifstream{found.gl_pathv[i]}.good())
          out.emplace_back(found.gl_pathv[i]);
    ::globfree(&found);
  }
  return out;
}

} // namespace

BOOST_AUTO_TEST_CASE(files_of_this_machine_come_through_unchanged) {
  size_t read_here = 0;
  for (const auto& model : shipped().all())
    for (const auto& path : files_here(model)) {
      auto text = file_text(path);
      auto x = parse(text, model.how);
      BOOST_REQUIRE_MESSAGE(x.has_value(), path + ": " + (x ? "" : x.error().detail));
      auto same = apply(text, x->values(), model.how);
      BOOST_REQUIRE_MESSAGE(same.has_value(), path);
      BOOST_TEST((*same == text), path);
      BOOST_TEST(to_string(status_of(x->values(), text, model).state) == "SYNCHRONIZED", path);
      ++read_here;
    }
  BOOST_TEST(read_here > 0u); // /etc/hosts at least.
}

namespace {

/// What becomes of a sample when one of its lines is another, and that it can be made good.
std::string drift(const std::string& name, std::string_view from, std::string_view to) {
  const auto& model = model_of(name);
  auto good = sample_of(name), bad = good;
  BOOST_REQUIRE_MESSAGE(bad.find(from) != bad.npos, name);
  bad.replace(bad.find(from), from.size(), to);
  auto expected = values_of(good, model.how);
  auto status = status_of(expected, bad, model);
  BOOST_TEST(to_string(status.state) == "NOT SYNCHRONIZE");
  auto mended = apply(bad, expected, model.how);
  BOOST_REQUIRE_MESSAGE(mended.has_value(), name);
  BOOST_TEST(to_string(status_of(expected, *mended, model).state) == "SYNCHRONIZED");
  return status.text();
}

} // namespace

BOOST_AUTO_TEST_CASE(a_drift_is_told_and_mended) {
  BOOST_TEST(drift("sshd_config", "PermitRootLogin no ", "permitrootlogin yes ") ==
             "PermitRootLogin: no → yes");
  BOOST_TEST(drift("sshd_config", "\tForceCommand internal-sftp\n", "") ==
             "- Match Group sftponly.ForceCommand: internal-sftp");
  BOOST_TEST(drift("sysctl", "vm.swappiness=10", "vm.swappiness = 60") == "vm.swappiness: 10 → 60");
  BOOST_TEST(drift("fstab", "noatime,nofail", "defaults") ==
             "/srv/data.options: noatime,nofail → defaults");
  BOOST_TEST(drift("hosts", "db1.example.org   db1", "db2.example.org") ==
             "10.0.0.7.names: db1.example.org db1 → db2.example.org");
  BOOST_TEST(drift("chrony", "makestep 1 3", "makestep 0.1 3") == "makestep: 1 3 → 0.1 3");
  BOOST_TEST(drift("chrony", "rtcsync\n", "") == "- rtcsync");
  BOOST_TEST(drift("resolv_conf", "nameserver 10.0.0.2\n", "") ==
             "nameserver: 10.0.0.2, 10.0.0.3 → 10.0.0.3");
  BOOST_TEST(drift("my_cnf", "max_connections=151", "max_connections=10") ==
             "mysqld.max_connections: 151 → 10");
  BOOST_TEST(drift("my_cnf", "top # secret", "other") == "client.password: ******** → ********");
  BOOST_TEST(drift("my_cnf", "!includedir /etc/mysql/mariadb.conf.d/\n", "") ==
             "!includedir: /etc/mysql/conf.d/, /etc/mysql/mariadb.conf.d/ → /etc/mysql/conf.d/");
  BOOST_TEST(drift("nginx", "worker_connections 768;", "worker_connections 7;") ==
             "lines[4]: worker_connections 768; → worker_connections 7;");
  BOOST_TEST(drift("logrotate", "weekly\n", "monthly\n") == "lines[0]: weekly → monthly");
  BOOST_TEST(
    drift("sudoers", "#1001\t", "#1002\t")
      .starts_with("lines[7]: #1001 ALL=(ALL) NOPASSWD: /usr/bin/systemctl restart app → #1002 "));
  BOOST_TEST(drift("yum", "enabled=0", "enabled=1") == "debuginfo.enabled: 0 → 1");
  BOOST_TEST(drift("coremail", "MaxClients = 500", "MaxClients = 50") ==
             "ReloadEnvironment.MaxClients: 500 → 50");
}

BOOST_AUTO_TEST_CASE(what_means_the_same_is_no_drift) {
  auto same = [](const std::string& name, std::string_view from, std::string_view to) {
    const auto& model = model_of(name);
    auto good = sample_of(name), other = good;
    BOOST_REQUIRE_MESSAGE(other.find(from) != other.npos, name);
    other.replace(other.find(from), from.size(), to);
    auto status = status_of(values_of(good, model.how), other, model);
    BOOST_TEST(to_string(status.state) == "SYNCHRONIZED", name + ": " + status.text());
  };
  same("sshd_config", "AcceptEnv LANG LC_*", "acceptenv   LANG   LC_*  # two");
  same("sysctl", "4096\t131072   6291456", "4096 131072 6291456");
  same("fstab", "ext4    errors", "ext4 errors");
  same("nginx", "\tworker_connections 768;\n", "  # so many\n  worker_connections 768;\n\n");
  same("hosts", "  # the database", "");
  same("my_cnf", "   # only here", "");
}

BOOST_AUTO_TEST_CASE(unknown_parts_have_line_and_a_near_name) {
  auto x =
    parse("Port 22\nPermitRotLogin no\nMatch User a\n  Colour red\n", model_of("sshd_config").how);
  BOOST_REQUIRE(x);
  auto unknown = unknown_in(*x, model_of("sshd_config"));
  BOOST_REQUIRE(unknown.size() == 2u);
  BOOST_TEST(unknown[0].text ==
             "line 2: unknown option 'PermitRotLogin', did you mean 'PermitRootLogin'?");
  BOOST_TEST(unknown[0].line == 2u);
  BOOST_TEST(unknown[1].line == 4u);
  BOOST_TEST(unknown[1].section == "Match User a");
  auto y = parse("[Default]\n[Defualt]\nx=1\n", model_of("coremail").how);
  BOOST_REQUIRE(y);
  auto sections = unknown_in(*y, model_of("coremail"));
  BOOST_REQUIRE(sections.size() == 1u);
  BOOST_TEST(sections[0].text == "line 2: unknown section 'Defualt', did you mean 'Default'?");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(registry_of_models)

namespace {

registry loaded(std::vector<model_file> files) {
  auto x = registry::load(files);
  BOOST_REQUIRE_MESSAGE(x.has_value(), (x ? "" : x.error().detail));
  return *x;
}

std::string refused(const std::string& name, const std::string& text) {
  auto x = read_model(name, text);
  BOOST_REQUIRE_MESSAGE(!x, text);
  BOOST_TEST((x.error() == ec::bad_request));
  return x.error().detail;
}

} // namespace

BOOST_AUTO_TEST_CASE(the_model_that_fits_best_is_taken) {
  auto all =
    loaded({{"a.yml", "feature: f\npath: /etc/x/*.conf\ntype: ini\n"},
            {"b.yml", "feature: f\npath: /etc/x/y.conf\ntype: json\n"},
            {"c.yml", "feature: f\npath: /etc/x/?.conf\nosType: openEuler\ntype: yaml\n"}});
  BOOST_TEST(all.find("/etc/x/a.conf", "debian")->name == "a");
  BOOST_TEST(all.find("/etc/x/y.conf", "debian")->name == "b");
  BOOST_TEST(all.find("/etc/x/y.conf", "OPENEULER")->name == "c");
  BOOST_TEST(all.find("/etc/x/y.conf")->name == "b");
  BOOST_TEST(all.find("/etc/x/a/b.conf") == nullptr);
  BOOST_TEST(all.find("/etc/x/y.conf2") == nullptr);
  BOOST_TEST(all.find("") == nullptr);
}

BOOST_AUTO_TEST_CASE(a_later_file_of_the_same_name_takes_the_place) {
  auto all = loaded({{"a.yml", "feature: f\npath: /etc/x\ntype: ini\n"},
                     {"sub/a.json", R"({"feature":"g","path":"/etc/y","type":"text"})"}});
  BOOST_REQUIRE(all.all().size() == 1u);
  BOOST_TEST(all.all()[0].feature == "g");
  BOOST_TEST(all.all()[0].origin == "sub/a.json");
}

BOOST_AUTO_TEST_CASE(faults_have_file_and_line) {
  BOOST_TEST(refused("a.yml", "feature: f\npath: /x\ntipe: ini\n") ==
             "a.yml:3: tipe: unknown, did you mean 'type'?");
  BOOST_TEST(refused("a.yml", "feature: f\npath: /x\ntype: imi\n") ==
             "a.yml:3: type: unknown type, did you mean 'ini'?");
  BOOST_TEST(
    refused("a.yml", "feature: f\npath: x\ntype: ini\n").starts_with("a.yml:2: path: must be"));
  BOOST_TEST(refused("a.yml", "feature: f\npath: /x\n") == "a.yml:1: type: is missing");
  BOOST_TEST(refused("a.yml", "path: /x\ntype: ini\n") == "a.yml:1: feature: is missing");
  BOOST_TEST(refused("a.yml", "feature: f\npath: /x\ntype: ini\nspacer: '-'\n")
               .starts_with("a.yml:4: spacer: "));
  BOOST_TEST(refused("a.yml", "feature: f\npath: /x\ntype: json\nspacer: '='\n") ==
             "a.yml:4: spacer: means nothing for the type json");
  BOOST_TEST(
    refused("a.yml", "feature: f\npath: /x\ntype: table\n").starts_with("a.yml:1: columns: "));
  BOOST_TEST(refused("a.yml", "feature: f\npath: /x\ntype: table\ncolumns: [a]\nkey: b\n") ==
             "a.yml:5: key: must be one of the columns");
  BOOST_TEST(refused("a.yml", "feature: f\npath: /x\ntype: ini\nsections:\n  a: [1]\n") ==
             "a.yml:5: sections.a: must be a list of texts");
  BOOST_TEST(refused("a.yml", "feature: [\n").starts_with("a.yml:"));
  BOOST_TEST(refused("a.txt", "") == "a.txt:1: the name must be NAME.yml, NAME.yaml or NAME.json");
  BOOST_TEST(refused("a.yml", "- x\n") == "a.yml:1: must be an object");
  std::vector<model_file> two = {{"a.yml", "x: 1\n"}, {"b.yml", "y: 1\n"}};
  auto x = registry::load(two);
  BOOST_REQUIRE(!x);
  BOOST_TEST(x.error().detail.starts_with("a.yml:1: x: unknown"));
  BOOST_TEST(x.error().detail.find("\nb.yml:1: y: unknown") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace models_test
