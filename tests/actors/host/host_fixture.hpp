#pragma once

#include "actors/host/host.hpp"
#include "runtime/core/check/grid.hpp"
#include "tests/support/store_fixture.hpp"

#include <functional>
#include <string>
#include <vector>

namespace aops::tests {

/// A rule on one series without labels.
inline check_rule rule_on(std::string item, std::string series, std::string condition) {
  check_rule rule;
  rule.check_item = std::move(item);
  rule.data_list.push_back({std::move(series), "kpi", {}});
  rule.condition = std::move(condition);
  return rule;
}

/// One host with the real store and an exporter that says what the test wants. Rounds are numbered:
/// 0 is the first one after the fixture's begin.
struct host_fixture : store_fixture {
  host_fixture();
  ~host_fixture() { end_all(); }

  static constexpr int64_t period_ms = 15'000;

  std::function<std::string(int64_t round)> page = [](int64_t) {
    return std::string{"busy 10\n"};
  }; ///< Empty: dead.
  std::shared_ptr<check::keep_list> keep_list = std::make_shared<check::keep_list>();
  std::shared_ptr<actors::host_services> services = std::make_shared<actors::host_services>();
  host_record record = add_host("h1");
  int64_t origin_ms; ///< Grid time of round 0.
  actors::host_actor host;
  int64_t asked = 0; ///< Requests to the exporter.
  std::string last_url;
  size_t last_lane = 0;

  int64_t time_of(int64_t round) const { return origin_ms + round * period_ms; }

  /// Stores the owner's rules in place of those before; a living host hears of them.
  void set_rules(const std::vector<check_rule>& rules);

  std::shared_ptr<const check::rule_set> rules_of_owner() const { return rules_; }

  /// Starts the host with what the store knows of it.
  void begin();
  void restart();

  /// Time passes until a round has ended and the next is some seconds away.
  void to_round(int64_t round);

  /// Others take all places of the gate to histories, and leave some of them.
  void fill_gate();
  void leave_gate(size_t places = actors::history_gate::most_inside);

  host_state state();
  std::string found() { return results(record, origin_ms); } ///< Results, in seconds since round 0.
  std::string alerts(); ///< What is open: `item{} value severity`, `{}` where it has labels.
  std::string status() { return known().status; }
  host_record known();
  host_info info(); ///< As users see it.
  /// Deviations: `item from-until reason`, in seconds since round 0, empty stretches left out.
  std::string deviations();

private:
  std::vector<actors::history_gate::ticket> places_;
  std::shared_ptr<const check::rule_set> rules_ = check::rule_set::build({});
};

} // namespace aops::tests
