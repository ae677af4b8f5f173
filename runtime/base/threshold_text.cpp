#include "runtime/base/threshold_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace aops::base {

namespace {

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && text.front() == ' ')
    text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ')
    text.remove_suffix(1);
  return text;
}

constexpr std::array<std::pair<std::string_view, comparison>, 4> comparisons = {
  {{">=", comparison::at_least},
   {"<=", comparison::at_most},
   {">", comparison::above},
   {"<", comparison::below}}};

} // namespace

expected<threshold> parse_threshold(std::string_view text) {
  auto sign = text.find_first_of("<>");
  if (sign == text.npos)
    return fail(ec::bad_request, fmt::format("{} has none of >, >=, <, <=", text));
  threshold out;
  out.attribute = without_blanks(text.substr(0, sign));
  if (std::find(link_attributes.begin(), link_attributes.end(), out.attribute) ==
      link_attributes.end())
    return fail(ec::bad_request,
                fmt::format("{} is none of {}", out.attribute, fmt::join(link_attributes, ", ")));
  auto rest = text.substr(sign);
  auto how = std::find_if(comparisons.begin(), comparisons.end(), [&](const auto& x) {
    return rest.starts_with(x.first);
  });
  out.how = how->second;
  auto number = without_blanks(rest.substr(how->first.size()));
  auto end = number.data() + number.size();
  auto read = std::from_chars(number.data(), end, out.bound);
  if (number.empty() || read.ec != std::errc{} || read.ptr != end || !std::isfinite(out.bound))
    return fail(ec::bad_request, fmt::format("{}: a number must follow the comparison", text));
  return out;
}

} // namespace aops::base
