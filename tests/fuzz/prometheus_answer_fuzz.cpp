#include "runtime/io/prometheus/answer.hpp"

using namespace aops;

/// Any bytes are read without a crash.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string body(reinterpret_cast<const char*>(data), size);
  (void)prometheus_api::parse_answer(body, 0, 2'000'000'000'000);
  (void)prometheus_api::read_reply({net::response{503, "", body}}, 0, 1);
  return 0;
}
