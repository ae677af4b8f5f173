// Any bytes as a condition: compiled, printed, compiled again, judged; none of it may do harm.
#include "runtime/core/expr/evaluator.hpp"

#include <cstdlib>
#include <string_view>

using namespace aops::expr;

namespace {

/// Numbers with holes, an unaligned series and a log.
struct sample_data {
  series load, m, dmesg{true};
  sample_data() {
    for (int64_t i = 0; i < 12; ++i) {
      load.append(i * 15'000,
                  i % 4 == 0 ? aops::number::of(static_cast<double>(i) / 4)
                             : aops::number::of(i - 5));
      m.append(i * 14'000, i % 5 == 0 ? unreadable_sample : aops::number::of(i % 3));
      dmesg.append(i * 16'000, i % 2 == 0 ? "a" : "error b");
    }
  }
};

void require(bool holds) {
  if (!holds)
    std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  static const std::vector<aops::data_item> items{
    {"load", "kpi", {}}, {"m", "kpi", {}}, {"dmesg", "log", {}}};
  static const sample_data data;
  std::string_view condition(reinterpret_cast<const char*>(bytes), size);
  auto p = program::compile(condition, items);
  if (!p)
    return require(!p.error().detail.empty()), 0;
  evaluator e(*p, {&data.load, &data.m, &data.dmesg});
  for (uint64_t i : {0, 5, 6, 11, 3, 12}) {
    auto o = e.at(i);
    require(e.verdict_at(i) == o.what);
    require(evaluator(*p, {&data.load, &data.m, &data.dmesg}).verdict_at(i) == o.what);
  }
  auto again = program::compile((*p)->to_text(), items);
  require(size > 8192 || (again && **again == **p));
  return 0;
}
