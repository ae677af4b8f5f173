#include "actors/logs/line_intake.hpp"

#include "runtime/base/metrics.hpp"

#include <algorithm>

namespace aops::actors {

namespace {

int64_t intake_time_ns(const store_access& store) { return store.now_ms() * 1'000'000; }

void count_taken(const lines_taken& x) {
  static auto taken =
    metrics::counter_of("aops_log_lines_total", "Lines of hosts that were stored.");
  static auto duplicates =
    metrics::counter_of("aops_log_duplicates_total", "Lines of hosts that were there already.");
  taken.add(static_cast<double>(x.taken));
  duplicates.add(static_cast<double>(x.duplicates));
}

} // namespace

void keep_lines(const intake_tools& with,
                const std::string& host,
                std::vector<logs::record> lines,
                std::function<void(expected<lines_taken>)> then) {
  auto to = with.place->get();
  if (!to)
    return then(fail(std::move(to.error())));
  auto shortened =
    std::count_if(lines.begin(), lines.end(), [](const auto& r) { return r.is_cut; });
  auto shown =
    with.taps->wants(host) ? std::make_shared<const std::vector<logs::record>>(lines) : nullptr;
  auto told = [then, held = with.held, taps = with.taps, host, shown, shortened](
                expected<lines_stored> stored) {
    if (!stored)
      return then(fail(std::move(stored.error())));
    if (shown)
      taps->add(host, *shown, stored->places);
    else if (stored->taken > 0)
      taps->came_unheard(host);
    lines_taken reply{
      static_cast<int64_t>(stored->taken), static_cast<int64_t>(stored->duplicates), shortened};
    count_taken(reply);
    then(reply);
  };
  if (lines.empty())
    return told(lines_stored{});
  if (auto taken = (*to)->take(host, std::move(lines), intake_time_ns(*with.store), told); !taken)
    then(fail(std::move(taken.error())));
}

} // namespace aops::actors
