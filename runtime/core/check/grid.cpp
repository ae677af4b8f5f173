#include "runtime/core/check/grid.hpp"

#include <algorithm>

namespace aops::check {

namespace {

/// FNV-1a, 64 bit: stable over releases and machines, which std::hash is not.
uint64_t stable_hash(std::string_view text) {
  uint64_t h = 0xcbf29ce484222325;
  for (unsigned char c : text)
    h = (h ^ c) * 0x100000001b3;
  return h;
}

/// Spreads what similar ids leave alike (the finaliser of MurmurHash3).
uint64_t mixed(uint64_t h) {
  h = (h ^ (h >> 33)) * 0xff51afd7ed558ccd;
  h = (h ^ (h >> 33)) * 0xc4ceb9fe1a85ec53;
  return h ^ (h >> 33);
}

} // namespace

int64_t grid_offset_ms(std::string_view host_id, int64_t period_ms) {
  auto seconds = static_cast<uint64_t>(std::max<int64_t>(1, period_ms / 1000));
  return static_cast<int64_t>(stable_hash(host_id) % seconds) * 1000;
}

int64_t request_phase_ms(std::string_view host_id, int64_t period_ms) {
  auto span = std::max<int64_t>(1, std::min<int64_t>(1000, period_ms / 4));
  auto steps = std::min(span, request_steps);
  auto step = span / steps;
  auto mine = static_cast<int64_t>(mixed(stable_hash(host_id)) % static_cast<uint64_t>(steps));
  return mine * step + step / 2;
}

int64_t floor_grid(int64_t t_ms, int64_t period_ms, int64_t offset_ms) {
  int64_t past = (t_ms - offset_ms) % period_ms;
  return t_ms - (past < 0 ? past + period_ms : past);
}

int64_t ceil_grid(int64_t t_ms, int64_t period_ms, int64_t offset_ms) {
  return next_grid(t_ms - 1, period_ms, offset_ms);
}

int64_t next_grid(int64_t after_ms, int64_t period_ms, int64_t offset_ms) {
  return floor_grid(after_ms, period_ms, offset_ms) + period_ms;
}

std::vector<int64_t> missing_grid(int64_t until_ms,
                                  int64_t now_ms,
                                  int64_t period_ms,
                                  int64_t offset_ms,
                                  int64_t delay_ms,
                                  size_t limit) {
  std::vector<int64_t> times;
  int64_t last = now_ms - delay_ms;
  for (int64_t t = next_grid(until_ms, period_ms, offset_ms); t <= last && times.size() < limit;
       t += period_ms)
    times.push_back(t);
  return times;
}

} // namespace aops::check
