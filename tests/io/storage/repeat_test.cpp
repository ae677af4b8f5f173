#include "runtime/io/storage/repeat_repository.hpp"
#include "tests/io/storage/samples.hpp"

namespace repeat_test {

using namespace aops;
using namespace aops::storage;
using namespace aops::tests;

namespace {

constexpr int64_t start = 1'000'000'000'000;

/// What the request is answered with when it is carried out as often as it comes.
expected<std::string> ask(database& db,
                          const std::string& key,
                          const std::string& answer,
                          const std::string& digest = "d",
                          int64_t now_ms = start,
                          const std::string& user = "ann") {
  return transact(db, [&](database& d) -> expected<std::string> {
    repeat_repository repeats{d};
    repeatable_request x{key, digest};
    auto known = repeats.begin(user, x, now_ms);
    if (!known)
      return fail(known.error());
    if (*known)
      return **known;
    if (answer == "fails")
      return fail(ec::conflict);
    return repeats.keep(user, x, answer).map([&] { return answer; });
  });
}

} // namespace

BOOST_AUTO_TEST_SUITE(repeated_requests)

STORE_CASE(a_request_gets_the_answer_of_the_first_time) {
  auto& db = it.db();
  BOOST_TEST(ok(ask(db, "k", "first")) == "first");
  BOOST_TEST(ok(ask(db, "k", "second")) == "first");
  BOOST_TEST(ok(ask(db, "other", "second")) == "second");
  BOOST_TEST(ok(ask(db, "k", "hers", "d", start, "eve")) == "hers");
}

STORE_CASE(the_key_of_another_request_is_refused) {
  auto& db = it.db();
  ok(ask(db, "k", "first"));
  auto other = ask(db, "k", "second", "another");
  BOOST_TEST(failure_of(other) == ec::bad_request);
  BOOST_TEST(other.error().detail.starts_with("Idempotency-Key: "));
}

STORE_CASE(a_failure_is_not_kept) {
  auto& db = it.db();
  BOOST_TEST(failure_of(ask(db, "k", "fails")) == ec::conflict);
  BOOST_TEST(ok(ask(db, "k", "second")) == "second");
}

STORE_CASE(answers_are_kept_for_a_day) {
  auto& db = it.db();
  auto day = repeat_repository::keep_ms;
  ok(ask(db, "k", "first"));
  BOOST_TEST(ok(ask(db, "k", "second", "d", start + day - 1)) == "first");
  BOOST_TEST(ok(ask(db, "k", "second", "another", start + day)) == "second");
  ok(ask(db, "old", "first"));
  BOOST_TEST(ok(repeat_repository{db}.expire(start + day)) == 1);
  BOOST_TEST(ok(db.count("select count(*) from repeatable_request")) == 1);
}

STORE_CASE(the_oldest_answers_of_a_user_give_way) {
  auto& db = it.db();
  ok(ask(db, "hers", "first", "d", start, "eve"));
  ok(transact(db, [](database& d) -> expected<void> {
    std::vector<std::string> names;
    for (int64_t i = 0; i < repeat_repository::most_of_user; ++i)
      names.push_back("r" + std::to_string(i));
    std::vector<parameter> rows;
    for (int64_t i = 0; i < repeat_repository::most_of_user; ++i) {
      rows.emplace_back(names[static_cast<size_t>(i)]);
      rows.emplace_back(start + i);
    }
    return d
      .run_many("insert into repeatable_request (request, username, digest, reply, created_ms) "
                "values (?, 'ann', 'd', '', ?)",
                2,
                rows)
      .map([](int64_t) {});
  }));
  auto now = start + repeat_repository::most_of_user;
  for (int i = 0; i < 64; ++i)
    ok(ask(db, "k" + std::to_string(i), "a", "d", now + i));
  auto left = ok(db.count("select count(*) from repeatable_request where username = 'ann'"));
  BOOST_TEST(left <= repeat_repository::most_of_user + 63);
  BOOST_TEST(left > repeat_repository::most_of_user - 64);
  BOOST_TEST(ok(ask(db, "k63", "b", "d", now + 63)) == "a");
  BOOST_TEST(ok(db.count("select count(*) from repeatable_request where request = 'r0'")) == 0);
  BOOST_TEST(ok(ask(db, "hers", "second", "d", now, "eve")) == "first");
}

STORE_CASE(keys_are_not_readable_in_the_store) {
  auto& db = it.db();
  ok(ask(db, "a-key-of-mine", "first"));
  BOOST_TEST(ok(db.count("select count(*) from repeatable_request where request like '%mine%'")) ==
             0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace repeat_test
