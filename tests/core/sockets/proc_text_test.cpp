#include "runtime/core/sockets/proc_text.hpp"

#include <boost/test/unit_test.hpp>

namespace proc_text_test {

using namespace aops::sockets;

BOOST_AUTO_TEST_SUITE(proc_texts)

BOOST_AUTO_TEST_CASE(a_line_of_tcp_is_read_without_figures) {
  auto row =
    read_proc_tcp("   1: 0100007F:B118 0200000A:0CEA 01 00000000:00000000 00:00000000 00000000  "
                  "1000        0 3404346 1 00000000a11df77f 100 0 0 10 0");
  BOOST_REQUIRE(row);
  BOOST_TEST(to_string(row->local) == "127.0.0.1");
  BOOST_TEST(row->local_port == 45336);
  BOOST_TEST(to_string(row->remote) == "10.0.0.2");
  BOOST_TEST(row->remote_port == 3306);
  BOOST_TEST(row->state == state_established);
  BOOST_TEST(row->uid == 1000u);
  BOOST_TEST(row->inode == 3404346u);
  BOOST_TEST(row->cookie == 3404346u);
  BOOST_TEST(row->known == 0);
  BOOST_TEST(!row->knows_rtt);
  BOOST_TEST(!row->knows_lost);
}

BOOST_AUTO_TEST_CASE(a_line_of_tcp6_is_read_and_mapped_ipv4_is_ipv4) {
  auto row = read_proc_tcp(
    "   0: B80D0120000000000000000001000000:0050 0000000000000000FFFF00000100000A:9C40 01 "
    "00000000:00000000 00:00000000 00000000 0 0 77 1 0 20 4 30 10 -1");
  BOOST_REQUIRE(row);
  BOOST_TEST(to_string(row->local) == "2001:db8::1");
  BOOST_TEST(row->local_port == 80);
  BOOST_TEST(to_string(row->remote) == "10.0.0.1");
}

BOOST_AUTO_TEST_CASE(other_lines_are_none) {
  for (auto* line : {"",
                     "  sl  local_address rem_address   st",
                     "1: 0100007F:0016",
                     "a b c d e f g h i j",
                     "1: 0100007:0016 00000000:0000 0A 0:0 0:0 0 0 0 1",
                     "1: 0100007F:0016 00000000:0000 0A 0:0 0:0 0 x 0 1"})
    BOOST_TEST(!read_proc_tcp(line));
}

BOOST_AUTO_TEST_CASE(links_of_descriptors_are_read) {
  BOOST_TEST(inode_of_socket("socket:[1234]").value_or(0) == 1234u);
  for (auto* link : {"",
                     "pipe:[1234]",
                     "socket:[]",
                     "socket:[12",
                     "socket:[x]",
                     "/dev/null",
                     "socket:[99999999999]"})
    BOOST_TEST(!inode_of_socket(link));
}

BOOST_AUTO_TEST_CASE(a_process_may_be_called_anything) {
  std::string rest = " S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20";
  BOOST_TEST(read_stat("7 (nginx)" + rest)->name == "nginx");
  BOOST_TEST(read_stat("7 (nginx)" + rest)->start == 4711u);
  BOOST_TEST(read_stat("7 (a) b (c)" + rest)->name == "a) b (c");
  BOOST_TEST(!read_stat("7 (nginx) S 1"));
  BOOST_TEST(!read_stat(")("));
  BOOST_TEST(!read_stat(""));
}

BOOST_AUTO_TEST_CASE(users_are_found_by_their_number) {
  BOOST_TEST(effective_user("Name:\tx\nUid:\t1000\t33\t1000\t1000\nGid:\t0\n").value_or(0) == 33u);
  BOOST_TEST(!effective_user("Name:\tx\n"));
  BOOST_TEST(!effective_user("Uid:\tx"));
  auto names = user_names(
    "root:x:0:0:root:/root:/bin/bash\n# no\n:x:5:5\nbroken\nwww-data:x:33:33::/:/\nroot2:x:0:0");
  BOOST_TEST(names.size() == 2u);
  BOOST_TEST(names[0] == "root");
  BOOST_TEST(names[33] == "www-data");
}

BOOST_AUTO_TEST_CASE(connections_of_the_kernels_balancer_become_links) {
  std::string text =
    "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n"
    "TCP 0A000001 9C40 0A000064 0050 0A000002 1F90 ESTABLISHED     890\n"
    "TCP 0A000001 9C41 0A000064 0050 0A000002 1F90 ESTABLISHED     891\n"
    "TCP 0A000001 9C42 0A000064 0050 0A000003 1F90 TIME_WAIT       100\n"
    "UDP 0A000001 9C42 0A000064 0050 0A000003 1F90 UDP             100\n"
    "TCP 0A000003 9C42 0A000064 0050 0A000003 1F90 FIN_WAIT        100\n"
    "TCP 2001:0db8:0000:0000:0000:0000:0000:0001 9C40 2001:0db8:0000:0000:0000:0000:0000:0064 "
    "0050 2001:0db8:0000:0000:0000:0000:0000:0002 1F90 ESTABLISHED 890\n"
    "TCP nonsense\n";
  auto all = read_ipvs(text, 10);
  BOOST_REQUIRE(all.size() == 3u);
  BOOST_TEST(all[0].link_count == 2u);
  BOOST_TEST(to_string(all[0].client) == "10.0.0.1");
  BOOST_TEST(to_string(all[0].virtual_ip) == "10.0.0.100");
  BOOST_TEST(all[0].virtual_port == 80);
  BOOST_TEST(to_string(all[0].server) == "10.0.0.2");
  BOOST_TEST(all[0].server_port == 8080);
  BOOST_TEST(read_ipvs(text, 1).size() == 1u);
  BOOST_TEST(read_ipvs(text, 1)[0].link_count == 2u);
  BOOST_TEST(read_ipvs("", 10).empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace proc_text_test
