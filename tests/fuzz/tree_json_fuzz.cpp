#include "runtime/core/fault/report.hpp"
#include "runtime/core/fault/stored_values.hpp"

#include <cstdlib>

using namespace aops;
using namespace aops::fault;

namespace {

void require(bool x) {
  if (!x)
    std::abort();
}

/// A legal tree evaluates, is stored, and renders as a legal tree again.
void follow(const tree_ptr& plain, size_t seed) {
  auto adapted = adapt(plain, {static_cast<uint32_t>(seed % 5), {"sda", "sdb"}});
  if (!adapted)
    return;
  auto count = (*adapted)->items().size();
  std::vector<result> some = {{0, 10, static_cast<leaf_state>(1 + seed % 3)}};
  std::vector<item_data> items(count);
  for (size_t i = 0; i < count; ++i)
    if ((seed + i * i) % 3 != 0)
      items[i] = {some, {}, (seed + i) % 5 != 0};
  reporter reports(*adapted, std::vector<item_rule>(count, {"1", "$0 > 1"}));
  auto made = reports.make({0, 10}, items);
  require(nlohmann::json::accept(made.details));
  auto text = report_text(plain, made.values);
  require(text.has_value());
  if ((*adapted)->facts())
    return; // A template without facts has become a leaf without check item.
  auto again = tree::parse_text(*text);
  require(again.has_value());
  require(again->nodes().size() == (*adapted)->nodes().size());
}

} // namespace

/// Any bytes are read as a tree, and as stored values, without a crash.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto parsed = tree::parse_text(text))
    follow(std::make_shared<const tree>(std::move(*parsed)), size);
  if (auto stored = decode_values(text))
    require(decode_values(encode_values(stored->facts, stored->nodes))->nodes == stored->nodes);
  return 0;
}
