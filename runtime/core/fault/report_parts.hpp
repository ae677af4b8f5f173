#pragma once

#include "runtime/base/canonical_json.hpp"
#include "runtime/core/fault/report.hpp"

#include <string>
#include <string_view>

/// How parts of a report become JSON; shared by its text and its hash.
namespace aops::fault {

inline void append_text(std::string& out, std::string_view text) {
  base::append_canonical_text(out, text);
}

/// Writes `[a,b,...]` or `{...}` while it lives: `next` puts the comma before every item but the
/// first.
class listing {
public:
  explicit listing(std::string& out, char open = '[') : out_(out), close_(open == '[' ? ']' : '}') {
    out_ += open;
  }
  ~listing() { out_ += close_; }
  listing(const listing&) = delete;
  listing& operator=(const listing&) = delete;
  void next() {
    if (!is_first_)
      out_ += ',';
    is_first_ = false;
  }

private:
  std::string& out_;
  char close_;
  bool is_first_ = true;
};

inline bool overlaps(const result& x, slice when) {
  return x.start_ms <= when.end_ms && x.end_ms >= when.start_ms;
}

/// A sample's value: a number with all its digits, a log's text, NaN and infinities as texts.
void append_value(std::string& out, const evidence_sample& x);

/// `[[time, value], ...]`: the first five of an instance inside the slice.
/// @param append Writes a value.
void append_samples(std::string& out,
                    const item_data& item,
                    uint32_t instance,
                    slice when,
                    void (*append)(std::string&, const evidence_sample&));

/// Node names from the root.
void append_path(std::string& out, const tree& of, uint32_t node);

} // namespace aops::fault
