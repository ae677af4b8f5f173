#include "cli/vectors/vectors.hpp"

#include <algorithm>
#include <cmath>

namespace aops::vectors {

namespace {

bool same_number(const json& a, const json& b) {
  if (a.is_number_unsigned() && b.is_number_unsigned())
    return a.get<uint64_t>() == b.get<uint64_t>();
  if (a.is_number_integer() && b.is_number_integer() && !a.is_number_unsigned() &&
      !b.is_number_unsigned())
    return a.get<int64_t>() == b.get<int64_t>();
  if (a.is_number_integer() && b.is_number_integer())
    return a.get<int64_t>() == b.get<int64_t>() && a.get<int64_t>() >= 0 && b.get<int64_t>() >= 0;
  double x = a.get<double>(), y = b.get<double>();
  double distance = std::abs(x - y);
  return x == y || distance <= 1e-12 || distance <= 1e-9 * std::max(std::abs(x), std::abs(y));
}

} // namespace

const json& wanted(const json& vector) {
  return vector.contains("sane_expected") ? vector.at("sane_expected") : vector.at("expected");
}

bool same(const json& expected, const json& got) {
  if (expected.is_number() && got.is_number())
    return same_number(expected, got);
  if (expected.type() != got.type())
    return false;
  if (expected.is_array())
    return std::equal(expected.begin(), expected.end(), got.begin(), got.end(), same);
  if (!expected.is_object())
    return expected == got;
  return expected.size() == got.size() &&
         std::all_of(expected.items().begin(), expected.items().end(), [&](const auto& member) {
           auto other = got.find(member.key());
           return other != got.end() && same(member.value(), *other);
         });
}

judgement compare(const json& expected, const json& got) {
  auto text = [](const json& x) { return x.dump(-1, ' ', false, json::error_handler_t::replace); };
  return {same(expected, got), text(expected), text(got)};
}

} // namespace aops::vectors
