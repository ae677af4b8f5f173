#include "cli/agent/owners.hpp"
#include "tests/core/sockets/socket_rows.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace owners_test {

using namespace aops;
using agent::owners;
using tests::connection_row;
using tests::listener_row;
namespace fs = std::filesystem;

namespace {

/// A /proc made of files.
class made_proc {
public:
  made_proc() {
    char name[] = "/tmp/aops-proc-XXXXXX";
    root_ = ::mkdtemp(name);
    fs::create_directories(root_ / "net"); // Not all that is there is a process.
    std::ofstream{root_ / "passwd"} << "root:x:0:0::/:\nwww-data:x:33:33::/:\n";
  }
  ~made_proc() { fs::remove_all(root_); }

  void add(int pid, const std::string& name, int uid = 0, uint64_t start = 100) const {
    auto folder = root_ / std::to_string(pid);
    fs::create_directories(folder / "fd");
    std::ofstream{folder / "stat"} << pid << " (" << name
                                   << ") S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 " << start
                                   << " 20\n";
    std::ofstream{folder / "status"} << "Name:\t" << name << "\nUid:\t0\t" << uid << "\t0\t0\n";
    fs::remove(folder / "exe");
    fs::create_symlink("/usr/sbin/" + name, folder / "exe");
  }
  void remove(int pid) const { fs::remove_all(root_ / std::to_string(pid)); }
  void open(int pid, int fd, const std::string& what) const {
    auto at = root_ / std::to_string(pid) / "fd" / std::to_string(fd);
    fs::remove(at);
    fs::create_symlink(what, at);
  }
  void open(int pid, int fd, uint32_t inode) const {
    open(pid, fd, "socket:[" + std::to_string(inode) + "]");
  }
  void close(int pid, int fd) const {
    fs::remove(root_ / std::to_string(pid) / "fd" / std::to_string(fd));
  }

