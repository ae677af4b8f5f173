#pragma once

#include "messages/error.hpp"
#include "runtime/core/tracing/document.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// INTERNAL: what the formats share of text: lines, places, changes of it.
namespace aops::tracing {

inline constexpr std::string_view blanks = " \t\r\v\f";

std::string_view trimmed(std::string_view text);

/// ASCII letters small.
std::string lower(std::string_view text);

/// Blanks outside of double quotes are one blank.
std::string collapsed(std::string_view text);

/// Where a text is no UTF-8; npos when it is.
size_t first_bad_byte(std::string_view text);

/// The line of a place, from 1.
size_t line_at(std::string_view text, size_t offset);

/// ec::bad_request `line N: reason`.
tl::unexpected<error> fault_at(size_t line, std::string_view reason);

/// A line of a text, as places in it.
struct source_line {
  size_t begin = 0;
  size_t stop = 0; ///< Where its end (`\n`, `\r\n`) begins.
  size_t end = 0;  ///< Where the next one begins.
};

std::vector<source_line> source_lines(std::string_view text);

/// How lines of a text end: `\r\n` when its first one does.
std::string_view newline_of(std::string_view text);

/// The blanks and tabs that the line of a place begins with.
std::string_view indent_at(std::string_view text, size_t offset);

/// Changes of a text. Those at one place take effect in the order in which they were noted; they
/// do not overlap but that what lies within a removed part has no effect.
class changes {
public:
  void replace(size_t begin, size_t end, std::string text) {
    all_.push_back({begin, end, std::move(text)});
  }
  void remove(size_t begin, size_t end) { replace(begin, end, {}); }
  void insert(size_t at, std::string text) { replace(at, at, std::move(text)); }

  std::string applied_to(std::string_view text) const;

private:
  struct change {
    size_t begin, end;
    std::string text;
  };
  std::vector<change> all_;
};

/// A member after those that are there, without a search for the name.
json& append_member(json& object, std::string name, json value);

/// Which items of two lists belong together: the first `head` and the last `tail` are the same.
struct list_match {
  size_t head = 0, tail = 0;
};

/// @param is_same (i, j): whether item i of the old list is item j of the new one.
template <class IsSame>
list_match match_lists(size_t olds, size_t news, IsSame is_same) {
  list_match x;
  auto fewer = olds < news ? olds : news;
  while (x.head < fewer && is_same(x.head, x.head))
    ++x.head;
  while (x.tail < fewer - x.head && is_same(olds - 1 - x.tail, news - 1 - x.tail))
    ++x.tail;
  return x;
}

/// Whether two values are the same: members of objects in any order, names and single items by the
/// rules of the syntax.
bool same_values(const json& a, const json& b, const syntax& how);

} // namespace aops::tracing
