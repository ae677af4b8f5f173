#include "runtime/io/storage/view_repository.hpp"
#include "tests/io/storage/samples.hpp"

namespace view_test {

using namespace aops;
using namespace aops::storage;
using namespace aops::tests;

namespace {

view_to_save board_named(const std::string& name, std::string content = R"({"range":"1h"})") {
  return {"board", name, json_text{std::move(content)}};
}

expected<void>
save_view(database& db, const std::string& user, const view_to_save& x, int64_t now_ms = 1000) {
  return transact(db, [&](database& d) { return view_repository{d}.save(user, x, now_ms); });
}

std::string views_of(database& db, const std::string& user, const std::string& kind = "board") {
  std::string out;
  for (const auto& x : ok(view_repository{db}.of(user, kind)).view_infos)
    out += x.view_name + "=" + x.content.text + "@" + std::to_string(x.changed_at.ms) + " ";
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(views_of_users)

STORE_CASE(a_view_is_of_one_user_and_kind_and_is_replaced_by_its_name) {
  auto& db = it.db();
  ok(save_view(db, "ann", board_named("disks")));
  ok(save_view(db, "ann", board_named("cores", "{}")));
  ok(save_view(db, "ann", {"list", "disks", json_text{"{}"}}));
  ok(save_view(db, "bob", board_named("disks", R"({"of":"bob"})")));
  ok(save_view(db, "ann", board_named("disks", R"({"range":"2h"})"), 2000));
  BOOST_TEST(views_of(db, "ann") == R"(cores={}@1000 disks={"range":"2h"}@2000 )");
  BOOST_TEST(views_of(db, "ann", "list") == "disks={}@1000 ");
  ok(transact(db, [](database& d) {
    return view_repository{d}.remove("ann", "board", {"disks", "never there"});
  }));
  BOOST_TEST(views_of(db, "ann") == "cores={}@1000 ");
  BOOST_TEST(views_of(db, "ann", "list") == "disks={}@1000 ");
  BOOST_TEST(views_of(db, "bob") == R"(disks={"of":"bob"}@1000 )");
}

STORE_CASE(size_and_number_of_views_have_a_bound) {
  auto& db = it.db();
  const std::string whole(view_repository::most_bytes - 8, 'x');
  ok(save_view(db, "ann", board_named("0", "{\"a\":\"" + whole + "\"}")));
  auto larger = save_view(db, "ann", board_named("0", "{\"a\":\"" + whole + "x\"}"));
  BOOST_TEST(failure_of(larger) == ec::bad_request);
  BOOST_TEST(larger.error().detail.starts_with("content: "));
  for (int i = 1; i < view_repository::most_views; ++i)
    ok(save_view(db, "ann", {i % 2 ? "board" : "list", std::to_string(i), json_text{"{}"}}));
  auto one_more = save_view(db, "ann", board_named("one more"));
  BOOST_TEST(failure_of(one_more) == ec::bad_request);
  BOOST_TEST(one_more.error().detail.starts_with("view_name: "));
  ok(save_view(db, "ann", board_named("1", R"({"again":1})"))); // It is there already.
  ok(save_view(db, "bob", board_named("one more")));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace view_test
