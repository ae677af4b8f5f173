#include "runtime/io/storage/sample_archive.hpp"
#include "runtime/io/storage/sample_pieces.hpp"
#include "runtime/io/storage/sample_repository.hpp"
#include "tests/io/storage/samples.hpp"

using namespace aops;
using namespace aops::storage;
using namespace aops::tests;

namespace {

constexpr int64_t stretch = sample_pieces::rows_ms;
constexpr int64_t packed_hour = sample_archive::chunk_ms;

void add_rows(database& db, const std::string& host, std::vector<int64_t> times) {
  std::vector<sample_row> rows;
  for (auto t : times)
    rows.push_back({t, "blob" + std::to_string(t)});
  committed(db, [&] { return sample_repository{db}.save_samples(host, rows); });
}

void add_series(database& db, const std::string& host, std::vector<series_entry> series) {
  round_to_commit x;
  x.owner = owner;
  x.host_id = host;
  x.until_ms = 1;
  x.rule_set_digest = "rules";
  x.new_series = std::move(series);
  committed(db, [&] { return sample_repository{db}.commit_round(x); });
}

pieces_found find(database& db, const pieces_query& q) { return ok(sample_pieces{db}.find(q)); }

pieces_query query_of(std::vector<std::string> hosts, int64_t from_ms, int64_t until_ms) {
  pieces_query q;
  for (auto& x : hosts)
    q.hosts.push_back({std::move(x), from_ms, {}});
  q.until_ms = until_ms;
  q.needs_series = false;
  return q;
}

/// Times of the rows in each piece; `c` packed, `=` known.
std::string shown_pieces(const host_pieces& x) {
  std::string out;
  for (const auto& p : x.pieces) {
    out += p.key.chunk != 0 ? "c" : "r";
    auto rows = p.rows;
    if (!p.packed.empty())
      rows = ok(unpack_chunk(p.packed));
    if (p.is_known)
      out += "=";
    for (const auto& row : rows) {
      BOOST_TEST(row.blob == "blob" + std::to_string(row.time_ms));
      out += " " + std::to_string(row.time_ms);
    }
    out += "; ";
  }
  return out + "until " + std::to_string(x.until_ms);
}

} // namespace

BOOST_AUTO_TEST_SUITE(sample_pieces_suite)

STORE_CASE(rows_come_in_stretches_and_hours_as_they_are) {
  auto& db = it.db();
  store_host(db, "h");
  store_host(db, "other");
  add_rows(db, "h", {1, packed_hour - 1});
  committed(db, [&] { return sample_archive{db}.compact(packed_hour); });
  auto t = packed_hour;
  add_rows(db, "h", {t, t + stretch - 1, t + stretch, t + 3 * stretch});
  add_rows(db, "other", {t + 5});
  auto q = query_of({"other", "gone", "h"}, 0, 10 * packed_hour);
  auto found = find(db, q);
  BOOST_REQUIRE(found.hosts.size() == 2u);
  auto end = std::to_string(q.until_ms);
  BOOST_TEST(shown_pieces(found.hosts[0]) == "r 3600005; until " + end);
  BOOST_TEST(shown_pieces(found.hosts[1]) ==
             "c 1 3599999; r 3600000 3899999; r 3900000; r 4500000; until " + end);
  // What is known is not sent; what has changed since is.
  q = query_of({"h"}, 0, q.until_ms);
  for (const auto& x : found.hosts[1].pieces)
    q.hosts[0].known.push_back(x.key);
  BOOST_TEST(shown_pieces(find(db, q).hosts[0]) == "c=; r=; r=; r=; until " + end);
  add_rows(db, "h", {t + stretch + 7});
  BOOST_TEST(shown_pieces(find(db, q).hosts[0]) == "c=; r=; r 3900000 3900007; r=; until " + end);
  // Only what can lie in the range, whole stretches of it.
  q = query_of({"h"}, t + stretch + 3, t + stretch + 4);
  BOOST_TEST(shown_pieces(find(db, q).hosts[0]) ==
             "r 3900000 3900007; until " + std::to_string(t + stretch + 4));
  q = query_of({"h"}, 2, 3);
  BOOST_TEST(shown_pieces(find(db, q).hosts[0]) == "c 1 3599999; until 3");
}

