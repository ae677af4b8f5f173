#pragma once

#include "runtime/io/scrape/exposition.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>

namespace aops::scrape {

/// A sample of a series that its reader knows by number.
struct slot_value {
  uint32_t slot = 0;
  number value;
  friend bool operator==(const slot_value&, const slot_value&) = default;
};

/// What a reader of pages wants to know.
struct page_interest {
  /// Whether any series of that name may matter.
  std::function<bool(std::string_view name)> wants_name;
  /// The number of a series; nothing when it does not matter after all.
  std::function<std::optional<uint32_t>(const series_key&)> slot_of;
};

/// Reads the pages of one exporter round after round. An exporter prints its series in the same
/// words and nearly the same order each time, so the text of each series is looked up once and
/// merely compared from then on: a steady page costs no allocation and builds no label. Not
/// thread-safe; keeps about 150 bytes per series of a wanted name, of at most `max_memories`
/// series.
class page_reader {
public:
  static constexpr size_t max_memories = 20'000;
  /// Longer ones, in bytes, are not wanted: no store of ours could keep them.
  static constexpr size_t longest_name = 512, longest_series = 64 * 1024;

  explicit page_reader(page_interest interest) : interest_(std::move(interest)) {}
  page_reader(page_reader&&) = default;
  page_reader& operator=(page_reader&&) = default;

  /// The wanted samples of a page in its order, each slot once (the first counts, as in
  /// Prometheus); valid until the next call. ec::corrupt `line N: reason`, then nothing of the page
  /// counts.
  expected<std::span<const slot_value>> read(std::string_view page);

  /// What is wanted has changed: ask again for every series.
  void forget();

  /// Lines that repeated a slot in the last page.
  size_t repeated() const { return repeated_; }

  /// Wanted lines of the last page that were left out because their name or series is too long.
  size_t oversized() const { return oversized_; }
  /// Whether the last page was the first one with such lines.
  bool is_first_oversized() const { return is_first_oversized_; }

  size_t memory_bytes() const;

private:
  class sink;
  /// The answer for a series text that appeared before.
  struct line_memory {
    std::optional<uint32_t> slot;
    line_memory* twin = nullptr; ///< The first memory with this slot: itself, as a rule.
    size_t place = 0;            ///< In `order_`.
    uint32_t filled = 0;         ///< The round in which the slot got its value; kept at the twin.
  };
  struct text_hash {
    using is_transparent = void;
    size_t operator()(std::string_view x) const { return std::hash<std::string_view>{}(x); }
  };
  using memory_map = std::unordered_map<std::string, line_memory, text_hash, std::equal_to<>>;
  using entry = memory_map::value_type;

  entry* remember(std::string_view series, std::optional<uint32_t> slot);
  void bound_memory();

  page_interest interest_;
  memory_map memories_; ///< Its nodes never move.
  std::unordered_map<uint32_t, line_memory*> first_of_slot_;
  std::vector<entry*> order_; ///< As the page had them when they were new.
  std::vector<slot_value> values_;
  uint32_t round_ = 0;
  size_t met_ = 0; ///< Memories that the last page met.
  size_t repeated_ = 0, oversized_ = 0;
  bool was_oversized_ = false, is_first_oversized_ = false;
};

} // namespace aops::scrape
