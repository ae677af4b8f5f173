#include "runtime/core/plugin/plugin_lines.hpp"

#include <cstdlib>

/// What a plug-in answers: refused with a reason, or judgements of samples that it was sent, in
/// their bounds.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace aops::plugin;
  if (size == 0)
    return 0;
  std::string_view line(reinterpret_cast<const char*>(data) + 1, size - 1);
  sent_batch asked;
  asked.series = {{"a", {}, {{1000, 1}, {2000, 2}}}, {"b", {}, {{1000, 1}}}};
  if (data[0] % 3 == 0) {
    auto read = read_description(line);
    if (read ? read->name.size() > most_name : read.error().detail.empty() && line.size() < 12)
      std::abort();
  } else if (data[0] % 3 == 1) {
    (void)read_learned(line);
  } else if (auto read = read_judged(line, asked)) {
    if (read->series.size() > asked.series.size() || read->unknown.size() > asked.series.size())
      std::abort();
    for (const auto& s : read->series)
      for (const auto& x : s.points)
        if ((x.time_ms != 1000 && x.time_ms != 2000) || x.reason.size() > most_reason)
          std::abort();
  } else if (read.error().detail.size() > 2 * most_reason) {
    std::abort();
  }
  return 0;
}
