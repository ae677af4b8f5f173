#pragma once

#include "actors/host/coverage.hpp"
#include "actors/host/history_source.hpp"
#include "actors/host/patience.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace aops::actors {

/// Judges rules over the time in which they were not there yet, in the background, rules of the
/// same time together. What interrupts it costs nothing that was read or judged. Knows no actor.
class backfill {
public:
  using rule_list = history_source::rule_list;
  using outcome = std::function<void(expected<void>)>;
  struct links {
    history_source& source;
    /// What of an item's time is still to be judged and can be; nothing when it is not its turn.
    std::function<std::optional<coverage::range>(const std::string& check_item)> missing;
    /// Rules of these names that apply now.
    std::function<rule_list(const std::vector<std::string>&)> rules_for;
    /// Rules judged over a range, as a run.
    std::function<std::shared_ptr<history_run>(rule_list, coverage::range)> run_of;
    std::function<void(std::shared_ptr<const history_run>, std::vector<check::run_result>, outcome)>
      store;
    /// The rule has been judged over the range.
    std::function<void(const std::string& check_item, coverage::range)> judged;
    /// Whether asking again can help.
    std::function<bool(const error&)> may_ask_again;
    /// Has `on_due` called some time later.
    std::function<void(std::chrono::milliseconds)> wake_after;
  };

  backfill(std::string host_id, links to);

  /// These items have a past to be judged.
  void add(const std::vector<std::string>& items);
  /// Begins when there is something to do. Call when `missing` may say something else.
  void start();
  void on_due();
  /// The rules are others: what is under way for one that changed begins anew.
  void rules_changed();

private:
  struct work {
    std::vector<std::string> items;
    coverage::range when{};
    std::shared_ptr<history_run> run;
    rule_list rules;
    std::optional<std::vector<check::run_result>> results; ///< To be stored.
  };
  using work_ptr = std::shared_ptr<work>;

  work_ptr next_work();
  work_ptr take_some();
  void go_on();
  void store();
  void finish();
  void failed(const error& why);

  std::string host_id_;
  links to_;
  std::vector<std::string> items_; ///< Each once.
  work_ptr work_;                  ///< Under way.
  bool is_resting_ = false;        ///< After an error.
  patience patience_;
};

} // namespace aops::actors
