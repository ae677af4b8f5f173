#include "runtime/core/push/write_request.hpp"

#include <cstdlib>

/// What senders push: refused with a reason, or within its bounds.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace aops::push;
  std::string_view body(reinterpret_cast<const char*>(data), size);
  constexpr size_t most_bytes = 1 << 20;
  write_limits limits;
  limits.most_samples = 1000;
  auto plain = unpack_block(body, most_bytes);
  if (plain && plain->size() > most_bytes)
    std::abort();
  for (auto text : {body, plain ? std::string_view{*plain} : std::string_view{}}) {
    auto read = read_write_request(text, limits);
    if (!read && read.error().detail.empty())
      std::abort();
    if (read && (read->samples > limits.most_samples || read->causes.size() > most_causes))
      std::abort();
  }
  return 0;
}
