#include "actors/store/package_checking.hpp"
#include "actors/store/package_folder.hpp"
#include "actors/store/shipped_files.hpp"
#include "actors/store/shipped_templates.hpp"
#include "actors/store/template_reading.hpp"
#include "messages/roles/package.hpp"
#include "messages/roles/task.hpp"
#include "messages/roles/template.hpp"
#include "runtime/base/base64.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/json_values.hpp"
#include "runtime/base/tar_gz.hpp"
#include "tests/support/store_fixture.hpp"

#include <caf/all.hpp>

#include <filesystem>

namespace aops::actors {

namespace {

std::string archive(const std::string& manifest,
                    const std::string& playbook = "[{hosts: all, tasks: [{ping: {}}]}]",
                    const std::string& role = "- debug: {msg: '{{ port }}'}\n") {
  return tests::ok(base::tar_gz(
    {{"t/aops.yml", manifest}, {"t/site.yml", playbook}, {"t/roles/r/tasks/main.yml", role}}));
}

struct packages_fixture : tests::store_fixture {
  packages_fixture() {
    auto pattern = (std::filesystem::temp_directory_path() / "aops-packages-XXXXXX").string();
    BOOST_REQUIRE(::mkdtemp(pattern.data()));
    settings->data_dir = pattern;
  }
  ~packages_fixture() {
    end_all();
    std::filesystem::remove_all(settings->data_dir);
  }

  package_store_actor packages = of<package_store_actor>(package_store_name);
  template_store_actor templates = of<template_store_actor>(template_store_name);

  expected<package_uploaded> send(const std::string& name,
                                  std::string_view whole,
                                  size_t from,
                                  size_t size,
                                  const std::string& digest = {}) {
    package_piece x;
    x.package_name = name;
    x.sha256 = digest.empty() ? base::sha256_hex(whole) : digest;
    x.total_bytes = static_cast<int64_t>(whole.size());
    x.offset = static_cast<int64_t>(from);
    x.content = base::to_base64(whole.substr(from, size));
    return ask<package_uploaded>(packages, admin, x);
  }

  expected<template_imported> import(const std::string& name, bool replace = false) {
    template_package_to_import x{name};
    x.replace = replace;
    return ask<template_imported>(templates, admin, x);
  }

