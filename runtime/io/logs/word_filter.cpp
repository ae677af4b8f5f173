#include "runtime/io/logs/word_filter.hpp"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>

namespace aops::logs {

namespace {

/// For a few sets in a hundred a seed makes no filter; the next one does.
constexpr int most_seeds = 256;

uint64_t mixed(uint64_t x) {
  x ^= x >> 33;
  x *= 0xFF51AFD7ED558CCDULL;
  x ^= x >> 33;
  x *= 0xC4CEB9FE1A85EC53ULL;
  return x ^ x >> 33;
}

struct cells_of_word {
  std::array<uint32_t, 3> cells;
  uint8_t print;
};

/// One cell in each third of the table, and what they have in common.
cells_of_word cells_of(uint64_t hash, uint8_t seed, uint32_t third) {
  auto h = mixed(hash + (seed + 1ULL) * 0x9E3779B97F4A7C15ULL);
  auto cell = [&](int turn) {
    auto part = static_cast<uint32_t>(std::rotl(h, turn));
    return static_cast<uint32_t>((static_cast<uint64_t>(part) * third) >> 32);
  };
  return {{cell(0), third + cell(21), 2 * third + cell(42)}, static_cast<uint8_t>(h ^ h >> 32)};
}

/// A cell while the order of words is sought: how many words it is of, and these xored.
struct open_cell {
  uint64_t hashes = 0;
  uint32_t count = 0;
};

struct placed_word {
  uint64_t hash;
  uint32_t cell;
};

/// The words, each with a cell that no word after it has; fewer than all when the seed makes none.
std::vector<placed_word>
order_of(const std::vector<uint64_t>& hashes, uint8_t seed, uint32_t third) {
  std::vector<open_cell> table(size_t{3} * third);
  for (auto hash : hashes)
    for (auto cell : cells_of(hash, seed, third).cells) {
      ++table[cell].count;
      table[cell].hashes ^= hash;
    }
  std::vector<uint32_t> single;
  for (uint32_t i = 0; i < table.size(); ++i)
    if (table[i].count == 1)
      single.push_back(i);
  std::vector<placed_word> out;
  out.reserve(hashes.size());
  while (!single.empty()) {
    auto at = single.back();
    single.pop_back();
    if (table[at].count != 1)
      continue;
    auto hash = table[at].hashes;
    out.push_back({hash, at});
    for (auto cell : cells_of(hash, seed, third).cells) {
      table[cell].hashes ^= hash;
      if (--table[cell].count == 1)
        single.push_back(cell);
    }
  }
  return out;
}

} // namespace

uint64_t hash_of_word(std::string_view word) { return XXH64(word.data(), word.size(), 0); }

std::string make_word_filter(std::vector<uint64_t> hashes) {
  std::sort(hashes.begin(), hashes.end());
  hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
  auto third = static_cast<uint32_t>((32 + hashes.size() + hashes.size() / 4) / 3);
  for (int seed = 0; seed < most_seeds; ++seed) {
    auto order = order_of(hashes, static_cast<uint8_t>(seed), third);
    if (order.size() < hashes.size())
      continue;
    std::string out(1 + size_t{3} * third, '\0');
    out[0] = static_cast<char>(seed);
    for (size_t i = order.size(); i-- > 0;) {
      auto [cells, print] = cells_of(order[i].hash, static_cast<uint8_t>(seed), third);
      for (auto cell : cells)
        if (cell != order[i].cell)
          print ^= static_cast<uint8_t>(out[1 + cell]);
      out[1 + order[i].cell] = static_cast<char>(print);
    }
    return out;
  }
  return {}; // May have anything.
}

bool may_have_word(std::string_view filter, uint64_t hash) {
  if (filter.size() < 4 || filter.size() % 3 != 1 || filter.size() > UINT32_MAX)
    return true;
  auto table = filter.substr(1);
  auto [cells, print] =
    cells_of(hash, static_cast<uint8_t>(filter[0]), static_cast<uint32_t>(table.size() / 3));
  for (auto cell : cells)
    print ^= static_cast<uint8_t>(table[cell]);
  return print == 0;
}

} // namespace aops::logs
