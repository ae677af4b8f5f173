#include "actors/cluster/connect_attempt.hpp"

#include "runtime/base/descriptor.hpp"

#include <cerrno>
#include <poll.h>
#include <sys/socket.h>

namespace aops::actors {

int connect_attempt(const addrinfo& to, std::chrono::milliseconds patience) {
  base::descriptor s{
    ::socket(to.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, to.ai_protocol)};
  if (!s)
    return errno;
  if (::connect(s.get(), to.ai_addr, to.ai_addrlen) == 0)
    return 0;
  if (errno != EINPROGRESS)
    return errno;
  pollfd event{s.get(), POLLOUT, 0};
  if (::poll(&event, 1, static_cast<int>(patience.count())) != 1)
    return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(s.get(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

} // namespace aops::actors
