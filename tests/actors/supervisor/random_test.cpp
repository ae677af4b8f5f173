#include "tests/actors/supervisor/family.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <sstream>

namespace aops::actors {

namespace {

/// A supervisor under random failures, stops and starts.
struct storm : tests::family {
  std::mt19937 random;
  supervisor_actor top;
  std::vector<std::string> statics = {"a", "b", "c", "d"};
  std::vector<std::string> dynamics = {"h0", "h1", "h2", "h3", "h4", "h5"};
  std::map<std::string, int> lives;

  size_t below(size_t n) { return random() % n; }
  std::string any_name() {
    auto i = below(statics.size() + dynamics.size());
    return i < statics.size() ? statics[i] : dynamics[i - statics.size()];
  }

  void begin(unsigned seed) {
    random.seed(seed);
    auto config = calm(static_cast<strategy>(seed % 3));
    config.limit.restarts = restart_limit::unlimited;
    config.delay.jitter = 0.5;
    config.seed = seed;
    std::vector<child_spec> kids;
    for (const auto& name : statics)
      kids.push_back(kid(name));
    top = supervise(config, std::move(kids));
    for (const auto& name : dynamics)
      tell(top, start_child{kid(name)});
  }

  void step() {
    auto name = any_name();
    switch (below(8)) {
    case 0:
    case 1:
      if (auto who = of(name))
        tell(who, std::string{below(2) == 0 ? "crash" : "quit"});
      break;
    case 2:
      manners[name].throws_at_start = below(2) == 0;
      break;
    case 3:
      manners[name].is_stubborn = below(3) == 0;
      break;
    case 4:
      caf::anon_send(top, stop_child{dynamics[below(dynamics.size())]});
      break;
    case 5:
      caf::anon_send(top, start_child{kid(dynamics[below(dynamics.size())])});
      break;
    case 6:
      caf::anon_send(top, get_tree{});
      break;
    default:
      pass(std::chrono::milliseconds{below(4) == 0 ? below(5000) : below(150)});
    }
    run();
  }

  /// At most one incarnation of each child lives.
  void check_lives() {
    std::istringstream in{take()};
    for (std::string event; in >> event;) {
      auto& n = lives[event.substr(1)];
      n += event[0] == '+' ? 1 : -1;
      BOOST_REQUIRE(n >= 0);
      BOOST_REQUIRE(n <= 1);
    }
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(random_lives)

BOOST_AUTO_TEST_CASE(whatever_happens_no_child_lives_twice_and_all_come_back) {
  for (unsigned seed = 1; seed <= 150; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      storm s;
      s.begin(seed);
      for (int i = 0; i < 60; ++i) {
        s.step();
        s.check_lives();
      }
      s.manners.clear();
      s.pass(10min);
      s.check_lives();
      auto tree = s.ask<tree_status>(s.top, get_tree{});
      BOOST_REQUIRE(tree);
      BOOST_TEST(tree->state == "running");
      size_t running = 0;
      for (const auto& c : tree->children) {
        BOOST_TEST(c.state == "running", c.name << " is " << c.state);
        BOOST_TEST(s.lives[c.name] == 1);
        BOOST_TEST(static_cast<bool>(s.of(c.name)));
        ++running;
      }
      BOOST_TEST(running >= s.statics.size());
      BOOST_TEST(s.names->size() == running);
      BOOST_TEST(s.ask<void>(s.top, atom::ping_v).has_value());
      s.end(s.top);
      s.pass(1min);
      s.check_lives();
      for (const auto& [name, n] : s.lives)
        BOOST_TEST(n == 0, name << " is left");
      BOOST_TEST(s.names->size() == 0u);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors
