#include "runtime/io/storage/result_repository.hpp"
#include "tests/io/storage/samples.hpp"

#include <algorithm>
#include <random>

namespace result_property_test {

using namespace aops;
using namespace aops::storage;
using namespace aops::tests;

/// Random changes and queries against the plainest model: a list that is searched from end to end.
namespace {

constexpr int64_t hour = 3600 * 1000;
const std::vector<std::string> host_ids{"h0", "h1", "h2", "h3"};
const std::vector<std::string> items{"cpu", "disk", "memory"};
const std::vector<std::string> values{"Abnormal", "No data", "Internal error"};

struct model_row {
  std::string host, item;
  int64_t start, end;
  std::string value;
  bool is_external;
  label_set labels;
};

class two_stores {
public:
  explicit two_stores(store& it) : db(it.db()), results(db) {
    for (const auto& item : items)
      digests.push_back(store_rule(db, item));
    for (const auto& id : host_ids)
      store_host(db, id);
  }

  size_t below(size_t n) { return random() % n; }
  int64_t time() { return static_cast<int64_t>(below(400)) * hour / 4; }

  void replace() {
    auto item = below(items.size());
    const auto& host = host_ids[below(host_ids.size())];
    result_change x{items[item], digests[item], time(), 0, {}};
    if (x.check_item == "disk" && below(8)) // Of some instances, and of the rule itself.
      x.labels = {{"device", std::to_string(below(3))}};
    x.replace_until_ms = x.replace_from_ms + static_cast<int64_t>(below(12)) * hour;
    for (auto at = x.replace_from_ms; at < x.replace_until_ms && below(4);) {
      auto end = std::min(at + static_cast<int64_t>(below(3)) * hour / 2, x.replace_until_ms);
      x.rows.push_back({at, end, values[below(3)]});
      at = end + hour / 4;
    }
    committed(db, [&] { return results.replace_range(owner, host, x); });
    std::erase_if(rows, [&](const model_row& r) {
      return r.host == host && r.item == x.check_item && !r.is_external && r.labels == x.labels &&
             r.start >= x.replace_from_ms && r.end <= x.replace_until_ms;
    });
    for (const auto& r : x.rows)
      insert(host, x, r);
  }

  void save() {
    external_result x{
      host_ids[below(host_ids.size())], rule_named(items[below(items.size())]), time(), 0, ""};
    x.end_ms = x.start_ms + static_cast<int64_t>(below(3)) * hour;
    x.value = values[below(3)];
    committed(db, [&] { return results.save_external(owner, x); });
    for (auto& r : rows)
      if (r.is_external && r.host == x.host_id && r.item == x.rule.check_item &&
          r.start == x.start_ms && r.end == x.end_ms) {
        r.value = x.value;
        return;
      }
    rows.push_back({x.host_id, x.rule.check_item, x.start_ms, x.end_ms, x.value, true, {}});
  }

  void expire() {
    auto before = time() / 8;
    committed(db, [&] { return results.expire(before); });
    std::erase_if(rows, [&](const model_row& r) { return r.end < before; });
  }

  void delete_host() {
    const auto& id = host_ids[below(host_ids.size())];
    committed(db, [&] { return host_repository{db}.remove(owner, id, 1); });
    store_host(db, id);
    std::erase_if(rows, [&](const model_row& r) { return r.host == id; });
  }

  results_query query() {
    results_query q;
    if (below(2)) {
      auto from = time();
      q.time_range = {moment{from}, moment{from + static_cast<int64_t>(below(40)) * hour}};
    }
    for (const auto& item : items)
      if (!below(4))
        q.check_items.push_back(item);
    for (const auto& id : host_ids)
      if (!below(4))
        q.host_list.push_back(id);
    if (!below(3))
      q.value.emplace(values[below(3)]);
    const char* sorts[] = {"", "start", "end", "check_item"};
    q.sort.emplace(sorts[below(4)]);
    q.direction.emplace(below(2) ? "asc" : "desc");
    return q;
  }

  std::vector<std::string> expected_rows(const results_query& q) const {
    std::vector<std::string> out;
    auto allows = [](const auto& list, const std::string& x) {
      return list.empty() || std::find(list.begin(), list.end(), x) != list.end();
    };
    for (const auto& r : rows)
      if (allows(q.host_list, r.host) && allows(q.check_items, r.item) &&
          (!q.value || *q.value == r.value) &&
          (q.time_range.empty() || (r.start <= q.time_range[1].ms && r.end >= q.time_range[0].ms)))
        out.push_back(text(r.host, r.item, r.start, r.end, r.value, r.labels));
    std::sort(out.begin(), out.end());
    return out;
  }

