#include "runtime/core/tracing/model.hpp"

#include <cstdint>
#include <cstdlib>

/// A model, and a file read by it.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace aops::tracing;
  std::string_view text{reinterpret_cast<const char*>(bytes), size};
  auto x = read_model("a.yml", text);
  if (!x) {
    if (!x.error().detail.starts_with("a.yml:"))
      std::abort();
    return 0;
  }
  if (auto file = parse(text, x->how))
    unknown_in(*file, *x);
  return 0;
}
