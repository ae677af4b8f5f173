#define BOOST_TEST_MODULE aops
#include <boost/test/unit_test.hpp>
