#pragma once

#include <initializer_list>
#include <random>
#include <string>

/// Any legal rules: what a tenant might import. For the test that counts what they cost, and the
/// bench that measures it.
namespace aops::bench {

/// A condition of two windowed functions on `$0` and `$1`, of every kind, with windows up to the
/// usual limit of a week.
inline std::string random_condition(std::mt19937& random) {
  auto any = [&](std::initializer_list<const char*> of) {
    return std::string{of.begin()[random() % of.size()]};
  };
  auto window = [&]() -> std::string {
    switch (random() % 4) {
    case 0:
      return std::to_string(1 + random() % 168) + "h";
    case 1:
      return std::to_string(1 + random() % 120) + "m";
    case 2:
      return "#" + std::to_string(1 + random() % 40'320);
    default:
      return std::to_string(1 + random() % 604'800);
    }
  };
  auto term = [&]() -> std::string {
    auto on = any({"", "$0.", "$1."});
    if (random() % 5 == 0)
      return on + "count(" + window() + ", " + std::to_string(random() % 100) + ", '>')";
    return on + any({"max", "min", "sum", "avg", "rate", "change", "abschange", "diff"}) + "(" +
           window() + ")";
  };
  return term() + any({" + ", " - ", " * "}) + term() + any({" > ", " < "}) +
         std::to_string(random() % 100);
}

} // namespace aops::bench
