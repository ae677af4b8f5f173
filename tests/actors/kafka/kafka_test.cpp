#include "actors/kafka/bridge.hpp"
#include "actors/kafka/consumer_loop.hpp"
#include "actors/kafka/kafka_store.hpp"
#include "actors/kafka/publisher.hpp"
#include "actors/support/foreign_promise.hpp"
#include "messages/roles/jobs.hpp"
#include "runtime/io/mq/memory_queue.hpp"
#include "runtime/io/storage/account_repository.hpp"
#include "runtime/io/storage/tree_repository.hpp"
#include "tests/io/storage/faulty_database.hpp"
#include "tests/support/store_fixture.hpp"

#include <caf/all.hpp>

#include <future>

namespace aops::actors {

namespace {

using namespace std::chrono_literals;
using tests::ok;

constexpr const char* tree_text =
  R"({"node name":"slow","condition":"cpu","children":[{"node name":"cpu","check item":"hot"}]})";

/// The store of a node with a host `h1` and a tree `slow` of admin, and a queue within the process.
struct queue_fixture : tests::store_fixture {
  queue_fixture() {
    settings->kafka.enabled = true;
    settings->kafka.publish = {"progress"};
    settings->kafka.max_message.bytes = 4096;
    ok(storage::account_repository{db()}.set_password("admin", "a hash", false));
    ok(storage::transact(db(), [](storage::database& to) {
      return storage::tree_repository{to}.upsert("admin", {"slow", {tree_text}, "d", {}}, 1);
    }));
    storage = start_as(kafka_store_name, kafka_store, store, standing);
  }
  ~queue_fixture() { end_all(); }

  host_record host = add_host("h1");
  std::shared_ptr<kafka_standing> standing = std::make_shared<kafka_standing>();
  std::shared_ptr<mq::message_queue> queue = mq::make_memory_queue(2);
  full_kafka_store_actor storage;
  int64_t offset = 0;

  mq::message message(const std::string& value) {
    return {"wanted", 0, offset++, 1'700'000'000'000, std::nullopt, value, {}};
  }

  messages_taken take(std::vector<mq::message> all, request_kind kind = request_kind::diagnosis) {
    messages_to_take order{std::make_shared<const std::vector<mq::message>>(std::move(all)), kind};
    return ok(ask<messages_taken>(storage, order));
  }

