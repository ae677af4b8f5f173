#include "runtime/io/archive/entry_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace aops::archive {

namespace {

constexpr size_t most_part_bytes = 255; // Of a name on a file system.

/// The parts between slashes, without those that say nothing.
std::vector<std::string_view> parts_of(std::string_view name) {
  std::vector<std::string_view> out;
  size_t begin = 0;
  for (size_t i = 0; i <= name.size(); ++i)
    if (i == name.size() || name[i] == '/') {
      auto part = name.substr(begin, i - begin);
      if (!part.empty() && part != ".")
        out.push_back(part);
      begin = i + 1;
    }
  return out;
}

bool is_control(char c) { return (c >= 0 && c < 0x20) || c == 0x7F; }

std::string joined(const std::vector<std::string_view>& parts) {
  return fmt::format("{}", fmt::join(parts, "/"));
}

/// Whether a link that stands so deep stays inside.
expected<void> check_link(const entry& x, size_t depth) {
  if (x.target.empty() || x.target.size() > 4096 ||
      std::any_of(x.target.begin(), x.target.end(), is_control))
    return refuse(x.name, "is a link to nothing that has a name");
  if (x.target.front() == '/')
    return refuse(x.name, "is a link to an absolute path");
  size_t climbs = 0;
  bool has_descended = false;
  for (auto part : parts_of(x.target)) {
    if (part != "..")
      has_descended = true;
    else if (has_descended)
      return refuse(x.name, "is a link with `..` in its midst");
    else if (++climbs > depth)
      return refuse(x.name, "is a link that leads out of the archive");
  }
  return {};
}

} // namespace

tl::unexpected<error> refuse(std::string_view entry, std::string_view why) {
  std::string shown;
  for (auto c : entry.substr(0, 200))
    shown += is_control(c) ? '?' : c;
  return fail(ec::bad_request, fmt::format("entry `{}` {}", shown, why));
}

tl::unexpected<error> entry_rules::one_too_many(std::string_view name) const {
  return refuse(name, fmt::format("is one too many: {} are allowed", most_.entries));
}

expected<void> entry_rules::take(entry& x) {
  if (++entries_ > most_.entries)
    return one_too_many(x.name);
  if (x.name.size() > most_.name_bytes)
    return refuse(x.name, fmt::format("has a name longer than {} bytes", most_.name_bytes));
  if (std::any_of(x.name.begin(), x.name.end(), is_control))
    return refuse(x.name, "has control characters in its name");
  if (x.name.starts_with('/'))
    return refuse(x.name, "is an absolute path");
  auto parts = parts_of(x.name);
  if (std::find(parts.begin(), parts.end(), "..") != parts.end())
    return refuse(x.name, "leaves the archive by `..`");
  if (parts.size() > most_.depth)
    return refuse(x.name, fmt::format("lies deeper than {} folders", most_.depth));
  for (auto part : parts)
    if (part.size() > most_part_bytes)
      return refuse(x.name, fmt::format("has a part longer than {} bytes", most_part_bytes));
  if (parts.empty() && x.kind != entry_kind::folder)
    return refuse(x.name, "has no name");
  if (x.kind == entry_kind::link)
    if (auto fine = check_link(x, parts.size() - 1); !fine)
      return fine;
  for (size_t i = 1; i < parts.size(); ++i) {
    auto outer = joined({parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(i)});
    if (known_.emplace(outer, entry_kind::folder).first->second != entry_kind::folder)
      return refuse(x.name, "stands in what is no folder");
  }
  auto name = joined(parts);
  auto [it, is_new] = known_.emplace(name, x.kind);
  // With the folders that nobody names, each of which is made, too.
  if (static_cast<int64_t>(known_.size()) > most_.entries)
    return one_too_many(x.name);
  if (!is_new && !(x.kind == entry_kind::folder && it->second == entry_kind::folder))
    return refuse(x.name, "stands twice");
  x.name = std::move(name);
  return {};
}

} // namespace aops::archive
