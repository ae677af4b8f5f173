#include "runtime/core/logs/formats.hpp"
#include "runtime/core/logs/record_codec.hpp"

#include <cstdlib>

/// What collectors send, in any of the formats: refused with a reason, or lines within their bounds
/// that are the same after being kept.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace aops::logs;
  if (size == 0)
    return 0;
  std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  origin from{"h"};
  auto read = data[0] % 3 == 0   ? json_records(body, from)
              : data[0] % 3 == 1 ? otlp_records(body, from)
                                 : journal_records(body, from);
  if (!read) {
    if (read.error().detail.empty())
      std::abort();
    return 0;
  }
  for (auto& x : *read) {
    if (x.message.size() > most_message || x.fields.size() > most_fields)
      std::abort();
    auto again = decode_record(encode_record(x));
    x.time_ns = 0;
    x.offset = no_offset;
    if (!again || !(*again == x))
      std::abort();
  }
  (void)decode_record(body);
  return 0;
}
