#include "actors/host/host_ask.hpp"
#include "actors/host/live_source.hpp"
#include "actors/host/prometheus_reader.hpp"
#include "messages/names.hpp"
#include "runtime/base/address.hpp"
#include "runtime/base/log.hpp"
#include "runtime/core/check/grid.hpp"

namespace aops::actors {

namespace {

/// Rounds judged together, in one commit: an hour at the default period.
constexpr size_t most_held_rounds = 240;

/// A series of which Prometheus has no sample for so long is not there any more; as long as its own
/// look-back.
constexpr int64_t listing_ms = 5 * 60 * 1000;

class prometheus_source final : public live_source {
public:
  explicit prometheus_source(links to)
      : to_(std::move(to)), history_(prometheus_history_of(to_.common)) {}

  std::string_view name() const override { return prometheus_reader_name; }
  history_source& history() override { return *history_; }
  bool keeps_past() const override { return true; }
  int64_t delay_ms() const override {
    auto delay = config().check.delay.ms;
    return delay > 0 ? delay : period_ms();
  }
  /// Hosts of one grid ask Prometheus together.
  int64_t phase_ms() const override { return 0; }
  /// Explicit checks judge at the samples' own times.
  int64_t beside_grid_ms() const override { return period_ms() / 2; }
  int64_t known_until_ms(int64_t) const override { return now_ms(); }
  int64_t readable_ms(int64_t) const override {
    return to_.checker.cursor_ms().value_or(origin_ms_);
  }
  int pages_under_way() const override { return 0; }
  void series_changed() override { ++version_; }

  /// Prometheus knew the host before us: the windows of the first round can be full.
  int64_t begin_after_ms() override {
    return origin_ms_ =
             check::floor_grid(now_ms() - delay_ms(), period_ms(), to_.checker.offset_ms());
  }

  void take_round(int64_t time_ms) override {
    last_due_ms_ = time_ms;
    go_on();
  }

  /// Reads the rounds whose time has come, in portions; what cannot be read is read later.
  void go_on() override {
    if (is_reading_ || !to_.may_take_late())
      return;
    // A tick may come a moment early.
    auto now = std::max(now_ms(), last_due_ms_);
    auto times = check::missing_grid(to_.checker.cursor_ms().value_or(origin_ms_),
                                     now,
                                     period_ms(),
                                     to_.checker.offset_ms(),
                                     delay_ms(),
                                     most_held_rounds);
    if (times.empty())
      return;
    is_reading_ = true;
    auto found = std::make_shared<history_portion>();
    history_->read_rounds(
      order_for_windows(to_.checker, times.front(), times.back()),
      [found](const history_portion& x) {
        found->rounds.insert(found->rounds.end(), x.rounds.begin(), x.rounds.end());
        found->silent.insert(found->silent.end(), x.silent.begin(), x.silent.end());
        return true;
      },
      [this, found, version = version_](expected<void> how) {
        is_reading_ = false;
        if (!how) // The cursor stays; the next due time asks again.
          return log::debug(
            "rounds-not-read", "{}: {}", to_.common.record.host_id, to_string(how.error()));
        if (version == version_)
          to_.take_late(*found);
        go_on();
      });
  }

  void look(std::function<void(expected<void>)>) override {}

  void list_series(listed then) override {
    list({}, [this, then = std::move(then)](expected<series_listed> found) {
      bool is_known = found && !found->series->empty();
      then(is_known ? *found->series : kept_series_of(to_.checker));
    });
  }

  /// Rules may name none of these series; without an answer the host is what it was.
  void find_machine(std::vector<std::string> names, listed then) override {
    list(std::move(names), [this, then = std::move(then)](expected<series_listed> found) {
      if (found && !found->series->empty())
        machine_ = *found->series;
      then(machine_);
    });
  }

private:
  const base::config& config() const { return *to_.common.services->config; }
  int64_t now_ms() const { return to_.common.services->clock->now_ms(); }
  int64_t period_ms() const { return to_.checker.period_ms(); }

  void list(std::vector<std::string> names, std::function<void(expected<series_listed>)> then) {
    const auto& record = to_.common.record;
    auto now = now_ms();
    list_order order{instance_of(record),
                     base::with_port(record.public_ip, config().scrape.port),
                     std::move(names),
                     now - std::max(listing_ms, 2 * period_ms()),
                     now};
    ask<prometheus_reader_actor>(to_.common.self,
                                 *to_.common.services->names,
                                 prometheus_reader_name,
                                 read_deadline(config()),
                                 std::move(then),
                                 std::move(order));
  }

  links to_;
  std::unique_ptr<history_source> history_;
  int64_t origin_ms_ = 0; ///< Judging began after it; 0 when the store told a cursor.
  int64_t last_due_ms_ = 0;
  bool is_reading_ = false;
  uint64_t version_ = 0; ///< What was read for other rules lacks series.
  std::vector<series_info> machine_;
};

} // namespace

std::unique_ptr<live_source> prometheus_of(live_source::links links) {
  return std::make_unique<prometheus_source>(std::move(links));
}

} // namespace aops::actors
