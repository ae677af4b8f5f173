#include "runtime/base/ids.hpp"

#include "runtime/base/canonical_json.hpp"
#include "runtime/base/digest.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

namespace aops::base {

std::string new_id(int64_t now_ms) {
  std::array<uint8_t, 16> raw{};
  auto ms = static_cast<uint64_t>(now_ms);
  for (size_t i = 0; i < 6; ++i)
    raw[i] = static_cast<uint8_t>(ms >> (8 * (5 - i)));
  fill_random(std::span(raw).subspan(6));
  return to_hex(raw);
}

bool is_id(std::string_view text) {
  return text.size() == 32 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

int64_t time_of_id(std::string_view id) {
  int64_t ms = 0;
  if (is_id(id))
    std::from_chars(id.data(), id.data() + 12, ms, 16);
  return ms;
}

std::string report_id(std::string_view task_id,
                      std::string_view host_id,
                      std::string_view tree_name,
                      int64_t start_ms,
                      int64_t end_ms) {
  std::string list = "[";
  for (auto text : {task_id, host_id, tree_name}) {
    append_canonical_text(list, text);
    list += ',';
  }
  append_seconds(list, start_ms);
  list += ',';
  append_seconds(list, end_ms);
  list += ']';
  const auto digest = sha256(list);
  return to_hex(std::span(digest).first(16));
}

} // namespace aops::base
