#include "runtime/core/fault/report_parts.hpp"

#include <array>

namespace aops::fault {

void append_value(std::string& out, const evidence_sample& x) {
  if (auto text = std::get_if<std::string>(&x.value))
    return append_text(out, *text);
  auto value = std::get<number>(x.value);
  if (value.is_integer())
    out += std::to_string(value.integer());
  else
    base::append_canonical_number(out, value.real());
}

void append_samples(std::string& out,
                    const item_data& item,
                    uint32_t instance,
                    slice when,
                    void (*append)(std::string&, const evidence_sample&)) {
  listing samples(out);
  size_t count = 0;
  for (const auto& x : item.samples) {
    if (x.instance != instance || x.time_ms < when.start_ms || x.time_ms > when.end_ms ||
        count == max_evidence_samples)
      continue;
    ++count;
    samples.next();
    out += '[';
    base::append_seconds(out, x.time_ms);
    out += ',';
    append(out, x);
    out += ']';
  }
}

void append_path(std::string& out, const tree& of, uint32_t node) {
  std::array<uint32_t, max_depth> way; // From the node up; a tree is never deeper.
  size_t length = 0;
  for (auto i = node; i != tree::no_parent; i = of.nodes()[i].parent)
    way[length++] = i;
  listing names(out);
  while (length > 0) {
    names.next();
    append_text(out, of.nodes()[way[--length]].name);
  }
}

} // namespace aops::fault
