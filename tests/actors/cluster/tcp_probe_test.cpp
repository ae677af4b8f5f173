#include "actors/cluster/tcp_probe.hpp"

#include <boost/test/unit_test.hpp>

#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace aops::actors {

namespace {

/// A port of loopback that nobody else has; it listens only when told to.
class own_port {
public:
  own_port() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    auto* address = reinterpret_cast<sockaddr*>(&at);
    if (fd_ < 0 || ::bind(fd_, address, size) != 0 || ::getsockname(fd_, address, &size) != 0)
      throw std::runtime_error("no port");
    port_ = ntohs(at.sin_port);
  }
  ~own_port() { ::close(fd_); }
  own_port(const own_port&) = delete;
  own_port& operator=(const own_port&) = delete;

  void listen() { ::listen(fd_, 1); }
  std::string of(const std::string& host) const { return host + ':' + std::to_string(port_); }

private:
  int fd_;
  uint16_t port_ = 0;
};

} // namespace

BOOST_AUTO_TEST_SUITE(tcp_probe)

BOOST_AUTO_TEST_CASE(a_port_where_nobody_listens_refuses_and_one_where_somebody_does_not) {
  own_port port;
  BOOST_TEST(refuses_connections(port.of("127.0.0.1")));
  port.listen();
  BOOST_TEST(!refuses_connections(port.of("127.0.0.1")));
}

BOOST_AUTO_TEST_CASE(what_is_no_address_or_does_not_answer_refuses_nothing) {
  own_port port;
  BOOST_TEST(!refuses_connections(""));
  BOOST_TEST(!refuses_connections("127.0.0.1"));
  BOOST_TEST(!refuses_connections("127.0.0.1:no-port"));
  BOOST_TEST(!refuses_connections("no-such-host.invalid:80"));
  BOOST_TEST(!refuses_connections(port.of("0.0.0.0"))); // That is this machine, not the peer's.
  port.listen(); // A full queue swallows what comes: silence.
  for (int i = 0; i < 8; ++i)
    refuses_connections(port.of("127.0.0.1"), std::chrono::milliseconds{20});
  BOOST_TEST(!refuses_connections(port.of("127.0.0.1"), std::chrono::milliseconds{20}));
}

BOOST_AUTO_TEST_CASE(an_address_of_six_in_brackets_is_understood) {
  own_port port; // Nobody has it on the other family either, or the machine has none.
  BOOST_CHECK_NO_THROW(refuses_connections(port.of("[::1]")));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
