#pragma once

#include "actors/supervisor/supervisor.hpp"
#include "actors/support/prepare.hpp"
#include "messages/caf_error.hpp"
#include "tests/support/actor_fixture.hpp"

#include <caf/all.hpp>

#include <map>
#include <string>
#include <vector>

/// A supervisor with children that note their lives.
namespace aops::tests {

/// How a child behaves; may be changed between its lives.
struct manner {
  bool throws_at_start = false; ///< In its initialiser.
  bool throws_at_spawn = false; ///< In the spec's `start`.
  bool is_stubborn = false;     ///< Ignores all exits but `kill`.
  bool is_silent = false;       ///< Never answers ping.
};

struct family : actor_fixture {
  std::string events; ///< "+a" when a starts, "-a" when it has ended, separated by blanks.
  std::map<std::string, manner> manners;
  std::shared_ptr<actors::directory> names = std::make_shared<actors::directory>();

  ~family() { end_all(); }

  /// The events since the last call.
  std::string take() { return std::exchange(events, {}); }

  /// A child that obeys: "crash" throws, "quit" ends normally, "fail" ends with ec::conflict, 7 is
  /// answered with 7.
  actors::child_spec kid(const std::string& name,
                         actors::restart_kind kind = actors::restart_kind::permanent) {
    actors::child_spec spec;
    spec.name = name;
    spec.restart = kind;
    spec.stop_deadline = 2s;
    spec.start = [this, name](caf::scheduled_actor& parent) {
      if (manners[name].throws_at_spawn)
        throw std::runtime_error("no room");
      return caf::actor{
        parent.spawn([this, name](caf::event_based_actor* self) { return live(self, name); })};
    };
    return spec;
  }

  actors::supervisor_config calm(actors::strategy how = actors::strategy::one_for_one) {
    actors::supervisor_config c;
    c.name = "top";
    c.how = how;
    c.limit = {.restarts = 3, .within_ms = 10'000};
    c.delay = {.first_ms = 100, .max_ms = 5000, .factor = 2, .jitter = 0, .reset_after_ms = 60'000};
    c.seed = 1;
    c.names = names;
    return c;
  }

  actors::supervisor_actor supervise(actors::supervisor_config config,
                                     std::vector<actors::child_spec> kids) {
    return start(actors::supervisor, std::move(config), std::move(kids));
  }

  caf::actor of(const std::string& name) { return names->find_as<caf::actor>(name); }

  /// Tells a child to do something; time stands still.
  void tell_kid(const std::string& name, const std::string& what) { tell(of(name), what); }

  /// `name:state:restarts` of the tree's first level, separated by blanks.
  std::string states(const actors::supervisor_actor& top) {
    auto tree = ask<tree_status>(top, get_tree{});
    if (!tree)
      return to_string(tree.error());
    std::string text;
    for (const auto& c : tree->children)
      text += (text.empty() ? "" : " ") + c.name + ':' + c.state + ':' + std::to_string(c.restarts);
    return text;
  }

private:
  void note(const std::string& event) { events += (events.empty() ? "" : " ") + event; }

  caf::behavior live(caf::event_based_actor* self, const std::string& name) {
    actors::prepare(self, name);
    note('+' + name);
    self->attach_functor([this, name](const caf::error&) { note('-' + name); });
    auto how = manners[name];
    if (how.throws_at_start)
      throw std::runtime_error("born dead");
    if (how.is_stubborn)
      self->set_exit_handler([](caf::exit_msg&) {});
    return {
      [self](const std::string& what) {
        if (what == "crash")
          throw std::runtime_error("boom");
        self->quit(what == "fail" ? refuse(ec::conflict, "x") : caf::error{});
      },
      [](int x) { return x; },
      [self, how](atom::ping) -> caf::result<void> {
        if (how.is_silent)
          return self->make_response_promise();
        return caf::unit;
      },
    };
  }
};

} // namespace aops::tests
