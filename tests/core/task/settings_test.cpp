#include "runtime/base/yaml.hpp"
#include "runtime/core/task/settings.hpp"
#include "tests/support/outcome.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>

namespace settings_test {

using namespace aops;
using namespace aops::tests;

namespace {

base::json yaml(std::string_view text) {
  return base::json::parse(ok(base::parse_yaml(text)).dump());
}

struct row {
  const char *given, *why; ///< `why` is empty where it is legal.
  friend std::ostream& operator<<(std::ostream& out, const row& x) { return out << x.given; }
};

const row declarations[] = {
  {"[{name: a}]", ""},
  {"[{name: a, type: port, default: 2181}]", ""},
  {"[{name: a, type: int, min: 1, max: 9, default: '5'}]", ""},
  {"[{name: a, type: path, default: ''}]", ""},
  {"[{name: a, type: choice, choices: [x, 1], default: 1}]", ""},
  {"[{name: a, type: list, default: [], max: 3}]", ""},
  {"[{name: a, type: secret, required: true}]", ""},
  {"{}", "p: must be a list"},
  {"[a]", "p[0]: must be an object"},
  {"[{type: int}]", "p[0].name: is missing"},
  {"[{name: 1a}]", "p[0].name: must be letters"},
  {"[{name: ansible_user}]", "p[0].name: belongs to Ansible"},
  {"[{name: a}, {name: a}]", "p[1].name: appears twice"},
  {"[{name: a, defualt: 1}]", "p[0].defualt: no such field, did you mean 'default'?"},
  {"[{name: a, type: integer}]", "p[0].type: must be one of string, int"},
  {"[{name: a, type: int, default: x}]", "p[0].default: must be a whole number"},
  {"[{name: a, type: int, min: 2, default: 1}]", "p[0].default: must be at least 2"},
  {"[{name: a, type: int, min: 2, max: 1}]", "p[0].max: is less than `min`"},
  {"[{name: a, type: bool, min: 1}]", "p[0].min: means nothing for this type"},
  {"[{name: a, type: choice}]", "p[0].choices: is missing"},
  {"[{name: a, type: choice, choices: [x], default: y}]", "p[0].default: must be one of x"},
  {"[{name: a, type: list, choices: [x]}]", "p[0].choices: means nothing for this type"},
  {"[{name: a, type: secret, default: x}]", "p[0].default: a secret has none"},
  {"[{name: a, type: port, default: 65536}]", "p[0].default: must be a port, from 1 to 65535"},
  {"[{name: a, type: path, default: etc}]", "p[0].default: must be an absolute path"},
  {"[{name: a, type: path, default: /etc/../x}]", "p[0].default: must be an absolute path"},
};

const char* const all_of_them = R"(
- {name: port, type: port, default: 80}
- {name: kind, type: choice, choices: [one, many]}
- {name: word, type: string, max: 5}
- {name: hosts, type: list, min: 1}
- {name: is_on, type: bool}
- {name: password, type: secret, required: true}
)";

const row values[] = {
  {"{port: 8080, kind: many, word: short, hosts: [a], is_on: yes}", ""},
  {"{port: '8080', is_on: true}", ""},
  {"{}", ""},
  {"{port: http}", "vars.port: must be a whole number"},
  {"{kind: few}", "vars.kind: must be one of one, many"},
  {"{word: too long}", "vars.word: must have a length of at most 5"},
  {"{hosts: []}", "vars.hosts: must have a length of at least 1"},
  {"{is_on: maybe}", "vars.is_on: must be true or false"},
  {"{prot: 1}", "vars.prot: is no parameter of these templates, did you mean 'port'?"},
  {"{password: x}", "vars.password: is a secret, which is not kept"},
  {"[]", "vars: must be an object"},
};

} // namespace

BOOST_AUTO_TEST_SUITE(settings_of_templates)

BOOST_DATA_TEST_CASE(parameters_are_judged_when_declared,
                     boost::unit_test::data::make(declarations),
                     x) {
  auto read = task::parameters_of(yaml(x.given), "p");
  auto text = read ? std::string{} : read.error().detail;
  BOOST_TEST((*x.why ? text.starts_with(x.why) : text.empty()), text);
}

