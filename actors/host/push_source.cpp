#include "actors/host/push_source.hpp"

#include "actors/host/host_services.hpp"
#include "messages/names.hpp"
#include "runtime/base/log.hpp"
#include "runtime/core/check/grid.hpp"
#include "runtime/core/push/pushed_rounds.hpp"

#include <optional>

namespace aops::actors {

namespace {

/// Samples that may wait on a node, for all of its hosts: a few hundred megabytes.
constexpr int64_t most_pushed_samples = 4'000'000;

push::round_rules
rules_of_rounds(const base::config& c, const check::host_checker& checker, int64_t now_ms) {
  push::round_rules rules;
  rules.period_ms = checker.period_ms();
  rules.offset_ms = checker.offset_ms();
  rules.delay_ms = c.check.delay.ms > 0 ? c.check.delay.ms : rules.period_ms;
  rules.patience_ms = std::max(c.remote_write.patience.ms, rules.delay_ms);
  rules.begun_ms = now_ms;
  return rules;
}

class pushed_samples final : public push_source {
public:
  pushed_samples(links to, keeper keep)
      : to_(std::move(to)), keep_(std::move(keep)), history_(stored_rounds_of(to_.common)) {}

  ~pushed_samples() override { count_waiting(0); }
  pushed_samples(const pushed_samples&) = delete;
  pushed_samples& operator=(const pushed_samples&) = delete;

  std::string_view name() const override { return round_store_name; }
  history_source& history() override { return *history_; }
  bool keeps_past() const override { return false; }
  int64_t delay_ms() const override {
    auto delay = config().check.delay.ms;
    return delay > 0 ? delay : to_.checker.period_ms();
  }
  int64_t phase_ms() const override {
    return check::request_phase_ms(to_.common.record.host_id, to_.checker.period_ms());
  }
  int64_t beside_grid_ms() const override { return 0; }
  int64_t known_until_ms(int64_t until_ms) const override { return until_ms + 1; }
  int64_t readable_ms(int64_t until_ms) const override { return until_ms; }
  int64_t begin_after_ms() override { return 0; }
  void series_changed() override {}
  int pages_under_way() const override { return 0; }

  void begin(int64_t judged_ms, const std::vector<sample_row>& rows) override {
    auto now = now_ms();
    rounds_.emplace(rules_of_rounds(config(), to_.checker, now));
    rounds_->begin(judged_ms);
    for (const auto& x : rows)
      if (!rounds_->adopt(x, now))
        log::warn("pushed-samples-damaged",
                  "{} has samples of round {} that do not read",
                  to_.common.record.host_id,
                  x.time_ms);
    count_waiting(rounds_->samples());
  }

  void push(const samples_to_push& x, taken then) override {
    if (!rounds_)
      return then(fail(ec::unreachable, "the host is being started"));
    auto slots = [this](const series_key& key) { return to_.checker.slot_of(key); };
    auto now = now_ms();
    // What waits is judged as time goes on, whoever else is refused.
    auto done = to_.common.services->pushed->load() < most_pushed_samples
                  ? rounds_->take(x.series, slots, now)
                  : std::nullopt;
    if (!done) {
      go_on();
      return then(fail(ec::overloaded, "too many rounds wait to be judged"));
    }
    count_waiting(rounds_->samples());
    for (auto slot : rounds_->take_touched())
      if (slot > check::kept_series::duration)
        to_.checker.kept().expect(slot, now);
    // What was known may still be on its way to the store.
    waiting_.push_back([then = std::move(then), done = *done] { then(done); });
    keep_on();
    go_on();
  }

  void take_round(int64_t) override { go_on(); }

  void go_on() override {
    if (!rounds_ || std::exchange(is_going_on_, true))
      return;
    while (to_.may_take_late())
      if (auto round = rounds_->next(now_ms()))
        to_.take(std::move(*round));
      else
        break;
    count_waiting(rounds_->samples());
    is_going_on_ = false;
  }

  void look(std::function<void(expected<void>)>) override {}
  void list_series(listed then) override { then(kept_series_of(to_.checker)); }
  void find_machine(std::vector<std::string>, listed then) override { then({}); }

private:
  const base::config& config() const { return *to_.common.services->config; }
  int64_t now_ms() const { return to_.common.services->clock->now_ms(); }

  void count_waiting(size_t now) {
    auto samples = static_cast<int64_t>(now);
    to_.common.services->pushed->fetch_add(samples - std::exchange(counted_, samples));
  }

  /// One lot at a time: what comes meanwhile goes together.
  void keep_on() {
    if (is_keeping_ || waiting_.empty())
      return;
    // Without rows, too: those of rounds that were judged meanwhile go with these.
    auto rows = rounds_->take_new_rows();
    auto answers = std::exchange(waiting_, {});
    is_keeping_ = true;
    keep_(std::move(rows), [this, answers = std::move(answers)] {
      is_keeping_ = false;
      for (const auto& x : answers)
        x();
      keep_on();
    });
  }

  links to_;
  keeper keep_;
  std::unique_ptr<history_source> history_;
  std::optional<push::pushed_rounds> rounds_; ///< Unset: the start does not know the cursor yet.
  std::vector<std::function<void()>> waiting_;
  int64_t counted_ = 0; ///< Of what waits on this node.
  bool is_keeping_ = false, is_going_on_ = false;
};

} // namespace

std::unique_ptr<push_source> pushes_of(live_source::links links, push_source::keeper keep) {
  return std::make_unique<pushed_samples>(std::move(links), std::move(keep));
}

} // namespace aops::actors
