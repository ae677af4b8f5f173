#pragma once

#include "actors/host/host.hpp"
#include "runtime/core/check/rounds.hpp"
#include "runtime/core/check/run.hpp"
#include "runtime/core/check/selector.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

namespace aops::check {
class host_checker;
}

namespace aops::actors {

class history_turns;

/// Rounds of one host in time order, and what the slots of their samples stand for.
struct history_portion {
  std::vector<series_entry> series;
  std::vector<check::round> rounds;
  /// Grid times of which the source knows nothing at all, not even that the host did not answer:
  /// asking again can help.
  std::vector<int64_t> silent;
  /// Series that match and found no room, in all portions so far.
  std::set<series_key> left_out = {};
};

/// Who waits for what is read.
enum class read_kind : uint8_t {
  asked,      ///< Somebody, or the host's next round.
  background, ///< Nobody: each portion waits for its turn, see `history_turns`.
};

/// Series of a name that match.
struct matched_series {
  std::string name;
  std::shared_ptr<const check::selector> match;
};

/// What is to be read of a host's past.
struct history_order {
  /// What is needed, each with the slot it shall have. A store has slots of its own and gives
  /// everything.
  std::vector<series_entry> wanted;
  int64_t from_ms = 0, until_ms = 0; ///< Ends included.
  read_kind how = read_kind::asked;
  int64_t deadline_ms = 0; ///< Nobody waits for it any longer: ec::timed_out. 0: none.
  /// Needed as well: all that match, under slots that portions tell.
  std::vector<matched_series> matches = {};
  /// Which slots these get, or none; unset: of each portion's reader.
  std::function<std::optional<uint32_t>(const series_key&)> slot_of = {};
  /// Without it: which of them have room beyond what `check.max_matched_series` gives.
  std::function<bool(const series_key&)> is_kept = {};
};

/// What the windows of a host's rules need of a range: series that rules name, and those that
/// match.
history_order order_for_windows(check::host_checker& checker, int64_t from_ms, int64_t until_ms);

/// Has the program of a rule judge the samples of `$0` in `data`; `then` gets what it said, in the
/// host's actor: into `outside` and its like.
using outside_asker = std::function<void(const check::rule_set::rule_ptr& rule,
                                         const check::run_request& request,
                                         const check::run_data& data,
                                         std::function<void(check::run_data)> then)>;

/// Rules to be judged over a range of the past, and how far that has come: whoever is interrupted
/// goes on with the same run, and nothing is read twice.
struct history_run {
  using rule_list = std::vector<check::rule_set::rule_ptr>;

  rule_list rules;
  check::run_request request;
  read_kind how = read_kind::asked;
  int64_t deadline_ms = 0;                        ///< As in `history_order`.
  std::function<int64_t(const data_item&)> since; ///< When a series began to be collected.
  /// Whether live detection keeps a series: then there is room for it here, too.
  std::function<bool(const series_key&)> is_kept;
  /// Has a program judge; null: nobody can be asked.
  outside_asker ask_outside;

  // For the source. The rules are judged in groups, as many at a time as memory allows.
  std::vector<check::run_result> results; ///< Of the first rules.
  size_t group_end = 0;                   ///< The rules up to here are being read for.
  int64_t next_ms = 0;                    ///< Read up to here.
  std::optional<check::stored_history> rounds;
  size_t series_known = 0; ///< To `rounds`.
  std::map<series_key, std::vector<check::point>> points;
  std::vector<matched_series> matches; ///< Of the rules being read for.
  size_t named = 0;                    ///< Of `points`, those that rules name.
  std::set<series_key> left_out;       ///< Matched, and found no room.

  /// Those of the rules that look at no lines, where some do; see `lined_history_of`.
  std::shared_ptr<history_run> others;
  bool have_others = false; ///< Their results are there.
};

/// Where the past of one host is read: the store's rounds, or a Prometheus. Callbacks come while
/// the host's actor works, never after its end.
class history_source {
public:
  using rule_list = history_run::rule_list;
  /// False: nobody wants more; `finished` is told success.
  using each_portion = std::function<bool(const history_portion&)>;
  using done = std::function<void(expected<void>)>;
  using judged = std::function<void(expected<std::vector<check::run_result>>)>;

  virtual ~history_source() = default;

  /// The times at which explicit checks judge.
  virtual check::time_basis job_basis() const = 0;

  /// Rounds of the past in portions, in time order. What cannot exist is not asked for, and a
  /// stretch of time without samples costs few queries however long it is. After an error whoever
  /// wants to go on orders what follows the last round he got.
  virtual void read_rounds(history_order order, each_portion each, done finished) = 0;

  /// Judges the rules of a run; one result per rule. After an error the same run can be given
  /// again.
  virtual void run(std::shared_ptr<history_run> x, judged then);

protected:
  /// Takes as many of the rules that are left as memory allows, one at least.
  static void begin_group(history_run& x);
  /// How many of the series that an item matches found no room.
  static size_t left_out_of(const history_run& x, const check::compiled_item& item);

private:
  static void judge_group(std::shared_ptr<history_run> x, std::function<void()> then);
};

/// What sources share: who their host is and when its background reads may go out.
struct source_links {
  host_pointer self;
  services_ptr services;
  const host_record& record; ///< Outlives the source.
  history_turns& turns;      ///< Outlives the source.
  /// Before this time nothing of the host can be stored; after now when it never was sampled.
  std::function<int64_t()> earliest_ms;
};

/// The rounds that the host sampled itself.
std::unique_ptr<history_source> stored_rounds_of(source_links links);

/// Samples of the Prometheus that watches the host.
std::unique_ptr<history_source> prometheus_history_of(source_links links);

/// How a Prometheus names the host: `IP:port`, or only the IP when the host names no port.
std::string instance_of(const host_record& record);

} // namespace aops::actors
