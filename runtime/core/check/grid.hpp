#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace aops::check {

/// Where the grid of a host lies: 0 <= offset < `period_ms`, in whole seconds, from the host's id
/// alone, so that every node agrees. A period below 2 s has offset 0.
int64_t grid_offset_ms(std::string_view host_id, int64_t period_ms);

/// Hosts that share an offset are asked in so many steps: those of one step share wake-ups of
/// threads and a commit, which cost more than a round itself.
inline constexpr int64_t request_steps = 5;

/// How long after a grid time the host's request goes out: 0 <= phase < min(1 s, `period_ms` / 4),
/// the middle of one of `request_steps`. Samples carry the grid time all the same.
int64_t request_phase_ms(std::string_view host_id, int64_t period_ms);

/// The latest grid time <= `t_ms`. @param period_ms > 0
int64_t floor_grid(int64_t t_ms, int64_t period_ms, int64_t offset_ms);

/// The earliest grid time >= `t_ms`.
int64_t ceil_grid(int64_t t_ms, int64_t period_ms, int64_t offset_ms);

/// The earliest grid time > `after_ms`.
int64_t next_grid(int64_t after_ms, int64_t period_ms, int64_t offset_ms);

/// Grid times still to be judged: > `until_ms` (the cursor) and <= `now_ms` - `delay_ms`, oldest
/// first, at most `limit` of them: one bounded chunk. The delay is one period on the `prometheus`
/// source, whose data may arrive that late, and 0 on `scrape`.
std::vector<int64_t> missing_grid(int64_t until_ms,
                                  int64_t now_ms,
                                  int64_t period_ms,
                                  int64_t offset_ms,
                                  int64_t delay_ms,
                                  size_t limit);

} // namespace aops::check
