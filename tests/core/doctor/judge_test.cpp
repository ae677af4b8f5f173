#include "runtime/core/doctor/judge.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <functional>

namespace judge_test {

using namespace aops;
using namespace aops::doctor;

namespace {

constexpr int64_t gib = 1 << 30;
constexpr int64_t day_ms = 24 * 3600 * 1000;

/// A machine on which all is well.
facts sound() {
  facts x;
  x.now_ms = 1'772'352'900'000;
  x.os_id = "debian";
  x.os_name = "Debian GNU/Linux 12 (bookworm)";
  x.kernel = "6.1.0-18-amd64";
  x.processors = 2;
  x.memory_bytes = 8 * gib;
  x.memory_free_bytes = 4 * gib;
  x.data_dir = "/var/lib/aops";
  x.disk_bytes = 100 * gib;
  x.disk_free_bytes = 50 * gib;
  x.samples_may_take_bytes = 10 * gib;
  x.open_files = 524'288;
  x.wanted_files = 3072;
  x.ports = {{"http.listen", "127.0.0.1:11111", true, false}};
  x.is_clock_synchronised = true;
  x.certificates = {{"tls.certificate", "/etc/aops/http.crt", x.now_ms + 300 * day_ms, ""}};
  x.store_engine = "mariadb";
  x.store_version = "10.11.6-MariaDB";
  x.store_schema = 12;
  x.known_schema = 12;
  x.store_clock_ahead_ms = 40;
  x.lease_ms = 5000;
  x.may_define = true;
  x.prometheus_url = "http://127.0.0.1:9090";
  x.prometheus_version = "2.42.0";
  x.backup_directory = "/var/backups/aops";
  x.last_backup_ms = x.now_ms - day_ms / 2;
  return x;
}

const examined_item* find(const std::vector<examined_item>& items, const std::string& name) {
  auto it = std::find_if(items.begin(), items.end(), [&](const auto& x) { return x.item == name; });
  return it == items.end() ? nullptr : &*it;
}

struct example {
  const char* item;
  const char* state;
  std::function<void(facts&)> spoil;
};

} // namespace

BOOST_AUTO_TEST_SUITE(doctor_judges)

BOOST_AUTO_TEST_CASE(a_sound_machine_has_nothing_to_mend) {
  auto items = judge(sound());
  BOOST_TEST(items.size() > 12u);
  for (const auto& x : items)
    BOOST_TEST_CONTEXT(x.item << ": " << x.found) {
      BOOST_TEST(x.state == "OK");
      BOOST_TEST(x.remedy.empty());
      BOOST_TEST(!x.found.empty());
    }
  BOOST_TEST(worst_of(items) == "OK");
}

BOOST_AUTO_TEST_CASE(each_fault_is_found_alone_and_has_a_remedy) {
  const std::vector<example> examples = {
    {"os", "WARN", [](facts& x) { x.os_id = "gentoo"; }},
    {"kernel", "WARN", [](facts& x) { x.kernel = "4.18.0-1"; }},
    {"kernel", "WARN", [](facts& x) { x.kernel = "3.10.0"; }},
    {"memory",
     "WARN",
     [](facts& x) {
       x.memory_bytes = gib / 4;
       x.memory_free_bytes = gib / 5;
     }},
    {"memory", "FAIL", [](facts& x) { x.memory_free_bytes = gib / 10; }},
    {"data_dir", "FAIL", [](facts& x) { x.data_dir_error = "Permission denied"; }},
    {"data_dir", "WARN", [](facts& x) { x.is_private = false; }},
    {"disk", "FAIL", [](facts& x) { x.disk_free_bytes = gib / 8; }},
    {"disk", "WARN", [](facts& x) { x.disk_free_bytes = 9 * gib; }},
    {"disk",
     "WARN",
     [](facts& x) {
       x.samples_may_take_bytes = 0;
       x.disk_free_bytes = 4 * gib;
     }},
    {"user", "WARN", [](facts& x) { x.is_root = true; }},
    {"open files", "WARN", [](facts& x) { x.open_files = 1024; }},
    {"http.listen", "FAIL", [](facts& x) { x.ports[0].is_free = false; }},
    {"clock", "WARN", [](facts& x) { x.is_clock_synchronised = false; }},
    {"clock of the store", "WARN", [](facts& x) { x.store_clock_ahead_ms = -1500; }},
    {"clock of the store", "FAIL", [](facts& x) { x.store_clock_ahead_ms = 6000; }},
    {"tls.certificate",
     "WARN",
     [](facts& x) { x.certificates[0].until_ms = x.now_ms + 20 * day_ms; }},
    {"tls.certificate", "FAIL", [](facts& x) { x.certificates[0].until_ms = x.now_ms - 1; }},
    {"tls.certificate", "FAIL", [](facts& x) { x.certificates[0].error = "no certificate"; }},
    {"store", "FAIL", [](facts& x) { x.store_error = "refused the connection"; }},
    {"store", "WARN", [](facts& x) { x.store_version = "10.3.39-MariaDB"; }},
    {"schema", "FAIL", [](facts& x) { x.store_schema = 99; }},
    {"rights in the store", "FAIL", [](facts& x) { x.may_define = false; }},
    {"prometheus", "FAIL", [](facts& x) { x.prometheus_error = "refused the connection"; }},
    {"backup", "WARN", [](facts& x) { x.last_backup_ms = x.now_ms - 3 * day_ms; }},
    {"backup", "WARN", [](facts& x) { x.last_backup_ms.reset(); }},
  };
  for (const auto& each : examples) {
    auto x = sound();
    each.spoil(x);
    auto items = judge(x);
    BOOST_TEST_CONTEXT(each.item << " should be " << each.state) {
      const auto* item = find(items, each.item);
      BOOST_REQUIRE(item);
      BOOST_TEST(item->state == each.state);
      BOOST_TEST(!item->remedy.empty());
      BOOST_TEST(worst_of(items) == each.state);
      // Nothing else is blamed for it.
      BOOST_TEST(std::count_if(
                   items.begin(), items.end(), [](const auto& i) { return i.state != "OK"; }) == 1);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_does_not_apply_is_left_out) {
  facts x;
  x.ports = {{"cluster.listen", "", false, false}};
  auto items = judge(x);
  for (auto name : {"memory",
                    "disk",
                    "clock",
                    "clock of the store",
                    "tls.certificate",
                    "schema",
                    "rights in the store",
                    "prometheus",
                    "backup",
                    "cluster.listen"})
    BOOST_TEST_CONTEXT(name) BOOST_TEST(!find(items, name));
}

BOOST_AUTO_TEST_CASE(a_port_of_our_own_is_no_fault) {
  auto x = sound();
  x.ports[0].is_free = false;
  x.ports[0].is_ours = true;
  BOOST_TEST(find(judge(x), "http.listen")->state == "OK");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace judge_test
