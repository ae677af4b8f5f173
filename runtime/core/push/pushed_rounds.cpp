#include "runtime/core/push/pushed_rounds.hpp"

#include "runtime/base/time_text.hpp"
#include "runtime/core/check/grid.hpp"
#include "runtime/core/check/own_series.hpp"
#include "runtime/core/check/round_codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <set>

namespace aops::push {

namespace {

/// By Prometheus' `value.StaleNaN`.
constexpr int64_t stale_bits = 0x7ff0000000000002;

/// Beyond, not each integer is a double of its own.
constexpr double most_exact = 9007199254740992.0;

/// As an exporter's page would have told it: an integer where it is one.
number number_of_bits(int64_t bits) {
  auto x = std::bit_cast<double>(bits);
  if (std::trunc(x) == x && std::fabs(x) <= most_exact)
    return number::of(static_cast<int64_t>(x));
  return number::of(x);
}

bool is_end_of_series(number x) { return !x.is_integer() && x.bits() == stale_bits; }

/// What would be a host's own series had it been scraped; a host has these of itself.
std::optional<uint32_t> own_slot_of(const series_key& key) {
  if (!key.label.empty())
    return {};
  if (key.name == check::up_series)
    return check::kept_series::up;
  if (key.name == check::duration_series)
    return check::kept_series::duration;
  return {};
}

} // namespace

void pushed_rounds::begin(int64_t judged_ms) { gone_ms_ = judged_ms; }

int64_t pushed_rounds::round_of(int64_t time_ms) const {
  return check::floor_grid(time_ms, rules_.period_ms, rules_.offset_ms);
}

int64_t pushed_rounds::first_ms() const {
  if (gone_ms_ != 0)
    return gone_ms_ + rules_.period_ms;
  return round_of(rules_.begun_ms - rules_.patience_ms);
}

bool pushed_rounds::adopt(const sample_row& row, int64_t now_ms) {
  auto round = check::decode_round(row.time_ms, row.blob);
  if (!round)
    return false;
  if (row.time_ms < first_ms())
    return true;
  auto& to = rounds_.try_emplace(row.time_ms).first->second;
  to.came_ms = now_ms; // Others of it may be under way still.
  for (const auto& x : round->samples)
    samples_ +=
      to.samples.insert_or_assign(x.slot, entry{row.time_ms, x.value, is_end_of_series(x.value)})
        .second;
  newest_ms_ = std::max(newest_ms_, row.time_ms);
  return true;
}

/// One host may be told of one series by several jobs of a sender: the first one counts, until it
/// falls silent.
bool pushed_rounds::is_rival(uint32_t slot, size_t text, int64_t time_ms) {
  auto [it, is_new] = origins_.try_emplace(slot, origin{text, time_ms});
  auto& known = it->second;
  if (known.text != text) {
    if (time_ms - known.time_ms <= rules_.patience_ms + 2 * rules_.period_ms)
      return true;
    known.text = text;
  }
  known.time_ms = std::max(known.time_ms, time_ms);
  return false;
}

std::optional<samples_pushed> pushed_rounds::take(const std::vector<pushed_series>& series,
                                                  const slot_of& slots,
                                                  int64_t now_ms) {
  auto first = first_ms();
  std::set<int64_t> more;
  for (const auto& x : series)
    for (auto time : x.times_ms)
      if (auto at = round_of(time); at >= first && time <= now_ms + rules_.ahead_ms &&
                                    !rounds_.contains(at) && more.insert(at).second &&
                                    rounds_.size() + more.size() > rules_.most_rounds)
        return std::nullopt;
  samples_pushed out;
  for (const auto& x : series) {
    auto count = static_cast<int64_t>(std::min(x.times_ms.size(), x.bits.size()));
    auto own = own_slot_of(x.key);
    auto slot = own ? own : slots(x.key);
    if (!slot) {
      out.unwanted += count;
      continue;
    }
    auto text = std::hash<std::string>{}(x.origin);
    for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
      auto time = x.times_ms[i];
      if (time > now_ms + rules_.ahead_ms) {
        ++out.early;
        continue;
      }
      auto at = round_of(time);
      if (at < first) {
        ++out.late;
        continue;
      }
      if (is_rival(*slot, text, time)) {
        ++out.rivals;
        continue;
      }
      auto [round, is_new] = rounds_.try_emplace(at);
      if (is_new)
        round->second.came_ms = now_ms;
      auto [known, is_first] = round->second.samples.try_emplace(*slot);
      if (!is_first && time <= known->second.time_ms) {
        ++out.duplicates;
        continue;
      }
      auto value = x.bits[i] == stale_bits ? number::of(std::bit_cast<double>(stale_bits))
                                           : number_of_bits(x.bits[i]);
      known->second = {time, value, x.bits[i] == stale_bits};
      samples_ += is_first;
      round->second.fresh.push_back({*slot, value});
      touched_.push_back(*slot);
      newest_ms_ = std::max(newest_ms_, time);
      ++out.taken;
    }
  }
  late_ += out.late;
  return out;
}

