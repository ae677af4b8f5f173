#pragma once

#include "actors/host/history_source.hpp"
#include "messages/check.hpp"
#include "runtime/core/check/live.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace aops::actors {

/// Where a host's rounds come from. Callbacks come while the host's actor works, never after its
/// end.
class live_source {
public:
  /// What a source asks of its host.
  struct links {
    source_links common;
    check::host_checker& checker;
    /// The round of now was taken.
    std::function<void(check::round)> take;
    /// Rounds whose time has passed were read, in time order and without a hole.
    std::function<void(const history_portion&)> take_late;
    /// Whether late rounds can be taken now.
    std::function<bool()> may_take_late;
    /// A page that was under way has come, or not.
    std::function<void()> page_ended;
  };
  using listed = std::function<void(std::vector<series_info>)>;

  virtual ~live_source() = default;

  /// For `/readyz`: whom it asks.
  virtual std::string_view name() const = 0;
  virtual history_source& history() = 0;

  /// Whether what was not taken in its time can be had later.
  virtual bool keeps_past() const = 0;
  /// How far judging stays behind.
  virtual int64_t delay_ms() const = 0;
  /// How long after its grid time a round begins.
  virtual int64_t phase_ms() const = 0;
  /// How far beside the grid what explicit checks found may lie.
  virtual int64_t beside_grid_ms() const = 0;
  /// Up to when a rule can be tried. @param until_ms The committed cursor.
  virtual int64_t known_until_ms(int64_t until_ms) const = 0;
  /// Rounds up to here can be read. @param until_ms The committed cursor.
  virtual int64_t readable_ms(int64_t until_ms) const = 0;

  /// Nobody judged the host yet. @return After which time judging begins, for which windows can be
  /// filled; 0: with what comes.
  virtual int64_t begin_after_ms() = 0;
  /// The time of a round has come.
  virtual void take_round(int64_t time_ms) = 0;
  /// `may_take_late` may say something else.
  virtual void go_on() = 0;
  /// Other series are wanted.
  virtual void series_changed() = 0;
  /// Rounds begun that have not ended.
  virtual int pages_under_way() const = 0;

  /// Whether the host can be reached now; the answer is not read. A source that cannot tell never
  /// calls `then`: the rounds will tell.
  virtual void look(std::function<void(expected<void>)> then) = 0;

  /// All series the host has now; without an answer those that are kept.
  virtual void list_series(listed then) = 0;
  /// Series that tell what the host is made of, beside those that are kept.
  /// @param names Of these series. `then` may run at once.
  virtual void find_machine(std::vector<std::string> names, listed then) = 0;
};

/// Asks the exporter of the host in each round, and the store for the past.
std::unique_ptr<live_source> exporter_of(live_source::links links);

/// Reads all rounds from the Prometheus that watches the host.
std::unique_ptr<live_source> prometheus_of(live_source::links links);

/// What the host keeps, with its last values: for when nobody answers.
std::vector<series_info> kept_series_of(const check::host_checker& checker);

} // namespace aops::actors
