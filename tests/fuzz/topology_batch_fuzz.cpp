#include "runtime/core/topology/window_codec.hpp"

#include <cstdlib>

/// What agents send: refused with a reason, or a window that is within its bounds and the same
/// after a journey to another node. And what such a journey may bring.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace aops::topology;
  std::string_view body(reinterpret_cast<const char*>(data), size);
  constexpr size_t most = 64;
  topology_rules rules;
  rules.most_links = most;
  if (auto read = parse_batch(body, most)) {
    if (read->links.size() > most || read->hostname.size() > most_hostname)
      std::abort();
    auto first = advance(nullptr, "h", *read, 1000, rules).after;
    auto second = advance(first.get(), "h", *read, 2000, rules).after;
    if (second->links.size() > most)
      std::abort();
    auto again = decode_window(encode_window(*second, 1 << 20));
    if (!again || !(*again == *second))
      std::abort();
  } else if (read.error().detail.empty()) {
    std::abort();
  }
  if (auto window = decode_window(body))
    (void)encode_window(*window, 1 << 20);
  return 0;
}
