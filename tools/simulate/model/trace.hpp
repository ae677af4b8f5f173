#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace aops::simulate {

/// What happened, compact: formatted only when somebody reads it.
struct trace_line {
  int64_t at_ms = 0;
  const char* what = ""; ///< A literal; `%1`, `%2`, `%3` stand for the numbers.
  int node = -1;         ///< -1: the store or the world.
  int64_t a = 0, b = 0, c = 0;
};

std::string to_text(const trace_line& x);

/// Keeps the last lines, and a digest of all.
class trace {
public:
  explicit trace(bool is_printed = false) : is_printed_(is_printed) {}

  void add(const trace_line& x);
  /// What happens so often that it would hide the rest of the last lines.
  void add_often(const trace_line& x);
  uint64_t digest() const { return digest_; }
  /// The last ones, oldest first.
  std::vector<std::string> last() const;

private:
  void take_in(const trace_line& x);

  bool is_printed_;
  uint64_t digest_ = 0xcbf29ce484222325ULL;
  std::array<trace_line, 48> ring_{};
  size_t count_ = 0;
};

} // namespace aops::simulate
