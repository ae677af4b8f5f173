#include "tests/cli/aops/support/command_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

namespace aops::cli {

namespace {

struct query_fixture : tests::command_fixture {
  static json metric(const char* host) { return {{"__name__", "load"}, {"host", host}}; }
  static json vector_reply() {
    return {{"status", "success"},
            {"data",
             {{"resultType", "vector"},
              {"result",
               json::array({{{"metric", metric("web1")}, {"value", {1709294400, "0.5"}}},
                            {{"metric", metric("we\"b2")}, {"value", {1709294400, "+Inf"}}}})}}},
            {"warnings", {"something is odd"}}};
  }
  static json matrix_reply() {
    return {
      {"status", "success"},
      {"data",
       {{"resultType", "matrix"},
        {"result",
         json::array({{{"metric", metric("web1")},
                       {"values", json::array({{1709290800, "3"}, {1709290860.5, "1"}})}}})}}}};
  }
  void answer(const std::string& path, const json& reply, int status = 200) {
    node.answer_http(path, status, reply.dump());
  }
  std::string target(const std::string& path) { return node.last(path).target; }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(query_verb_suite, query_fixture)

BOOST_AUTO_TEST_CASE(one_time_is_now_unless_it_is_named) {
  answer("/api/v1/query", vector_reply());
  BOOST_TEST(run({"query", "load{a=\"b c\"} + 1"}) == 0);
  BOOST_TEST(target("/api/v1/query") ==
             "/api/v1/query?query=load%7Ba%3D%22b%20c%22%7D%20%2B%201&time=1709294400");
  BOOST_TEST(node.last("/api/v1/query").token == "t");
  BOOST_TEST(printed()["result"] == vector_reply()["data"]["result"]); // Into a pipe it is JSON.
  BOOST_TEST(told("something is odd"));
  BOOST_TEST(run({"query", "load", "--time", "2024-03-01T10:15Z"}) == 0);
  BOOST_TEST(target("/api/v1/query").ends_with("&time=1709288100"));
  BOOST_TEST(run({"query", "load", "--exit-code"}) == 10);
}

BOOST_AUTO_TEST_CASE(rows_are_for_people_and_for_tables) {
  answer("/api/v1/query", vector_reply());
  BOOST_TEST(run({"query", "load", "-o", "table"}) == 0);
  BOOST_TEST(shown("load{host=\"web1\"}"));
  BOOST_TEST(shown("2024-03-01 12:00:00"));
  out.str({});
  BOOST_TEST(run({"query", "load", "-o", "csv", "--filter", "value<1"}) == 0);
  BOOST_TEST(shown("series,time,value\n"));
  BOOST_TEST(shown("load{host=\"\"web1\"\"}"));
  BOOST_TEST(!shown("Inf"));
  out.str({});
  BOOST_TEST(run({"query", "load", "-o", "name"}) == 0);
  BOOST_TEST(out.str() == "load{host=\"web1\"}\nload{host=\"we\\\"b2\"}\n");
}

BOOST_AUTO_TEST_CASE(a_scalar_is_one_row) {
  answer("/api/v1/query",
         {{"status", "success"}, {"data", {{"resultType", "scalar"}, {"result", {1, "2"}}}}});
  BOOST_TEST(run({"query", "2", "-o", "csv"}) == 0);
  BOOST_TEST(shown(",2\n"));
}

BOOST_AUTO_TEST_CASE(a_range_has_steps) {
  answer("/api/v1/query_range", matrix_reply());
  BOOST_TEST(run({"query", "load", "--last", "1h", "-o", "table"}) == 0);
  BOOST_TEST(target("/api/v1/query_range") ==
             "/api/v1/query_range?query=load&start=1709290800&end=1709294400&step=14");
  BOOST_TEST(shown("| load{host=\"web1\"} |"));
  out.str({});
  BOOST_TEST(run({"query", "load", "--step", "5m", "-o", "csv"}) == 0);
  BOOST_TEST(target("/api/v1/query_range").ends_with("&step=300"));
  std::string lines = out.str();
  BOOST_TEST(std::count(lines.begin(), lines.end(), '\n') == 3); // The names, and two points.
  BOOST_TEST(run({"query", "load", "--step", "5m", "--time", "2024-03-01T10:15Z"}) == 2);
  BOOST_TEST(run({"query"}) == 2);
}

BOOST_AUTO_TEST_CASE(what_the_node_says_is_told) {
  answer("/api/v1/query",
         {{"status", "error"}, {"errorType", "bad_data"}, {"error", "1:4: parse error: no"}},
         400);
  BOOST_TEST(run({"query", "up["}) == 1);
  BOOST_TEST(told("1:4: parse error: no"));
  answer("/api/v1/query_range",
         {{"status", "error"}, {"errorType", "unauthorized"}, {"error", "unauthorized"}},
         401);
  BOOST_TEST(run({"query", "up", "--last", "1h"}) == 1);
  BOOST_TEST(told("aops login"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::cli
