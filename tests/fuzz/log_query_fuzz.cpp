#include "runtime/core/logs/line_query.hpp"

#include <cstdlib>
#include <set>

/// Any text is a query or refused; where its first half finds the second, the index has what it
/// asks for: a word of a query that a line matches is one of the line's.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace aops::logs;
  std::string_view all(reinterpret_cast<const char*>(data), size);
  auto half = all.find('\n');
  auto query = line_query::parse(all.substr(0, half));
  if (!query) {
    if (query.error().detail.empty())
      std::abort();
    return 0;
  }
  record line;
  line.message = half == all.npos ? all : all.substr(half + 1);
  fit(line);
  bool matches = query->matches({line, "id", "name"});
  auto condition = query->condition();
  // One word alone: the line has it.
  if (!matches || condition.what != line_condition::kind::word)
    return 0;
  std::set<std::string> words;
  words_of_line(line, [&](std::string_view word) { words.emplace(word); });
  if (!words.contains(condition.text))
    std::abort();
  return 0;
}
