#include "runtime/io/storage/refusal_repository.hpp"
#include "tests/io/storage/engines.hpp"

namespace refusal_test {

using namespace aops;
using namespace aops::storage;
using namespace aops::tests;

namespace {

constexpr int64_t minute = refusal_repository::window_ms;

void refuse(store& it,
            int64_t time_ms,
            const std::string& action = "host.add",
            const std::string& user = "bob") {
  ok(refusal_repository{it.db()}.note({time_ms, user, "::1", action, "", 1207, "not yours"}));
}

/// The log, oldest first: `action/detail`.
std::string recorded(store& it) {
  std::string text;
  auto rows = ok(it.db().list("select action, detail from audit_log order by seq",
                              [](const row& r) { return r.string(0) + "/" + r.string(1); }));
  for (const auto& x : rows)
    text += x + "\n";
  return text;
}

bool is_whole(store& it) { return !ok(audit_repository{it.db()}.verify(0)).broken.has_value(); }

} // namespace

BOOST_AUTO_TEST_SUITE(refusals)

STORE_CASE(the_first_of_a_minute_is_recorded_at_once_and_the_rest_is_counted) {
  for (int64_t i = 0; i < 1000; ++i)
    refuse(it, 1000 + i);
  BOOST_TEST(recorded(it) == "host.add/not yours\n");
  BOOST_TEST(ok(refusal_repository{it.db()}.settle(1000 + minute - 1)) == 0);
  BOOST_TEST(ok(refusal_repository{it.db()}.settle(1000 + minute)) == 1);
  BOOST_TEST(recorded(it) ==
             "host.add/not yours\n"
             "host.add/999 more like this since 1970-01-01T00:00:01Z, the last one: not yours\n");
  BOOST_TEST(ok(refusal_repository{it.db()}.settle(10 * minute)) == 0);
  BOOST_TEST(is_whole(it));
}

STORE_CASE(one_alone_is_one_record) {
  refuse(it, 1);
  ok(refusal_repository{it.db()}.settle(10 * minute));
  BOOST_TEST(recorded(it) == "host.add/not yours\n");
}

STORE_CASE(the_next_minute_begins_anew_also_when_nobody_settled_the_last) {
  refuse(it, 0);
  refuse(it, 1);
  refuse(it, minute);
  BOOST_TEST(recorded(it) ==
             "host.add/not yours\n"
             "host.add/1 more like this since 1970-01-01T00:00:00Z, the last one: not yours\n"
             "host.add/not yours\n");
}

STORE_CASE(others_and_other_actions_have_records_of_their_own) {
  refuse(it, 1);
  refuse(it, 2, "host.add", "eve");
  refuse(it, 3, "rule.import");
  BOOST_TEST(ok(it.db().count("select count(*) from audit_log")) == 3);
}

STORE_CASE(who_is_refused_ever_new_things_fills_no_more_than_a_bounded_part_of_the_log) {
  for (int i = 0; i < 300; ++i)
    refuse(it, i, "a" + std::to_string(i));
  auto kinds = refusal_repository::most_kinds;
  BOOST_TEST(ok(it.db().count("select count(*) from audit_log")) == kinds + 1);
  while (ok(refusal_repository{it.db()}.settle(10 * minute)) > 0)
    continue;
  BOOST_TEST(ok(it.db().count("select count(*) from audit_log")) == kinds + 2);
  auto rest = std::to_string(300 - kinds - 1);
  BOOST_TEST(recorded(it).find("refused.otherwise/" + rest + " more") != std::string::npos);
  BOOST_TEST(is_whole(it));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace refusal_test
