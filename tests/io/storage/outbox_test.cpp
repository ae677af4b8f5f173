#include "runtime/base/json_codec.hpp"
#include "runtime/io/storage/dead_message_repository.hpp"
#include "runtime/io/storage/job_repository.hpp"
#include "runtime/io/storage/report_units.hpp"
#include "runtime/io/storage/tree_repository.hpp"
#include "tests/io/storage/samples.hpp"

namespace outbox_test {

using namespace aops;
using namespace aops::storage;
using namespace aops::tests;

namespace {

const event_topics everywhere{"results", "progress", "reports"};

outbox_event event_named(const std::string& id) {
  return {0, id, "t", "key", std::string{"\0\xff", 2}, {}};
}

void add(database& db, std::vector<outbox_event> events) {
  committed(db, [&] { return outbox_repository{db}.add(events); });
}

std::string ids_of(const std::vector<std::pair<std::string, outbox_event>>& all) {
  std::string out;
  for (const auto& [batch, x] : all)
    out += batch + ":" + x.event_id + " ";
  return out;
}

/// What would be published, and forgets it: topic and the members of the event.
std::vector<std::pair<std::string, base::json>> take_events(database& db) {
  std::vector<std::pair<std::string, base::json>> out;
  committed(db, [&] { return outbox_repository{db}.claim("all", 1000); });
  for (const auto& [batch, x] : ok(outbox_repository{db}.claimed()))
    out.emplace_back(x.topic, base::json::parse(x.body.value()));
  committed(db, [&] { return outbox_repository{db}.published("all"); });
  return out;
}

dead_letter letter_of(const std::string& id, const std::string& of = {}) {
  dead_letter x;
  x.about.id = id;
  x.about.topic = "wanted";
  x.about.partition = 3;
  x.about.offset = 17;
  x.about.time = {1000};
  x.about.seen = {2000};
  x.about.reason = "not_json";
  x.owner = of;
  x.key = "key";
  x.value = "value";
  x.headers = write_headers({{"h", "v"}});
  return x;
}

job_to_create order_of(const std::string& id, const std::string& of = owner) {
  job_to_create x;
  x.job.id = id;
  x.job.kind = diagnosis_kind;
  x.job.owner = of;
  x.job.user = "ada";
  x.job.plan = R"({"host_list":["h1"],"time_range":[10,20],"tree_list":["t"],"interval":60})";
  x.job.expected = 2;
  x.job.created_ms = 1000;
  const std::string text = R"({"value":"root"})";
  x.trees = {{"t", ok(tree_digest(text)), text}};
  return x;
}

} // namespace

BOOST_AUTO_TEST_SUITE(outbox)

STORE_CASE(a_batch_is_claimed_in_order_and_stays_until_it_is_published) {
  auto& db = it.db();
  outbox_repository box{db};
  add(db, {event_named("a"), event_named("b"), event_named("c")});
  BOOST_TEST(ok(box.waiting(10)) == 3);
  BOOST_TEST(ok(box.waiting(2)) == 2);
  BOOST_TEST(committed(db, [&] { return box.claim("one", 2); }) == 2);
  BOOST_TEST(ids_of(ok(box.claimed())) == "one:a one:b ");
  auto first = ok(box.claimed()).front().second;
  BOOST_TEST(first.message_key.value() == "key");
  BOOST_TEST((first.body.value() == std::string{"\0\xff", 2}));
  BOOST_TEST(committed(db, [&] { return box.published("one"); }) == 2);
  BOOST_TEST(committed(db, [&] { return box.claim("two", 2); }) == 1);
  BOOST_TEST(ids_of(ok(box.claimed())) == "two:c ");
  auto key = ok(box.claimed()).front().second.key;
  committed(db, [&] { return box.refused({key}, 7); });
  BOOST_TEST(ok(box.waiting(10)) == 0);
  BOOST_TEST(ok(box.lost()) == 1);
  BOOST_TEST(ok(db.count("select count(*) from outbox_loss where topic = 't' and events = 1 and "
                         "reason = 'refused' and first_ms = 7")) == 1);
}

STORE_CASE(the_oldest_of_too_many_go_unless_a_batch_has_them) {
  auto& db = it.db();
  outbox_repository box{db};
  add(db, {event_named("a"), event_named("b"), event_named("c"), event_named("d")});
  committed(db, [&] { return box.claim("one", 1); });
  const event_topics topics{"t", "u", "v"};
  auto trim = [&](int64_t most) {
    return committed(db, [&] { return box.trim(most, topics, 9); });
  };
  BOOST_TEST(trim(4) == 0);
  BOOST_TEST(ok(box.lost()) == 0);
  BOOST_TEST(trim(2) == 2);
  BOOST_TEST(ok(box.lost()) == 2);
  add(db, {event_named("e")});
  BOOST_TEST(trim(2) == 1);
  BOOST_TEST(ok(box.lost()) == 3);
  BOOST_TEST(ok(db.count("select count(*) from outbox_loss")) == 1);
  committed(db, [&] { return box.claim("two", 9); });
  BOOST_TEST(ids_of(ok(box.claimed())) == "one:a two:e ");
}

STORE_CASE(messages_that_are_nowhere_else_are_never_dropped) {
  auto& db = it.db();
  dead_message_repository letters{db};
  committed(db, [&] { return letters.add({letter_of("a"), letter_of("b")}, ".DLQ"); });
  committed(db, [&] { return letters.replay("ada", {"b"}); });
  add(db, {event_named("c")});
  auto trim = [&] {
    return committed(db, [&] { return outbox_repository{db}.trim(1, {"t", "", ""}, 9); });
  };
  BOOST_TEST(trim() == 1);
  BOOST_TEST(trim() == 0);
  BOOST_TEST(ok(outbox_repository{db}.waiting(10)) == 3);
}

STORE_CASE(a_copy_that_is_too_long_is_shortened) {
  auto& db = it.db();
  auto letter = letter_of("a");
  letter.value = std::string(3000, 'x');
  committed(db, [&] { return dead_message_repository{db}.add({letter}, ".DLQ"); });
  committed(db, [&] { return outbox_repository{db}.claim("one", 1); });
  auto key = ok(outbox_repository{db}.claimed()).front().second.key;
  committed(db, [&] { return outbox_repository{db}.shorten({key}); });
  auto x = ok(outbox_repository{db}.claimed()).front().second;
  BOOST_TEST((x.body.value() == std::string(1024, 'x')));
  BOOST_TEST(ok(dead_message_repository{db}.find("ada", "a")).value.value().size() == 3000u);
}

STORE_CASE(a_message_without_key_and_value_stays_one) {
  auto& db = it.db();
  auto x = event_named("a");
  x.message_key = x.body = std::nullopt;
  add(db, {x});
  committed(db, [&] { return outbox_repository{db}.claim("one", 1); });
  auto found = ok(outbox_repository{db}.claimed()).front().second;
  BOOST_TEST(!found.message_key.has_value());
  BOOST_TEST(!found.body.has_value());
}

STORE_CASE(dead_letters_come_once_and_go_to_their_topic) {
  auto& db = it.db();
  dead_message_repository letters{db};
  auto add_all = [&] {
    return committed(db, [&] {
      return letters.add({letter_of("a"), letter_of("b", "ada"), letter_of("c", "eve")}, ".DLQ");
    });
  };
  BOOST_TEST(add_all() == 3);
  BOOST_TEST(add_all() == 0);
  BOOST_TEST(ok(outbox_repository{db}.waiting(10)) == 3);
  committed(db, [&] { return outbox_repository{db}.claim("one", 1); });
  auto published = ok(outbox_repository{db}.claimed()).front().second;
  BOOST_TEST(published.topic == "wanted.DLQ");
  auto headers = read_headers(published.headers);
  BOOST_TEST((headers.front() == std::pair<std::string, std::string>{"h", "v"}));
  std::map<std::string, std::string> by_name(headers.begin(), headers.end());
  BOOST_TEST(by_name["aops-reason"] == "not_json");
  BOOST_TEST(by_name["aops-offset"] == "17");
  // An administrator sees his own and nobody's.
  auto page = ok(letters.page("ada", {}));
  BOOST_TEST(page.total_count == 2);
  BOOST_TEST(page.messages.front().id == "b");
  BOOST_TEST(failure_of(letters.find("ada", "c")) == ec::not_found);
  BOOST_TEST(ok(letters.find("ada", "a")).value.value() == "value");
}

STORE_CASE(dead_letters_are_sent_again_or_dropped_once) {
  auto& db = it.db();
  dead_message_repository letters{db};
  auto large = letter_of("large");
  large.about.reason = "too_large";
  committed(db, [&] { return letters.add({letter_of("a"), letter_of("b"), large}, ".DLQ"); });
  committed(db, [&] { return outbox_repository{db}.claim("away", 9); });
  committed(db, [&] { return outbox_repository{db}.published("away"); });
  auto sent = committed(db, [&] { return letters.replay("ada", {"a", "large", "none"}); });
  BOOST_TEST((sent.changed == std::vector<std::string>{"a"}));
  BOOST_TEST(sent.code == 206);
  BOOST_TEST(committed(db, [&] { return letters.replay("ada", {"a"}); }).changed.empty());
  committed(db, [&] { return outbox_repository{db}.claim("one", 9); });
  auto again = ok(outbox_repository{db}.claimed());
  BOOST_REQUIRE(again.size() == 1u);
  BOOST_TEST(again.front().second.topic == "wanted");
  BOOST_TEST(again.front().second.body.value() == "value");
  BOOST_TEST((committed(db, [&] { return letters.drop("ada", {"b"}); }).changed ==
              std::vector<std::string>{"b"}));
  BOOST_TEST(!ok(letters.find("ada", "b")).value.has_value());
  BOOST_TEST(ok(letters.page("ada", {})).total_count == 1);
  BOOST_TEST(committed(db, [&] { return letters.expire(2000); }) == 0);
  BOOST_TEST(committed(db, [&] { return letters.expire(2001); }) == 3);
}

STORE_CASE(many_jobs_are_created_at_once_and_the_same_ones_never_twice) {
  auto& db = it.db();
  job_repository jobs{db};
  std::vector<job_to_create> orders{order_of("a"), order_of("b"), order_of("a")};
  auto made = committed(db, [&] { return jobs.create_many(orders); });
  BOOST_REQUIRE(made.size() == 3u);
  BOOST_TEST(!made[0].existed);
  BOOST_TEST(!made[1].existed);
  BOOST_TEST(made[2].existed);
  BOOST_TEST(ok(jobs.load("b")).trees.size() == 1u);
  BOOST_TEST(ok(jobs.load("b")).job.plan == orders[1].job.plan);
  orders = {order_of("b"), order_of("c"), order_of("a", "eve")};
  made = committed(db, [&] { return jobs.create_many(orders); });
  BOOST_TEST(made[0].existed);
  BOOST_TEST(!made[1].existed);
  BOOST_TEST(made[2].is_taken);
  BOOST_TEST(ok(jobs.load("a")).job.owner == owner);
  orders = {order_of("d"), order_of("b"), order_of("e"), order_of("f")};
  orders[2].trees.clear();
  orders[3].trees[0].tree_name = "of f";
  committed(db, [&] { return jobs.create_many(orders); });
  for (const auto* id : {"a", "b", "c", "d", "f"})
    BOOST_TEST(ok(jobs.load(id)).trees.size() == 1u);
  BOOST_TEST(ok(jobs.load("e")).trees.empty());
  BOOST_TEST(ok(jobs.load("f")).trees[0].tree_name == "of f");
  BOOST_TEST(committed(db, [&] { return jobs.create_many({}); }).empty());
}

STORE_CASE(reports_and_progress_are_events_of_their_own_transaction) {
  auto& db = it.db();
  job_repository jobs{db, everywhere};
  std::vector<job_to_create> orders{order_of("a")};
  committed(db, [&] { return jobs.create_many(orders); });
  committed(db, [&] { return jobs.move({{}, "a", job_status::running}); });
  report_to_store report;
  report.report_id = "r1";
  report.host_id = "h1";
  report.tree_name = "t";
  report.tree_digest = orders[0].trees[0].digest;
  report.detail = R"({"verdict":"true","root_causes":[{"path":["a"]}]})";
  unit_to_commit unit;
  unit.job = "a";
  unit.owner = owner;
  unit.content = std::make_shared<unit_reports>(std::vector<report_to_store>{report}, everywhere);
  for (int i = 0; i < 2; ++i) // The second time it changes nothing.
    committed(db, [&] { return jobs.commit_unit(unit); });
  committed(db, [&] { return jobs.cancel(owner, {"a"}); });
  auto events = take_events(db);
  std::vector<std::string> seen;
  for (const auto& [topic, x] : events)
    seen.push_back(topic + " " + (x.contains("state") ? x["state"].get<std::string>() : ""));
  BOOST_TEST((seen == std::vector<std::string>{
                        "progress running", "reports ", "progress running", "progress cancelled"}));
  BOOST_TEST(events[1].second["event_id"] == "r1");
  BOOST_TEST(events[1].second["number"] == 1);
  BOOST_TEST(events[1].second["root_causes"][0]["path"][0] == "a");
  BOOST_TEST(events[2].second["progress"] == 1);
}

STORE_CASE(without_topics_nothing_is_an_event) {
  auto& db = it.db();
  job_repository jobs{db};
  std::vector<job_to_create> orders{order_of("a")};
  committed(db, [&] { return jobs.create_many(orders); });
  committed(db, [&] { return jobs.move({{}, "a", job_status::running}); });
  committed(db, [&] { return jobs.cancel(owner, {"a"}); });
  BOOST_TEST(ok(outbox_repository{db}.waiting(1)) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace outbox_test
