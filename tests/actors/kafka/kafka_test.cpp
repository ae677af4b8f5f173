#include "actors/kafka/consumer_loop.hpp"
#include "actors/kafka/kafka_store.hpp"
#include "actors/kafka/publisher.hpp"
#include "runtime/io/mq/memory_queue.hpp"
#include "runtime/io/storage/account_repository.hpp"
#include "runtime/io/storage/tree_repository.hpp"
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

BOOST_AUTO_TEST_CASE(at_most_two_batches_are_under_way_and_the_rest_waits) {
  loop_world it;
  it.publish(10);
  auto loop = it.open();
  BOOST_TEST(it.wait_for(2));
  BOOST_TEST(!it.wait_for(3, 300ms));
  loop->done(2);
  loop->done(1);
  BOOST_TEST(it.wait_for(4));
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

} // namespace aops::actors
