#include "runtime/core/promql/result_json.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

namespace result_json_test {

using namespace aops::promql;

BOOST_AUTO_TEST_SUITE(result_json)

BOOST_AUTO_TEST_CASE(values_are_texts_in_the_form_of_go) {
  BOOST_TEST(value_text(0) == "0");
  BOOST_TEST(value_text(-0.0) == "-0");
  BOOST_TEST(value_text(0.1) == "0.1");
  BOOST_TEST(value_text(12345678) == "12345678");
  BOOST_TEST(value_text(1e20) == "100000000000000000000");
  BOOST_TEST(value_text(1e21) == "1e+21");
  BOOST_TEST(value_text(0.000001) == "0.000001");
  BOOST_TEST(value_text(1.5e-7) == "1.5e-07");
  BOOST_TEST(value_text(std::nan("")) == "NaN");
  BOOST_TEST(value_text(std::numeric_limits<double>::infinity()) == "+Inf");
  BOOST_TEST(value_text(-std::numeric_limits<double>::infinity()) == "-Inf");
}

BOOST_AUTO_TEST_CASE(a_vector_has_the_time_of_its_query) {
  result x;
  x.vector = {{{{"__name__", "up"}, {"host", "a\"b"}}, 1}, {{}, 0.5}};
  BOOST_TEST(
    to_json(x, 1500) ==
    R"({"resultType":"vector","result":[{"metric":{"__name__":"up","host":"a\"b"},"value":[1.500,"1"]},)"
    R"({"metric":{},"value":[1.500,"0.5"]}]})");
}

BOOST_AUTO_TEST_CASE(a_matrix_has_the_times_of_its_points) {
  result x;
  x.type = value_type::matrix;
  x.matrix = {{{{"a", "b"}}, {{-1, 1}, {0, 2}, {2000, 3}, {2005, 4}}}};
  BOOST_TEST(
    to_json(x, 0) ==
    R"({"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[[-0.001,"1"],[0,"2"],[2,"3"],[2.005,"4"]]}]})");
  BOOST_TEST(json_bytes(x) >= to_json(x, 0).size());
}

BOOST_AUTO_TEST_CASE(scalars_and_texts_are_a_pair) {
  result x;
  x.type = value_type::scalar;
  x.scalar = 3;
  BOOST_TEST(to_json(x, 1000) == R"({"resultType":"scalar","result":[1,"3"]})");
  x.type = value_type::text;
  x.text = "hé\n";
  BOOST_TEST(to_json(x, 1000) == R"({"resultType":"string","result":[1,"hé\n"]})");
}

BOOST_AUTO_TEST_CASE(so_many_series_are_left) {
  result x;
  x.vector.resize(3);
  BOOST_TEST(!truncate(x, 3));
  BOOST_TEST(truncate(x, 2));
  BOOST_TEST(x.vector.size() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace result_json_test