  std::string reasons() {
    std::string out;
    for (const auto& x : ok(ask<dead_page>(storage, admin, dead_query{})).messages)
      out += x.reason + " ";
    return out;
  }
};

const std::string short_form =
  R"({"username":"admin","host_list":["h1"],"time_range":[10,20],"fault_tree":["slow"]})";

} // namespace

BOOST_FIXTURE_TEST_SUITE(kafka, queue_fixture)

BOOST_AUTO_TEST_CASE(messages_become_jobs_and_the_same_ones_again_nothing) {
  std::vector<mq::message> all{message(short_form), message(short_form)};
  auto first = take(all);
  BOOST_TEST(first.accepted == 2);
  BOOST_TEST(count("select count(*) from job") == 2);
  BOOST_TEST(count("select count(*) from job_tree") == 2);
  auto again = take(all);
  BOOST_TEST(again.accepted == 0);
  BOOST_TEST(again.repeated == 2);
  BOOST_TEST(count("select count(*) from job") == 2);
  BOOST_TEST(count("select count(*) from audit_log where action = 'diag.execute'") == 1);
}

BOOST_AUTO_TEST_CASE(a_task_id_names_the_job) {
  auto named = short_form;
  named.insert(1, R"("task_id":"0123456789ABCDEF-0123456789abcdef",)");
  take({message(named)});
  BOOST_TEST(take({message(named)}).repeated == 1);
  BOOST_TEST(count("select count(*) from job where id = '0123456789abcdef0123456789abcdef'") == 1);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_used_is_put_aside_in_order_and_once) {
  auto changed = [](const std::string& from, const std::string& to) {
    auto text = short_form;
    return text.replace(text.find(from), from.size(), to);
  };
  std::vector<mq::message> all;
  for (const auto& value : {std::string{"{"},
                            std::string{"{}"},
                            changed("admin", "nobody"),
                            changed("h1", "h2"),
                            changed("slow", "fast"),
                            changed("[10,20]", "[20,20]"),
                            std::string(5000, ' ')})
    all.push_back(message(value));
  all.push_back(message(short_form));
  all.back().key = std::string{"\xff"};
  all.push_back(message(short_form));
  all.back().value = std::nullopt;
  all.push_back(message(short_form));
  auto told = take(all);
  BOOST_TEST(told.accepted == 1);
  BOOST_TEST(told.rejected == 9);
  for (const char* reason : {"not_json",
                             "wrong_fields",
                             "unknown_user",
                             "unknown_host",
                             "unknown_tree",
                             "not_valid",
                             "too_large",
                             "binary_key",
                             "no_value"})
    BOOST_TEST(reasons().find(reason) != std::string::npos, reason);
  BOOST_TEST(take(all).rejected == 0);
  BOOST_TEST(count("select count(*) from outbox_event") == 9);
}

BOOST_AUTO_TEST_CASE(a_check_without_user_is_that_of_the_hosts_owner) {
  auto without_rules = message(R"({"host_list":["h1"],"time_range":[10,20]})");
  BOOST_TEST(take({without_rules}, request_kind::check).rejected == 1);
  BOOST_TEST(reasons() == "unknown_item ");
  BOOST_TEST(
    take({message(R"({"host_list":["h9"],"time_range":[10,20]})")}, request_kind::check).rejected ==
    1);
}

BOOST_AUTO_TEST_CASE(dead_letters_belong_to_whom_they_name) {
  auto text = short_form;
  take({message(text.replace(text.find("h1"), 2, "h2")), message("{")});
  BOOST_TEST(ok(ask<dead_page>(storage, admin, dead_query{})).total_count == 2);
  BOOST_TEST(ok(ask<dead_page>(storage, other, dead_query{})).total_count == 1);
}

BOOST_AUTO_TEST_CASE(the_outbox_is_published_and_what_was_begun_only_once) {
  kafka_services services;
  services.queue = queue;
  services.names = names;
  services.clock = now;
  services.config = settings;
  services.health = std::make_shared<base::health>();
  take({message("{")});
  // A publisher before this one has claimed a batch, published it, and died.
  ok(storage::transact(
    db(), [](storage::database& to) { return storage::outbox_repository{to}.claim("old", 10); }));
  auto before = ok(queue->publish(mq::publisher_of(*settings)));
  ok(before->begin({}));
  std::vector<size_t> refused;
  ok(before->publish({{"wanted.DLQ", {}, "{", {}}}, "old", refused));
  start_as(kafka_publisher_name,
           kafka_publisher,
           kafka_services_ptr{std::make_shared<const kafka_services>(services)});
  take({message("[")});
  pass(2s);
  BOOST_TEST(count("select count(*) from outbox_event") == 0);
  auto reader = ok(queue->consume({{"wanted.DLQ"}, "g", nullptr}));
  std::string values;
  for (const auto& m : reader->poll(10, 10ms, 10ms))
    values += m.value.value_or("-");
  BOOST_TEST(values.size() == 2u); // In whichever partitions they are.
}

BOOST_AUTO_TEST_CASE(the_same_message_later_is_what_it_was_whatever_has_changed_since) {
  auto late = short_form;
  late.replace(late.find("slow"), 4, "late");
  std::vector<mq::message> all{message(short_form), message(late)};
  auto first = take(all);
  BOOST_TEST(first.accepted == 1);
  BOOST_TEST(first.rejected == 1);
  ok(storage::transact(db(), [](storage::database& to) {
    return storage::tree_repository{to}.upsert("admin", {"late", {tree_text}, "d", {}}, 1);
  }));
  ok(storage::transact(db(), [](storage::database& to) {
    return storage::tree_repository{to}.remove("admin", {"slow"});
  }));
  auto again = take(all);
  BOOST_TEST(again.repeated == 2);
  BOOST_TEST(again.accepted == 0);
  BOOST_TEST(again.rejected == 0);
  BOOST_TEST(count("select count(*) from job") == 1);
  BOOST_TEST(count("select count(*) from dead_message") == 1);
  BOOST_TEST(take({message(late)}).accepted == 1); // Another message.
}

BOOST_AUTO_TEST_CASE(a_message_that_is_put_aside_is_kept_whole_unless_it_is_too_long) {
  auto x = message("{");
  x.key = std::string(2000, 'k');
  x.headers = {{"h", std::string(1500, 'v')}};
  take({x});
  auto id = dead_id_of(x);
  auto shown = ok(ask<dead_shown>(storage, admin, dead_to_show{id}));
  BOOST_TEST(shown.key->size() == 2000u);
  BOOST_TEST(shown.headers.at("h").size() == 1500u);
  auto y = message(short_form); // Its headers make it too long.
  y.headers = {{"a", "b"}, {"h", std::string(5000, 'v')}};
  take({y});
  auto cut = ok(ask<dead_shown>(storage, admin, dead_to_show{dead_id_of(y)}));
  BOOST_TEST(cut.message.reason == "too_large");
  BOOST_TEST(cut.headers.size() == 1u);
}

BOOST_AUTO_TEST_CASE(the_owners_of_many_hosts_are_found_at_once) {
  std::vector<mq::message> all;
  for (int i = 0; i < 40; ++i) {
    auto id = "m" + std::to_string(i);
    add_host(id);
    all.push_back(message(R"({"host_list":[")" + id + R"("],"time_range":[10,20]})"));
  }
  tests::faulty_database watched{db()};
  int queries = 0;
  watched.before_query = [&](std::string_view) { ++queries; };
  ok(plan_requests(watched, *store, all, request_kind::check));
  BOOST_TEST(queries < 10);
}

namespace {

/// The store refuses this task, whoever asks for it.
const std::string poisoned = "00000000000000000000000000000bad";

std::string named(const std::string& task) {
  auto text = short_form;
  return text.insert(1, R"("task_id":")" + task + R"(",)");
}

} // namespace

BOOST_AUTO_TEST_CASE(one_message_that_the_store_refuses_does_not_hold_up_the_others) {
  ok(db().execute("create trigger refusal before insert on job when new.id = '" + poisoned +
                  "' begin select raise(abort, 'no'); end"));
  std::vector<mq::message> all{message(short_form), message(named(poisoned)), message("{")};
  messages_to_take order{std::make_shared<const std::vector<mq::message>>(all),
                         request_kind::diagnosis};
  auto together = ask<messages_taken>(storage, order);
  BOOST_REQUIRE(!together.has_value());
  BOOST_TEST(is_refusal(together.error()));
  BOOST_TEST(count("select count(*) from job") == 0);
  order.is_one_by_one = true;
  auto alone = ok(ask<messages_taken>(storage, order));
  BOOST_TEST(alone.accepted == 1);
  BOOST_TEST(alone.rejected == 2);
  BOOST_TEST(alone.new_jobs.size() == 1u);
  auto letter = ok(ask<dead_shown>(storage, admin, dead_to_show{dead_id_of(all[1])}));
  BOOST_TEST(letter.message.reason == "not_valid");
  BOOST_TEST(letter.message.detail.find("the store refuses it") == 0u);
  BOOST_TEST(ok(ask<messages_taken>(storage, order)).repeated == 3); // Not a second time.
}

namespace {

struct bridge_fixture : queue_fixture {
  kafka_services services;
  std::vector<std::string> told; ///< Jobs that the region heard of.

