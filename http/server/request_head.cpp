#include "http/server/request_head.hpp"

#include "http/server/exchange.hpp"
#include "http/server/packed_body.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace aops::http {

namespace {

constexpr std::string_view line_end = "\r\n";

/// Calls `visit(line)` for each line without its end; the request line comes first.
template <class Visit>
void for_each_line(std::string_view head, Visit visit) {
  while (!head.empty()) {
    auto end = std::min(head.find(line_end), head.size());
    visit(head.substr(0, end));
    head.remove_prefix(std::min(end + line_end.size(), head.size()));
  }
}

std::string_view name_of(std::string_view line) { return trim(line.substr(0, line.find(':'))); }

/// Looks at one line after the other; what it found stays.
class judge {
public:
  explicit judge(const head_limits& limits) : limits_(limits) {}

  void look_at(std::string_view line) {
    if (lines_ == 0)
      may_be_packed_ = is_of_packed_path(line);
    if (problem_.status == 0)
      problem_ = lines_++ == 0 ? judge_text(line) : judge_header(line);
  }

  tl::expected<head_facts, head_problem> verdict() const {
    if (problem_.status != 0)
      return tl::unexpected(problem_);
    return facts_;
  }

private:
  static head_problem judge_text(std::string_view line) {
    if (line.find_first_of(std::string_view{"\n\r\0", 3}) != line.npos)
      return {400, "a header holds a control character"};
    return {};
  }

  bool is_of_packed_path(std::string_view request_line) const {
    auto path = request_line.substr(std::min(request_line.find(' '), request_line.size() - 1) + 1);
    path = path.substr(0, path.find_first_of(" ?"));
    const auto& known = limits_.packed_paths;
    return std::find(known.begin(), known.end(), path) != known.end();
  }

  head_problem judge_packing(std::string_view how) {
    if (std::exchange(has_packing_, true))
      return {400, "Content-Encoding stands twice"};
    // A format of one endpoint, which unpacks it; to others it is a body that does not read.
    if (same_name(how, "snappy"))
      return {};
    if (!may_be_packed_)
      return {415, "send the body without a Content-Encoding"};
    if (!is_known_packing(how))
      return {415, "Content-Encoding must be gzip, deflate or zstd"};
    return {};
  }

  head_problem judge_header(std::string_view line) {
    if (line.empty())
      return {};
    if (lines_ > limits_.max_headers + 1) // With the request line.
      return {431, "more than " + std::to_string(limits_.max_headers) + " headers"};
    if (line.size() > limits_.max_line_bytes)
      return {431, "a header is longer than " + std::to_string(limits_.max_line_bytes) + " bytes"};
    if (line.front() == ' ' || line.front() == '\t' || line.find(':') == line.npos)
      return {400, "a header has no name"};
    auto name = name_of(line);
    if (same_name(name, "Transfer-Encoding"))
      return {411, "send a Content-Length instead of a Transfer-Encoding"};
    if (same_name(name, "Content-Encoding"))
      return judge_packing(trim(line.substr(line.find(':') + 1)));
    if (same_name(name, "Expect") &&
        !same_name(trim(line.substr(line.find(':') + 1)), "100-continue"))
      return {417, "nothing but 100-continue can be expected"};
    if (same_name(name, "Content-Length"))
      return judge_length(trim(line.substr(line.find(':') + 1)));
    return judge_text(line);
  }

  head_problem judge_length(std::string_view value) {
    if (std::exchange(has_length_, true))
      return {400, "Content-Length stands twice"};
    auto [end, problem] =
      std::from_chars(value.data(), value.data() + value.size(), facts_.body_bytes);
    if (problem == std::errc::invalid_argument || end != value.data() + value.size())
      return {400, "Content-Length is not a number"};
    if (problem != std::errc{} || facts_.body_bytes > limits_.max_body_bytes)
      return {413, "the body is longer than " + std::to_string(limits_.max_body_bytes) + " bytes"};
    return {};
  }

  const head_limits& limits_;
  head_problem problem_{0, {}};
  head_facts facts_;
  size_t lines_ = 0;
  bool has_length_ = false, may_be_packed_ = false, has_packing_ = false;
};

} // namespace

tl::expected<head_facts, head_problem> judge_head(std::string_view head,
                                                  const head_limits& limits) {
  judge it{limits};
  for_each_line(head, [&](std::string_view line) { it.look_at(line); });
  return it.verdict();
}

std::string tidy_head(std::string_view head) {
  constexpr std::array<std::string_view, 6> unwanted = {
    "Range", "REMOTE_ADDR", "REMOTE_PORT", "LOCAL_ADDR", "LOCAL_PORT", packed_header};
  std::string tidy;
  tidy.reserve(head.size());
  bool is_first = true;
  for_each_line(head, [&](std::string_view line) {
    auto is_same = [&](std::string_view name) { return same_name(name_of(line), name); };
    if (!is_first && is_same("Content-Encoding"))
      tidy.append(packed_header).append(line.substr(line.find(':'))).append(line_end);
    else if (is_first || std::none_of(unwanted.begin(), unwanted.end(), is_same))
      tidy.append(line).append(line_end);
    is_first = false;
  });
  return tidy;
}

} // namespace aops::http
