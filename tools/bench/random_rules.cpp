/// aops-random-rules SEED COUNT NAME NAME…: that many random legal rules over these series, as a
/// body of POST /check/rule/import.

#include "tools/bench/random_rules.hpp"

#include "runtime/base/json_library.hpp"

#include <cstdio>

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: %s SEED COUNT NAME NAME...\n", argv[0]);
    return 2;
  }
  std::mt19937 random{static_cast<uint32_t>(std::atoi(argv[1]))};
  auto series = [&] {
    const char* name = argv[3 + random() % static_cast<unsigned>(argc - 3)];
    return nlohmann::json{{"name", name}, {"type", "kpi"}};
  };
  auto rules = nlohmann::json::array();
  for (int i = 0; i < std::atoi(argv[2]); ++i) {
    auto first = series(), second = series();
    while (second == first)
      second = series();
    rules.push_back({{"check_item", "random_" + std::to_string(i)},
                     {"data_list", {first, second}},
                     {"condition", aops::bench::random_condition(random)}});
  }
  std::printf("%s\n", nlohmann::json{{"check_items", rules}}.dump().c_str());
}
