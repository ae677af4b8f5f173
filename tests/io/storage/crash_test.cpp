#include "runtime/io/storage/result_repository.hpp"
#include "runtime/io/storage/sample_repository.hpp"
#include "tests/io/storage/mariadb_store.hpp"
#include "tests/io/storage/samples.hpp"

#include <csignal>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace crash_test {

using namespace aops;
using namespace aops::storage;
using namespace aops::tests;

namespace {

/// A running storage_crash_writer and the pipe it acknowledges through.
class victim {
public:
  victim(const std::string& dir, const std::string& digest, int seed) {
    int ends[2];
    BOOST_REQUIRE(::pipe(ends) == 0);
    auto seed_text = std::to_string(seed);
    pid_ = ::fork();
    BOOST_REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::close(ends[0]);
      ::close(ends[1]);
      ::execl(STORAGE_CRASH_WRITER,
              STORAGE_CRASH_WRITER,
              dir.c_str(),
              digest.c_str(),
              seed_text.c_str(),
              nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    pipe_ = ends[0];
  }
  ~victim() {
    if (pid_ > 0)
      kill();
    ::close(pipe_);
  }

  /// Reads until that many bytes were acknowledged. False when it ended before.
  bool read(size_t bytes) {
    char buffer[4096];
    while (text_.size() < bytes) {
      auto got = ::read(pipe_, buffer, sizeof buffer);
      if (got <= 0)
        return false;
      text_.append(buffer, static_cast<size_t>(got));
    }
    return true;
  }

  void kill() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

  /// What it acknowledged before it died: whole lines.
  std::vector<std::pair<std::string, int64_t>> acknowledged() {
    read(SIZE_MAX); // The rest of the pipe.
    std::vector<std::pair<std::string, int64_t>> out;
    std::istringstream lines{text_.substr(0, text_.rfind('\n') + 1)};
    std::string host;
    int64_t until = 0;
    while (lines >> host >> until)
      out.emplace_back(host, until);
    return out;
  }

private:
  pid_t pid_ = 0;
  int pipe_ = -1;
  std::string text_;
};

using rounds = std::map<std::string, std::set<int64_t>>;

/// Everything acknowledged is there, and what belongs together is whole.
void inspect(database& db, const rounds& acknowledged) {
  for (const auto& [host, times] : acknowledged) {
    auto state = ok(sample_repository{db}.state({owner, host, *times.begin()}));
    std::set<int64_t> stored;
    for (const auto& sample : state.samples)
      stored.insert(sample.time_ms);
    BOOST_TEST(std::includes(stored.begin(), stored.end(), times.begin(), times.end()));
    BOOST_TEST(state.until_ms == *stored.rbegin());
    BOOST_REQUIRE(state.last_rows.size() == 1);
    BOOST_TEST(state.last_rows[0].row.end_ms == state.until_ms);
  }
  BOOST_TEST(committed(db, [&] { return result_repository{db}.recount(owner); }) == 0);
}

/// Hosts, a rule and slots for the writer. @returns The rule's digest.
std::string prepare(database& db) {
  auto digest = store_rule(db, "cpu");
  for (auto id : {"h0", "h1", "h2", "h3"})
    store_host(db, id);
  ok(meta_repository{db}.adopt_all_slots("node"));
  return digest;
}

/// Kills writers again and again; `look` inspects what is stored after each.
template <class Look>
void kill_writers(int kills, const std::string& where, const std::string& digest, Look look) {
  rounds acknowledged;
  std::mt19937 random{20'240'101};
  for (int i = 0; i < kills; ++i) {
    victim writer{where, digest, i};
    BOOST_REQUIRE(writer.read(random() % 8000 + 1));
    // Not just after an acknowledgement, but anywhere within the next batches.
    std::this_thread::sleep_for(std::chrono::microseconds{random() % 1500});
    writer.kill();
    for (const auto& [host, until] : writer.acknowledged())
      acknowledged[host].insert(until);
    look(acknowledged);
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE(crash)

BOOST_AUTO_TEST_CASE(nothing_acknowledged_is_lost_by_fifty_kills) {
  scratch_dir dir;
  sqlite_config config;
  config.data_dir = dir.path();
  auto digest = prepare(ok(open_sqlite(config))->writer());
  kill_writers(50, dir.path(), digest, [&](const rounds& acknowledged) {
    inspect(ok(open_sqlite(config))->writer(), acknowledged);
  });
  auto pool = ok(open_sqlite(config));
  auto verdict =
    ok(pool->writer().first("pragma integrity_check", [](const row& r) { return r.string(0); }));
  BOOST_TEST(verdict.value() == "ok");
}

BOOST_AUTO_TEST_CASE(nothing_acknowledged_is_lost_on_a_server_whose_writer_is_killed) {
  mariadb_store it;
  auto digest = prepare(it.db());
  kill_writers(12,
               "mariadb:" + it.config().socket + ":" + it.config().database,
               digest,
               [&](const rounds& acknowledged) { inspect(it.db(), acknowledged); });
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace crash_test
