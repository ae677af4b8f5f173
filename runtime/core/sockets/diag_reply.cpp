#include "runtime/core/sockets/diag_reply.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>

namespace aops::sockets {

namespace {

constexpr uint32_t wanted_states =
  1U << state_established | 1U << state_syn_sent | 1U << state_fin_wait1 | 1U << state_fin_wait2 |
  1U << state_close_wait | 1U << state_last_ack | 1U << state_closing | 1U << state_listen;

/// A value within bytes that may lie at any address.
template <class T>
T value_at(std::span<const std::byte> bytes, size_t offset = 0) {
  T x{};
  std::memcpy(&x, bytes.data() + offset, sizeof x);
  return x;
}

/// The kernel's figures, as far as this kernel has them: each release adds some at the end.
class tcp_figures {
public:
  explicit tcp_figures(std::span<const std::byte> bytes) : size_(bytes.size()) {
    std::memcpy(&info_, bytes.data(), std::min(bytes.size(), sizeof info_));
  }

  void tell(socket_row& row) const {
    if (has(offsetof(tcp_info, tcpi_total_retrans), sizeof info_.tcpi_total_retrans)) {
      row.tell(retran_packets, info_.tcpi_total_retrans);
      row.knows_lost = true;
      row.lost = info_.tcpi_lost;
      row.rtt_us = info_.tcpi_rtt;
      row.knows_rtt = info_.tcpi_rtt > 0; // Nothing was answered yet.
    }
    if (has(offsetof(tcp_info, tcpi_bytes_received), sizeof info_.tcpi_bytes_received)) {
      row.tell(rx_bytes, info_.tcpi_bytes_received);
      row.tell(tx_bytes, info_.tcpi_bytes_acked);
    }
    if (has(offsetof(tcp_info, tcpi_segs_in), sizeof info_.tcpi_segs_in)) {
      row.tell(packets_in, info_.tcpi_segs_in);
      row.tell(packets_out, info_.tcpi_segs_out);
    }
    // What was acknowledged counts the handshake as a byte; what was sent does not.
    if (has(offsetof(tcp_info, tcpi_bytes_retrans), sizeof info_.tcpi_bytes_retrans) &&
        info_.tcpi_bytes_sent >= info_.tcpi_bytes_retrans)
      row.tell(tx_bytes, info_.tcpi_bytes_sent - info_.tcpi_bytes_retrans);
  }

private:
  bool has(size_t offset, size_t size) const { return offset + size <= size_; }

  tcp_info info_{};
  size_t size_;
};

ip address_of(uint8_t family, const void* bytes) {
  const auto* first = static_cast<const uint8_t*>(bytes);
  return family == AF_INET6 ? ip_of_v6(first) : ip_of_v4(first);
}

/// False: these bytes are no socket.
bool read_socket(std::span<const std::byte> body,
                 const std::function<void(const socket_row&)>& add) {
  if (body.size() < sizeof(inet_diag_msg))
    return false;
  auto message = value_at<inet_diag_msg>(body);
  if (message.idiag_family != AF_INET && message.idiag_family != AF_INET6)
    return false;
  socket_row row;
  row.state = message.idiag_state;
  row.local = address_of(message.idiag_family, message.id.idiag_src);
  row.remote = address_of(message.idiag_family, message.id.idiag_dst);
  row.local_port = ntohs(message.id.idiag_sport);
  row.remote_port = ntohs(message.id.idiag_dport);
  row.inode = message.idiag_inode;
  row.uid = message.idiag_uid;
  row.cookie = uint64_t{message.id.idiag_cookie[1]} << 32U | message.id.idiag_cookie[0];
  if (row.cookie == 0)
    row.cookie = row.inode;
  auto rest = body.subspan(NLMSG_ALIGN(sizeof(inet_diag_msg)));
  while (rest.size() >= sizeof(nlattr)) {
    auto head = value_at<nlattr>(rest);
    if (head.nla_len < NLA_HDRLEN || head.nla_len > rest.size())
      return false;
    auto value = rest.subspan(NLA_HDRLEN, head.nla_len - NLA_HDRLEN);
    if (head.nla_type == INET_DIAG_INFO && row.state != state_listen)
      tcp_figures{value}.tell(row);
    else if (head.nla_type == INET_DIAG_SKV6ONLY && !value.empty())
      row.is_v6_only = value[0] != std::byte{0};
    rest = rest.subspan(std::min<size_t>(NLA_ALIGN(head.nla_len), rest.size()));
  }
  add(row);
  return true;
}

expected<bool> refused_by_kernel(std::span<const std::byte> body) {
  if (body.size() < sizeof(int))
    return fail(ec::corrupt, "socket diagnosis: an error without a number");
  auto code = -value_at<int>(body);
  if (code == 0)
    return true;
  auto kind = code == EPERM || code == EACCES ? ec::permission_denied : ec::not_found;
  return fail(kind, fmt::format("socket diagnosis: the kernel refuses (error {})", code));
}

} // namespace

expected<bool> read_diag_reply(std::span<const std::byte> bytes,
                               const std::function<void(const socket_row&)>& add) {
  while (!bytes.empty()) {
    if (bytes.size() < sizeof(nlmsghdr))
      return fail(ec::corrupt, "socket diagnosis: a message is cut off");
    auto head = value_at<nlmsghdr>(bytes);
    if (head.nlmsg_len < NLMSG_HDRLEN || head.nlmsg_len > bytes.size())
      return fail(ec::corrupt, "socket diagnosis: a message is longer than what came");
    auto body = bytes.subspan(NLMSG_HDRLEN, head.nlmsg_len - NLMSG_HDRLEN);
    if (head.nlmsg_type == NLMSG_DONE)
      return true;
    if (head.nlmsg_type == NLMSG_ERROR)
      return refused_by_kernel(body);
    if (head.nlmsg_type == SOCK_DIAG_BY_FAMILY && !read_socket(body, add))
      return fail(ec::corrupt, "socket diagnosis: a message is no socket");
    bytes = bytes.subspan(std::min<size_t>(NLMSG_ALIGN(head.nlmsg_len), bytes.size()));
  }
  return false;
}

std::string diag_request(uint8_t family) {
  struct {
    nlmsghdr head;
    inet_diag_req_v2 what;
  } request{};
  request.head.nlmsg_len = sizeof request;
  request.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.what.sdiag_family = family;
  request.what.sdiag_protocol = IPPROTO_TCP;
  request.what.idiag_ext = 1U << (INET_DIAG_INFO - 1U);
  request.what.idiag_states = wanted_states;
  std::string out(sizeof request, '\0');
  std::memcpy(out.data(), &request, sizeof request);
  return out;
}

} // namespace aops::sockets
