#include "tests/fuzz/tracing_fuzz.hpp"

/// The first byte says which of the freedoms of a model are taken.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace aops::tracing;
  if (size == 0)
    return 0;
  auto how = syntax_of(bytes[0] & 1 ? file_type::ini : file_type::key_value);
  how.inline_comments = bytes[0] & 2;
  how.bare_options = bytes[0] & 4;
  how.collapse_blanks = bytes[0] & 8;
  how.continuation = static_cast<continued_by>((bytes[0] >> 4) % 3);
  how.spacer = bytes[0] & 64 ? " " : "=:";
  how.directives = bytes[0] & 1 ? "!" : "";
  aops::fuzz::trace({reinterpret_cast<const char*>(bytes + 1), size - 1}, how);
  return 0;
}