std::vector<sample_row> pushed_rounds::take_new_rows() {
  std::vector<sample_row> rows;
  for (auto& [time, x] : rounds_) {
    if (x.fresh.empty())
      continue;
    // Of a slot the last one counts.
    std::unordered_map<uint32_t, number> latest;
    for (const auto& s : x.fresh)
      latest[s.slot] = s.value;
    check::round round;
    round.time_ms = time;
    for (const auto& [slot, value] : latest)
      round.samples.push_back({slot, value});
    rows.push_back({time, check::encode_round(round)});
    x.fresh.clear();
  }
  return rows;
}

std::vector<uint32_t> pushed_rounds::take_touched() {
  std::sort(touched_.begin(), touched_.end());
  touched_.erase(std::unique(touched_.begin(), touched_.end()), touched_.end());
  return std::exchange(touched_, {});
}

check::round pushed_rounds::made(int64_t time_ms, const waiting_round& from) const {
  check::round out;
  out.time_ms = time_ms;
  std::optional<bool> is_up;
  for (const auto& [slot, x] : from.samples)
    if (slot == check::kept_series::up)
      is_up = !x.is_end && x.value.as_double() != 0;
    else if (x.is_end)
      continue;
    else if (slot == check::kept_series::duration)
      out.duration_s = x.value.as_double();
    else
      out.samples.push_back({slot, x.value});
  std::sort(out.samples.begin(), out.samples.end(), [](const auto& a, const auto& b) {
    return a.slot < b.slot;
  });
  out.answered = is_up.value_or(!out.samples.empty());
  if (!out.answered) {
    out.samples.clear();
    out.reason = is_up ? "the sender could not read the exporter (up is 0)"
                       : "what was pushed has no sample of a kept series";
  }
  return out;
}

check::round pushed_rounds::silent(int64_t time_ms) const {
  check::round out;
  out.time_ms = time_ms;
  out.answered = false;
  out.reason = newest_ms_ == 0
                 ? std::string{"nothing was pushed"}
                 : fmt::format("nothing was pushed since {}", base::utc_text(newest_ms_));
  if (late_ > 0)
    out.reason += fmt::format("; {} samples came too late", late_);
  return out;
}

std::optional<check::round> pushed_rounds::next(int64_t now_ms) {
  auto at = first_ms();
  auto is_before = [&](int64_t time) { return time + rules_.period_ms <= rules_.begun_ms; };
  auto found = rounds_.begin();
  auto is_due = [&](const waiting_round& x) { return now_ms >= x.came_ms + rules_.delay_ms; };
  if (is_before(at) && (found == rounds_.end() || found->first != at)) {
    // Nobody was here to hear of them. What a sender kept comes first; until then one cannot tell.
    if (found != rounds_.end() && !is_due(found->second))
      return {};
    if (found == rounds_.end() && now_ms < rules_.begun_ms + rules_.patience_ms)
      return {};
    auto here = round_of(rules_.begun_ms);
    at = found == rounds_.end() ? here : std::min(here, found->first);
  }
  check::round out;
  if (found != rounds_.end() && found->first == at) {
    if (!is_due(found->second))
      return {};
    out = made(at, found->second);
    samples_ -= found->second.samples.size();
    rounds_.erase(found);
  } else {
    // A sender keeps the order: what comes later says that this will not.
    bool is_passed = found != rounds_.end() && is_due(found->second);
    auto end = std::max(at + rules_.period_ms, rules_.begun_ms);
    if (!is_passed && now_ms < end + rules_.patience_ms)
      return {};
    out = silent(at);
  }
  if (out.answered)
    late_ = 0;
  gone_ms_ = at;
  return out;
}

} // namespace aops::push
