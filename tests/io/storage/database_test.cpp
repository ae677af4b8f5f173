#include "tests/io/storage/engines.hpp"

namespace database_test {

using namespace aops;
using namespace aops::storage;
using namespace aops::tests;
using namespace std::string_literals;

namespace {

/// Two small tables that refer to each other.
database& with_tables(store& it) {
  auto& db = it.db();
  ok(db.execute(db.sql().define("create table parent (n ${identity}, name varchar(20) not null, "
                                "weight double, body longblob) ${table}")));
  ok(db.execute("create unique index parent_name on parent (name)"));
  ok(
    db.execute(db.sql().define("create table child (parent bigint not null, total bigint not null, "
                               "primary key (parent), "
                               "foreign key (parent) references parent (n)) ${clustered}")));
  return db;
}

} // namespace

BOOST_AUTO_TEST_SUITE(database_port)

STORE_CASE(values_of_every_kind_come_back_as_they_went) {
  auto& db = with_tables(it);
  const std::string bytes{"\0\x01\xff zero", 8};
  ok(db.run("insert into parent (name, weight, body) values (?, ?, ?)", "ä€", 0.1, blob{bytes}));
  auto id = db.last_id();
  BOOST_TEST(id > 0);
  ok(db.run("insert into parent (name, weight, body) values (?, ?, ?)",
            std::string{},
            nullptr,
            std::optional<int64_t>{}));
  auto rows = ok(db.query("select n, name, weight, body from parent order by n"));
  BOOST_TEST(ok(rows->next()));
  BOOST_TEST(rows->integer(0) == id);
  BOOST_TEST(rows->text(1) == "ä€");
  BOOST_TEST(rows->real(2) == 0.1);
  BOOST_TEST(rows->text(3) == bytes);
  BOOST_TEST(ok(rows->next()));
  BOOST_TEST(!rows->is_null(1));
  BOOST_TEST(rows->text(1) == "");
  BOOST_TEST(rows->is_null(2));
  BOOST_TEST(rows->is_null(3));
  BOOST_TEST(!ok(rows->next()));
}

STORE_CASE(integers_keep_all_their_bits) {
  auto& db = with_tables(it);
  ok(db.run("insert into parent (n, name) values (?, ?)", 1, "x"));
  for (auto x : {INT64_MIN, int64_t{-1}, INT64_MAX}) {
    ok(db.run(db.sql().upsert("child", {"parent"}, {"total"}), 1, x));
    BOOST_TEST(ok(db.integer("select total from child")).value() == x);
  }
}

STORE_CASE(an_older_row_does_not_replace_a_newer_one) {
  auto& db = it.db();
  ok(db.execute(db.sql().define("create table aged (n bigint not null primary key, name "
                                "varchar(20) not null, age bigint not null) ${clustered}")));
  auto save = db.sql().upsert_unless_older("aged", {"n"}, {"name"}, "age");
  auto now = [&] {
    return ok(db.first("select name, age from aged where n = 1", [](const row& r) {
      return r.string(0) + " " + std::to_string(r.integer(1));
    }));
  };
  ok(db.run(save, 1, "a", 10));
  BOOST_TEST(now().value() == "a 10");
  ok(db.run(save, 1, "b", 10));
  BOOST_TEST(now().value() == "b 10");
  ok(db.run(save, 1, "c", 9));
  BOOST_TEST(now().value() == "b 10");
  const std::vector<parameter> several{1, "d", 12, 2, "x", 1, 1, "e", 11, 1, "f", 13, 1, "g", 5};
  ok(db.run_many(save, 3, several));
  BOOST_TEST(now().value() == "f 13");
  BOOST_TEST(ok(db.count("select count(*) from aged")) == 2);
}

STORE_CASE(a_counted_column_tells_its_value_where_the_engine_can) {
  auto& db = it.db();
  const auto count =
    "update slot set seq = " + db.sql().counted("seq") + " where slot = 3 and epoch = ?";
  for (int64_t i = 1; i < 4; ++i) {
    BOOST_TEST(ok(db.run(count, 1)) == 1);
    if (db.sql().tells_counted())
      BOOST_TEST(db.last_id() == i);
    BOOST_TEST(ok(db.count("select seq from slot where slot = 3")) == i);
    BOOST_TEST(ok(db.run(count, 2)) == 0);
  }
}

STORE_CASE(many_updates_tell_how_many_rows_they_matched) {
  auto& db = it.db();
  const std::vector<parameter> rows{3, 1, 4, 1, 4, 2, 5, 1};
  auto matched = db.run_many("update slot set seq = seq + 1 where slot = ? and epoch = ?", 2, rows);
  BOOST_TEST(ok(std::move(matched)) == 3);
}

STORE_CASE(a_second_row_of_the_same_key_is_a_conflict) {
  auto& db = with_tables(it);
  ok(db.run("insert into parent (name) values (?)", "x"));
  BOOST_TEST(failure_of(db.run("insert into parent (name) values (?)", "x")) == ec::conflict);
  BOOST_TEST(ok(db.count("select count(*) from parent")) == 1);
}

STORE_CASE(a_missing_parent_is_a_dependency) {
  auto& db = with_tables(it);
  BOOST_TEST(failure_of(db.run("insert into child (parent, total) values (?, ?)", 7, 1)) ==
             ec::has_dependency);
  ok(db.run("insert into parent (n, name) values (?, ?)", 7, "x"));
  ok(db.run("insert into child (parent, total) values (?, ?)", 7, 1));
  BOOST_TEST(failure_of(db.run("delete from parent where n = ?", 7)) == ec::has_dependency);
}

STORE_CASE(a_refused_statement_is_named_after_its_verb_and_shows_no_value) {
  auto& db = with_tables(it);
  auto refused = db.run("insert into parent (name) values (?)", nullptr);
  BOOST_TEST(failure_of(refused) == ec::insert_failed);
  BOOST_TEST(failure_of(db.run("update nowhere set a = ?", "s3cret")) == ec::update_failed);
  BOOST_TEST(failure_of(db.run("delete from nowhere")) == ec::delete_failed);
  BOOST_TEST(failure_of(db.query("select * from nowhere")) == ec::query_failed);
  ok(db.run("insert into parent (name) values (?)", "s3cret"));
  auto twice = db.run("insert into parent (name) values (?)", "s3cret");
  BOOST_TEST(twice.error().detail.find("s3cret") == std::string::npos);
}

STORE_CASE(too_few_values_are_our_mistake) {
  auto& db = with_tables(it);
  BOOST_TEST(failure_of(db.run("insert into parent (name) values (?)")) == ec::internal);
}

STORE_CASE(matched_rows_count_even_when_nothing_changes) {
  auto& db = with_tables(it);
  ok(db.run("insert into parent (name) values (?)", "x"));
  BOOST_TEST(ok(db.run("update parent set name = ? where name = ?", "x", "x")) == 1);
  BOOST_TEST(ok(db.run("update parent set name = ? where name = ?", "y", "nobody")) == 0);
}

STORE_CASE(the_dialect_spells_upserts) {
  auto& db = with_tables(it);
  ok(db.run("insert into parent (n, name) values (1, 'x')"));
  auto upsert = db.sql().upsert("child", {"parent"}, {"total"});
  auto add = db.sql().insert_or_add("child", {"parent"}, "total");
  auto ignore = db.sql().insert_ignore("child", {"parent"}, {"total"});
  BOOST_TEST(ok(db.run(ignore, 1, 5)) == 1);
  BOOST_TEST(ok(db.run(ignore, 1, 6)) == 0);
  BOOST_TEST(ok(db.count("select total from child")) == 5);
  ok(db.run(upsert, 1, 7));
  BOOST_TEST(ok(db.count("select total from child")) == 7);
  ok(db.run(add, 1, -3));
  BOOST_TEST(ok(db.count("select total from child")) == 4);
  ok(db.run("delete from child"));
  ok(db.run(add, 1, 2));
  BOOST_TEST(ok(db.count("select total from child")) == 2);
  BOOST_TEST(ok(db.count("select count(*) from parent" + db.sql().use_index("parent_name") +
                           "where name = ?",
                         "x")) == 1);
}

STORE_CASE(texts_and_blobs_keep_every_byte) {
  auto& db = with_tables(it);
  std::string large(1 << 20, '\0');
  for (size_t i = 0; i < large.size(); ++i)
    large[i] = static_cast<char>(i * 31 >> 3);
  const std::vector<std::string> texts{
    "\xf0\x9f\x90\xa7 \xf0\x9d\x84\x9e", "a\0b"s, "O'Hara \\ \"x\""};
  for (const auto& text : texts)
    ok(db.run("insert into parent (name, body) values (?, ?)", text, blob{large}));
  auto rows = ok(db.list("select name, body from parent order by n", [](const row& r) {
    return std::pair{r.string(0), r.string(1)};
  }));
  BOOST_REQUIRE(rows.size() == texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    BOOST_TEST(rows[i].first == texts[i]);
    BOOST_TEST((rows[i].second == large));
  }
}

STORE_CASE(short_and_long_texts_of_one_result_do_not_mix) {
  auto& db = with_tables(it);
  for (size_t size : {3, 70'000, 0, 300, 257, 256, 1})
    ok(db.run("insert into parent (name, body) values (?, ?)",
              std::to_string(size),
              blob{std::string(size, 'x')}));
  for (int round = 0; round < 2; ++round) {
    auto sizes = ok(db.list("select name, body from parent order by n", [](const row& r) {
      BOOST_TEST(std::to_string(r.text(1).size()) == r.text(0));
      return r.text(1).size();
    }));
    BOOST_TEST(sizes.size() == 7u);
  }
}

STORE_CASE(texts_are_told_apart_by_case_accents_and_trailing_spaces) {
  auto& db = with_tables(it);
  const std::vector<std::string> names{"A", "B", "a", "a ", "b", "\xc3\xa4"}; // In order.
  for (auto i = names.rbegin(); i != names.rend(); ++i)
    ok(db.run("insert into parent (name) values (?)", *i));
  BOOST_TEST(ok(db.count("select count(*) from parent where name = ?", "a")) == 1);
  auto sorted =
    ok(db.list("select name from parent order by name", [](const row& r) { return r.string(0); }));
  BOOST_TEST(sorted == names, boost::test_tools::per_element());
}

STORE_CASE(sums_and_extremes_come_back_as_numbers) {
  auto& db = with_tables(it);
  ok(db.run("insert into parent (n, name, weight) values (1, 'x', 0.5), (2, 'y', 1.25)"));
  ok(db.run("insert into child (parent, total) values (1, 4611686018427387904), (2, -1)"));
  BOOST_TEST(ok(db.count("select sum(total) from child")) == 4611686018427387903);
  BOOST_TEST(ok(db.count("select sum(total) from child where total > 0 and total < 0")) == 0);
  BOOST_TEST(ok(db.first("select sum(weight) from parent", [](const row& r) { return r.real(0); }))
               .value() == 1.75);
}

STORE_CASE(many_rows_are_written_at_once) {
  auto& db = with_tables(it);
  constexpr int count = 2500;
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i)
    names.push_back("name " + std::to_string(i));
  const std::string body(1500, '\1');
  std::vector<parameter> rows;
  for (int i = 0; i < count; ++i) {
    rows.emplace_back(i + 1);
    rows.emplace_back(names[static_cast<size_t>(i)]);
    rows.push_back(i % 3 == 0 ? parameter() : parameter(i / 4.0));
    rows.push_back(i % 5 == 0 ? parameter() : parameter(blob{body}));
  }
  const std::string insert = "insert into parent (n, name, weight, body) values (?, ?, ?, ?)";
  BOOST_TEST(ok(transact(db, [&](database& d) { return d.run_many(insert, 4, rows); })) == count);
  BOOST_TEST(ok(db.count("select count(*) from parent where weight is null")) == 834);
  BOOST_TEST(ok(db.count("select count(*) from parent where body is null")) == 500);
  auto last = ok(db.first(
    "select name, weight, body from parent where n = ?",
    [](const row& r) {
      return std::tuple{r.string(0), r.real(1), r.string(2)};
    },
    count - 1));
  BOOST_TEST((last.value() == std::tuple{"name 2498", 2498 / 4.0, body}));
  std::vector<parameter> keys{7, 9, 9, 100'000};
  BOOST_TEST(ok(db.run_many("update parent set weight = 1 where n = ?", 1, keys)) == 3);
  BOOST_TEST(ok(db.run_many("delete from parent where n = ?", 1, keys)) == 2);
  std::vector<parameter> again{1, "one", nullptr, nullptr, 9, "nine", nullptr, nullptr};
  BOOST_TEST(failure_of(transact(db, [&](database& d) { return d.run_many(insert, 4, again); })) ==
             ec::conflict);
  BOOST_TEST(ok(db.count("select count(*) from parent where n = 9")) == 0);
  auto upsert = db.sql().upsert("child", {"parent"}, {"total"});
  std::vector<parameter> totals{1, 10, 2, 20, 1, 11};
  ok(db.run_many(upsert, 2, totals));
  BOOST_TEST(ok(db.count("select total from child where parent = 1")) == 11);
  BOOST_TEST(ok(db.run_many(upsert, 2, {})) == 0);
}

STORE_CASE(an_insert_that_yields_to_its_key_still_minds_everything_else) {
  auto& db = with_tables(it);
  ok(db.run("insert into parent (n, name) values (1, 'x')"));
  auto insert = db.sql().insert_ignore("parent", {"n"}, {"name"});
  BOOST_TEST(ok(db.run(insert, 1, "y")) == 0);
  BOOST_TEST(failure_of(db.run(insert, 2, "x")) == ec::conflict);
  BOOST_TEST(failure_of(db.run(insert, 3, nullptr)) == ec::insert_failed);
  auto child = db.sql().insert_ignore("child", {"parent"}, {"total"});
  BOOST_TEST(failure_of(db.run(child, 77, 1)) == ec::has_dependency);
}

STORE_CASE(a_further_connection_writes_beside_the_first) {
  auto& db = with_tables(it);
  auto other = ok(it.pool().connect());
  ok(other->run("insert into parent (name) values (?)", "x"));
  ok(db.run("insert into parent (name) values (?)", "y"));
  BOOST_TEST(ok(other->count("select count(*) from parent")) == 2);
}

STORE_CASE(a_rolled_back_transaction_leaves_nothing) {
  auto& db = with_tables(it);
  ok(db.begin());
  BOOST_TEST(db.in_transaction());
  ok(db.run("insert into parent (name) values (?)", "x"));
  db.rollback();
  BOOST_TEST(!db.in_transaction());
  BOOST_TEST(ok(db.count("select count(*) from parent")) == 0);
  db.rollback();
}

STORE_CASE(a_savepoint_undoes_only_what_came_after_it) {
  auto& db = with_tables(it);
  ok(db.begin());
  ok(db.run("insert into parent (name) values (?)", "kept"));
  ok(db.savepoint(0));
  ok(db.run("insert into parent (name) values (?)", "undone"));
  ok(db.savepoint(1));
  ok(db.run("insert into parent (name) values (?)", "undone too"));
  ok(db.release(1));
  BOOST_TEST(failure_of(db.run("insert into parent (name) values (?)", "kept")) == ec::conflict);
  db.rollback_to(0);
  ok(db.savepoint(0));
  ok(db.run("insert into parent (name) values (?)", "kept as well"));
  ok(db.release(0));
  ok(db.commit());
  auto names =
    ok(db.list("select name from parent order by n", [](const row& r) { return r.string(0); }));
  BOOST_TEST(names == (std::vector<std::string>{"kept", "kept as well"}),
             boost::test_tools::per_element());
}

STORE_CASE(transact_commits_a_success_and_undoes_a_failure) {
  auto& db = with_tables(it);
  auto insert = [](std::string name, expected<int64_t> outcome) {
    return [=](database& d) -> expected<int64_t> {
      ok(d.run("insert into parent (name) values (?)", name));
      return outcome;
    };
  };
  BOOST_TEST(ok(transact(db, insert("a", 42))) == 42);
  BOOST_TEST(failure_of(transact(db, insert("b", fail(ec::not_found)))) == ec::not_found);
  BOOST_TEST(!db.in_transaction());
  BOOST_TEST(ok(db.count("select count(*) from parent")) == 1);
}

STORE_CASE(a_statement_may_run_inside_its_own_result) {
  auto& db = with_tables(it);
  for (auto name : {"a", "b", "c"})
    ok(db.run("insert into parent (name) values (?)", name));
  const std::string query = "select name from parent where name >= ? order by name";
  int seen = 0;
  auto outer = ok(db.query(query, "a"));
  while (ok(outer->next())) {
    auto inner = ok(db.query(query, outer->string(0)));
    while (ok(inner->next()))
      ++seen;
  }
  BOOST_TEST(seen == 3 + 2 + 1);
}

STORE_CASE(a_reader_sees_what_was_committed_and_writes_nothing) {
  auto& db = with_tables(it);
  ok(db.run("insert into parent (name) values (?)", "x"));
  auto reader = ok(it.pool().read());
  BOOST_TEST(ok(reader->count("select count(*) from parent")) == 1);
  BOOST_TEST(!reader->run("insert into parent (name) values (?)", "y"));
  ok(db.run("insert into parent (name) values (?)", "z"));
  BOOST_TEST(ok(reader->count("select count(*) from parent")) == 2);
}

STORE_CASE(connections_that_read_are_lent_and_come_back) {
  std::vector<database_pool::lease> all;
  for (;;) {
    auto lease = it.pool().read(std::chrono::milliseconds{1});
    if (!lease) {
      BOOST_TEST(failure_of(lease) == ec::overloaded);
      break;
    }
    all.push_back(std::move(*lease));
    BOOST_REQUIRE(all.size() < 100);
  }
  BOOST_TEST(all.size() >= 2);
  all.pop_back();
  BOOST_TEST(it.pool().read(std::chrono::milliseconds{1}).has_value());
}

STORE_CASE(the_store_knows_the_time) {
  auto now = ok(it.db().now_ms());
  BOOST_TEST(now > 1'700'000'000'000);
  BOOST_TEST(now < 32'503'680'000'000); // The year 3000.
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace database_test
