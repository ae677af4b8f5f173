#include "runtime/core/task/line_diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace aops::task {

namespace {

using lines = std::vector<std::string_view>;

constexpr int64_t most_changes = 2'000;
constexpr size_t context = 3;

lines lines_of(std::string_view text) {
  lines out;
  while (!text.empty()) {
    auto end = std::min(text.find('\n'), text.size());
    out.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

/// The way back through the rounds of Myers' algorithm, whose furthest points are in `trace`.
std::vector<line_edit>
walk_back(const lines& a, const lines& b, const std::vector<std::vector<int64_t>>& trace) {
  std::vector<line_edit> out;
  auto x = static_cast<int64_t>(a.size()), y = static_cast<int64_t>(b.size());
  for (auto d = static_cast<int64_t>(trace.size()) - 1; d >= 0; --d) {
    const auto& v = trace[static_cast<size_t>(d)];
    auto at = [&](int64_t k) { return v[static_cast<size_t>(k + d + 1)]; };
    auto k = x - y;
    bool is_down = k == -d || (k != d && at(k - 1) < at(k + 1));
    auto before_k = is_down ? k + 1 : k - 1;
    auto before_x = d == 0 ? 0 : at(before_k);
    auto before_y = d == 0 ? 0 : before_x - before_k;
    while (x > before_x && y > before_y) {
      out.push_back({' ', a[static_cast<size_t>(x - 1)]});
      --x, --y;
    }
    if (d == 0)
      break;
    if (is_down)
      out.push_back({'+', b[static_cast<size_t>(y - 1)]});
    else
      out.push_back({'-', a[static_cast<size_t>(x - 1)]});
    x = before_x;
    y = before_y;
  }
  std::reverse(out.begin(), out.end());
  return out;
}

/// The shortest way, by Myers; nothing when it is too long. Each round keeps the points it began
/// from: `v[k + d + 1]`.
std::vector<line_edit> shortest(const lines& a, const lines& b) {
  auto n = static_cast<int64_t>(a.size()), m = static_cast<int64_t>(b.size());
  auto most = std::min(n + m, most_changes);
  std::vector<std::vector<int64_t>> trace;
  std::vector<int64_t> v(static_cast<size_t>(2 * most + 3), 0);
  auto at = [&](int64_t k) -> int64_t& { return v[static_cast<size_t>(k + most + 1)]; };
  for (int64_t d = 0; d <= most; ++d) {
    trace.emplace_back(v.begin() + (most - d), v.begin() + (most + d + 3));
    for (int64_t k = -d; k <= d; k += 2) {
      auto x = k == -d || (k != d && at(k - 1) < at(k + 1)) ? at(k + 1) : at(k - 1) + 1;
      auto y = x - k;
      while (x < n && y < m && a[static_cast<size_t>(x)] == b[static_cast<size_t>(y)])
        ++x, ++y;
      at(k) = x;
      if (x >= n && y >= m)
        return walk_back(a, b, trace);
    }
  }
  return {};
}

std::vector<line_edit> edits_of(lines a, lines b) {
  std::vector<line_edit> head, tail;
  while (!a.empty() && !b.empty() && a.back() == b.back()) {
    tail.push_back({' ', a.back()});
    a.pop_back();
    b.pop_back();
  }
  size_t same = 0;
  while (same < std::min(a.size(), b.size()) && a[same] == b[same])
    head.push_back({' ', a[same++]});
  a.erase(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(same));
  b.erase(b.begin(), b.begin() + static_cast<std::ptrdiff_t>(same));
  auto middle = shortest(a, b);
  if (middle.empty()) {
    for (auto x : a)
      middle.push_back({'-', x});
    for (auto x : b)
      middle.push_back({'+', x});
  }
  head.insert(head.end(), middle.begin(), middle.end());
  head.insert(head.end(), tail.rbegin(), tail.rend());
  return head;
}

/// `-begin,count` of one side.
std::string range_of(size_t begin, size_t count) {
  return count == 1 ? fmt::format("{}", begin) : fmt::format("{},{}", begin, count);
}

} // namespace

std::vector<line_edit> line_edits(std::string_view from, std::string_view to) {
  return edits_of(lines_of(from), lines_of(to));
}

std::string line_diff(std::string_view from,
                      std::string_view to,
                      std::string_view from_name,
                      std::string_view to_name) {
  auto all = line_edits(from, to);
  auto is_change = [](const line_edit& x) { return x.what != ' '; };
  std::string out;
  size_t old_line = 1, new_line = 1, done = 0;
  auto pass = [&](const line_edit& x) {
    old_line += x.what != '+';
    new_line += x.what != '-';
  };
  for (;;) {
    auto first = static_cast<size_t>(
      std::find_if(all.begin() + static_cast<std::ptrdiff_t>(done), all.end(), is_change) -
      all.begin());
    if (first == all.size())
      return out;
    auto begin = std::max(done, first - std::min(first, context));
    auto end = first + 1;
    for (size_t quiet = 0; end < all.size() && quiet <= 2 * context; ++end)
      quiet = is_change(all[end]) ? 0 : quiet + 1;
    auto last = end;
    while (!is_change(all[last - 1]))
      --last;
    end = std::min(last + context, all.size());
    for (; done < begin; ++done)
      pass(all[done]);
    if (out.empty())
      out = fmt::format("--- {}\n+++ {}\n", from_name, to_name);
    size_t olds = 0, news = 0;
    for (auto i = begin; i < end; ++i) {
      olds += all[i].what != '+';
      news += all[i].what != '-';
    }
    out += fmt::format("@@ -{} +{} @@\n",
                       range_of(olds == 0 ? old_line - 1 : old_line, olds),
                       range_of(news == 0 ? new_line - 1 : new_line, news));
    for (; done < end; ++done) {
      pass(all[done]);
      out += all[done].what;
      out += all[done].line;
      out += '\n';
    }
  }
}

} // namespace aops::task
