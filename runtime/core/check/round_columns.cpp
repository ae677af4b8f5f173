#include "runtime/core/check/round_columns.hpp"

#include "runtime/core/check/kept_series.hpp"
#include "runtime/core/check/round_bytes.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace aops::check {

namespace {

/// What exporters print are mostly numbers of few decimals, so a column is kept as differences of
/// integers where dividing those gives the very doubles.
constexpr std::array<double, 5> scales = {1, 10, 100, 1000, 1e6};
constexpr double most_exact = 9'007'199'254'740'992; ///< 2^53.

/// The first byte of a column. `same` is followed by one value, `exact` by differences of xor-ed
/// doubles; `scaled + i` by differences of integers, to be divided by `scales[i]`.
enum : uint8_t { same = 0, exact = 1, scaled = 2, kind_bits = 7, some_lack = 8 };

uint64_t bits_of(double x) { return std::bit_cast<uint64_t>(x); }

/// The integer that stands for a value.
bool scale_by(double scale, double value, int64_t& out) {
  auto x = std::nearbyint(value * scale);
  if (!(std::abs(x) < most_exact))
    return false;
  out = static_cast<int64_t>(x);
  return bits_of(static_cast<double>(out) / scale) == bits_of(value); // Not so of -0.
}

/// The same for all of a column; empty when there is no such scale.
struct scaled_column {
  size_t scale = 0;
  std::vector<int64_t> values;
};
bool scale_all(const std::vector<double>& from, scaled_column& out) {
  out.values.resize(from.size());
  size_t done = 0;
  for (out.scale = 0; out.scale < scales.size(); ++out.scale) {
    // What a coarser scale managed a finer one mostly does, but not for numbers that are large.
    for (done = 0; done < from.size(); ++done)
      if (!scale_by(scales[out.scale], from[done], out.values[done]))
        break;
    if (done == from.size())
      return true;
  }
  return false;
}

void put_bytes(std::string& out, uint64_t x, int count) {
  for (int i = 0; i < count; ++i)
    out.push_back(static_cast<char>(x >> (8 * i)));
}

void put_values(std::string& out, const std::vector<double>& values) {
  uint64_t last = 0;
  for (auto value : values) {
    auto x = bits_of(value) ^ last;
    last = bits_of(value);
    // How many bytes follow, and how many zero ones are left out behind them.
    int behind = x == 0 ? 0 : std::countr_zero(x) / 8;
    int count = x == 0 ? 0 : 8 - std::countl_zero(x) / 8 - behind;
    out.push_back(static_cast<char>(count << 4 | behind));
    put_bytes(out, x >> (8 * behind), count);
  }
}

/// Reads what the builder wrote, which is whole.
struct column_bytes {
  const uint8_t* at;

  uint64_t varint() {
    uint64_t x = 0;
    int shift = 0;
    for (; *at >= 0x80; ++at, shift += 7)
      x |= static_cast<uint64_t>(*at & 0x7F) << shift;
    return x | static_cast<uint64_t>(*at++) << shift;
  }
  uint64_t bytes(int count) {
    uint64_t x = 0;
    for (int i = 0; i < count; ++i)
      x |= static_cast<uint64_t>(*at++) << (8 * i);
    return x;
  }
};

/// Calls `take(round)` for each round that the column has.
template <class Take>
void for_each_round(const uint8_t* lacking, size_t rounds, Take take) {
  if (!lacking) {
    for (size_t i = 0; i < rounds; ++i)
      take(i);
    return;
  }
  for (size_t i = 0; i < rounds; ++i)
    if ((lacking[i / 8] >> (i % 8) & 1) == 0)
      take(i);
}

/// What rows say, one value a round for each column.
struct column_table {
  explicit column_table(size_t rounds) : rounds(rounds) {}

  void put(size_t column, size_t round, double value) {
    auto i = column * rounds + round;
    if (there[i]) // Twice in a round: the first counts.
      return;
    there[i] = 1;
    values[i] = value;
  }
  size_t add(uint32_t slot) {
    slots.push_back(slot);
    values.resize(slots.size() * rounds);
    there.resize(slots.size() * rounds);
    return slots.size() - 1;
  }

  size_t rounds;
  std::vector<uint32_t> slots;
  std::vector<double> values;
  std::vector<uint8_t> there;
};

} // namespace

