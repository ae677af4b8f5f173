#include "actors/logs/line_store.hpp"
#include "actors/logs/opensearch_lines.hpp"
#include "runtime/base/digest.hpp"

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <future>
#include <unistd.h>

/// What every store of lines does: the same cases for the embedded one and for a real OpenSearch,
/// the one that AOPS_OPENSEARCH_URL names, as tests/system/opensearch_test.py does.
namespace aops::actors {

namespace {

constexpr int64_t contract_now_ns = 1'700'000'000'000'000'000, second_of_contract = 1'000'000'000;

struct embedded_engine {
  std::string root;
  std::shared_ptr<line_store> store;
  embedded_engine() {
    root = (std::filesystem::temp_directory_path() / "aops-contract-XXXXXX").string();
    BOOST_REQUIRE(::mkdtemp(root.data()));
    open();
  }
  ~embedded_engine() {
    store.reset();
    std::filesystem::remove_all(root);
  }
  static bool is_there() { return true; }
  void open() {
    store.reset();
    auto opened =
      open_embedded_lines({root + "/logs", 86'400'000, int64_t{1} << 30}, contract_now_ns);
    BOOST_REQUIRE_MESSAGE(opened, (opened ? std::string{} : to_string(opened.error())));
    store = *opened;
  }
};

struct opensearch_engine {
  std::string stream = "aops-contract-" + base::random_hex(8) + "-lines";
  std::shared_ptr<line_store> store;
  opensearch_engine() { open(); }
  static bool is_there() { return std::getenv("AOPS_OPENSEARCH_URL") != nullptr; }
  void open() {
    if (!is_there())
      return;
    opensearch_lines_config c;
    c.where.urls = {std::getenv("AOPS_OPENSEARCH_URL")};
    c.stream = stream;
    c.replicas = 0;
    c.keep_ms = int64_t{86'400'000} * 10'000; // Times of the cases are not those of the server.
    c.max_bytes = int64_t{1} << 40;
    c.page_lines = 7;
    auto opened = open_opensearch_lines(std::move(c));
    BOOST_REQUIRE_MESSAGE(opened, (opened ? std::string{} : to_string(opened.error())));
    store = *opened;
  }
};

using line_stores = boost::mpl::list<embedded_engine, opensearch_engine>;

logs::record line_of(int64_t second, std::string message, int64_t offset = logs::no_offset) {
  logs::record x;
  x.time_ns = contract_now_ns + second * second_of_contract;
  x.source = "/var/log/messages";
  x.program = "sshd";
  x.pid = "77";
  x.severity = 6;
  x.facility = 4;
  x.offset = offset;
  x.message = std::move(message);
  return x;
}

/// A store with hosts `h1` (web1) and `h2` (db1).
template <class Engine>
struct contract {
  Engine engine;
  hosts_seen hosts{{"h1", "web1"}, {"h2", "db1"}};

  lines_stored put(const std::string& host, std::vector<logs::record> lines) {
    std::promise<expected<lines_stored>> told;
    auto taken =
      engine.store->take(host, std::move(lines), contract_now_ns, [&](expected<lines_stored> x) {
        told.set_value(std::move(x));
      });
    BOOST_REQUIRE_MESSAGE(taken, (taken ? std::string{} : to_string(taken.error())));
    auto stored = told.get_future().get();
    BOOST_REQUIRE_MESSAGE(stored, (stored ? std::string{} : to_string(stored.error())));
    return *stored;
  }

  lines_wanted wanted(const std::string& query = {}, size_t limit = 100) const {
    lines_wanted out;
    auto read = logs::line_query::parse(query);
    BOOST_REQUIRE(read);
    out.query = std::make_shared<const logs::line_query>(std::move(*read));
    out.hosts = std::make_shared<const hosts_seen>(hosts);
    out.limit = limit;
    out.deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    return out;
  }

