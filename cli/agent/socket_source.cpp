#include "cli/agent/socket_source.hpp"

#include "runtime/core/sockets/diag_reply.hpp"
#include "runtime/core/sockets/proc_text.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <linux/netlink.h>
#include <memory>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace aops::agent {

namespace {

/// The kernel fills 32 KiB at most.
constexpr size_t diag_buffer = size_t{32} << 10U;

using stdio_file = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

/// ec::not_found: there is no such file, as without IPv6.
expected<void>
read_lines(const std::string& file, std::vector<sockets::socket_row>& rows, bool& is_whole) {
  stdio_file in{std::fopen(file.c_str(), "re"), &std::fclose};
  if (!in)
    return fail(ec::not_found, file + " cannot be read");
  char line[512];
  while (std::fgets(line, sizeof line, in.get())) {
    auto row = sockets::read_proc_tcp({line, std::strcspn(line, "\n")});
    if (!row)
      continue;
    if (rows.size() == most_sockets) {
      is_whole = false;
      break;
    }
    rows.push_back(*row);
  }
  return {};
}

} // namespace

expected<std::string> read_some(const std::string& file, size_t most) {
  base::descriptor in{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!in)
    return fail(errno == EACCES ? ec::permission_denied : ec::not_found, file + " cannot be read");
  std::string out;
  char piece[4096];
  while (out.size() < most) {
    auto n = ::read(in.get(), piece, sizeof piece);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return fail(ec::not_found, file + " cannot be read");
    if (n == 0)
      break;
    out.append(piece, static_cast<size_t>(n));
  }
  return out;
}

expected<bool> socket_source::read(std::vector<sockets::socket_row>& rows) {
  rows.clear();
  if (!asks_kernel_)
    return read_files(rows);
  auto told = ask_kernel(rows);
  if (told)
    return told;
  netlink_ = base::descriptor{};
  // What is only disturbed is tried again at the next look.
  if (told.error() == ec::timed_out || told.error() == ec::corrupt)
    return told;
  asks_kernel_ = false;
  rows.clear();
  return read_files(rows);
}

expected<bool> socket_source::ask_kernel(std::vector<sockets::socket_row>& rows) {
  if (!netlink_) {
    netlink_ = base::descriptor{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)};
    if (!netlink_)
      return fail(ec::permission_denied, "socket diagnosis: " + std::string{std::strerror(errno)});
    timeval patience{2, 0};
    ::setsockopt(netlink_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  buffer_.resize(diag_buffer);
  bool is_whole = true;
  if (auto done = ask_family(AF_INET, rows, is_whole); !done)
    return fail(std::move(done.error()));
  // A kernel without IPv6 does not know the family.
  if (auto done = ask_family(AF_INET6, rows, is_whole); !done && !(done.error() == ec::not_found))
    return fail(std::move(done.error()));
  return is_whole;
}

expected<void>
socket_source::ask_family(uint8_t family, std::vector<sockets::socket_row>& rows, bool& is_whole) {
  auto request = sockets::diag_request(family);
  if (::send(netlink_.get(), request.data(), request.size(), 0) < 0)
    return fail(ec::permission_denied, "socket diagnosis: " + std::string{std::strerror(errno)});
  auto add = [&](const sockets::socket_row& row) {
    if (rows.size() < most_sockets)
      rows.push_back(row);
    else
      is_whole = false; // Read on: the kernel wants to come to its end.
  };
  for (;;) {
    auto n = ::recv(netlink_.get(), buffer_.data(), buffer_.size(), 0);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return fail(ec::timed_out, "socket diagnosis: the kernel does not answer");
    auto is_end = sockets::read_diag_reply({buffer_.data(), static_cast<size_t>(n)}, add);
    if (!is_end)
      return fail(std::move(is_end.error()));
    if (*is_end)
      return {};
  }
}

expected<bool> socket_source::read_files(std::vector<sockets::socket_row>& rows) const {
  bool is_whole = true;
  auto four = read_lines(proc_ + "/net/tcp", rows, is_whole);
  auto six = read_lines(proc_ + "/net/tcp6", rows, is_whole);
  if (!four && !six)
    return fail(std::move(four.error()));
  return is_whole;
}

} // namespace aops::agent
