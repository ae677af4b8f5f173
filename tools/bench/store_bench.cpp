#include "runtime/io/storage/audit_repository.hpp"
#include "runtime/io/storage/content_repository.hpp"
#include "runtime/io/storage/group_writer.hpp"
#include "runtime/io/storage/host_repository.hpp"
#include "runtime/io/storage/job_repository.hpp"
#include "runtime/io/storage/mariadb.hpp"
#include "runtime/io/storage/meta_repository.hpp"
#include "runtime/io/storage/result_repository.hpp"
#include "runtime/io/storage/rule_repository.hpp"
#include "runtime/io/storage/sample_repository.hpp"
#include "runtime/io/storage/sqlite.hpp"

#include "tools/bench/counted_database.hpp"
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <unistd.h>

/// How fast a store is: batched commits, and reads beside 10^6 results of 1000 hosts. Prints JSON
/// lines. Without a socket the embedded store, else a MariaDB in a new database `bench`, as root.
/// RTT: milliseconds that each statement takes longer.
///
///     bench_store [RESULTS [SOCKET [RTT]]]
namespace {

using namespace aops;
using namespace aops::storage;
using steady = std::chrono::steady_clock;

constexpr int hosts = 1000, items = 20;
constexpr const char* owner = "admin";

template <class T>
T ok(expected<T> x) {
  if (!x) {
    std::fprintf(stderr, "%s\n", to_string(x.error()).c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>)
    return std::move(*x);
}

void print(const std::string& name, double value, const char* unit) {
  std::printf(
    "{\"name\":\"store_%s\",\"value\":%.6g,\"unit\":\"%s\"}\n", name.c_str(), value, unit);
  std::fflush(stdout);
}

double seconds_since(steady::time_point start) {
  return std::chrono::duration<double>(steady::now() - start).count();
}

double quantile(std::vector<double> xs, double q) {
  std::sort(xs.begin(), xs.end());
  return xs[static_cast<size_t>(q * static_cast<double>(xs.size() - 1))];
}

std::string host_id(int i) { return "host-" + std::to_string(i); }
std::string item_name(int i) { return "item_" + std::to_string(i); }

check_rule rule_of(int i) {
  check_rule rule;
  rule.check_item = item_name(i);
  rule.data_list.push_back({"node_load1", "kpi", {{"cpu", "0"}}});
  rule.condition = "$0 > 1";
  return rule;
}

expected<void> commit(database& db, std::span<const round_to_commit* const> rounds) {
  return sample_repository{db}.commit_rounds(rounds);
}

void must_succeed(expected<void> how) { ok(std::move(how)); }

class bench {
public:
  bench(std::unique_ptr<database_pool> pool, std::chrono::microseconds round_trip)
      : pool_(std::move(pool)), db_(pool_->writer(), round_trip),
        writer_(db_, {"node", 1 << 20, 1024, 5}) {
    auto& db = pool_->writer();
    ok(meta_repository{db}.adopt_all_slots("node"));
    ok(transact(db, [](database& d) -> expected<void> {
      ok(host_repository{d}.add_group(owner, {"g", ""}));
      for (int i = 0; i < hosts; ++i)
        ok(host_repository{d}.add(host_of(i)));
      for (int i = 0; i < items; ++i)
        ok(rule_repository{d}.upsert(owner, rule_of(i), 1));
      return {};
    }));
    for (int i = 0; i < items; ++i)
      digests_.push_back(content_of(rule_of(i)).digest);
  }

  /// Operations per second in batches of a size: the median of five runs.
  /// `append(number, fence)` queues one.
  template <class Append>
  void rate(const std::string& name, int batch, int batches, const char* unit, Append append) {
    std::vector<double> rates;
    auto sent = db_.sent;
    for (int run = 0; run < 5; ++run) {
      auto start = steady::now();
      for (int b = 0; b < batches; ++b) {
        for (int i = 0; i < batch; ++i)
          append(count_++, fence{static_cast<uint16_t>(i % 256), 1});
        while (writer_.flush()) {
        }
      }
      rates.push_back(batch * batches / seconds_since(start));
    }
    auto full = name + "_batch_" + std::to_string(batch);
    print(full, quantile(rates, 0.5), unit);
    print(full + "_statements",
          static_cast<double>(db_.sent - sent) / (5.0 * batch * batches),
          "per operation");
  }

  /// @param changes Rules that are violated all the time, so that each round prolongs a result.
  round_to_commit round_of(int64_t i, int changes) {
    round_to_commit x;
    x.owner = owner;
    x.host_id = host_id(static_cast<int>(i % hosts));
    x.until_ms = (i / hosts + 1) * 15'000;
    x.sample_blob = "\x01" + std::string(900, 's');
    for (int k = 0; k < changes; ++k)
      x.changes.push_back({item_name(k),
                           digests_[static_cast<size_t>(k)],
                           0,
                           x.until_ms,
                           {{7000, x.until_ms, "Abnormal"}}});
    return x;
  }

  void commits() {
    for (int changes : {0, 2})
      for (int batch : {1, 4, 64, 1024})
        rate(changes ? "rounds_with_results" : "rounds",
             batch,
             std::max(2, std::min(100, 5120 / batch)),
             "rounds/s",
             [&](int64_t i, fence held) {
               writer_.append_joint(held, round_of(i, changes), &commit, must_succeed);
             });
    rate("jobs_created", 1024, 10, "jobs/s", [&](int64_t i, fence held) {
      job_record x;
      char id[40];
      std::snprintf(id, sizeof id, "%032llx", static_cast<unsigned long long>(i));
      x.id = id;
      x.kind = diagnosis_kind;
      x.owner = owner;
      x.idempotency_key = "topic-0-" + std::to_string(i);
      x.plan = R"({"host_list":["host-1"],"time_range":[1,2],"tree_list":["t"]})";
      x.expected = 1;
      writer_.append(
        held,
        [x](database& db) -> expected<void> {
          return job_repository{db}.create(x).map([](auto&&) {});
        },
        must_succeed);
    });
  }

  /// What a record in the audit log costs a small change: both in turns, the median of five runs.
  void audit_cost() {
    for (int batch : {1, 64}) {
      std::vector<double> plain, audited;
      for (int run = 0; run < 5; ++run) {
        plain.push_back(changes(batch, false));
        audited.push_back(changes(batch, true));
      }
      auto suffix = "_batch_" + std::to_string(batch);
      print("changes" + suffix, quantile(plain, 0.5), "changes/s");
      print("changes_audited" + suffix, quantile(audited, 0.5), "changes/s");
      print("audit_cost" + suffix, quantile(plain, 0.5) / quantile(audited, 0.5), "ratio");
    }
  }

  /// Changes per second of the description of a group.
  double changes(int batch, bool is_audited) {
    auto change = [is_audited](database& db, int64_t i) -> expected<void> {
      host_group_to_update x;
      x.host_group_name = "g";
      x.description.emplace(std::to_string(i));
      if (auto done = host_repository{db}.update_group(owner, x); !done)
        return fail(std::move(done.error()));
      if (!is_audited)
        return {};
      return audit_repository{db}.append(
        {i, owner, "192.0.2.1", "group.update", "g", 200, "", owner});
    };
    int batches = std::max(5, std::min(200, 5120 / batch));
    auto start = steady::now();
    for (int b = 0; b < batches; ++b) {
      for (int i = 0; i < batch; ++i)
        writer_.append(
          {}, [change, n = count_++](database& db) { return change(db, n); }, must_succeed);
      while (writer_.flush()) {
      }
    }
    return batch * batches / seconds_since(start);
  }

  /// Results spread over hosts, items and time, as rounds bring them: time after time.
  void fill(int64_t rows) {
    auto start = steady::now();
    std::mt19937 random{1};
    const char* values[] = {"Abnormal", "Abnormal", "Abnormal", "No data"};
    for (int64_t i = 0; i < rows; i += 1024) {
      for (int64_t k = i; k < std::min(rows, i + 1024); ++k) {
        auto item = static_cast<int>(random() % items);
        auto at = k * 600;
        result_change x{item_name(item), digests_[static_cast<size_t>(item)], at, at + 60'000, {}};
        x.rows.push_back({at, at + static_cast<int64_t>(random() % 60'000), values[random() % 4]});
        writer_.append(
          fences{},
          [x, host = host_id(static_cast<int>(random() % hosts))](database& db) {
            return result_repository{db}.replace_range(owner, host, x);
          },
          [](expected<void> how) { ok(how); });
      }
      while (writer_.flush()) {
      }
    }
    print("results_batch_1024", static_cast<double>(rows) / seconds_since(start), "rows/s");
    newest_ms_ = rows * 600;
  }

  template <class Read>
  void latency(const std::string& name, int times, Read read) {
    auto lease = ok(pool_->read());
    std::vector<double> took;
    for (int i = 0; i < times; ++i) {
      auto start = steady::now();
      read(*lease, i);
      took.push_back(seconds_since(start) * 1000);
    }
    print(name + "_p50", quantile(took, 0.5), "ms");
    print(name + "_p99", quantile(took, 0.99), "ms");
  }

  void reads() {
    auto page_of = [this](const std::string& name, int times, auto change) {
      latency(name, times, [&](database& db, int i) {
        results_query q;
        q.page.emplace(1);
        q.per_page.emplace(50);
        change(q, i);
        ok(result_repository{db}.page(owner, q));
      });
    };
    page_of("result_page", 2000, [](results_query&, int) {});
    page_of("result_page_newest", 2000, [](results_query& q, int) {
      q.sort.emplace("start");
      q.direction.emplace("desc");
    });
    page_of("result_page_by_end", 500, [](results_query& q, int) { q.sort.emplace("end"); });
    page_of(
      "result_page_by_item", 500, [](results_query& q, int) { q.sort.emplace("check_item"); });
    page_of("result_page_of_host", 2000, [](results_query& q, int i) {
      q.host_list = {host_id(i % hosts)};
    });
    page_of("result_page_of_50_hosts", 100, [](results_query& q, int i) {
      for (int k = 0; k < 50; ++k)
        q.host_list.push_back(host_id((i + k * 17) % hosts));
    });
    page_of("result_page_of_value", 500, [](results_query& q, int) { q.value.emplace("No data"); });
    page_of("result_page_of_rare_value", 500, [](results_query& q, int) {
      q.value.emplace("Internal error");
    });
    page_of("result_page_of_last_hour", 500, [this](results_query& q, int) {
      q.time_range = {moment{newest_ms_ - 3'600'000}, moment{newest_ms_}};
    });
    page_of("result_page_of_item", 20, [](results_query& q, int i) {
      q.check_items = {item_name(i % items)};
    });
    page_of("result_page_20000", 20, [](results_query& q, int) { q.page.emplace(20'000); });
    latency("result_count", 500, [](database& db, int) {
      result_count_query q;
      q.page.emplace(1);
      q.per_page.emplace(50);
      ok(result_repository{db}.counts_page(owner, q));
    });
    latency("overlapping_hour", 2000, [this](database& db, int i) {
      ok(result_repository{db}.overlapping(
        {owner, host_id(i % hosts), {}, newest_ms_ / 2, newest_ms_ / 2 + 3'600'000}));
    });
    latency("host_state", 1000, [](database& db, int i) {
      ok(sample_repository{db}.state({owner, host_id(i % hosts), 0}));
    });
    latency("host_page", 2000, [](database& db, int) {
      hosts_query q;
      q.page.emplace(1);
      q.per_page.emplace(50);
      ok(host_repository{db}.page(owner, q));
    });
    latency("job_progress", 2000, [](database& db, int) {
      ok(job_repository{db}.progress(owner, {"00000000000000000000000000000001"}));
    });
    print("bytes", static_cast<double>(pool_->bytes_stored()) / 1e6, "MB");
  }

private:
  static new_host host_of(int i) {
    new_host x;
    x.owner = owner;
    x.host_id = host_id(i);
    x.host_name = "name-" + std::to_string(i);
    x.host_group_name = "g";
    x.public_ip = "10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250);
    return x;
  }

  std::unique_ptr<database_pool> pool_;
  aops::benchmarks::counted_database db_;
  group_writer writer_;
  std::vector<std::string> digests_;
  int64_t count_ = 0;
  int64_t newest_ms_ = 0;
};

std::unique_ptr<database_pool> open(const std::string& dir, const std::string& socket) {
  if (!socket.empty()) {
    mariadb_config config;
    config.socket = socket;
    config.user = "root";
    config.database = "bench";
    return ok(open_mariadb(config));
  }
  sqlite_config config;
  config.data_dir = dir;
  return ok(open_sqlite(config));
}

} // namespace

int main(int argc, char** argv) {
  auto pattern = (std::filesystem::temp_directory_path() / "aops-store-bench-XXXXXX").string();
  if (!::mkdtemp(pattern.data()))
    return 1;
  auto results = argc > 1 ? std::atoll(argv[1]) : 1'000'000;
  std::chrono::microseconds round_trip{argc > 3 ? std::lround(std::atof(argv[3]) * 1000) : 0};
  {
    bench it{open(pattern, argc > 2 ? argv[2] : ""), round_trip};
    it.commits();
    it.audit_cost();
    if (results > 0) {
      it.fill(results);
      it.reads();
    }
  }
  std::filesystem::remove_all(pattern);
}
