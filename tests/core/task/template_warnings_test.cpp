#include "runtime/base/yaml.hpp"
#include "runtime/core/task/jinja_names.hpp"
#include "runtime/core/task/modules.hpp"
#include "runtime/core/task/template_warnings.hpp"
#include "tests/support/outcome.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

namespace template_warnings_test {

using namespace aops;
using namespace aops::tests;

namespace {

base::json yaml(std::string_view text) {
  return base::json::parse(ok(base::parse_yaml(text)).dump());
}

std::string names(std::string_view text) {
  return fmt::format("{}", fmt::join(task::names_read(text), " "));
}

task::template_parts playbook(std::string_view text,
                              std::map<std::string, std::string> files = {}) {
  task::template_parts x;
  x.playbook = yaml(text);
  x.playbook_name = "site.yml";
  for (const auto& [name, content] : files) {
    x.files.emplace(name, yaml(content));
    x.names.insert(name);
  }
  return x;
}

std::string warnings(const task::template_parts& x) {
  return fmt::format("{}", fmt::join(task::warnings_of(x), "\n"));
}

} // namespace

BOOST_AUTO_TEST_SUITE(warnings_of_templates)

BOOST_AUTO_TEST_CASE(names_that_expressions_read) {
  BOOST_TEST(names("{{ a }}/{{b.c['d']}} e") == "a b");
  BOOST_TEST(names("{{ a | join(sep) ~ 'text {{ x' }}") == "a sep");
  BOOST_TEST(names("{{ a if b is not none else c[0] }}") == "a b c");
  BOOST_TEST(names("{{ x | map(attribute='y', default=z) }}") == "x z");
  BOOST_TEST(names("{{ lookup('env', home) + range(n) | list }}") == "home n");
  BOOST_TEST(names("{{ a | default(b) }} {{ c is defined }} {{ d }}") == "d");
  BOOST_TEST(names("{% for x in y %}{{ x }}{% endfor %}") == "");
  BOOST_TEST(names("{{ a == b and f(k=v) }}") == "a b v");
  BOOST_TEST(names("{{ never ends") == "never ends");
  BOOST_TEST(names("{{ 'it\\'s' + a }}") == "a");
}

BOOST_AUTO_TEST_CASE(modules_are_known_by_short_and_by_full_names) {
  for (const auto* name : {"package",
                           "ansible.builtin.package",
                           "ansible.legacy.copy",
                           "mysql_user",
                           "community.mysql.mysql_user",
                           "ansible.posix.firewalld",
                           "set_fact"})
    BOOST_TEST(task::is_module(name), name);
  BOOST_TEST(!task::is_module("ansible.builtin.pakage"));
  BOOST_TEST(!task::is_module("no.such.collection"));
  BOOST_TEST(task::nearest_module("ansible.builtin.pakage") == ", did you mean 'package'?");
}

BOOST_AUTO_TEST_CASE(an_unknown_module_is_told_with_its_place) {
  auto x = playbook(R"(
- hosts: all
  tasks:
    - pakage: {name: x}
    - block:
        - ansible.builtin.copyy: {dest: /x}
    - my_own: {a: 1}
)");
  x.names.insert("library/my_own.py");
  BOOST_TEST(warnings(x) ==
             "site.yml[0].tasks[0]: no module `pakage` is known here, did you mean 'package'?\n"
             "site.yml[0].tasks[1].block[0]: no module `ansible.builtin.copyy` is known here, did "
             "you mean 'copy'?");
}

BOOST_AUTO_TEST_CASE(a_variable_that_nothing_defines_is_told) {
  BOOST_TEST(warnings(playbook(R"(
- hosts: all
  vars: {port: 1, other: "{{ prot }}"}
  tasks:
    - debug: {msg: "{{ port }} {{ item }} {{ ansible_facts.os_family }} {{ inventory_hostname }}"}
      loop: [1]
    - command: id
      register: found
    - debug: {msg: "{{ found.stdout }}"}
    - set_fact: {later: 1}
    - debug: {msg: "{{ later }} {{ maybe | default(1) }}"}
    - debug: {msg: "{{ x }}"}
      vars: {x: 1}
    - debug: {msg: "{{ one }}"}
      loop: [1]
      loop_control: {loop_var: one}
)")) == "site.yml[0].vars: nothing defines `prot`; it must come with `vars`");
}

BOOST_AUTO_TEST_CASE(roles_of_the_package_define_and_read_too) {
  std::map<std::string, std::string> files{
    {"roles/r/tasks/main.yml",
     "- ansible.builtin.include_tasks: '{{ kind }}.yml'\n"
     "- debug: {msg: '{{ size }} {{ typo }}'}\n"},
    {"roles/r/defaults/main.yml", "size: 1\nkind: install\n"},
    {"roles/r/tasks/install.yml", "- copy: {dest: '{{ from_parameter }}'}\n"},
    {"roles/r/templates/x.yml", "{a: '{{ not_ours }}'}"}};
  auto x = playbook("[{hosts: all, roles: [r]}]", files);
  task::parameter p;
  p.name = "from_parameter";
  x.parameters = {p};
  BOOST_TEST(warnings(x) ==
             "roles/r/tasks/main.yml[1]: nothing defines `typo`; it must come with `vars`");
}

BOOST_AUTO_TEST_CASE(in_doubt_nothing_is_said) {
  for (const auto* text :
       {"[{hosts: all, roles: [elsewhere], tasks: [{debug: {msg: '{{ x }}'}}]}]",
        "[{hosts: all, vars_files: [gone.yml], tasks: [{debug: {msg: '{{ x }}'}}]}]",
        "[{hosts: all, tasks: [{include_vars: {dir: v}}, {debug: {msg: '{{ x }}'}}]}]",
        "[{hosts: all, tasks: [{import_tasks: t.yml}, {debug: {msg: '{{ x }}'}}]}]",
        "[{hosts: all, collections: [a.b], tasks: [{pakage: {name: x}}]}]"})
    BOOST_TEST(warnings(playbook(text)) == "", text);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace template_warnings_test
