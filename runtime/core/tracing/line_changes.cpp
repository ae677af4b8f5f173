#include "runtime/core/tracing/line_changes.hpp"

#include "runtime/base/fitting.hpp"
#include "runtime/core/task/line_diff.hpp"

#include <algorithm>

namespace aops::tracing {

namespace {

std::string cut(std::string_view line) { return std::string{base::fitting(line, most_line_bytes)}; }

} // namespace

std::string_view to_string(line_op x) {
  switch (x) {
  case line_op::equal:
    return "equal";
  case line_op::add:
    return "add";
  case line_op::remove:
    break;
  }
  return "remove";
}

line_changes
changed_lines(std::string_view before, std::string_view after, size_t context, size_t most) {
  auto all = task::line_edits(before, after);
  // How far the next and the last change are, by line.
  std::vector<bool> is_near(all.size(), false);
  auto mark = [&](auto begin, auto end, auto index) {
    size_t away = all.size() + 1;
    for (auto it = begin; it != end; ++it) {
      away = it->what == ' ' ? away + 1 : 0;
      if (away <= context)
        is_near[index(it)] = true;
    }
  };
  if (context == static_cast<size_t>(-1)) {
    is_near.assign(all.size(), true);
  } else {
    mark(all.begin(), all.end(), [&](auto it) { return static_cast<size_t>(it - all.begin()); });
    mark(
      all.rbegin(), all.rend(), [&](auto it) { return static_cast<size_t>(all.rend() - it) - 1; });
  }
  line_changes out;
  size_t old_line = 0, new_line = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    const auto& x = all[i];
    bool is_old = x.what != '+', is_new = x.what != '-';
    old_line += is_old;
    new_line += is_new;
    out.added += !is_old;
    out.removed += !is_new;
    if (!is_near[i])
      continue;
    if (out.lines.size() >= most) {
      out.is_cut = true;
      continue;
    }
    out.lines.push_back({is_old && is_new ? line_op::equal
                         : is_new         ? line_op::add
                                          : line_op::remove,
                         is_old ? old_line : 0,
                         is_new ? new_line : 0,
                         cut(x.line)});
  }
  return out;
}

std::string unified(std::string_view before,
                    std::string_view after,
                    std::string_view before_name,
                    std::string_view after_name) {
  return task::line_diff(before, after, before_name, after_name);
}

} // namespace aops::tracing
