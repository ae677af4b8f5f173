#include "runtime/io/scrape/page_reader.hpp"

#include <cstdlib>

using namespace aops;

/// Any bytes are read without a crash, and a remembered page reads like a fresh one.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view page(reinterpret_cast<const char*>(data), size);
  (void)scrape::all_series(page, 1000);
  uint32_t next = 0;
  scrape::page_reader reader({[](std::string_view name) { return !name.starts_with('z'); },
                              [&](const series_key& key) {
                                return key.label.size() > 3 ? std::nullopt : std::optional(next++);
                              }});
  auto first = reader.read(page);
  std::vector<scrape::slot_value> before;
  if (first)
    before.assign(first->begin(), first->end());
  bool readable = first.has_value();
  auto second = reader.read(page);
  bool same = second.has_value() == readable && (!second || second->size() == before.size());
  for (size_t i = 0; same && second && i < before.size(); ++i)
    same = (*second)[i] == before[i];
  if (!same)
    std::abort();
  return 0;
}
