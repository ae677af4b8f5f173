#include "tests/fuzz/tracing_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace aops::tracing;
  auto how = syntax_of(file_type::text);
  aops::fuzz::trace(bytes, size, file_type::text);
  how.comments = {"#"};
  how.not_comments = {"#include"};
  how.trim = true;
  aops::fuzz::trace({reinterpret_cast<const char*>(bytes), size}, how);
  return 0;
}
