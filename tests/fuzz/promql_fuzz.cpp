// Any bytes as a query: what reads is evaluated, bounded, and has a value or says why not.
#include "runtime/core/promql/engine.hpp"
#include "runtime/core/promql/memory_source.hpp"

#include <cstdlib>

using namespace aops;

namespace {

promql::memory_source& data() {
  static promql::memory_source source = [] {
    promql::memory_source out;
    for (const char* host : {"a", "b"})
      for (const char* le : {"0.1", "1", "+Inf"})
        for (int64_t i = 0; i < 20; ++i)
          out.add(promql::make_labels({{"__name__", "m_bucket"}, {"host", host}, {"le", le}}),
                  {i * 15'000, static_cast<double>(i * i % 17)});
    return out;
  }();
  return source;
}

void require(bool holds) {
  if (!holds)
    std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  auto q = promql::query::parse(std::string(reinterpret_cast<const char*>(bytes), size));
  if (!q)
    return require(!q.error().detail.empty()), 0;
  promql::engine_options options;
  options.most_samples = 20'000;
  options.most_work = 200'000;
  options.most_steps = 100;
  options.late_name_removal = size % 2 == 0;
  auto at = q->at(data(), 200'000, options);
  require(at || !at.error().detail.empty());
  auto over = q->over(data(), 0, 300'000, 30'000, options);
  require(over || !over.error().detail.empty());
  return 0;
}
