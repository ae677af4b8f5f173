#pragma once

#include <tl/expected.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace aops::http {

/// What one request may look like before anybody interprets it.
struct head_limits {
  size_t max_head_bytes = 32 * 1024; ///< Request line and headers.
  size_t max_headers = 100;
  size_t max_line_bytes = 8 * 1024;
  size_t max_body_bytes = 8 * 1024 * 1024;
  std::vector<std::string> packed_paths; ///< Where bodies may come with a Content-Encoding.
};

/// What a fine head says about what follows.
struct head_facts {
  size_t body_bytes = 0;
};

/// A request that is refused unread.
struct head_problem {
  int status;
  std::string reason;
};

/// Judges a complete head (up to and with the blank line): number and length of its lines, one
/// well-formed Content-Length within the limit (413), neither Transfer-Encoding (411) nor
/// Content-Encoding (415), but one that is known at one of `packed_paths`, and snappy, which is
/// passed on as it came: the library would read such bodies past any limit. Nor an `Expect` of
/// anything but 100-continue (417).
tl::expected<head_facts, head_problem> judge_head(std::string_view head, const head_limits& limits);

/// The head without lines we do not want the library to see: `Range`, which it matches with a
/// recursive regular expression, and the names it uses itself to pass on addresses. A
/// Content-Encoding is called `packed_header`.
std::string tidy_head(std::string_view head);

} // namespace aops::http
