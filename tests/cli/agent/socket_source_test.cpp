#include "cli/agent/socket_source.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace socket_source_test {

using namespace aops;
using agent::socket_source;

namespace {

/// A port of this machine that this test listens at.
struct listening_socket {
  base::descriptor fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  uint16_t port = 0;
  uint32_t inode = 0;

  listening_socket() {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    BOOST_REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
    BOOST_REQUIRE(::listen(fd.get(), 1) == 0);
    BOOST_REQUIRE(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&at), &size) == 0);
    port = ntohs(at.sin_port);
    struct stat about {};
    BOOST_REQUIRE(::fstat(fd.get(), &about) == 0);
    inode = static_cast<uint32_t>(about.st_ino);
  }
};

bool is_found(const std::vector<sockets::socket_row>& rows, const listening_socket& x) {
  return std::any_of(rows.begin(), rows.end(), [&](const auto& row) {
    return row.state == sockets::state_listen && row.local_port == x.port && row.inode == x.inode;
  });
}

} // namespace

BOOST_AUTO_TEST_SUITE(socket_sources)

BOOST_AUTO_TEST_CASE(both_ways_find_the_same) {
  listening_socket here;
  std::vector<sockets::socket_row> rows;
  socket_source kernel;
  auto done = kernel.read(rows);
  BOOST_REQUIRE_MESSAGE(done, (done ? std::string{} : done.error().detail));
  BOOST_TEST(*done);
  BOOST_TEST(is_found(rows, here));
  socket_source files{"/proc", false};
  BOOST_TEST(!files.has_figures());
  BOOST_REQUIRE(bool(files.read(rows)));
  BOOST_TEST(is_found(rows, here));
}

BOOST_AUTO_TEST_CASE(without_either_it_is_told) {
  std::vector<sockets::socket_row> rows;
  auto done = socket_source{"/nowhere", false}.read(rows);
  BOOST_REQUIRE(!done);
  BOOST_TEST(bool(done.error() == ec::not_found));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace socket_source_test
