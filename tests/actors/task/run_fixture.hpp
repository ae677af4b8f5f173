#pragma once

#include "actors/jobs/job_services.hpp"
#include "actors/task/run_places.hpp"
#include "messages/roles/jobs.hpp"
#include "messages/roles/run.hpp"
#include "messages/roles/task.hpp"
#include "messages/roles/template.hpp"
#include "runtime/io/ansible/play.hpp"
#include "tests/support/store_fixture.hpp"

#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace aops::tests {

/// A play that ends when the test says so.
struct canned_play {
  ansible::play_order order;
  std::function<void(std::vector<ansible::play_event>)> happened;
  std::function<void(ansible::play_result)> ended;
  bool is_cancelled = false, is_gone = false;
  std::optional<std::chrono::steady_clock::time_point> until;

  std::string hosts() const; ///< Ids, separated by blanks.
};
using canned_play_ptr = std::shared_ptr<canned_play>;

/// Plays nothing and remembers what was asked for. What is to be ended on hosts ends at once.
class canned_player final : public ansible::player {
public:
  expected<std::unique_ptr<ansible::play>>
  start(ansible::play_order order,
        std::function<void(std::vector<ansible::play_event>)> happened,
        std::function<void(ansible::play_result)> ended) override;
  expected<size_t> clean_up() override { return 0; }

  std::vector<canned_play_ptr> plays;
  std::vector<std::string> cleaned;           ///< Hosts of plays that end what is left, in order.
  std::deque<ansible::play_result> clean_ups; ///< How the next of them end; then all end well.
  expected<void> may_start;
};

/// Runs of deployment tasks on one node: the real store, the real actors, a canned player. Hosts
/// `h1`, `h2`, `h3`; templates `a` and `b`.
struct run_fixture : store_fixture {
  run_fixture();
  ~run_fixture();

  std::shared_ptr<canned_player> player = std::make_shared<canned_player>();
  std::shared_ptr<actors::job_services> services = std::make_shared<actors::job_services>();
  bool is_sure = true;
  std::set<std::string> unlocked{"s1"};     ///< Sessions with a vault key.
  std::set<std::string> unlocked_elsewhere; ///< With one on another node.
  std::set<std::string> open_to;            ///< Owners for whom hosts are looked at by time.
  std::set<std::string> opens_nothing;      ///< With one, while no host has credentials.
  run_intake_actor intake;
  run_store_actor runs;

  /// @param steps JSON; empty: `a`, then `b`. @returns Its id.
  std::string make_task(const std::string& steps = {}, std::vector<std::string> hosts = {});
  expected<std::vector<std::string>> execute(const std::string& task,
                                             deploy_tasks_to_execute how = {});
  /// The one run of a task.
  std::string run_task(const std::string& task, deploy_tasks_to_execute how = {});

  /// The newest play that has not ended.
  canned_play& play();
  size_t plays() const { return player->plays.size(); }
  void end_well(canned_play& x);
  /// @param how `h1 ok`, `h2 failed`, … separated by commas.
  void end_as(canned_play& x, const std::string& how, expected<void> as = {});
  static ansible::play_result result_of(const std::string& how, expected<void> as = {});

  run_info info(const std::string& run);
  std::string state(const std::string& run) { return info(run).state; }
  /// `a h1 ok`, …
  std::string hosts(const std::string& run);
  std::vector<run_event> events(const std::string& run);

  template <class Act>
  runs_acted_on act(const std::string& run) {
    Act x;
    x.execution_list = {run};
    return ok(ask<runs_acted_on>(intake, admin, x));
  }
  runs_acted_on resume(const std::string& run, const std::string& decision = {});

  /// As if this node had died and come again: the actor of the run is killed, the keys are gone.
  void crash(const std::string& run, bool keeps_key = false);
};

} // namespace aops::tests
