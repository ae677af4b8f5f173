#include "runtime/core/tracing/source_text.hpp"

#include "runtime/base/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace aops::tracing {

std::string_view trimmed(std::string_view text) {
  auto first = text.find_first_not_of(blanks);
  if (first == text.npos)
    return text.substr(0, 0);
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string collapsed(std::string_view text) {
  std::string out;
  bool is_quoted = false;
  for (auto c : text) {
    if (c == '"')
      is_quoted = !is_quoted;
    bool is_blank = blanks.find(c) != blanks.npos;
    if (is_quoted || !is_blank)
      out += c;
    else if (out.empty() || out.back() != ' ')
      out += ' ';
  }
  return out;
}

size_t first_bad_byte(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    auto length = base::utf8_length(text.substr(i));
    if (length == 0)
      return i;
    i += length;
  }
  return text.npos;
}

size_t line_at(std::string_view text, size_t offset) {
  auto before = text.substr(0, std::min(offset, text.size()));
  return 1 + static_cast<size_t>(std::count(before.begin(), before.end(), '\n'));
}

tl::unexpected<error> fault_at(size_t line, std::string_view reason) {
  return fail(ec::bad_request, fmt::format("line {}: {}", line, reason));
}

std::vector<source_line> source_lines(std::string_view text) {
  std::vector<source_line> out;
  for (size_t at = 0; at < text.size();) {
    auto stop = std::min(text.find('\n', at), text.size());
    auto end = std::min(stop + 1, text.size());
    bool has_return = stop > at && stop < text.size() && text[stop - 1] == '\r';
    out.push_back({at, has_return ? stop - 1 : stop, end});
    at = end;
  }
  return out;
}

std::string_view newline_of(std::string_view text) {
  auto at = text.find('\n');
  return at != text.npos && at > 0 && text[at - 1] == '\r' ? "\r\n" : "\n";
}

std::string_view indent_at(std::string_view text, size_t offset) {
  auto before = offset == 0 ? text.npos : text.rfind('\n', offset - 1);
  auto begin = before == text.npos ? 0 : before + 1;
  auto end = begin;
  while (end < text.size() && (text[end] == ' ' || text[end] == '\t'))
    ++end;
  return text.substr(begin, end - begin);
}

std::string changes::applied_to(std::string_view text) const {
  std::vector<size_t> order(all_.size());
  std::iota(order.begin(), order.end(), size_t{0});
  // What is put before a part that goes comes first, or it would be gone with it.
  auto place = [&](size_t i) { return std::pair{all_[i].begin, all_[i].begin != all_[i].end}; };
  std::stable_sort(
    order.begin(), order.end(), [&](size_t a, size_t b) { return place(a) < place(b); });
  std::string out;
  size_t done = 0;
  for (auto i : order) {
    const auto& x = all_[i];
    if (x.begin < done || x.begin > text.size())
      continue;
    out += text.substr(done, x.begin - done);
    out += x.text;
    done = std::clamp(x.end, x.begin, text.size());
  }
  return out += text.substr(done);
}

json& append_member(json& object, std::string name, json value) {
  auto& members = object.get_ref<json::object_t&>();
  // The map's own way to add looks through all that are there.
  members.json::object_t::Container::emplace_back(std::move(name), std::move(value));
  return members.back().second;
}

} // namespace aops::tracing
