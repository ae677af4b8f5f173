#include "runtime/base/metrics.hpp"
#include "runtime/io/storage/group_writer.hpp"
#include "runtime/io/storage/meta_repository.hpp"
#include "tests/io/storage/engines.hpp"
#include "tests/io/storage/faulty_database.hpp"

namespace group_writer_test {

using namespace aops;
using namespace aops::storage;
using namespace aops::tests;

namespace {

constexpr const char* us = "node-1";

/// A writer on a store whose slots are ours, and the answers it gave.
struct writing {
  explicit writing(store& it, group_writer_config config = {us, 100, 50, 3})
      : db(it.db()), writer(db, std::move(config)) {
    ok(meta_repository{it.db()}.adopt_all_slots(us));
    ok(it.db().execute(it.db().sql().define("create table note (name varchar(20) not null primary "
                                            "key) ${clustered}")));
  }

  /// Appends `insert name`; its answer goes to `answers[name]`.
  bool add(std::string name, fences held = {}) {
    return writer.append(
      std::move(held),
      [this, name](database& d) {
        ++runs;
        return d.run("insert into note (name) values (?)", name);
      },
      [this, name](expected<int64_t> how) { answers.emplace(name, how); });
  }

  /// The same, done together with others of its kind.
  bool add_joint(std::string name, fences held = {}) {
    return writer.append_joint(
      std::move(held), together{this, name}, &insert_all, [this, name](expected<void> how) {
        answers.emplace(name, how.map([] { return int64_t{1}; }));
      });
  }
  struct together {
    writing* it;
    std::string name;
  };
  static expected<void> insert_all(database& d, std::span<const together* const> all) {
    all.front()->it->joint_runs.push_back(all.size());
    for (const auto* x : all)
      if (auto done = d.run("insert into note (name) values (?)", x->name); !done)
        return fail(done.error());
    return {};
  }

  std::string answer(const std::string& name) const {
    auto i = answers.find(name);
    if (i == answers.end())
      return "none";
    return i->second ? "stored" : std::string{to_string(i->second.error().code)};
  }

  int64_t notes() { return ok(db.count("select count(*) from note")); }
  int64_t seq(int slot) { return ok(db.count("select seq from slot where slot = ?", slot)); }

