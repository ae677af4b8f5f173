#include "runtime/base/near_name.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace aops::base {

namespace {

/// Words that are longer are compared by their beginnings: the work per pair is bounded.
constexpr size_t longest = 128;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// A slip or two: one letter in short words, a third of the letters in long ones.
size_t tolerance(std::string_view word) { return std::clamp<size_t>(word.size() / 3, 1, 6); }

} // namespace

size_t word_distance(std::string_view a, std::string_view b, size_t most) {
  a = a.substr(0, longest);
  b = b.substr(0, longest);
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) > most)
    return most + 1;
  std::array<std::array<size_t, longest + 1>, 3> rows{};
  for (size_t j = 0; j <= b.size(); ++j)
    rows[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    auto& row = rows[i % 3];
    const auto& before = rows[(i - 1) % 3];
    const auto& two_before = rows[(i + 1) % 3];
    row[0] = i;
    auto least = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      auto changed = before[j - 1] + (lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1);
      row[j] = std::min({changed, before[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
          lower(a[i - 2]) == lower(b[j - 1]))
        row[j] = std::min(row[j], two_before[j - 2] + 1);
      least = std::min(least, row[j]);
    }
    if (least > most)
      return most + 1;
  }
  return std::min(rows[a.size() % 3][b.size()], most + 1);
}

std::vector<std::string_view>
near_names(std::string_view word, std::span<const std::string_view> known, size_t most) {
  std::vector<std::pair<size_t, std::string_view>> found;
  auto tolerated = tolerance(word);
  for (auto name : known)
    if (auto distance = word_distance(word, name, tolerated); distance <= tolerated)
      found.emplace_back(distance, name);
  std::stable_sort(
    found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string_view> out;
  for (const auto& [distance, name] : found)
    if (out.size() < most)
      out.push_back(name);
  return out;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> known) {
  auto near = near_names(word, known, 1);
  return near.empty() ? std::string{} : ", did you mean '" + std::string{near.front()} + "'?";
}

} // namespace aops::base