  lines_had find(const lines_wanted& what) {
    auto had = engine.store->find(what);
    BOOST_REQUIRE_MESSAGE(had, (had ? std::string{} : to_string(had.error())));
    BOOST_TEST(had->damage == "");
    return std::move(*had);
  }

  static std::string shown(const lines_had& x) {
    std::string out;
    for (const auto& line : x.lines)
      out += (out.empty() ? "" : " | ") + line.what.message;
    return out;
  }

  std::string found(const std::string& query, size_t limit = 100) {
    return shown(find(wanted(query, limit)));
  }

  std::vector<int64_t> counted(const lines_wanted& what, size_t buckets) {
    logs::buckets to{what.start_ns, what.end_ns, buckets};
    auto done = engine.store->count(what, to);
    BOOST_REQUIRE_MESSAGE(done, (done ? std::string{} : to_string(done.error())));
    BOOST_TEST(done->is_whole);
    return to.counts();
  }
};

#define AOPS_STORE_CASE(NAME)                                                                      \
  template <class Engine>                                                                          \
  void NAME(contract<Engine>& it);                                                                 \
  BOOST_AUTO_TEST_CASE_TEMPLATE(NAME##_, Engine, line_stores) {                                    \
    if (!Engine::is_there())                                                                       \
      return;                                                                                      \
    contract<Engine> it;                                                                           \
    NAME(it);                                                                                      \
  }                                                                                                \
  template <class Engine>                                                                          \
  void NAME(contract<Engine>& it)

} // namespace

BOOST_AUTO_TEST_SUITE(line_store_contract)

AOPS_STORE_CASE(what_was_acknowledged_is_found_whole) {
  auto line = line_of(1, "Failed password for 根 \"x\" \\ \n\ttab", 7);
  line.time_ns += 123'456'789;
  line.fields = {{"data_item", "history"}, {"unit", "ssh.service"}};
  line.is_cut = true;
  auto stored = it.put("h1", {line});
  BOOST_TEST(stored.taken == 1u);
  BOOST_REQUIRE(stored.places.size() == 1u);
  BOOST_TEST(stored.places[0].place.n != 0u);
  auto had = it.find(it.wanted());
  BOOST_REQUIRE(had.lines.size() == 1u);
  BOOST_TEST((had.lines[0].what == line));
  BOOST_TEST(had.lines[0].host_id == "h1");
  BOOST_TEST(had.lines[0].n == stored.places[0].place.n);
  BOOST_TEST(had.lines[0].source == stored.places[0].source);
  it.engine.open(); // Another process finds the same.
  auto again = it.find(it.wanted());
  BOOST_REQUIRE(again.lines.size() == 1u);
  BOOST_TEST((again.lines[0].what == line));
}

AOPS_STORE_CASE(an_empty_store_finds_nothing) {
  BOOST_TEST(it.found("anything") == "");
  auto what = it.wanted();
  what.start_ns = contract_now_ns;
  what.end_ns = contract_now_ns + second_of_contract;
  BOOST_TEST(it.counted(what, 3) == std::vector<int64_t>(3), boost::test_tools::per_element());
}

AOPS_STORE_CASE(a_line_of_a_known_place_is_dropped) {
  BOOST_TEST(it.put("h1", {line_of(1, "a", 0), line_of(2, "b", 2)}).taken == 2u);
  auto again =
    it.put("h1", {line_of(1, "a", 0), line_of(2, "b", 2), line_of(3, "c", 4), line_of(3, "c", 4)});
  BOOST_TEST(again.taken == 1u);
  BOOST_TEST(again.duplicates == 3u);
  BOOST_REQUIRE(again.places.size() == 4u);
  BOOST_TEST(again.places[0].place.n == 0u);
  BOOST_TEST(again.places[2].place.n != 0u);
  it.engine.open();
  BOOST_TEST(it.put("h1", {line_of(2, "b", 2)}).duplicates == 1u);
  // Of another host, of another text, without an offset: other lines.
  BOOST_TEST(it.put("h2", {line_of(1, "a", 0)}).taken == 1u);
  BOOST_TEST(it.put("h1", {line_of(9, "rotated", 0)}).taken == 1u);
  BOOST_TEST(it.put("h1", {line_of(4, "d"), line_of(4, "d")}).taken == 2u);
  BOOST_TEST(it.find(it.wanted()).lines.size() == 7u);
}

AOPS_STORE_CASE(a_line_without_a_time_gets_that_of_its_arrival) {
  auto line = line_of(0, "when");
  line.time_ns = 0;
  it.put("h1", {line});
  BOOST_TEST(it.find(it.wanted("when")).lines.at(0).what.time_ns == contract_now_ns);
}

AOPS_STORE_CASE(queries_find_the_same) {
  auto warned = line_of(3, "disk sda1 is almost full: /dev/sda1 95%");
  warned.severity = 4;
  warned.facility = 0;
  warned.program = "kernel";
  warned.pid.clear();
  warned.source = "/var/log/kern.log";
  auto cjk = line_of(4, "磁盘空间不足");
  cjk.fields = {{"unit", "nginx.service"}};
  auto quiet = line_of(5, "Out of memory_pressure");
  quiet.severity = logs::no_severity;
  it.put("h1",
         {line_of(1, "Connection closed by 10.0.0.12 port 22"),
          line_of(2, "connected; out of memory"),
          warned});
  it.put("h2", {cjk, quiet, line_of(6, "connection reset")});
  const std::string closed = "Connection closed by 10.0.0.12 port 22",
                    memory = "connected; out of memory",
                    disk = "disk sda1 is almost full: /dev/sda1 95%", chinese = "磁盘空间不足",
                    pressure = "Out of memory_pressure", reset = "connection reset";
  auto is = [&](const std::string& query, const std::string& lines) {
    BOOST_TEST(it.found(query) == lines, query);
  };
  is("connection", reset + " | " + closed);
  is("CONNECTION -reset", closed);
  is("conn*", reset + " | " + memory + " | " + closed);
  is("10.0.0.12", closed);
  is("10.0.0.1", "");
  is("/dev/sda1", disk);
  is("\"out of memory\"", memory);
  is("memory", memory);
  is("memory*", pressure + " | " + memory);
  is("closed OR reset", reset + " | " + closed);
  is("(closed OR reset) NOT 22", reset);
  is("磁盘", chinese);
  is("空间不足", chinese);
  is("severity:warning+", disk);
  is("severity:info connection", reset + " | " + closed);
  is("facility:kern", disk);
  is("pid:77 closed", closed);
  is("program:kernel", disk);
  is("source:kern.log", disk);
  is("message:kern", "");
  is("fields.unit:nginx", chinese);
  is("nginx", chinese);
  is("host:web1 connection", closed);
  is("-host:web1", reset + " | " + pressure + " | " + chinese);
  is("NOT severity:info", pressure + " | " + disk);
  is("__s4", "");
}

AOPS_STORE_CASE(lines_come_in_order_page_by_page) {
  std::vector<logs::record> lines;
  for (int i = 0; i < 40; ++i)
    lines.push_back(line_of(i / 4, std::to_string(i))); // Four of each second.
  it.put("h1", lines);
  for (bool newest_first : {true, false}) {
    auto what = it.wanted("", 9);
    what.newest_first = newest_first;
    std::vector<int> numbers;
    for (int page = 0; page < 9; ++page) {
      auto had = it.find(what);
      for (const auto& x : had.lines)
        numbers.push_back(std::stoi(x.what.message));
      BOOST_TEST((had.cut == (page < 4 ? line_cut::limit : line_cut::none)));
      if (had.cut == line_cut::none)
        break;
      what.after = line_place{had.lines.back().what.time_ns, had.lines.back().n};
    }
    BOOST_REQUIRE(numbers.size() == 40u);
    for (int i = 0; i < 40; ++i)
      BOOST_TEST(numbers[static_cast<size_t>(i)] == (newest_first ? 39 - i : i));
  }
}

AOPS_STORE_CASE(hosts_sources_and_times_bound_a_search) {
  auto other = line_of(2, "of another source");
  other.source = "/b";
  auto stored = it.put("h1", {line_of(1, "first"), other, line_of(3, "last")});
  it.put("h2", {line_of(2, "of another host")});
  auto what = it.wanted();
  what.source = stored.places[1].source;
  BOOST_TEST(it.shown(it.find(what)) == "of another source");
  what = it.wanted();
  what.hosts = std::make_shared<const hosts_seen>(hosts_seen{{"h2", "db1"}});
  BOOST_TEST(it.shown(it.find(what)) == "of another host");
  what.hosts = std::make_shared<const hosts_seen>();
  BOOST_TEST(it.shown(it.find(what)) == "");
  what = it.wanted();
  what.start_ns = contract_now_ns + second_of_contract;
  what.end_ns = contract_now_ns + 3 * second_of_contract; // Not included.
  BOOST_TEST(it.find(what).lines.size() == 3u);
}

AOPS_STORE_CASE(counts_are_of_lines_that_match) {
  std::vector<logs::record> lines;
  for (int i = 0; i < 60; ++i)
    lines.push_back(line_of(i, i % 3 == 0 ? "error: disk full" : "fine"));
  lines[59].time_ns += second_of_contract - 1; // The last moment of the last stretch.
  it.put("h1", lines);
  for (const auto* query :
       {"error", "\"disk full\""}) { // One word is counted there, two are looked at.
    auto what = it.wanted(query);
    what.start_ns = contract_now_ns;
    what.end_ns = contract_now_ns + 60 * second_of_contract;
    auto counts = it.counted(what, 6);
    std::vector<int64_t> right{4, 3, 3, 4, 3, 3};
    BOOST_TEST(counts == right, boost::test_tools::per_element());
  }
  auto what = it.wanted();
  what.start_ns = contract_now_ns;
  what.end_ns = contract_now_ns + 60 * second_of_contract;
  BOOST_TEST(it.counted(what, 1).at(0) == 60);
}

AOPS_STORE_CASE(long_lines_are_found) {
  std::vector<logs::record> lines;
  for (int i = 0; i < 12; ++i)
    lines.push_back(line_of(i, std::string(60'000, 'x') + " end" + std::to_string(i)));
  it.put("h1", lines);
  BOOST_TEST(it.find(it.wanted("end7")).lines.size() == 1u);
  BOOST_TEST(it.find(it.wanted()).lines.size() == 12u);
}

AOPS_STORE_CASE(many_batches_at_once_are_all_stored) {
  std::vector<std::future<size_t>> told;
  for (int i = 0; i < 50; ++i) {
    auto taken = std::make_shared<std::promise<size_t>>();
    told.push_back(taken->get_future());
    std::vector<logs::record> lines;
    for (int k = 0; k < 20; ++k)
      lines.push_back(line_of(i, "b" + std::to_string(i), i * 100 + k));
    auto done =
      it.engine.store->take("h1", lines, contract_now_ns, [taken](expected<lines_stored> x) {
        taken->set_value(x ? x->taken : 0);
      });
    BOOST_REQUIRE(done);
  }
  size_t sum = 0;
  for (auto& x : told)
    sum += x.get();
  BOOST_TEST(sum == 1000u);
  BOOST_TEST(it.find(it.wanted("b7")).lines.size() == 20u);
}

AOPS_STORE_CASE(tidying_keeps_what_is_to_be_kept) {
  it.put("h1", {line_of(1, "kept")});
  BOOST_TEST(bool(it.engine.store->tidy(contract_now_ns)));
  BOOST_TEST(it.found("kept") == "kept");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