  faulty_database db;
  std::map<std::string, expected<int64_t>> answers; ///< Outlives the writer.
  int runs = 0;
  std::vector<size_t> joint_runs; ///< How many were done in each run.
  group_writer writer;
};

/// What the metric of fenced writes shows; 0 before the first group.
double fenced_writes() {
  constexpr std::string_view name = "\naops_store_fenced_writes_total ";
  auto text = metrics::metrics_text();
  auto at = text.find(name);
  return at == std::string::npos ? 0 : std::stod(text.substr(at + name.size()));
}

} // namespace

BOOST_AUTO_TEST_SUITE(group_commit)

STORE_CASE(what_was_appended_is_stored_by_one_commit_and_answered_after_it) {
  writing w{it};
  BOOST_TEST(w.add("a"));
  BOOST_TEST(!w.add("b"));
  BOOST_TEST(w.answers.empty());
  BOOST_TEST(w.writer.pending() == 2u);
  BOOST_TEST(!w.writer.flush());
  BOOST_TEST(w.answer("a") == "stored");
  BOOST_TEST(w.answer("b") == "stored");
  BOOST_TEST(w.db.commits == 1);
  BOOST_TEST(w.notes() == 2);
  BOOST_TEST(!w.writer.flush());
  BOOST_TEST(w.db.commits == 1);
}

STORE_CASE(an_operation_gives_back_its_value) {
  writing w{it};
  std::string got;
  w.writer.append(
    fences{},
    [](database&) -> expected<std::string> { return "a value"; },
    [&](expected<std::string> x) { got = ok(std::move(x)); });
  w.writer.flush();
  BOOST_TEST(got == "a value");
}

STORE_CASE(a_conflict_fails_alone) {
  writing w{it};
  w.add("a");
  w.writer.flush();
  w.answers.clear();
  w.add("b");
  w.add("a");
  w.add("c");
  w.writer.flush();
  BOOST_TEST(w.answer("b") == "stored");
  BOOST_TEST(w.answer("a") == "conflict");
  BOOST_TEST(w.answer("c") == "stored");
  BOOST_TEST(w.notes() == 3);
}

STORE_CASE(an_operation_that_fails_leaves_nothing_behind) {
  writing w{it};
  w.writer.append(
    fences{},
    [](database& d) -> expected<int64_t> {
      ok(d.run("insert into note (name) values (?)", "half"));
      return fail(ec::not_found, "second half");
    },
    [&](expected<int64_t> how) { w.answers.emplace("half", how); });
  w.writer.append(
    fences{},
    [](database&) -> expected<int64_t> { throw std::runtime_error("a mistake"); },
    [&](expected<int64_t> how) { w.answers.emplace("thrown", how); });
  w.add("a");
  w.writer.flush();
  BOOST_TEST(w.answer("half") == "not_found");
  BOOST_TEST(w.answer("thrown") == "internal");
  BOOST_TEST(w.answer("a") == "stored");
  BOOST_TEST(w.notes() == 1);
}

STORE_CASE(a_slot_of_another_owner_fences_its_operations_only) {
  writing w{it};
  ok(w.db.run("update slot set node = 'node-2', epoch = 2 where slot = 7"));
  w.add("ours", fence{3, 1});
  w.add("theirs", fence{7, 1});
  w.add("newer epoch", fence{7, 2});
  w.add("older epoch", fence{3, 0});
  w.add("nobody's");
  auto before = fenced_writes();
  w.writer.flush();
  BOOST_TEST(w.answer("ours") == "stored");
  BOOST_TEST(w.answer("theirs") == "fenced");
  BOOST_TEST(w.answer("newer epoch") == "fenced");
  BOOST_TEST(w.answer("older epoch") == "fenced");
  BOOST_TEST(fenced_writes() - before == 3);
  BOOST_TEST(w.answer("nobody's") == "stored");
  BOOST_TEST(w.notes() == 2);
  BOOST_TEST(w.runs == 2);
}

STORE_CASE(a_slot_is_fenced_once_in_a_batch) {
  writing w{it};
  for (auto name : {"a", "b", "c"})
    w.add(name, fence{3, 1});
  w.writer.flush();
  BOOST_TEST(w.seq(3) == 1);
  BOOST_TEST(w.seq(4) == 0);
  w.add("d", fence{3, 1});
  w.writer.flush();
  BOOST_TEST(w.seq(3) == 2);
}

STORE_CASE(many_slots_are_fenced_each_once_and_one_that_is_lost_fences_its_own_only) {
  for (bool is_one_lost : {false, true}) {
    if (is_one_lost)
      ok(it.db().execute("drop table note"));
    writing w{it};
    if (is_one_lost)
      ok(w.db.run("update slot set node = 'node-2', epoch = 2 where slot = 7"));
    ok(w.db.run("update slot set seq = 0"));
    for (uint16_t slot = 3; slot < 20; ++slot)
      w.add(std::to_string(slot), fence{slot, 1});
    w.writer.flush();
    for (uint16_t slot = 3; slot < 20; ++slot) {
      bool is_lost = is_one_lost && slot == 7;
      BOOST_TEST(w.answer(std::to_string(slot)) == (is_lost ? "fenced" : "stored"));
      if (!is_one_lost)
        BOOST_TEST(w.seq(slot) == 1);
    }
  }
}

STORE_CASE(what_is_of_one_kind_is_done_together_where_the_first_of_it_stands) {
  writing w{it};
  w.add("a");
  w.add_joint("b", fence{3, 1});
  w.add("c");
  w.add_joint("d", fence{4, 1});
  w.add_joint("e", fence{5, 0});
  w.writer.flush();
  for (auto name : {"a", "b", "c", "d"})
    BOOST_TEST(w.answer(name) == "stored");
  BOOST_TEST(w.answer("e") == "fenced");
  BOOST_TEST((w.joint_runs == std::vector<size_t>{2}));
  BOOST_TEST(w.runs == 2);
  BOOST_TEST(w.notes() == 4);
  BOOST_TEST(w.db.savepoints == 0);
}

STORE_CASE(what_cannot_be_done_together_is_done_one_by_one) {
  writing w{it};
  w.add_joint("a");
  w.writer.flush();
  w.answers.clear();
  w.joint_runs.clear();
  w.add_joint("b");
  w.add_joint("a");
  w.add("c");
  w.writer.flush();
  BOOST_TEST(w.answer("b") == "stored");
  BOOST_TEST(w.answer("a") == "conflict");
  BOOST_TEST(w.answer("c") == "stored");
  BOOST_TEST((w.joint_runs == std::vector<size_t>{2, 1, 1}));
  BOOST_TEST(w.notes() == 3);
}

STORE_CASE(an_operation_that_fails_by_itself_is_not_tried_again) {
  writing w{it};
  w.add("a");
  w.writer.flush();
  w.answers.clear();
  w.add("a");
  w.writer.flush();
  BOOST_TEST(w.answer("a") == "conflict");
  BOOST_TEST(w.runs == 2);
  BOOST_TEST(!w.db.in_transaction());
}

STORE_CASE(a_lost_commit_is_looked_up_also_after_a_conflict) {
  writing w{it};
  w.add("a");
  w.writer.flush();
  w.answers.clear();
  w.add("a", fence{4, 1});
  w.add("b", fence{3, 1});
  w.db.lost_answers.push_back({ec::store_unreachable, "gone"});
  w.writer.flush();
  BOOST_TEST(w.answer("a") == "conflict");
  BOOST_TEST(w.answer("b") == "stored");
  BOOST_TEST(w.seq(3) == 1);
  BOOST_TEST(w.notes() == 2);
}

STORE_CASE(only_the_leader_of_this_epoch_writes_as_leader) {
  writing w{it};
  ok(w.db.run("update lease set epoch = 5 where name = 'leader'"));
  fences now, before;
  now.leader_epoch = 5;
  before.leader_epoch = 4;
  w.add("now", now);
  w.add("before", before);
  w.writer.flush();
  BOOST_TEST(w.answer("now") == "stored");
  BOOST_TEST(w.answer("before") == "fenced");
}

STORE_CASE(too_many_waiting_operations_are_refused_at_once) {
  writing w{it, {us, 2, 50, 3}};
  w.add("a");
  w.add("b");
  BOOST_TEST(!w.add("c"));
  BOOST_TEST(w.answer("c") == "overloaded");
  w.writer.flush();
  BOOST_TEST(w.notes() == 2);
  BOOST_TEST(w.add("d"));
}

STORE_CASE(a_batch_is_bounded_and_the_rest_waits_for_the_next_flush) {
  writing w{it, {us, 100, 3, 3}};
  for (int i = 0; i < 7; ++i)
    w.add(std::to_string(i));
  BOOST_TEST(w.writer.flush());
  BOOST_TEST(w.notes() == 3);
  BOOST_TEST(w.writer.flush());
  BOOST_TEST(!w.writer.flush());
  BOOST_TEST(w.notes() == 7);
  BOOST_TEST(w.db.commits == 3);
}

STORE_CASE(rounds_of_hosts_do_not_wait_for_the_large_writes_of_others) {
  group_writer_config config{us, 100, 50, 3};
  config.most_rows = {SIZE_MAX, 10, 5, 10};
  writing w{it, config};
  auto append = [&](base::urgency what, std::string name, size_t rows) {
    w.writer.append(
      fences{},
      [name](database& d) { return d.run("insert into note (name) values (?)", name); },
      [&w, name](expected<int64_t> how) { w.answers.emplace(name, how); },
      base::ticket{what, {}, {}, base::never_ms},
      rows);
  };
  for (int i = 0; i < 3; ++i) {
    append(base::urgency::jobs, "unit " + std::to_string(i), 6);
    append(base::urgency::history, "past " + std::to_string(i), 5);
  }
  append(base::urgency::people, "import", 1000);
  append(base::urgency::people, "next", 1);
  for (int i = 0; i < 30; ++i)
    append(base::urgency::live, "round " + std::to_string(i), 1);
  BOOST_TEST(w.writer.flush());
  for (int i = 0; i < 30; ++i)
    BOOST_TEST(w.answer("round " + std::to_string(i)) == "stored");
  // Of each other class as much as its share of a commit allows, at least one.
  BOOST_TEST(w.answer("unit 1") == "stored");
  BOOST_TEST(w.answer("unit 2") == "none");
  BOOST_TEST(w.answer("past 0") == "stored");
  BOOST_TEST(w.answer("past 1") == "none");
  BOOST_TEST(w.answer("import") == "stored");
  BOOST_TEST(w.answer("next") == "none");
  BOOST_TEST(w.writer.flush());
  BOOST_TEST(w.answer("unit 2") == "stored");
  BOOST_TEST(w.answer("next") == "stored");
  BOOST_TEST(!w.writer.flush());
  BOOST_TEST(w.notes() == 38);
}

STORE_CASE(neither_a_class_nor_an_owner_can_fill_the_queue) {
  writing w{it, {us, 4, 50, 3}};
  auto append = [&](base::urgency what, std::string owner) {
    auto name = std::to_string(w.answers.size() + w.writer.pending());
    w.writer.append(
      fences{},
      [](database&) -> expected<int64_t> { return 1; },
      [&w, name](expected<int64_t> how) { w.answers.emplace(name, how); },
      base::ticket{what, std::move(owner), {}, base::never_ms});
    return w.answer(name) == "none";
  };
  BOOST_TEST(append(base::urgency::jobs, "ann"));
  BOOST_TEST(append(base::urgency::jobs, "ann"));
  BOOST_TEST(!append(base::urgency::jobs, "ann")); // Half of it.
  BOOST_TEST(append(base::urgency::jobs, "bob"));
  BOOST_TEST(append(base::urgency::jobs, "carl"));
  BOOST_TEST(!append(base::urgency::jobs, "dora"));
  BOOST_TEST(append(base::urgency::live, "ann")); // Another class.
  w.writer.flush();
}

STORE_CASE(what_nobody_waits_for_any_more_is_not_written) {
  base::turned_time time;
  group_writer_config config{us, 100, 50, 3};
  config.time = &time;
  writing w{it, config};
  auto append = [&](std::string name, int64_t due_ms) {
    w.writer.append(
      fences{},
      [name](database& d) { return d.run("insert into note (name) values (?)", name); },
      [&w, name](expected<int64_t> how) { w.answers.emplace(name, how); },
      base::ticket{base::urgency::people, "ann", {}, due_ms});
  };
  auto now = time.steady_ms();
  append("early", now + 1000);
  append("late", now + 2000);
  append("patient", now + 9000);
  time.pass(2000);
  append("hopeless", now + 3000); // The first one has waited longer than it would.
  BOOST_TEST(w.answer("hopeless") == "overloaded");
  BOOST_TEST(w.writer.standing(base::urgency::people).oldest_ms == 2000);
  BOOST_TEST(!w.writer.flush());
  BOOST_TEST(w.answer("early") == "timed_out");
  BOOST_TEST(w.answer("late") == "timed_out");
  BOOST_TEST(w.answer("patient") == "stored");
  BOOST_TEST(w.notes() == 1);
}

STORE_CASE(a_deadlock_runs_the_whole_batch_again_from_the_fence) {
  writing w{it};
  w.add("a", fence{3, 1});
  w.add("b", fence{4, 1});
  w.db.run_failures["insert"].push_back({ec::overloaded, "deadlock"});
  w.db.commit_failures.push_back({ec::overloaded, "deadlock"});
  w.writer.flush();
  BOOST_TEST(w.answer("a") == "stored");
  BOOST_TEST(w.answer("b") == "stored");
  BOOST_TEST(w.notes() == 2);
  BOOST_TEST(w.seq(3) == 1);
}

STORE_CASE(an_engine_that_stays_busy_overloads_the_batch) {
  writing w{it};
  w.add("a");
  for (int i = 0; i < 3; ++i)
    w.db.begin_failures.push_back({ec::overloaded, "busy"});
  w.writer.flush();
  BOOST_TEST(w.answer("a") == "overloaded");
  BOOST_TEST(w.notes() == 0);
  BOOST_TEST(!w.db.in_transaction());
  w.add("b");
  w.writer.flush();
  BOOST_TEST(w.answer("b") == "stored");
}

STORE_CASE(a_lost_commit_that_arrived_is_not_written_again) {
  writing w{it};
  w.add("a", fence{3, 1});
  w.db.lost_answers.push_back({ec::store_unreachable, "gone"});
  w.writer.flush();
  BOOST_TEST(w.answer("a") == "stored");
  BOOST_TEST(w.runs == 1);
  BOOST_TEST(w.db.reconnects == 1);
  BOOST_TEST(w.seq(3) == 1);
}

STORE_CASE(a_lost_commit_that_never_arrived_is_written_again) {
  writing w{it};
  w.add("a", fence{3, 1});
  w.db.commit_failures.push_back({ec::store_unreachable, "gone"});
  w.writer.flush();
  BOOST_TEST(w.answer("a") == "stored");
  BOOST_TEST(w.runs == 2);
  BOOST_TEST(w.notes() == 1);
}

STORE_CASE(a_lost_commit_without_a_slot_is_reported_rather_than_repeated) {
  writing w{it};
  w.add("a");
  w.db.lost_answers.push_back({ec::store_unreachable, "gone"});
  w.writer.flush();
  BOOST_TEST(w.answer("a") == "store_unreachable");
  BOOST_TEST(w.runs == 1);
}

STORE_CASE(a_store_that_stays_away_fails_the_batch_and_serves_the_next) {
  writing w{it};
  w.add("a", fence{3, 1});
  w.db.can_reconnect = false;
  w.db.commit_failures.push_back({ec::store_unreachable, "gone"});
  w.writer.flush();
  BOOST_TEST(w.answer("a") == "store_unreachable");
  w.db.can_reconnect = true;
  w.add("b", fence{3, 1});
  w.writer.flush();
  BOOST_TEST(w.answer("b") == "stored");
  BOOST_TEST(w.notes() == 1);
}

STORE_CASE(an_answer_may_append_the_next_operation) {
  writing w{it};
  bool is_first = false;
  w.writer.append(
    fences{},
    [](database&) -> expected<int64_t> { return 1; },
    [&](expected<int64_t>) { is_first = w.add("next"); });
  BOOST_TEST(w.writer.flush());
  BOOST_TEST(is_first);
  w.writer.flush();
  BOOST_TEST(w.answer("next") == "stored");
}

STORE_CASE(fail_all_answers_everything_that_waits) {
  writing w{it};
  w.add("a");
  w.add("b");
  w.writer.fail_all({ec::cancelled, "the node stops"});
  BOOST_TEST(w.answer("a") == "cancelled");
  BOOST_TEST(w.answer("b") == "cancelled");
  BOOST_TEST(w.writer.pending() == 0u);
  BOOST_TEST(w.notes() == 0);
}

STORE_CASE(a_writer_that_ends_answers_what_still_waits) {
  std::string answer;
  {
    group_writer writer{it.db(), {us, 10, 10, 1}};
    writer.append(
      fences{},
      [](database&) -> expected<int64_t> { return 1; },
      [&](expected<int64_t> how) { answer = to_string(failure_of(how)); });
  }
  BOOST_TEST(answer == "store_unreachable");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace group_writer_test