  bridge_fixture() {
    services.queue = queue;
    services.names = names;
    services.clock = now;
    services.config = settings;
    services.health = std::make_shared<base::health>();
    services.standing = standing;
    settings->kafka.diag_topics = {"wanted"};
    settings->kafka.check_topics = {};
  }
  ~bridge_fixture() { end_all(); }

  kafka_services_ptr shared() const { return std::make_shared<const kafka_services>(services); }

  message_batch batch_of(std::vector<mq::message> all) {
    return {++number, std::make_shared<const std::vector<mq::message>>(std::move(all))};
  }
  uint64_t number = 0;
};

/// Notes what it is told of new jobs, and does nothing.
jobs_actor::behavior_type deaf_region(jobs_actor::pointer, std::vector<std::string>* told) {
  return {
    [](const job_to_create&) { return job_created{}; },
    [](const caller&, const tasks_to_cancel&) { return tasks_cancelled{}; },
    [](const caller&, const tasks_to_resume&) { return tasks_resumed{}; },
    [](const caller&, const task_waits_query&) { return task_waits{}; },
    [](const job_progress&) {},
    [told](const jobs_added& x) { told->insert(told->end(), x.jobs.begin(), x.jobs.end()); },
    [](const jobs_cancelled&) {},
    [](const slots_changed&) {},
    [](const slots_to_release&) { return done{}; },
    [](atom::tick) {},
    [](atom::ping) {},
  };
}

} // namespace

BOOST_FIXTURE_TEST_CASE(the_bridge_tries_a_refused_batch_one_by_one, bridge_fixture) {
  ok(db().execute("create trigger refusal before insert on job when new.id = '" + poisoned +
                  "' begin select raise(abort, 'no'); end"));
  start_as(jobs_name, deaf_region, &told);
  auto bridge = start_as(kafka_bridge_name, kafka_bridge, shared());
  tell(bridge, batch_arrived{0, batch_of({message(short_form), message(named(poisoned))})});
  BOOST_TEST(count("select count(*) from job") == 1);
  BOOST_TEST(count("select count(*) from dead_message") == 1);
  BOOST_TEST(told.size() == 1u);
  pass(2s);
  BOOST_TEST(standing->get().waits_for == "");
}

BOOST_FIXTURE_TEST_CASE(a_store_that_is_away_is_waited_for_and_nothing_is_put_aside,
                        bridge_fixture) {
  start_as(jobs_name, deaf_region, &told);
  auto bridge = start_as(kafka_bridge_name, kafka_bridge, shared());
  take_away(store_writer_name);
  tell(bridge, batch_arrived{0, batch_of({message(short_form)})});
  pass(5s);
  BOOST_TEST(standing->get().waits_for.find("the store: ") == 0u);
  give_back(store_writer_name);
  pass(2s);
  BOOST_TEST(standing->get().waits_for == "");
  BOOST_TEST(count("select count(*) from job") == 1);
  BOOST_TEST(count("select count(*) from dead_message") == 0);
}

BOOST_FIXTURE_TEST_CASE(regions_hear_of_jobs_at_once_and_seldom_in_a_flood, bridge_fixture) {
  start_as(jobs_name, deaf_region, &told);
  auto bridge = start_as(kafka_bridge_name, kafka_bridge, shared());
  for (size_t i = 1; i <= 5; ++i) {
    tell(bridge, batch_arrived{0, batch_of({message(short_form)})});
    pass(25ms);
    BOOST_TEST(told.size() == i);
  }
  std::vector<mq::message> many;
  for (int i = 0; i < 100; ++i)
    many.push_back(message(short_form));
  tell(bridge, batch_arrived{0, batch_of(many)});
  auto before = told.size();
  tell(bridge, batch_arrived{0, batch_of({message(short_form)})});
  pass(25ms);
  BOOST_TEST(told.size() == before);
  pass(500ms);
  BOOST_TEST(told.size() > before);
}

BOOST_FIXTURE_TEST_CASE(events_are_bounded_and_what_is_dropped_is_counted, bridge_fixture) {
  settings->kafka.max_outbox = 1000;
  std::vector<storage::outbox_event> events(8000, {0, "e", "DIAGNOSE_PROGRESS", {}, "{}", {}});
  ok(storage::transact(
    db(), [&](storage::database& to) { return storage::outbox_repository{to}.add(events); }));
  start_as(kafka_bridge_name, kafka_bridge, shared());
  pass(3s);
  BOOST_TEST(count("select count(*) from outbox_event") == 1000);
  BOOST_TEST(standing->get().dropped == 7000);
  BOOST_TEST(standing->get().waiting == 1000);
  BOOST_TEST(log.text().find("events-dropped") != std::string::npos);
  BOOST_REQUIRE(!services.health->problems().empty());
  ok(db().execute("delete from outbox_event"));
  pass(12s);
  for (const auto& x : services.health->problems())
    BOOST_TEST(x.find("kafka outbox") == std::string::npos, x);
  BOOST_TEST(standing->get().dropped == 7000); // Also tomorrow.
}

BOOST_FIXTURE_TEST_CASE(nothing_is_read_while_what_cannot_be_dropped_piles_up, bridge_fixture) {
  settings->kafka.max_outbox = 1000;
  std::vector<storage::outbox_event> copies(1001, {0, "e", "wanted.DLQ", {}, "{}", "[]"});
  ok(storage::transact(
    db(), [&](storage::database& to) { return storage::outbox_repository{to}.add(copies); }));
  start_as(kafka_bridge_name, kafka_bridge, shared());
  pass(2s);
  BOOST_TEST(count("select count(*) from outbox_event") == 1001);
  BOOST_TEST(standing->get().waits_for.find("events are yet to be published") != std::string::npos);
  ok(db().execute("delete from outbox_event"));
  pass(12s);
  BOOST_TEST(standing->get().waits_for == "");
}

BOOST_FIXTURE_TEST_CASE(nothing_is_read_while_too_many_jobs_are_open, bridge_fixture) {
  settings->kafka.max_open_jobs = 10;
  std::vector<mq::message> many;
  for (int i = 0; i < 10; ++i)
    many.push_back(message(short_form));
  take(many);
  start_as(kafka_bridge_name, kafka_bridge, shared());
  pass(2s);
  BOOST_TEST(standing->get().waits_for == "10 tasks are open; kafka.max_open_jobs is 10");
  auto end_one = [&] {
    ok(db().execute("update job set state = 'done' where n = (select min(n) from job where state "
                    "= 'pending')"));
    pass(2s);
    return standing->get().waits_for;
  };
  BOOST_TEST(end_one() == ""); // One tenth less is enough.
}

// -- the publisher and its store

namespace {

using late_answers = std::vector<foreign_promise<outbox_batches>>;

/// A store that answers the publisher when the case says so.
full_kafka_store_actor::behavior_type late_store(full_kafka_store_actor::pointer self,
                                                 std::shared_ptr<late_answers> asked) {
  return {
    [](const messages_to_take&) { return messages_taken{}; },
    [](const kafka_backlog_query&) { return kafka_backlog{}; },
    [](const outbox_to_trim&) { return outbox_trimmed{}; },
    [self, asked](const outbox_step&) -> caf::result<outbox_batches> {
      asked->emplace_back(self);
      return asked->back();
    },
    [](const caller&, const kafka_query&) { return kafka_status{}; },
    [](const caller&, const dead_query&) { return dead_page{}; },
    [](const caller&, const dead_to_show&) { return dead_shown{}; },
    [](const caller&, const dead_to_replay&) { return dead_changed{}; },
    [](const caller&, const dead_to_drop&) { return dead_changed{}; },
    [](atom::ping) {},
  };
}

outbox_batches one_event() {
  outbox_batches out;
  out.events.emplace_back("batch", storage::outbox_event{1, "e", "t", {}, "{}", {}});
  return out;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(a_publisher_that_leads_no_more_leaves_what_it_asked_for, bridge_fixture) {
  auto leads = std::make_shared<bool>(true);
  services.is_publisher = [leads] { return *leads; };
  auto asked = std::make_shared<late_answers>();
  start_as(kafka_store_name, late_store, asked);
  start_as(kafka_publisher_name, kafka_publisher, shared());
  pass(300ms);
  BOOST_REQUIRE(asked->size() == 1u);
  *leads = false;
  pass(300ms);
  asked->at(0).answer(one_event());
  pass(300ms); // It neither publishes nor dies.
  *leads = true;
  pass(300ms);
  BOOST_REQUIRE(asked->size() == 2u);
  *leads = false;
  pass(300ms);
  *leads = true;
  pass(300ms);
  asked->at(1).answer(one_event()); // Of the time when it led before.
  pass(300ms);
  BOOST_TEST(asked->size() >= 3u);
  asked->clear();
}

BOOST_FIXTURE_TEST_CASE(a_publisher_looks_as_soon_as_it_is_told, bridge_fixture) {
  auto publisher = start_as(kafka_publisher_name, kafka_publisher, shared());
  pass(1s);
  take({message("{")});
  BOOST_TEST(count("select count(*) from outbox_event") == 1);
  tell(publisher, atom::tick_v);
  BOOST_TEST(count("select count(*) from outbox_event") == 0);
}

BOOST_FIXTURE_TEST_CASE(another_system_of_the_same_name_is_noticed, bridge_fixture) {
  start_as(kafka_publisher_name, kafka_publisher, shared());
  auto problems = [&] { return services.health->problems(); };
  for (int i = 0; i < 3; ++i) {
    pass(40s);
    BOOST_TEST(problems().empty());
    auto rival = ok(queue->publish(mq::publisher_of(*settings)));
    ok(rival->begin({}));
    take({message("{")});
    pass(1ms);
    pass(250ms);
  }
  BOOST_REQUIRE(problems().size() == 1u);
  BOOST_TEST(problems()[0].find("somebody else publishes as aops.outbox") != std::string::npos);
  pass(5min);
  BOOST_TEST(problems().size() == 1u);
  pass(6min);
  BOOST_TEST(problems().empty()); // Nobody was seen for ten minutes.
}

BOOST_AUTO_TEST_SUITE_END()

// -- the loop, in its own thread

namespace {

struct loop_world {
  std::shared_ptr<mq::message_queue> queue = mq::make_memory_queue(1);
  base::config config;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<message_batch> arrived;

  std::unique_ptr<consumer_loop> open() {
    config.kafka.batch_max = 2;
    auto made = std::make_unique<consumer_loop>(
      queue, config, std::vector<std::string>{"wanted"}, "g", [this](message_batch x) {
        std::lock_guard guard{mutex};
        arrived.push_back(std::move(x));
        changed.notify_all();
      });
    ok(made->start());
    return made;
  }
  void publish(int count) {
    auto to = ok(queue->publish("p"));
    ok(to->begin({}));
    std::vector<size_t> refused;
    std::vector<mq::outgoing> all(static_cast<size_t>(count), {"wanted", "k", "v", {}});
    ok(to->publish(all, "m", refused));
  }
  bool wait_for(size_t batches, std::chrono::milliseconds patience = 20s) {
    std::unique_lock lock{mutex};
    return changed.wait_for(lock, patience, [&] { return arrived.size() >= batches; });
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(at_most_three_batches_are_under_way_and_the_rest_waits) {
  loop_world it;
  it.publish(10);
  auto loop = it.open();
  BOOST_TEST(it.wait_for(3));
  BOOST_TEST(!it.wait_for(4, 300ms));
  loop->done(2);
  loop->done(1);
  BOOST_TEST(it.wait_for(5));
}

BOOST_AUTO_TEST_CASE(what_is_not_done_comes_again_and_what_is_does_not) {
  loop_world it;
  it.publish(6);
  auto loop = it.open();
  BOOST_TEST(it.wait_for(2));
  loop->done(2); // Not committed: the one before it is not done.
  loop.reset();
  it.arrived.clear();
  loop = it.open();
  BOOST_TEST(it.wait_for(1));
  BOOST_TEST(it.arrived.front().messages->front().offset == 0);
  loop->done(1);
  BOOST_TEST(it.wait_for(3));
  loop.reset();
  it.arrived.clear();
  loop = it.open();
  BOOST_TEST(it.wait_for(1));
  BOOST_TEST(it.arrived.front().messages->front().offset == 2);
}

BOOST_AUTO_TEST_CASE(a_loop_that_holds_takes_nothing) {
  loop_world it;
  auto loop = it.open();
  loop->hold(true);
  // It may be within a poll that began before.
  auto deadline = std::chrono::steady_clock::now() + 20s;
  it.publish(2);
  it.wait_for(1, 300ms);
  auto before = it.arrived.size();
  for (const auto& x : it.arrived)
    loop->done(x.number);
  it.publish(2);
  BOOST_TEST(!it.wait_for(before + 1, 300ms));
  loop->hold(false);
  BOOST_TEST(it.wait_for(before + 1));
  BOOST_TEST((std::chrono::steady_clock::now() < deadline));
}

// -- a queue that refuses

namespace {

/// Refuses its first readers.
class strict_queue final : public mq::message_queue {
public:
  explicit strict_queue(int refused) : left_(refused) {}

  expected<std::unique_ptr<mq::consumer>> consume(mq::consumer_options) override {
    return std::make_unique<reader>(left_-- > 0);
  }
  expected<std::unique_ptr<mq::publisher>> publish(std::string) override {
    return fail(ec::unreachable, "none");
  }
  expected<mq::queue_facts> examine(const std::vector<std::string>&,
                                    std::chrono::milliseconds) override {
    return mq::queue_facts{};
  }

private:
  class reader final : public mq::consumer {
  public:
    explicit reader(bool is_refused) {
      state_.is_connected = !is_refused;
      state_.is_refused = is_refused;
      state_.problem = is_refused ? "no rights" : "";
    }
    std::vector<mq::message>
    poll(size_t, std::chrono::milliseconds, std::chrono::milliseconds) override {
      std::this_thread::yield();
      return {};
    }
    expected<void> commit(const std::vector<mq::position>&, bool) override { return {}; }
    void pause(bool) override {}
    mq::standing state() const override { return state_; }

  private:
    mq::standing state_;
  };
  std::atomic<int> left_;
};

} // namespace

BOOST_AUTO_TEST_CASE(a_loop_that_is_refused_joins_anew_until_it_is_let_in) {
  base::config config;
  auto loop_of = [&](int refused, std::chrono::milliseconds patience) {
    auto made = std::make_unique<consumer_loop>(
      std::make_shared<strict_queue>(refused),
      config,
      std::vector<std::string>{"wanted"},
      "g",
      [](message_batch) {},
      patience);
    ok(made->start());
    return made;
  };
  auto kept_out = loop_of(1, 1h);
  BOOST_TEST(kept_out->state().is_refused);
  BOOST_TEST(kept_out->state().problem == "no rights");
  auto let_in = loop_of(3, 1ms);
  auto until = std::chrono::steady_clock::now() + 20s;
  while (!let_in->state().is_connected && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  BOOST_TEST(let_in->state().is_connected);
  BOOST_TEST(!let_in->state().is_refused);
}

} // namespace aops::actors
