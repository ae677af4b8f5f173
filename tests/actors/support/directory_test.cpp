#include "actors/support/directory.hpp"
#include "actors/support/prepare.hpp"
#include "messages/interfaces.hpp"
#include "tests/support/actor_fixture.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>

#include <thread>

namespace aops::actors {

namespace {

ready_actor::behavior_type someone(ready_actor::pointer self) {
  prepare(self, "someone");
  return {[](atom::ping) {}};
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(directories, tests::actor_fixture)

BOOST_AUTO_TEST_CASE(a_name_belongs_to_the_last_who_got_it) {
  auto first = caf::actor_cast<caf::strong_actor_ptr>(start(someone));
  auto second = caf::actor_cast<caf::strong_actor_ptr>(start(someone));
  directory names;
  BOOST_TEST(!names.find("store"));
  names.put("store", first);
  names.put("store", second);
  BOOST_TEST((names.find("store") == second));
  names.erase("store", first); // Too late: it has a successor.
  BOOST_TEST((names.find("store") == second));
  names.erase("store", second);
  BOOST_TEST(!names.find("store"));
  BOOST_TEST(names.size() == 0u);
}

BOOST_AUTO_TEST_CASE(a_name_is_found_as_the_role_one_needs) {
  directory names;
  BOOST_TEST(!names.find_as<ready_actor>("someone"));
  names.put("someone", caf::actor_cast<caf::strong_actor_ptr>(start(someone)));
  BOOST_TEST(ask<void>(names.find_as<ready_actor>("someone"), atom::ping_v).has_value());
}

BOOST_AUTO_TEST_CASE(readers_and_writers_do_not_disturb_each_other) {
  directory names;
  auto who = caf::actor_cast<caf::strong_actor_ptr>(start(someone));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 2000; ++i) {
        auto name = "host/" + std::to_string((t * 7 + i) % 50);
        names.put(name, who);
        names.find(name);
        names.erase(name, who);
      }
    });
  for (auto& t : threads)
    t.join();
  BOOST_TEST(names.size() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