  owners searched(agent::search_limits limits = {}) const {
    return owners{root_.string(), limits, (root_ / "passwd").string()};
  }

private:
  fs::path root_;
};

using rows = std::vector<sockets::socket_row>;

sockets::socket_row client_row(uint32_t inode, uint16_t remote_port = 80) {
  return connection_row(inode, "10.0.0.1", static_cast<uint16_t>(inode), "10.0.0.2", remote_port);
}

/// `nginx 7`; `nobody`.
std::string holder_of(const owners& x, uint32_t inode) {
  const auto* found = x.of(inode);
  return found ? found->name + " " + std::to_string(found->pid) : "nobody";
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(owners_of_sockets, made_proc)

BOOST_AUTO_TEST_CASE(a_process_is_found_by_what_it_holds) {
  add(7, "nginx", 33);
  open(7, 0, "/dev/null");
  open(7, 5, 501);
  open(7, 6, 999); // A socket that is not of TCP.
  auto x = searched();
  x.look(rows{client_row(501), client_row(502)});
  BOOST_TEST(holder_of(x, 501) == "nginx 7");
  BOOST_TEST(x.of(501)->user == "www-data");
  BOOST_TEST(x.of(501)->command == "nginx");
  BOOST_TEST(holder_of(x, 502) == "nobody");
  BOOST_TEST(holder_of(x, 999) == "nobody");
  BOOST_TEST(x.hidden() == 0u);
  BOOST_TEST(x.unseen() == 0u);
  x.look(rows{client_row(501), client_row(502)});
  BOOST_TEST(x.unseen() == 1u);
  BOOST_TEST(x.processes() == 1u);
}

BOOST_AUTO_TEST_CASE(what_is_known_costs_nothing) {
  add(7, "nginx");
  for (uint32_t i = 0; i < 100; ++i)
    open(7, static_cast<int>(i), 500 + i);
  rows all;
  for (uint32_t i = 0; i < 100; ++i)
    all.push_back(client_row(500 + i));
  auto x = searched();
  x.look(all);
  BOOST_TEST(x.links_read() == 100u);
  x.look(all);
  BOOST_TEST(x.links_read() == 100u);
  open(7, 100, 600);
  all.push_back(client_row(600));
  x.look(all);
  BOOST_TEST(x.links_read() == 101u); // The new one only.
  BOOST_TEST(holder_of(x, 600) == "nginx 7");
}

BOOST_AUTO_TEST_CASE(who_listens_or_talks_there_already_is_asked_first) {
  add(7, "nginx");
  open(7, 3, 500);
  add(8, "app");
  open(8, 3, 510);
  for (int pid = 20; pid < 40; ++pid) {
    add(pid, "other");
    open(pid, 3, "/dev/null");
  }
  auto x = searched();
  rows all{listener_row(500, "0.0.0.0", 80), client_row(510, 3306)};
  x.look(all);
  auto before = x.links_read();
  open(7, 4, 501);
  open(8, 4, 511);
  all.push_back(connection_row(501, "10.0.0.1", 80, "10.0.0.9", 40'000));
  all.push_back(client_row(511, 3306));
  x.look(all);
  BOOST_TEST(holder_of(x, 501) == "nginx 7");
  BOOST_TEST(holder_of(x, 511) == "app 8");
  BOOST_TEST(x.links_read() - before == 2u);
}

BOOST_AUTO_TEST_CASE(a_new_one_is_found_without_a_list_of_all) {
  add(7, "nginx");
  for (int fd = 0; fd < 100; ++fd)
    open(7, fd, "/dev/null");
  open(7, 100, 500);
  open(7, 101, 501);
  auto x = searched();
  x.look(
    rows{listener_row(500, "0.0.0.0", 80), connection_row(501, "10.0.0.1", 80, "10.0.0.9", 1)});
  auto before = x.links_read();
  open(7, 101, 502); // The number that became free,
  open(7, 102, "/dev/null");
  open(7, 103, 503); // and one that comes after all.
  rows now{listener_row(500, "0.0.0.0", 80),
           connection_row(502, "10.0.0.1", 80, "10.0.0.9", 2),
           connection_row(503, "10.0.0.1", 80, "10.0.0.9", 3)};
  x.look(now);
  BOOST_TEST(holder_of(x, 502) == "nginx 7");
  BOOST_TEST(holder_of(x, 503) == "nginx 7");
  BOOST_TEST(x.links_read() - before == 3u);
}

BOOST_AUTO_TEST_CASE(what_is_gone_at_once_is_searched_for_by_nobody) {
  add(7, "nginx");
  open(7, 3, 500);
  for (int pid = 20; pid < 40; ++pid) {
    add(pid, "other");
    open(pid, 3, "/dev/null");
  }
  auto x = searched();
  x.look(rows{client_row(500)});
  x.look(rows{client_row(500), client_row(599)}); // Everybody has been asked.
  auto before = x.links_read();
  for (uint32_t inode = 600; inode < 610; ++inode)
    x.look(rows{client_row(500), client_row(inode)});
  BOOST_TEST(x.links_read() == before);
}

BOOST_AUTO_TEST_CASE(a_descriptor_that_is_used_again_is_read_again) {
  add(7, "nginx");
  open(7, 3, 500);
  auto x = searched();
  x.look(rows{client_row(500)});
  open(7, 3, 501);
  x.look(rows{client_row(501)});
  x.look(rows{
    client_row(501)}); // Of whom there is no sign where it belongs is searched for if it stays.
  BOOST_TEST(holder_of(x, 501) == "nginx 7");
  BOOST_TEST(holder_of(x, 500) == "nobody");
}

BOOST_AUTO_TEST_CASE(a_process_that_ended_holds_nothing) {
  add(7, "first");
  add(8, "second");
  open(7, 3, 500);
  open(8, 3, 500); // Both have it.
  auto x = searched();
  x.look(rows{client_row(500)});
  BOOST_TEST(holder_of(x, 500) == "first 7");
  remove(7);
  x.look(rows{client_row(500)});
  BOOST_TEST(holder_of(x, 500) == "second 8");
}

BOOST_AUTO_TEST_CASE(a_number_that_another_process_has_is_noticed) {
  add(7, "first", 0, 100);
  open(7, 3, 500);
  auto x = searched();
  x.look(rows{client_row(500)});
  remove(7);
  add(7, "second", 33, 200);
  open(7, 9, 501);
  x.look(rows{client_row(500), client_row(501)});
  BOOST_TEST(holder_of(x, 500) == "nobody");
  BOOST_TEST(holder_of(x, 501) == "second 7");
  BOOST_TEST(x.of(501)->user == "www-data");
}

BOOST_AUTO_TEST_CASE(a_process_that_became_another_program_is_noticed) {
  add(7, "sh");
  open(7, 3, 500);
  auto x = searched();
  x.look(rows{client_row(500)});
  BOOST_TEST(holder_of(x, 500) == "sh 7");
  add(7, "daemon");
  x.look(rows{client_row(500)});
  BOOST_TEST(holder_of(x, 500) == "daemon 7");
  BOOST_TEST(x.of(500)->command == "daemon");
}

BOOST_AUTO_TEST_CASE(the_first_process_counts_last) {
  add(1, "systemd");
  add(70, "service");
  open(1, 3, 500);
  open(70, 3, 500);
  auto x = searched();
  x.look(rows{listener_row(500, "0.0.0.0", 80)});
  BOOST_TEST(holder_of(x, 500) == "service 70");
}

BOOST_AUTO_TEST_CASE(a_search_goes_on_where_its_limit_ended_it) {
  rows all;
  for (int pid = 10; pid < 30; ++pid) {
    add(pid, "p");
    for (int fd = 0; fd < 4; ++fd)
      open(pid, fd, static_cast<uint32_t>(pid * 10 + fd));
    all.push_back(client_row(static_cast<uint32_t>(pid * 10 + 3)));
  }
  auto x = searched({.links = 20, .folders = 100});
  size_t looks = 0;
  do {
    auto before = x.links_read();
    x.look(all);
    BOOST_TEST(x.links_read() - before <= 20u);
    ++looks;
  } while (x.pending() > 0 && looks < 100);
  BOOST_TEST(looks < 20u);
  for (int pid = 10; pid < 30; ++pid)
    BOOST_TEST(holder_of(x, static_cast<uint32_t>(pid * 10 + 3)) == "p " + std::to_string(pid));
}

BOOST_AUTO_TEST_CASE(a_process_with_more_than_the_limit_is_read_part_by_part) {
  add(7, "big");
  for (int fd = 0; fd < 50; ++fd)
    open(7, fd, "/dev/null");
  open(7, 50, 500);
  add(8, "small");
  open(8, 3, 501);
  auto x = searched({.links = 20});
  size_t looks = 0;
  do {
    x.look(rows{client_row(500), client_row(501)});
    ++looks;
  } while (x.pending() > 0 && looks < 100);
  BOOST_TEST(looks < 10u);
  BOOST_TEST(holder_of(x, 500) == "big 7");
  BOOST_TEST(holder_of(x, 501) == "small 8");
}

BOOST_AUTO_TEST_CASE(what_nobody_has_is_not_searched_for_again_and_again) {
  add(7, "nginx");
  open(7, 3, 500);
  open(7, 4, "/dev/null");
  auto x = searched({.patience = 3});
  rows all{client_row(500), client_row(600)};
  x.look(all);
  auto before = x.links_read();
  x.look(all);
  x.look(all);
  BOOST_TEST(x.links_read() == before);
  open(7, 5, 600);
  x.look(all); // Its patience is over.
  BOOST_TEST(holder_of(x, 600) == "nginx 7");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace owners_test
