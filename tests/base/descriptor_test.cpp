#include "runtime/base/descriptor.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <fcntl.h>
#include <sys/resource.h>

namespace aops::base {

namespace {

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

std::array<int, 2> made_pipe() {
  std::array<int, 2> ends{};
  BOOST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  return ends;
}

} // namespace

BOOST_AUTO_TEST_SUITE(descriptors)

BOOST_AUTO_TEST_CASE(it_is_closed_once_by_whoever_holds_it_last) {
  auto ends = made_pipe();
  descriptor other{ends[1]};
  {
    descriptor first{ends[0]};
    descriptor second{std::move(first)};
    BOOST_TEST(!first);
    BOOST_TEST(second.get() == ends[0]);
    BOOST_TEST(is_open(ends[0]));
  }
  BOOST_TEST(!is_open(ends[0]));
  BOOST_TEST(is_open(ends[1]));
  BOOST_TEST(!descriptor{});
}

BOOST_AUTO_TEST_CASE(the_limit_of_files_becomes_the_hard_one) {
  rlimit before{};
  BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit low{64, before.rlim_max};
  BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
  raise_file_limit();
  rlimit now{};
  BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &now) == 0);
  BOOST_TEST(now.rlim_cur == before.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &before);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::base