  std::string refusal(const expected<template_imported>& x) {
    BOOST_REQUIRE(!x);
    return x.error().detail;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(packages_and_templates, packages_fixture)

BOOST_AUTO_TEST_CASE(a_package_is_uploaded_in_pieces_and_unpacked_where_it_is_needed) {
  auto bytes = archive("name: t");
  BOOST_TEST(!tests::ok(send("p", bytes, 0, 100)).is_complete);
  auto last = tests::ok(send("p", bytes, 100, bytes.size()));
  BOOST_TEST(last.is_complete);
  BOOST_TEST(tests::ok(send("p", bytes, 0, 10)).is_complete); // It is there.
  auto page = tests::ok(ask<packages_page>(packages, admin, packages_query{}));
  BOOST_REQUIRE(page.package_infos.size() == 1u);
  BOOST_TEST(page.package_infos[0].is_template);
  BOOST_TEST(page.package_infos[0].files == 3);
  BOOST_TEST(tests::ok(ask<packages_page>(packages, other, packages_query{})).total_count == 0);
  auto folder = tests::ok(package_folder(*store, base::sha256_hex(bytes)));
  BOOST_TEST(std::filesystem::exists(folder.path + "/roles/r/tasks/main.yml"));
  BOOST_TEST((tests::failure_of(package_folder(*store, std::string(64, 'a'))) == ec::bad_request));
}

BOOST_AUTO_TEST_CASE(a_package_that_is_unpacked_makes_room) {
  auto bytes = archive("name: t");
  tests::ok(send("p", bytes, 0, bytes.size()));
  auto old = package_cache(*settings) + "/" + std::string(64, 'a');
  std::filesystem::create_directories(old);
  std::filesystem::last_write_time(
    old, std::filesystem::file_time_type::clock::now() - std::chrono::hours{24 * 31});
  tests::ok(package_folder(*store, base::sha256_hex(bytes)));
  BOOST_TEST(!std::filesystem::exists(old));
}

BOOST_AUTO_TEST_CASE(long_work_on_packages_takes_no_connection_from_others) {
  auto bytes = archive("name: t");
  std::vector<storage::database_pool::lease> lent;
  for (;;) {
    auto one = pool->read(0ms);
    if (!one)
      break;
    lent.push_back(std::move(*one));
  }
  BOOST_REQUIRE(!lent.empty());
  BOOST_TEST(tests::ok(send("p", bytes, 0, bytes.size())).is_complete);
  tests::ok(package_folder(*store, base::sha256_hex(bytes)));
}

BOOST_AUTO_TEST_CASE(of_an_upload_that_is_refused_nothing_stays) {
  auto bytes = archive("name: t");
  auto wrong = send("p", bytes, 0, bytes.size(), std::string(64, 'a'));
  BOOST_REQUIRE(!wrong);
  BOOST_TEST(wrong.error().detail.starts_with("sha256: the archive has another one"));
  auto broken = send("q", "no archive at all", 0, 100);
  BOOST_REQUIRE(!broken);
  BOOST_TEST(broken.error().detail == "the archive is neither tar.gz nor zip");
  settings->tasks.package_bytes = {10};
  BOOST_TEST(send("r", bytes, 0, 10).error().detail.starts_with("total_bytes: must not be more"));
  pass(1s);
  for (const auto* table : {"package", "package_upload", "package_archive", "package_chunk"})
    BOOST_TEST(count(std::string{"select count(*) from "} + table) == 0, table);
}

BOOST_AUTO_TEST_CASE(a_template_is_imported_from_its_package) {
  auto first = archive("{name: t, description: one, parameters: [{name: port, type: port}]}");
  tests::ok(send("p", first, 0, first.size()));
  auto made = tests::ok(import("p"));
  BOOST_TEST(made.template_name == "t");
  BOOST_TEST(made.version == 1);
  BOOST_TEST(made.warnings.empty());
  BOOST_TEST((tests::failure_of(import("p")) == ec::conflict));
  auto second = archive("{name: t}", "[{hosts: all, tasks: [{pakage: {}}]}]");
  tests::ok(send("q", second, 0, second.size()));
  auto again = tests::ok(import("q", true));
  BOOST_TEST(again.version == 2);
  BOOST_REQUIRE(again.warnings.size() == 2u);
  BOOST_TEST(again.warnings[0] ==
             "site.yml[0].tasks[0]: no module `pakage` is known here, did you mean 'package'?");
  BOOST_TEST(again.warnings[1] ==
             "roles/r/tasks/main.yml[0]: nothing defines `port`; it must come with `vars`");
  auto diff = tests::ok(ask<template_diff>(templates, admin, template_diff_query{"t", {}, {}}));
  BOOST_TEST(diff.from == 1);
  BOOST_TEST(diff.diff.starts_with("--- t version 1\n+++ t version 2\n"));
  BOOST_TEST(diff.diff.find("\n-        \"ping\": {}\n+        \"pakage\": {}\n") !=
             std::string::npos);
  auto versions =
    tests::ok(ask<template_versions_page>(templates, admin, template_versions_query{"t", {}, {}}));
  BOOST_TEST(versions.total_count == 2);
  BOOST_TEST(versions.versions.at(0).package_name == "q");
}

BOOST_AUTO_TEST_CASE(a_package_that_is_no_template_says_where) {
  auto plain = tests::ok(base::tar_gz({{"files/x", "1"}}));
  tests::ok(send("a", plain, 0, plain.size()));
  BOOST_TEST(refusal(import("a")) == "package_name: the package has no aops.yml");
  auto typo = archive("name: t\nparameters:\n  - name: port\n    tpye: port\n");
  tests::ok(send("b", typo, 0, typo.size()));
  BOOST_TEST(
    refusal(import("b")) ==
    "aops.yml.parameters[0].tpye: no such field, did you mean 'type'? (line 4, column 11)");
  auto broken = archive("name: t", "- hosts: all\n  tasks:\n    - name: nothing\n");
  tests::ok(send("c", broken, 0, broken.size()));
  BOOST_TEST(refusal(import("c")).starts_with("site.yml[0].tasks[0]: names no module (line 3"));
  auto garbled = archive("name: [");
  tests::ok(send("d", garbled, 0, garbled.size()));
  BOOST_TEST(refusal(import("d")).starts_with("aops.yml: no valid YAML, line 1"));
  BOOST_TEST(refusal(import("none")) == "package_name: no such package");
}

BOOST_AUTO_TEST_CASE(what_aliases_make_of_all_files_of_a_package_is_limited_together) {
  std::string thousand = "- &a [1";
  for (int i = 1; i < 1000; ++i)
    thousand += ",1";
  thousand += "]\n";
  auto times = [&](int n) {
    auto text = thousand;
    for (int i = 1; i < n; ++i)
      text += "- *a\n";
    return text;
  };
  auto warnings = [&](int n) {
    std::map<std::string, std::string> texts{{"aops.yml", "name: t"},
                                             {"site.yml", "[{hosts: all, tasks: [{ping: {}}]}]"},
                                             {"roles/a/vars/main.yml", times(n)},
                                             {"roles/b/vars/main.yml", times(n)},
                                             {"roles/r/tasks/main.yml", "[{pakage: {}}]"}};
    std::string listing;
    auto object = base::json::object();
    for (const auto& [name, text] : texts) {
      listing += "1 1 " + name + "\n";
      object[name] = text;
    }
    return tests::ok(read_package(template_package_to_import{"t"},
                                  {1, std::string(64, 'a'), "1", listing, object.dump()}))
      .warnings.size();
  };
  BOOST_TEST(warnings(10) == 1u);
  BOOST_TEST(warnings(600) == 0u); // The rest is not read: in doubt no warning.
}

BOOST_AUTO_TEST_CASE(variables_of_a_task_are_judged_by_its_templates) {
  auto tasks = of<task_store_actor>(task_store_name);
  template_to_import x{"t", json_text{R"([{"hosts":"all"}])"}, ""};
  x.parameters = json_text{R"([{"name":"port","type":"port"},{"name":"word","type":"secret"}])"};
  tests::ok(ask<template_imported>(templates, admin, x));
  auto generate = [&](const char* vars) {
    deploy_task_to_generate task;
    task.task_name = "one";
    task.template_name = {"t"};
    task.vars = json_text{vars};
    auto made = ask<deploy_task_generated>(tasks, admin, task);
    return made ? std::string{} : made.error().detail;
  };
  BOOST_TEST(generate(R"({"port":80})") == "");
  BOOST_TEST(generate(R"({"port":0})") == "vars.port: must be a port, from 1 to 65535");
  BOOST_TEST(generate(R"({"prot":80})").starts_with("vars.prot: is no parameter"));
  BOOST_TEST(generate(R"({"word":"x"})").starts_with("vars.word: is a secret"));
  x.template_name = "u";
  x.parameters = json_text{R"([{"name":"port","type":"prt"}])"};
  auto refused = ask<template_imported>(templates, admin, x);
  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().detail.starts_with("parameters[0].type: must be one of"));
}

BOOST_AUTO_TEST_CASE(templates_that_come_with_aops_can_be_had_and_are_never_overwritten) {
  auto names = shipped_template_names();
  BOOST_TEST(names.size() >= 15u);
  auto give = [&](std::vector<std::string> of) {
    return ask<shipped_templates_imported>(
      templates, admin, shipped_templates_to_import{std::move(of)});
  };
  tests::ok(ask<template_imported>(
    templates, admin, template_to_import{"kafka", json_text{R"([{"hosts":"all"}])"}, "mine"}));
  auto first = tests::ok(give({}));
  BOOST_TEST(first.imported.size() == names.size() - 1);
  BOOST_TEST(first.changed_by_user.at(0) == "kafka");
  auto again = tests::ok(give({}));
  BOOST_TEST(again.imported.empty());
  BOOST_TEST(again.unchanged.size() == names.size() - 1);
  auto none = give({"kafka", "nothing"});
  BOOST_REQUIRE(!none);
  BOOST_TEST(none.error().detail == "template_list[1]: no template of this name comes with aops");
}

// In doubt no warning: what aops itself ships has none.
BOOST_AUTO_TEST_CASE(templates_that_come_with_aops_are_not_warned_of) {
  std::map<std::string, std::vector<base::packed_file>> all;
  for (const auto& x : shipped_files())
    all[std::string{x.of}].push_back({std::string{x.name}, std::string{x.content}});
  for (const auto& [name, files] : all) {
    auto bytes = tests::ok(base::tar_gz(files));
    auto facts = tests::ok(examine(source_of(bytes), {}));
    auto read = tests::ok(read_package(template_package_to_import{name},
                                       {1, facts.digest, "1", facts.listing, facts.texts}));
    BOOST_TEST(read.row.name == name);
    BOOST_TEST(fmt::format("{}", fmt::join(read.warnings, "\n")) == "", name);
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
