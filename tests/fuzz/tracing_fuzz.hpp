#pragma once

#include "runtime/core/tracing/compare.hpp"

#include <cstdint>
#include <cstdlib>

/// A configuration file: read, shown, changed. Nothing may crash, and what is written must read
/// back as what was wanted.
namespace aops::fuzz {

inline void trace(std::string_view text, const tracing::syntax& how) {
  using namespace tracing;
  auto x = parse(text, how);
  if (!x) {
    if (!x.error().detail.starts_with("line "))
      std::abort();
    return;
  }
  // What it says changes nothing.
  auto same = apply(text, x->values(), how);
  if (!same || *same != text)
    std::abort();
  model by;
  by.how = how;
  if (!compare(x->values(), x->values(), by).is_same())
    std::abort();
  to_json_text(x->values());
  // Something less and something more: refused, or exactly that.
  auto wanted = x->values();
  if (wanted.is_object() && !wanted.empty()) {
    auto first = wanted.begin();
    if (first->is_object() && !first->empty())
      first->erase(first->begin());
    else
      wanted.erase(first);
  }
  if (wanted.is_object())
    wanted["new"] = json::parse(R"({"option":"va\"l: #ue"})");
  if (auto changed = apply(text, wanted, how)) {
    auto back = parse(*changed, how);
    if (!back || !compare(wanted, back->values(), by).is_same())
      std::abort();
  }
  if (auto anew = print(x->values(), how)) {
    auto back = parse(*anew, how);
    if (!back || !compare(x->values(), back->values(), by).is_same())
      std::abort();
  }
}

inline void trace(const uint8_t* bytes, size_t size, tracing::file_type type) {
  trace({reinterpret_cast<const char*>(bytes), size}, tracing::syntax_of(type));
}

} // namespace aops::fuzz
