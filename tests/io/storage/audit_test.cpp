#include "runtime/io/storage/account_repository.hpp"
#include "runtime/io/storage/audit_repository.hpp"
#include "tests/io/storage/engines.hpp"

namespace audit_test {

using namespace aops;
using namespace aops::storage;
using namespace aops::tests;

namespace {

/// Ten records: of ada's hosts in turns with bob's log-ins, 100 ms apart.
void fill(store& it) {
  audit_repository log{it.db()};
  for (int i = 1; i <= 10; ++i) {
    bool is_host = i % 2 == 1;
    audit_entry x{i * 100, is_host ? "ada" : "bob", "::1", is_host ? "host.add" : "account.login"};
    x.entity = "e" + std::to_string(i);
    x.code = i == 4 ? 1200 : i == 5 ? 1105 : 200;
    x.owner = is_host ? "ada" : "";
    ok(log.append(x));
  }
}

const audit_reader root{"root"}, ada{"ada"}, bob{"bob", false};

std::string numbers(store& it, const audit_reader& reader, const log_query& q = {}) {
  std::string text;
  for (const auto& x : ok(audit_repository{it.db()}.page(reader, q)).records)
    text += std::to_string(x.number) + " ";
  return text;
}

log_verified verify(store& it, int64_t after = 0, int64_t portion = 1000) {
  return ok(audit_repository{it.db()}.verify(after, portion));
}

/// Number of the first record that is not as it was written; 0: all are.
int64_t broken(store& it) { return verify(it).broken.value_or(0); }

log_query query() { return {}; }

/// That what is counted beside the log is what a count of it gives, for all who read it.
void check_totals(store& it) {
  for (const auto& reader : {root, ada, audit_reader{"bob"}, audit_reader{"nobody"}})
    for (const char* kind : {"", "audit", "operation"})
      for (const char* name : {"", "ada", "bob"}) {
        log_query q;
        if (*kind)
          q.kind.emplace(kind);
        if (*name)
          q.username.emplace(name);
        auto page = ok(audit_repository{it.db()}.page(reader, q));
        BOOST_TEST(page.total_count == static_cast<int64_t>(page.records.size()),
                   reader.user << " reads " << kind << " of " << name);
      }
}

} // namespace

BOOST_AUTO_TEST_SUITE(audit)

STORE_CASE(records_are_read_newest_first_and_by_page) {
  fill(it);
  log_query q;
  q.page.emplace(2);
  q.per_page.emplace(4);
  auto page = ok(audit_repository{it.db()}.page(ada, q));
  BOOST_TEST(page.total_count == 10);
  BOOST_TEST(page.total_page == 3);
  BOOST_TEST(numbers(it, ada, q) == "6 5 4 3 ");
  const auto& x = page.records.at(2);
  BOOST_TEST(x.username == "bob");
  BOOST_TEST(x.action == "account.login");
  BOOST_TEST(x.entity == "e4");
  BOOST_TEST(x.address == "::1");
  BOOST_TEST(x.result == 1200);
  BOOST_TEST(x.time.ms == 400);
  BOOST_TEST(x.kind == "audit");
}

STORE_CASE(each_filter_leaves_out_the_others) {
  fill(it);
  auto q = query();
  q.username.emplace("bob");
  BOOST_TEST(numbers(it, ada, q) == "10 8 6 4 2 ");
  q = query();
  q.action.emplace("host.add");
  BOOST_TEST(numbers(it, ada, q) == "9 7 5 3 1 ");
  q.action.emplace("account.*");
  BOOST_TEST(numbers(it, ada, q) == "10 8 6 4 2 ");
  q = query();
  q.kind.emplace("operation");
  BOOST_TEST(numbers(it, ada, q) == "9 7 5 3 1 ");
  q = query();
  q.entity.emplace("e7");
  BOOST_TEST(numbers(it, ada, q) == "7 ");
  q = query();
  q.outcome.emplace("failed");
  BOOST_TEST(numbers(it, ada, q) == "5 4 ");
  q.outcome.emplace("succeeded");
  BOOST_TEST(numbers(it, ada, q) == "10 9 8 7 6 3 2 1 ");
  q = query();
  q.before.emplace(3);
  BOOST_TEST(numbers(it, ada, q) == "2 1 ");
}

STORE_CASE(each_reader_sees_what_is_his) {
  fill(it);
  ok(account_repository{it.db()}.add({"ada", "hash", rights::ordinary, {}, false}, 1));
  BOOST_TEST(numbers(it, ada) == "10 9 8 7 6 5 4 3 2 1 ");
  BOOST_TEST(numbers(it, root) == "10 8 6 4 2 "); // Security events, and nothing of ada's.
  BOOST_TEST(numbers(it, bob) == "");             // He did nothing but log in.
  BOOST_TEST(numbers(it, {"ada", false}) == "9 7 5 3 1 ");
}

STORE_CASE(who_registers_a_deleted_name_does_not_read_what_another_did) {
  fill(it);
  ok(account_repository{it.db()}.add({"ada", "hash", rights::ordinary, {}, false}, 800));
  BOOST_TEST(numbers(it, {"ada", false}) == "9 ");
}

STORE_CASE(a_refusal_is_a_security_event_whatever_was_tried) {
  audit_repository log{it.db()};
  ok(log.append({1, "bob", "", "host.add", "", 1207}));
  BOOST_TEST(numbers(it, bob) == "");
  BOOST_TEST(numbers(it, root) == "1 ");
}

STORE_CASE(long_texts_are_clipped_between_characters_and_still_verify) {
  audit_repository log{it.db()};
  std::string detail(1023, 'x');
  detail += "\u00e4 tail";
  ok(log.append({1, "ada", "", "a ", " ", 200, detail}));
  ok(log.append({1, "\u738b", "", "a", "", 200, ""}));
  BOOST_TEST(ok(log.page(ada, {})).records.at(0).detail == std::string(1023, 'x'));
  BOOST_TEST(broken(it) == 0);
}

// -- the chain

STORE_CASE(a_log_as_it_was_written_verifies_in_portions) {
  BOOST_TEST(verify(it).complete);
  fill(it);
  auto all = verify(it);
  BOOST_TEST(all.complete);
  BOOST_TEST(all.checked == 10);
  BOOST_TEST(all.last == 10);
  BOOST_TEST(!all.broken.has_value());
  auto first = verify(it, 0, 4);
  BOOST_TEST(!first.complete);
  BOOST_TEST(first.last == 4);
  auto second = verify(it, first.last, 4);
  BOOST_TEST(second.last == 8);
  BOOST_TEST(verify(it, second.last, 4).complete);
}

STORE_CASE(an_altered_record_is_found_whatever_was_altered) {
  for (const std::string change : {"time_ms = time_ms + 1",
                                   "username = 'eve'",
                                   "address = '::2'",
                                   "action = 'host.delete'",
                                   "entity = 'e'",
                                   "code = 200",
                                   "detail = 'x'",
                                   "owner = 'eve'",
                                   "kind = 'operation'"}) {
    ok(it.db().execute("delete from audit_log"));
    ok(it.db().execute(
      "update audit_chain set seq = 0, digest = '', gone_seq = 0, gone_digest = ''"));
    fill(it);
    ok(it.db().execute("update audit_log set " + change + " where seq = 4"));
    auto found = verify(it);
    BOOST_TEST(found.broken.value_or(0) == 4, change);
    BOOST_TEST(found.reason == "was altered");
    BOOST_TEST(found.last == 3);
  }
}

STORE_CASE(a_digest_made_to_fit_is_found_at_the_next_record) {
  fill(it);
  // Whoever alters a record and knows how digests are made has to make all that follow, too.
  ok(it.db().execute("update audit_log set username = 'eve', digest = (select digest from "
                     "(select digest from audit_log where seq = 3) x) where seq = 4"));
  BOOST_TEST(broken(it) == 4);
}

STORE_CASE(a_removed_record_is_found_wherever_it_stood) {
  for (int64_t gone : {1, 5, 10}) {
    ok(it.db().execute("delete from audit_log"));
    ok(it.db().execute(
      "update audit_chain set seq = 0, digest = '', gone_seq = 0, gone_digest = ''"));
    fill(it);
    ok(it.db().run("delete from audit_log where seq = ?", gone));
    auto found = verify(it);
    BOOST_TEST(found.broken.value_or(0) == gone);
    BOOST_TEST(found.reason.starts_with("is missing"));
    // Also when one goes on from somewhere.
    if (gone > 2)
      BOOST_TEST(verify(it, 2, 3).broken.value_or(verify(it, 5, 100).broken.value_or(0)) == gone);
  }
}

STORE_CASE(a_record_that_was_added_by_hand_is_found) {
  fill(it);
  auto add = [&](int64_t seq) {
    ok(it.db().run(
      "insert into audit_log (time_ms, username, address, action, entity, code, detail, "
      "owner, kind, seq, digest) values (1, 'eve', '', 'a', '', 200, '', '', "
      "'operation', ?, 'x')",
      seq));
  };
  add(0);
  BOOST_TEST(verify(it).reason == "records without a number were added");
  ok(it.db().execute("delete from audit_log where digest = 'x'"));
  add(5);
  BOOST_TEST(broken(it) == 5);
  ok(it.db().execute("delete from audit_log where digest = 'x'"));
  add(11);
  BOOST_TEST(broken(it) == 11);
  ok(it.db().execute("delete from audit_log where digest = 'x'"));
  BOOST_TEST(broken(it) == 0);
}

STORE_CASE(what_is_deleted_for_its_age_does_not_break_the_chain) {
  fill(it);
  audit_repository log{it.db()};
  BOOST_TEST(ok(log.expire(401)) == 4);
  BOOST_TEST(ok(log.expire(401)) == 0);
  BOOST_TEST(numbers(it, ada) == "10 9 8 7 6 5 ");
  auto rest = verify(it);
  BOOST_TEST(rest.complete);
  BOOST_TEST(!rest.broken.has_value());
  BOOST_TEST(rest.checked == 6);
  ok(it.db().execute("delete from audit_log where seq = 5"));
  BOOST_TEST(broken(it) == 5);
  BOOST_TEST(ok(log.expire(100'000)) == 5);
  BOOST_TEST(broken(it) == 0);
  ok(log.append({1, "ada", "", "a", "", 200, ""}));
  BOOST_TEST(numbers(it, ada) == "11 ");
  BOOST_TEST(broken(it) == 0);
}

STORE_CASE(an_older_record_behind_a_newer_one_waits_for_it) {
  audit_repository log{it.db()};
  for (int64_t time : {100, 300, 200, 400})
    ok(log.append({time, "ada", "", "a", "", 200, ""}));
  BOOST_TEST(ok(log.expire(250)) == 1);
  BOOST_TEST(broken(it) == 0);
}

STORE_CASE(a_record_is_there_only_with_what_it_records) {
  ok(it.db().begin());
  ok(audit_repository{it.db()}.append({1, "ada", "", "a", "", 200, ""}));
  it.db().rollback();
  BOOST_TEST(numbers(it, ada) == "");
  ok(audit_repository{it.db()}.append({1, "ada", "", "a", "", 200, ""}));
  BOOST_TEST(numbers(it, ada) == "1 ");
  BOOST_TEST(broken(it) == 0);
}

STORE_CASE(records_are_counted_as_they_come_and_go) {
  check_totals(it);
  fill(it);
  check_totals(it);
  audit_repository log{it.db()};
  for (int64_t before : {401, 401, 801, 100'000}) {
    ok(log.expire(before));
    check_totals(it);
  }
  BOOST_TEST(ok(it.db().count("select count(*) from audit_count")) == 0);
  fill(it);
  check_totals(it);
}

STORE_CASE(a_page_of_all_is_found_without_counting_the_log) {
  fill(it);
  ok(it.db().execute("update audit_count set total = total + 1000"));
  BOOST_TEST(ok(audit_repository{it.db()}.page(ada, {})).total_count > 1000);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace audit_test