expected<round_columns> round_columns::of(std::span<const sample_row> rows,
                                          const std::vector<uint32_t>* only) {
  constexpr uint32_t nowhere = UINT32_MAX;
  round_columns out;
  column_table table{rows.size()};
  std::vector<uint32_t> column_of; // By slot.
  if (only)
    for (auto slot : *only) {
      if (slot >= kept_series::max_slots)
        continue;
      if (slot >= column_of.size())
        column_of.resize(slot + size_t{1}, nowhere);
      if (column_of[slot] == nowhere)
        column_of[slot] = static_cast<uint32_t>(table.add(slot));
    }
  for (size_t i = 0; i < rows.size(); ++i) {
    out.times_.push_back(rows[i].time_ms);
    auto head = [&](bool answered, double duration_s) {
      out.answered_.push_back(answered ? 1 : 0);
      out.durations_.push_back(duration_s);
    };
    auto take = [&](uint32_t slot, number value) {
      if (slot >= column_of.size()) {
        if (only || slot >= kept_series::max_slots)
          return;
        column_of.resize(slot + size_t{1}, nowhere);
      }
      auto& column = column_of[slot];
      if (column == nowhere) {
        if (only)
          return;
        column = static_cast<uint32_t>(table.add(slot));
      }
      table.put(column, i, value.as_double());
    };
    if (!for_each_sample(rows[i].blob, head, take))
      return fail(ec::corrupt, "sample row");
  }
  std::vector<uint32_t> order(table.slots.size());
  for (uint32_t i = 0; i < order.size(); ++i)
    order[i] = i;
  std::sort(
    order.begin(), order.end(), [&](auto a, auto b) { return table.slots[a] < table.slots[b]; });
  for (auto i : order)
    out.add_column(table.slots[i],
                   std::span(table.values).subspan(i * table.rounds, table.rounds),
                   std::span(table.there).subspan(i * table.rounds, table.rounds));
  out.packed_.shrink_to_fit();
  out.columns_.shrink_to_fit();
  return out;
}

void round_columns::add_column(uint32_t slot,
                               std::span<const double> values,
                               std::span<const uint8_t> is_there) {
  std::vector<double> all;
  all.reserve(values.size());
  for (size_t i = 0; i < values.size(); ++i)
    if (is_there[i])
      all.push_back(values[i]);
  if (all.empty())
    return;
  columns_.push_back({slot, static_cast<uint32_t>(packed_.size())});
  auto& out = packed_;
  auto kind_at = out.size();
  out.push_back(0);
  uint8_t kind = same;
  if (all.size() < values.size()) {
    kind = some_lack;
    auto lacking = out.size();
    out.resize(lacking + (values.size() + 7) / 8);
    for (size_t i = 0; i < values.size(); ++i)
      if (!is_there[i])
        out[lacking + i / 8] = static_cast<char>(out[lacking + i / 8] | 1 << (i % 8));
  }
  bool is_same = std::all_of(
    all.begin(), all.end(), [&](double x) { return bits_of(x) == bits_of(all.front()); });
  if (scaled_column integers; is_same) {
    base::put_fixed(out, bits_of(all.front()));
  } else if (scale_all(all, integers)) {
    kind |= static_cast<uint8_t>(scaled + integers.scale);
    int64_t last = 0;
    for (auto x : integers.values)
      base::put_varint(out, base::zigzag(x - std::exchange(last, x)));
  } else {
    kind |= exact;
    put_values(out, all);
  }
  out[kind_at] = static_cast<char>(kind);
}

bool round_columns::read(uint32_t slot,
                         std::span<double> values,
                         std::span<uint8_t> is_there) const {
  auto found = std::lower_bound(
    columns_.begin(), columns_.end(), slot, [](const column& x, uint32_t s) { return x.slot < s; });
  if (found == columns_.end() || found->slot != slot)
    return false;
  column_bytes in{reinterpret_cast<const uint8_t*>(packed_.data()) + found->offset};
  auto kind = *in.at++;
  const uint8_t* lacking = nullptr;
  if (kind & some_lack) {
    lacking = in.at;
    in.at += (times_.size() + 7) / 8;
  }
  auto put = [&](size_t i, double value) {
    if (is_there[i])
      return;
    is_there[i] = 1;
    values[i] = value;
  };
  switch (kind & kind_bits) {
  case same: {
    auto value = std::bit_cast<double>(in.bytes(8));
    for_each_round(lacking, times_.size(), [&](size_t i) { put(i, value); });
    break;
  }
  case exact: {
    uint64_t bits = 0;
    for_each_round(lacking, times_.size(), [&](size_t i) {
      auto lead = *in.at++;
      bits ^= in.bytes(lead >> 4) << (8 * (lead & 15));
      put(i, std::bit_cast<double>(bits));
    });
    break;
  }
  default: {
    auto scale = scales[static_cast<size_t>((kind & kind_bits) - scaled)];
    uint64_t sum = 0;
    for_each_round(lacking, times_.size(), [&](size_t i) {
      sum += static_cast<uint64_t>(base::unzigzag(in.varint()));
      put(i, static_cast<double>(static_cast<int64_t>(sum)) / scale);
    });
  }
  }
  return true;
}

size_t round_columns::bytes() const {
  return sizeof(*this) + times_.size() * (sizeof(int64_t) + sizeof(double) + 1) +
         columns_.size() * sizeof(column) + packed_.size();
}

} // namespace aops::check
