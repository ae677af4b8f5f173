#pragma once

#include "runtime/base/number_bytes.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Lines of one block are alike: what they have in common is kept once, what differs stands by
/// columns, so that each is packed among its like.
namespace aops::logs {

/// Bytes of a block by what they are like, each of which zstd packs by itself.
struct block_streams {
  std::string shape; ///< What there is, and how it stands.
  std::string text;  ///< Words.
  std::string top;   ///< Small numbers, and upper bytes of greater ones.
  std::string low;   ///< Lower bytes, which look like chance.

  std::array<std::string*, 4> all() { return {&shape, &text, &top, &low}; }
};

/// Adds numbers as a column.
void put_numbers(block_streams& to, const std::vector<uint64_t>& numbers);

/// Adds bodies: those with the same signs between their words share a shape, and their words stand
/// in columns.
void put_bodies(block_streams& to, const std::vector<std::string_view>& bodies);

/// Takes the same off again, in the same order. Nothing when the bytes are damaged.
class block_reader {
public:
  explicit block_reader(const block_streams& from)
      : text_(from.text), shape_(from.shape), top_(from.top), low_(from.low) {}

  std::optional<std::vector<uint64_t>> numbers(size_t count);
  std::optional<std::vector<std::string>> bodies(size_t count);

  base::byte_reader& shape() { return shape_; }
  bool at_end() const { return shape_.at_end() && text_.empty() && top_.at_end() && low_.at_end(); }

private:
  bool column(size_t count, std::vector<std::string>& words);
  std::string_view line_of_text();
  bool is_whole() const { return has_text_ && shape_.ok() && top_.ok() && low_.ok(); }

  std::string_view text_;
  bool has_text_ = true;
  base::byte_reader shape_, top_, low_;
};

} // namespace aops::logs