STORE_CASE(a_piece_that_is_too_much_is_asked_for_again) {
  auto& db = it.db();
  store_host(db, "a");
  store_host(db, "b");
  add_rows(db, "a", {1, packed_hour + 1, 2 * packed_hour + 1});
  add_rows(db, "b", {1});
  committed(db, [&] { return sample_archive{db}.compact(2 * packed_hour); });
  auto q = query_of({"a", "b"}, 0, 3 * packed_hour);
  q.most_bytes = 1;
  auto found = find(db, q);
  BOOST_REQUIRE(found.hosts.size() == 2u);
  BOOST_TEST(shown_pieces(found.hosts[0]) == "c 1; until 3600000");
  BOOST_TEST(shown_pieces(found.hosts[1]) == "until 0");
  q.hosts[0].from_ms = 3600001;
  q.hosts[1].from_ms = 1;
  std::swap(q.hosts[0], q.hosts[1]);
  found = find(db, q);
  BOOST_TEST(shown_pieces(found.hosts[0]) == "c 1; until " + std::to_string(q.until_ms));
  BOOST_TEST(shown_pieces(found.hosts[1]) == "until 3600000");
}

STORE_CASE(an_empty_stretch_is_crossed_at_once) {
  auto& db = it.db();
  store_host(db, "h");
  add_rows(db, "h", {10 * packed_hour, 20 * packed_hour});
  committed(db, [&] { return sample_archive{db}.compact(11 * packed_hour); });
  auto reached = [&](int64_t from_ms, int64_t until_ms, bool newest) {
    auto q = query_of({"h"}, from_ms, until_ms);
    q.newest_only = newest;
    auto found = find(db, q);
    BOOST_TEST(found.hosts[0].pieces.empty());
    return found.hosts[0].until_ms;
  };
  for (bool newest : {false, true}) {
    BOOST_TEST(reached(0, packed_hour, newest) == 10 * packed_hour - 1);
    BOOST_TEST(reached(10 * packed_hour + 1, 11 * packed_hour, newest) == 20 * packed_hour - 1);
    BOOST_TEST(reached(21 * packed_hour, 22 * packed_hour, newest) > 1000 * packed_hour);
  }
}

STORE_CASE(the_newest_round_comes_alone) {
  auto& db = it.db();
  store_host(db, "h");
  add_rows(db, "h", {packed_hour + 1, packed_hour + 2, packed_hour + 9});
  auto q = query_of({"h"}, packed_hour, packed_hour + 5);
  q.newest_only = true;
  BOOST_TEST(shown_pieces(find(db, q).hosts[0]) == "r 3600002; until 3600005");
  q = query_of({"h"}, packed_hour + 10, packed_hour + 15);
  q.newest_only = true;
  BOOST_TEST(find(db, q).hosts[0].pieces.empty());
  // Packed, the whole hour is needed.
  committed(db, [&] { return sample_archive{db}.compact(2 * packed_hour); });
  q = query_of({"h"}, packed_hour, packed_hour + 5);
  q.newest_only = true;
  BOOST_TEST(shown_pieces(find(db, q).hosts[0]) == "c 3600001 3600002 3600009; until 3600005");
}

STORE_CASE(series_are_found_by_name_for_many_hosts) {
  auto& db = it.db();
  store_host(db, "a");
  store_host(db, "b");
  add_series(db, "a", {{2, {"load", {}}}, {5, {"disk", {{"device", "sda"}}}}});
  add_series(db, "b", {{3, {"load", {}}}});
  add_rows(db, "a", {10});
  add_rows(db, "b", {10});
  auto shown = [&](pieces_query q) {
    std::string out;
    for (const auto& host : find(db, q).hosts) {
      for (const auto& x : host.series)
        out += host.host_id + std::to_string(x.slot) + x.key.name +
               (x.key.label.empty() ? "" : x.key.label.begin()->second) + " ";
      out += std::to_string(host.pieces.size()) + "; ";
    }
    return out;
  };
  auto q = query_of({"a", "b"}, 0, 100);
  BOOST_TEST(shown(q) == "a2load a5disksda 1; b3load 1; ");
  q.names = {"disk", "nothing"};
  BOOST_TEST(shown(q) == "a5disksda 1; 1; ");
  q.needs_series = true;
  BOOST_TEST(shown(q) == "a5disksda 1; 0; ");
  q.until_ms = -1;
  BOOST_TEST(shown(q) == "a5disksda 0; 0; ");
  q.hosts.resize(sample_pieces::most_hosts + 1);
  BOOST_TEST((sample_pieces{db}.find(q).error() == ec::bad_request));
}

BOOST_AUTO_TEST_SUITE_END()
