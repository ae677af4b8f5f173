#include "actors/host/host_ask.hpp"
#include "actors/host/live_source.hpp"
#include "messages/names.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/metrics.hpp"
#include "runtime/core/check/grid.hpp"
#include "runtime/io/scrape/page_reader.hpp"
#include "runtime/io/scrape/scrape_request.hpp"

namespace aops::actors {

namespace {

constexpr size_t most_series = 50'000;

constexpr std::chrono::seconds list_timeout{5};

/// The scraper answers even when it is busy.
constexpr std::chrono::seconds grace{1};

/// The scrape must end before the next round begins.
std::chrono::milliseconds scrape_timeout(const base::config& c) {
  return std::min(c.scrape.timeout.chrono(), c.check.sample_period.chrono() * 9 / 10);
}

class exporter_source final : public live_source {
public:
  explicit exporter_source(links to)
      : to_(std::move(to)), history_(stored_rounds_of(to_.common)),
        reader_({[this](std::string_view name) { return to_.checker.wants_name(name); },
                 [this](const series_key& key) { return to_.checker.slot_of(key); }}) {}

  std::string_view name() const override { return round_store_name; }
  history_source& history() override { return *history_; }
  bool keeps_past() const override { return false; }
  int64_t delay_ms() const override { return 0; }
  int64_t phase_ms() const override {
    return check::request_phase_ms(record().host_id, to_.checker.period_ms());
  }
  int64_t beside_grid_ms() const override { return 0; }
  int64_t known_until_ms(int64_t until_ms) const override { return until_ms + 1; }
  int64_t readable_ms(int64_t until_ms) const override { return until_ms; }
  int64_t begin_after_ms() override { return 0; }
  void go_on() override {}
  void series_changed() override { reader_.forget(); }
  int pages_under_way() const override { return scraping_; }

  void take_round(int64_t time_ms) override {
    const auto& c = config();
    auto timeout = scrape_timeout(c);
    ++scraping_;
    fetch(std::min(c.scrape.connect_timeout.chrono(), timeout),
          timeout,
          [this, time_ms](expected<fetched> answer) {
            --scraping_;
            to_.take(round_of(time_ms, std::move(answer)));
            to_.page_ended();
          });
  }

  void look(std::function<void(expected<void>)> then) override {
    auto connect_timeout = config().scrape.connect_timeout.chrono();
    fetch(connect_timeout,
          std::max(connect_timeout, scrape_timeout(config())),
          [then = std::move(then)](expected<fetched> answer) {
            auto page = answer ? scrape::page_of(std::move(*answer->how))
                               : expected<std::string>{fail(answer.error())};
            then(page.map([](const std::string&) {}));
          });
  }

  void list_series(listed then) override {
    fetch(config().scrape.connect_timeout.chrono(),
          list_timeout,
          [this, then = std::move(then)](expected<fetched> answer) {
            then(series_on(std::move(answer)));
          });
  }

  void find_machine(std::vector<std::string>, listed then) override { then({}); }

private:
  const host_record& record() const { return to_.common.record; }
  const base::config& config() const { return *to_.common.services->config; }

  void fetch(std::chrono::milliseconds connect_timeout,
             std::chrono::milliseconds timeout,
             std::function<void(expected<fetched>)> then) {
    const auto& c = config();
    scrape::exporter from{
      record().public_ip,
      static_cast<uint16_t>(record().exporter_port ? record().exporter_port : c.scrape.port)};
    scrape::scrape_limits limits{
      connect_timeout, timeout, static_cast<size_t>(c.scrape.max_bytes.bytes)};
    fetch_order order{scrape::scrape_request(from, limits, page_bytes_)};
    // Hosts of a lane are asked in the same second of each period.
    order.what.lane = static_cast<size_t>(to_.checker.offset_ms() / 1000);
    actors::ask<scraper_actor>(to_.common.self,
                               *to_.common.services->names,
                               scraper_name,
                               timeout + grace,
                               std::move(then),
                               std::move(order));
  }

  check::round round_of(int64_t time_ms, expected<fetched> answer) {
    check::round round;
    round.time_ms = time_ms;
    expected<std::string> page = fail(ec::unreachable);
    if (answer) {
      round.duration_s = std::chrono::duration<double>(answer->how->took).count();
      page = scrape::page_of(std::move(*answer->how));
    } else {
      page = fail(answer.error());
    }
    if (page) {
      page_bytes_ = page->size();
      if (auto samples = reader_.read(*page)) {
        note_oversized();
        round.samples.reserve(samples->size());
        for (const auto& x : *samples)
          round.samples.push_back({x.slot, x.value});
        has_failed_ = false;
        return round;
      } else {
        page =
          fail(samples.error().code, "exporter's page does not read: " + samples.error().detail);
      }
    }
    round.reason = page.error().detail.empty() ? to_string(page.error()) : page.error().detail;
    if (!std::exchange(has_failed_, true))
      log::debug("scrape-failed",
                 "{} at {}: {}",
                 record().host_id,
                 record().public_ip,
                 to_string(page.error()));
    round.answered = false;
    return round;
  }

  void note_oversized() const {
    static auto left_out =
      metrics::counter_of("aops_series_too_long_total",
                          "Samples left out because their series' name or labels are too long.");
    left_out.add(static_cast<double>(reader_.oversized()));
    if (reader_.is_first_oversized())
      log::warn("series-too-long",
                "{} ({}) has series whose name or labels are too long to be kept: {} are left out",
                record().host_name,
                record().host_id,
                reader_.oversized());
  }

  std::vector<series_info> series_on(expected<fetched> answer) const {
    auto all = kept_series_of(to_.checker);
    auto page = answer ? scrape::page_of(std::move(*answer->how))
                       : expected<std::string>{fail(answer.error())};
    if (!page)
      return all;
    auto found = scrape::all_series(*page, most_series);
    if (!found)
      return all;
    auto is_own = [](const std::string& name) {
      return name == check::up_series || name == check::duration_series;
    };
    std::erase_if(all, [&](const series_info& x) { return !is_own(x.name); });
    auto now = to_.common.services->clock->now_ms();
    for (auto& [key, value] : *found)
      if (!is_own(key.name))
        all.push_back({std::move(key.name), "kpi", std::move(key.label), {now}, value});
    return all;
  }

  links to_;
  std::unique_ptr<history_source> history_;
  scrape::page_reader reader_;
  size_t page_bytes_ = 0; ///< Length of the last page.
  int scraping_ = 0;      ///< Pages of rounds under way.
  bool has_failed_ = false;
};

} // namespace

std::unique_ptr<live_source> exporter_of(live_source::links links) {
  return std::make_unique<exporter_source>(std::move(links));
}

std::vector<series_info> kept_series_of(const check::host_checker& checker) {
  std::vector<series_info> all;
  for (uint32_t slot = 0; slot < checker.kept().slot_count(); ++slot) {
    auto key = checker.kept().key_of(slot);
    auto last = checker.kept().last_of(slot);
    if (!key.name.empty() && last)
      all.push_back(
        {std::move(key.name), "kpi", std::move(key.label), {last->time_ms}, last->value});
  }
  return all;
}

} // namespace aops::actors