  static std::string text(const std::string& host,
                          const std::string& item,
                          int64_t start,
                          int64_t end,
                          const std::string& value,
                          const label_set& labels) {
    auto device = labels.find("device");
    return host + " " + item + (device == labels.end() ? "" : "/" + device->second) + " " +
           std::to_string(start) + "-" + std::to_string(end) + " " + value;
  }

  static std::vector<std::string> texts(const results_page& page) {
    std::vector<std::string> out;
    for (const auto& x : page.check_result)
      out.push_back(text(x.host_id, x.check_item, x.start.ms, x.end.ms, x.value, x.labels));
    return out;
  }

  std::mt19937 random{4711};
  database& db;
  result_repository results;
  std::vector<std::string> digests;
  std::vector<model_row> rows;

private:
  void insert(const std::string& host, const result_change& of, const result_interval& x) {
    for (auto& r : rows)
      if (!r.is_external && r.host == host && r.item == of.check_item && r.labels == of.labels &&
          r.start == x.start_ms && r.value == x.value) {
        r.end = std::max(r.end, x.end_ms);
        return;
      }
    rows.push_back({host, of.check_item, x.start_ms, x.end_ms, x.value, false, of.labels});
  }
};

void check_order(const results_query& q, const results_page& page) {
  auto key = [&](const check_result& x) {
    if (*q.sort == "end")
      return std::pair{x.end.ms, std::string{}};
    if (*q.sort == "check_item")
      return std::pair{int64_t{0}, x.check_item};
    return std::pair{x.start.ms, std::string{}};
  };
  bool descending = *q.direction == "desc" && !q.sort->empty();
  for (size_t i = 1; i < page.check_result.size(); ++i) {
    auto a = key(page.check_result[i - 1]), b = key(page.check_result[i]);
    BOOST_TEST((descending ? b <= a : a <= b));
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE(results_against_a_model)

STORE_CASE(rows_totals_pages_and_counters_agree_after_random_changes) {
  two_stores x{it};
  for (int step = 0; step < 400; ++step) {
    auto kind = x.below(40);
    if (kind == 0)
      x.expire();
    else if (kind == 1)
      x.delete_host();
    else if (kind < 10)
      x.save();
    else
      x.replace();
    auto q = x.query();
    auto page = ok(x.results.page(owner, q));
    auto wanted = x.expected_rows(q);
    auto got = two_stores::texts(page);
    BOOST_TEST(page.total_count == static_cast<int64_t>(wanted.size()));
    check_order(q, page);
    auto in_order = got;
    std::sort(got.begin(), got.end());
    BOOST_REQUIRE(got == wanted);
    if (step % 20 == 0) {
      std::vector<std::string> by_pages;
      q.per_page.emplace(7);
      for (int64_t p = 1; p <= page.total_count / 7 + 1; ++p) {
        q.page.emplace(p);
        auto part = ok(x.results.page(owner, q));
        BOOST_TEST(part.total_count == page.total_count);
        for (auto& line : two_stores::texts(part))
          by_pages.push_back(std::move(line));
      }
      BOOST_TEST((by_pages == in_order));
    }
  }
  BOOST_TEST(committed(x.db, [&] { return x.results.recount(owner); }) == 0);
  BOOST_TEST(x.rows.size() > 50u);
}

STORE_CASE(overlapping_results_are_those_of_a_full_search) {
  two_stores x{it};
  for (int step = 0; step < 150; ++step)
    step % 5 ? x.replace() : x.save();
  for (int step = 0; step < 200; ++step) {
    auto q = x.query();
    auto host = host_ids[x.below(host_ids.size())];
    overlap_query asked{owner, host, q.check_items, x.time(), 0};
    asked.until_ms = asked.from_ms + static_cast<int64_t>(x.below(5)) * hour;
    results_query same;
    same.host_list = {host};
    same.check_items = q.check_items;
    same.time_range = {moment{asked.from_ms}, moment{asked.until_ms}};
    std::vector<std::string> got;
    for (const auto& found : ok(x.results.overlapping(asked)))
      got.push_back(two_stores::text(host,
                                     found.check_item,
                                     found.row.start_ms,
                                     found.row.end_ms,
                                     found.row.value,
                                     found.labels));
    std::sort(got.begin(), got.end());
    BOOST_REQUIRE((got == x.expected_rows(same)));
  }
}

STORE_CASE(a_wrong_counter_is_found_and_mended) {
  two_stores x{it};
  for (int step = 0; step < 50; ++step)
    x.replace();
  ok(x.db.run("update result_count set total = total + 3 where value = 'Abnormal'"));
  ok(x.db.run("delete from result_count where value = 'No data'"));
  BOOST_TEST(committed(x.db, [&] { return x.results.recount(owner); }) > 0);
  BOOST_TEST(ok(x.results.page(owner, {})).total_count == static_cast<int64_t>(x.rows.size()));
  BOOST_TEST(committed(x.db, [&] { return x.results.recount(owner); }) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace result_property_test