BOOST_DATA_TEST_CASE(values_that_are_kept_are_judged, boost::unit_test::data::make(values), x) {
  auto all = ok(task::parameters_of(yaml(all_of_them), "p"));
  auto fine = task::check_values(all, true, yaml(x.given), "vars", task::check_for::keeping);
  auto text = fine ? std::string{} : fine.error().detail;
  BOOST_TEST((*x.why ? text.starts_with(x.why) : text.empty()), text);
}

BOOST_AUTO_TEST_CASE(a_run_needs_what_is_required_and_tells_no_secret) {
  auto all = ok(task::parameters_of(yaml(all_of_them), "p"));
  auto missing = task::check_values(all, true, yaml("{}"), "vars", task::check_for::running);
  BOOST_REQUIRE(!missing);
  BOOST_TEST(missing.error().detail == "vars.password: is missing");
  ok(task::check_values(all, true, yaml("{password: x}"), "vars", task::check_for::running));
  all.back().max = 3;
  auto wrong =
    task::check_values(all, true, yaml("{password: sesame}"), "vars", task::check_for::running);
  BOOST_REQUIRE(!wrong);
  BOOST_TEST(wrong.error().detail.find("sesame") == std::string::npos);
  BOOST_TEST(task::defaults_of(all).dump() == R"({"port":80})");
  BOOST_TEST(task::secret_names(all).at(0) == "password");
}

BOOST_AUTO_TEST_CASE(other_variables_are_refused_only_where_all_templates_say_what_they_take) {
  auto silent = ok(task::declared_by({R"({"parameters":[{"name":"a"}]})", ""}));
  BOOST_TEST(!silent.only);
  ok(task::check_values(silent.all, silent.only, yaml("{b: 1}"), "vars", task::check_for::keeping));
  BOOST_TEST(ok(task::declared_by({R"({"parameters":[]})"})).only);
  BOOST_TEST(!ok(task::declared_by({})).only);
  // One that two templates declare must fit both.
  auto both = ok(task::declared_by(
    {R"({"parameters":[{"name":"a","max":3}]})", R"({"parameters":[{"name":"a","max":2}]})"}));
  BOOST_TEST(
    !task::check_values(both.all, both.only, yaml("{a: abc}"), "vars", task::check_for::keeping));
}

BOOST_AUTO_TEST_CASE(a_manifest_says_what_a_template_is) {
  auto read = ok(task::manifest_of(yaml(R"(
name: zookeeper
description: One ZooKeeper.
version: 1.5
idempotent: true
after: [node_exporter]
families: [debian]
timeout: 10m
parameters: [{name: port, type: port}]
)"),
                                   "aops.yml"));
  BOOST_TEST(read.name == "zookeeper");
  BOOST_TEST(read.version == "1.5");
  BOOST_TEST(read.playbook == "site.yml");
  BOOST_TEST(*read.settings.timeout_ms == 600'000);
  auto again = ok(task::read_settings(read.settings_text));
  BOOST_TEST(*again.is_idempotent);
  BOOST_TEST(again.after.at(0) == "node_exporter");
  BOOST_TEST(again.parameters.at(0).name == "port");
  BOOST_TEST(task::settings_text(yaml("{name: x}")) == "");
}

BOOST_AUTO_TEST_CASE(a_manifest_that_is_wrong_names_the_field) {
  for (const auto& [text, why] : std::initializer_list<std::pair<const char*, const char*>>{
         {"[]", "aops.yml: must be an object"},
         {"{version: 1}", "aops.yml.name: is missing"},
         {"{name: x, playbok: y}", "aops.yml.playbok: no such field, did you mean 'playbook'?"},
         {"{name: x, idempotent: maybe}", "aops.yml.idempotent: must be true or false"},
         {"{name: x, after: y}", "aops.yml.after: must be a list"},
         {"{name: x, after: [y, y]}", "aops.yml.after[1]: appears twice"},
         {"{name: x, families: [suse]}", "aops.yml.families[0]: must be debian or redhat"},
         {"{name: x, timeout: 10x}", "aops.yml.timeout: must be from 1s to 7d"},
         {"{name: x, timeout: 0}", "aops.yml.timeout: must be from 1s to 7d"},
         {"{name: x, parameters: [{}]}", "aops.yml.parameters[0].name: is missing"}}) {
    auto read = task::manifest_of(yaml(text), "aops.yml");
    BOOST_REQUIRE(!read);
    BOOST_TEST(read.error().detail.starts_with(why), read.error().detail);
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace settings_test
