#include "runtime/core/sockets/diag_reply.hpp"

#include <boost/test/unit_test.hpp>

#include <cstring>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <vector>

namespace diag_reply_test {

using namespace aops;
using namespace aops::sockets;

namespace {

using octets = std::vector<std::byte>;

octets from_hex(std::string_view text) {
  octets out;
  for (size_t i = 0; i + 1 < text.size(); i += 2)
    out.push_back(static_cast<std::byte>(std::stoi(std::string{text.substr(i, 2)}, nullptr, 16)));
  return out;
}

/// What Linux 6.18 said of a client on 127.0.0.1:45336 that had sent 1000 bytes and got 10.
const std::string recorded_client =
  "9801000014000200010000002e5d000002010000b11898b37f000001000000000000000000000000"
  "7f000001000000000000000000000000000000002e15000000000000000000000000000000000000"
  "00000000094c3700050008000000000008000f00000000000c001500010000000000000006001600"
  "520000001c010200010000000007aa01e01c0300409c0000008a0000180200000000000000000000"
  "0000000000000000000000003c000000000000003c0000003c000000ffff0000d7ff00000d000000"
  "06000000ffffff7f0b000000cbff00000300000000000000d7ff0000000000006a36ac8f0f000000"
  "ffffffffffffffffe9030000000000000a0000000000000004000000030000000000000008000000"
  "010000000100000000d0360701000000000000000000000000000000000000000000000000000000"
  "0200000000000000e803000000000000000000000000000000000000000000000000000000000000"
  "00000000140100000001000000000000000000000000000000000000000000000000000000000000"
  "0000000000000000";

/// And of a listener at `::` that takes IPv4 too.
const std::string recorded_listener =
  "5800000014000200010000002e5d00000a0a000098b3000000000000000000000000000000000000"
  "0000000000000000000000000000000000000000841b000000000000000000000000000080000000"
  "00000000084c3700";

const std::string recorded_end = "1400000003000200010000002e5d000000000000";

std::vector<socket_row> rows_of(const octets& bytes, bool* is_end = nullptr) {
  std::vector<socket_row> out;
  auto done = read_diag_reply(bytes, [&](const socket_row& x) { out.push_back(x); });
  BOOST_REQUIRE_MESSAGE(done, (done ? std::string{} : done.error().detail));
  if (is_end)
    *is_end = *done;
  return out;
}

error refusal_of(const octets& bytes) {
  auto done = read_diag_reply(bytes, [](const socket_row&) {});
  BOOST_REQUIRE(!done);
  return done.error();
}

/// A message of the kernel's head, body and attributes.
octets message_of(uint16_t type, const octets& body) {
  nlmsghdr head{};
  head.nlmsg_len = static_cast<uint32_t>(sizeof head + body.size());
  head.nlmsg_type = type;
  octets out(sizeof head);
  std::memcpy(out.data(), &head, sizeof head);
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

octets socket_of(uint8_t family, const octets& attributes = {}) {
  inet_diag_msg what{};
  what.idiag_family = family;
  what.idiag_state = state_listen;
  octets out(sizeof what);
  std::memcpy(out.data(), &what, sizeof what);
  out.insert(out.end(), attributes.begin(), attributes.end());
  return message_of(SOCK_DIAG_BY_FAMILY, out);
}

} // namespace

BOOST_AUTO_TEST_SUITE(diag_replies)

BOOST_AUTO_TEST_CASE(a_connection_is_read_with_its_figures) {
  bool is_end = true;
  auto all = rows_of(from_hex(recorded_client), &is_end);
  BOOST_TEST(!is_end);
  BOOST_REQUIRE(all.size() == 1u);
  const auto& x = all[0];
  BOOST_TEST(x.state == state_established);
  BOOST_TEST(to_string(x.local) == "127.0.0.1");
  BOOST_TEST(x.local_port == 45336);
  BOOST_TEST(x.remote_port == 39091);
  BOOST_TEST(x.inode == 3623945u);
  BOOST_TEST(x.cookie == 0x152eu);
  BOOST_TEST(x.totals[tx_bytes] == 1000u); // Not the handshake, which `bytes_acked` counts.
  BOOST_TEST(x.totals[rx_bytes] == 10u);
  BOOST_TEST(x.totals[packets_out] == 4u);
  BOOST_TEST(x.totals[packets_in] == 3u);
  BOOST_TEST(x.totals[retran_packets] == 0u);
  BOOST_TEST(x.known == 31);
  BOOST_TEST(x.knows_rtt);
  BOOST_TEST(x.rtt_us == 13u);
  BOOST_TEST(x.knows_lost);
}

BOOST_AUTO_TEST_CASE(a_list_has_an_end) {
  bool is_end = false;
  auto all = rows_of(from_hex(recorded_client + recorded_listener + recorded_end), &is_end);
  BOOST_TEST(is_end);
  BOOST_REQUIRE(all.size() == 2u);
  BOOST_TEST(all[1].state == state_listen);
  BOOST_TEST(to_string(all[1].local) == "::");
  BOOST_TEST(!all[1].is_v6_only);
  BOOST_TEST(all[1].known == 0);
}

BOOST_AUTO_TEST_CASE(a_listener_without_ipv4_is_known) {
  auto all = rows_of(
    socket_of(10, {std::byte{5}, {}, std::byte{INET_DIAG_SKV6ONLY}, {}, std::byte{1}, {}, {}, {}}));
  BOOST_TEST(all.at(0).is_v6_only);
}

BOOST_AUTO_TEST_CASE(an_older_kernel_tells_less_and_nothing_is_made_up) {
  // The figures end after the retransmits, as they did before bytes were counted.
  auto bytes = from_hex(recorded_client);
  auto at = bytes.size() - 0x11c;
  uint16_t length = 4 + 104;
  std::memcpy(bytes.data() + at, &length, sizeof length);
  bytes.resize(at + length);
  uint32_t whole = static_cast<uint32_t>(bytes.size());
  std::memcpy(bytes.data(), &whole, sizeof whole);
  auto x = rows_of(bytes).at(0);
  BOOST_TEST(x.knows(retran_packets));
  BOOST_TEST(x.knows_rtt);
  BOOST_TEST(!x.knows(tx_bytes));
  BOOST_TEST(!x.knows(rx_bytes));
  BOOST_TEST(!x.knows(packets_in));
}

BOOST_AUTO_TEST_CASE(mapped_ipv4_is_ipv4) {
  auto bytes = from_hex(recorded_listener);
  bytes[20 + 4 + 10] = bytes[20 + 4 + 11] = std::byte{0xFF};
  bytes[20 + 4 + 12] = std::byte{10};
  bytes[20 + 4 + 15] = std::byte{7};
  auto all = rows_of(bytes);
  BOOST_TEST(to_string(all.at(0).local) == "10.0.0.7");
  BOOST_TEST(all[0].local.is_v4());
}

BOOST_AUTO_TEST_CASE(what_is_cut_off_or_no_message_is_refused) {
  auto whole = from_hex(recorded_client);
  for (size_t size = 1; size < whole.size(); ++size)
    BOOST_TEST(bool(refusal_of(octets(whole.begin(), whole.begin() + static_cast<long>(size))) ==
                    ec::corrupt));
  BOOST_TEST(bool(refusal_of(octets(16)) == ec::corrupt)); // A length of 0.
  BOOST_TEST(bool(refusal_of(socket_of(1)) == ec::corrupt));
  BOOST_TEST(bool(refusal_of(socket_of(2, {std::byte{2}, {}, {}, {}})) == ec::corrupt));
  BOOST_TEST(rows_of({}).empty());
}

BOOST_AUTO_TEST_CASE(a_refusal_of_the_kernel_is_told_apart) {
  auto code = [](int x) {
    octets body(sizeof x);
    x = -x;
    std::memcpy(body.data(), &x, sizeof x);
    return message_of(NLMSG_ERROR, body);
  };
  BOOST_TEST(bool(refusal_of(code(EPERM)) == ec::permission_denied));
  BOOST_TEST(bool(refusal_of(code(ENOENT)) == ec::not_found));
  BOOST_TEST(bool(refusal_of(message_of(NLMSG_ERROR, {})) == ec::corrupt));
}

BOOST_AUTO_TEST_CASE(a_request_is_as_long_as_it_says) {
  auto text = diag_request(10);
  nlmsghdr head{};
  std::memcpy(&head, text.data(), sizeof head);
  BOOST_TEST(head.nlmsg_len == text.size());
  BOOST_TEST(text[sizeof head] == 10);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace diag_reply_test
