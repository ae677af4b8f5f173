#include "tests/fuzz/tracing_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  aops::fuzz::trace(bytes, size, aops::tracing::file_type::toml);
  return 0;
}
