#include "messages/check.hpp"
#include "messages/data.hpp"
#include "messages/diag.hpp"
#include "messages/task.hpp"
#include "messages/template.hpp"
#include "runtime/base/json_codec.hpp"

#include <boost/test/unit_test.hpp>

namespace request_rules_test {

using namespace aops;
using base::json;

namespace {

/// Why a body is refused before anybody asks who sends it; empty: it is not.
template <class Request>
std::string refused(const char* body) {
  auto read = base::decode<Request>(json::parse(body));
  return read ? std::string{} : read.error().detail;
}

} // namespace

BOOST_AUTO_TEST_SUITE(request_rules)

BOOST_AUTO_TEST_CASE(a_body_that_is_no_object_is_refused) {
  for (const auto* body : {"[2, 1]", "7", "null", "\"x\""}) {
    BOOST_TEST(!refused<rules_to_import>(body).empty());
    BOOST_TEST(!refused<template_to_import>(body).empty());
  }
}

BOOST_AUTO_TEST_CASE(a_name_twice_in_one_import_refuses_all_of_it) {
  BOOST_TEST(refused<rules_to_import>(
               R"({"check_items": [{"check_item": "a", "data_list": [], "condition": "$0>1"},
                                   {"check_item": "a", "data_list": [], "condition": "$0>2"}]})") ==
             "check_items[1].check_item: appears twice in this request");
  BOOST_TEST(refused<trees_to_import>(
               R"({"trees": [{"tree_name": "t", "tree_content": {"x": 1}, "description": ""},
                             {"tree_name": "t", "tree_content": {"x": 1}, "description": ""}]})") ==
             "trees[1].tree_name: appears twice in this request");
}

BOOST_AUTO_TEST_CASE(a_placeholder_is_no_tree) {
  for (const auto* content : {"{}", "null", "7", "[]", "[1]", "\"text\""}) {
    auto body =
      std::string{R"({"trees": [{"tree_name": "t", "description": "", "tree_content": )"} +
      content + "}]}";
    BOOST_TEST(refused<trees_to_import>(body.c_str()).starts_with("trees[0].tree_content: "));
  }
}

BOOST_AUTO_TEST_CASE(a_template_is_a_list_or_an_object_with_something_in_it) {
  auto judge = [](const std::string& content) {
    auto body = R"({"template_name": "t", "description": "", "template_content": )" + content + "}";
    return refused<template_to_import>(body.c_str());
  };
  BOOST_TEST(judge(R"([{"hosts": "all"}])") == "");
  BOOST_TEST(judge(R"({"hosts": "all"})") == "");
  for (const auto* content : {"{}", "null", "7", "[]", "\"text\"", "true"})
    BOOST_TEST(judge(content).starts_with("template_content: "), content);
}

BOOST_AUTO_TEST_CASE(steps_and_variables_have_their_form) {
  auto judge = [](const std::string& more) {
    auto body = R"({"task_name": "t", "description": "", "template_name": ["p"], )" + more + "}";
    return refused<deploy_task_to_generate>(body.c_str());
  };
  BOOST_TEST(judge(R"("steps": {"p": {}}, "vars": {})") == "");
  BOOST_TEST(judge(R"("steps": 1)").starts_with("steps: "));
  BOOST_TEST(judge(R"("steps": [])").starts_with("steps: "));
  BOOST_TEST(judge(R"("vars": [])") == "vars: must be an object");
}

BOOST_AUTO_TEST_CASE(a_deletion_of_results_says_which) {
  BOOST_TEST(refused<results_to_delete>("{}") == "time_range: nothing says which results");
  BOOST_TEST(refused<results_to_delete>(R"({"time_range": [1, 2]})") == "");
  BOOST_TEST(refused<results_to_delete>(R"({"host_list": []})") == "");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace request_rules_test
