#pragma once

#include "messages/rounds.hpp"
#include "messages/sample.hpp"
#include "runtime/core/check/selector.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace aops::check {

struct text_hash {
  using is_transparent = void;
  size_t operator()(std::string_view x) const { return std::hash<std::string_view>{}(x); }
};

/// Names whose series are kept although no rule refers to them, so that a new rule finds history.
/// Shared by all hosts.
using keep_list = std::unordered_set<std::string, text_hash, std::equal_to<>>;

/// A sample of a kept series.
struct sample {
  uint32_t slot = 0;
  number value;
  friend bool operator==(const sample&, const sample&) = default;
};

/// The series of one host, each under a small number, its slot. Slots 0 and 1 are the host's own
/// series `up` and `scrape_duration_seconds`; what an exporter says under these names is not
/// wanted.
///
/// Stored samples carry slots, so a slot stays with its series, wanted or not, also over a restart
/// (`adopt`), until `forget_unseen` knows that no stored sample carries it any more.
class kept_series {
public:
  static constexpr uint32_t up = 0, duration = 1;
  static constexpr uint32_t max_slots = 1u << 20;
  static constexpr size_t usual_listed = 4096;

  /// @param max_listed Series known for the keep-list only, at most; more are not wanted.
  /// @param max_matched The same of those known for matches only.
  explicit kept_series(std::shared_ptr<const keep_list> list = nullptr,
                       size_t max_listed = usual_listed,
                       size_t max_matched = 4096);

  /// A series that had this slot before a restart. Before any other use. False when the slot is
  /// taken or absurd.
  bool adopt(uint32_t slot, const series_key& key, int64_t seen_ms);

  /// Whether a series of that name may matter: one look-up or two, no allocation.
  bool wants_name(std::string_view name) const;

  /// Whether `slot_of` would give a slot.
  bool wants(std::string_view name, const label_set& label) const;

  /// Whether it has a slot, and matters.
  bool keeps(const series_key& key) const;

  /// The slot of a series that matters; a series of the keep-list gets one when first seen.
  std::optional<uint32_t> slot_of(std::string_view name, const label_set& label);

  /// Keeps a series for a rule; counts. @param was_kept Set to whether it was kept before, were it
  /// only as soon as it appears.
  uint32_t bind(std::string_view name, const label_set& label, bool& was_kept);
  /// Undoes one `bind`.
  void release(uint32_t slot);

  /// Keeps the series of a name that match; counts.
  void watch(const std::string& name, std::shared_ptr<const selector> match);
  /// Undoes one `watch`.
  void unwatch(const std::string& name, const std::shared_ptr<const selector>& match);
  /// Whether somebody watches for the same.
  bool watches(const std::string& name, const selector& match) const;
  /// Whether the keep-list has the name.
  bool lists(std::string_view name) const { return is_listed(name); }
  /// To be called when a series of changes by the two is complete.
  void settle_watches();
  /// Series that match and found no room, since the watches are what they are.
  size_t unmatched(const std::string& name, const selector& match) const;

  /// Frees slots of series that nobody binds and that were last seen before: their samples have
  /// left the store, or leave it together with them. @param most At most so many, by number.
  /// @return Those slots; the next series may get them.
  std::vector<uint32_t> forget_unseen(int64_t before_ms, size_t most = max_slots);

  /// Series that had their first sample since the last call: to be stored with it.
  std::vector<series_entry> take_new();

  /// One past the largest slot in use.
  uint32_t slot_count() const { return static_cast<uint32_t>(slots_.size()); }
  /// Name and labels of a slot; empty for a free one.
  series_key key_of(uint32_t slot) const;
  /// Empty for a free one.
  std::string_view name_of(uint32_t slot) const;
  /// Whether it ever had a sample, before a restart too.
  bool is_seen(uint32_t slot) const { return slots_[slot].seen_ms != 0; }
  const keep_list* listed_names() const { return list_.get(); }
  /// Series that rules refer to, own ones left out: what a `prometheus` source must ask for.
  std::vector<series_entry> bound() const;

  /// A sample of it came and is kept before a round has it: its number is to be stored with that.
  void expect(uint32_t slot, int64_t t_ms) {
    auto& info = slots_[slot];
    if (info.is_new)
      note_new(slot);
    info.seen_ms = std::max(info.seen_ms, t_ms);
  }
  void remember(uint32_t slot, int64_t t_ms, number value) {
    auto& info = slots_[slot];
    if (info.is_new) [[unlikely]]
      note_new(slot);
    info.has_value = true;
    info.seen_ms = t_ms;
    info.value = value;
  }
  /// The last value seen since the start, if any.
  struct last_value {
    int64_t time_ms = 0;
    number value;
  };
  std::optional<last_value> last_of(uint32_t slot) const;

  /// Series of the keep-list that found no room.
  uint64_t left_out() const { return left_out_; }
  size_t memory_bytes() const;

private:
  struct slot_info {
    const std::string* text = nullptr; ///< Key of `by_text_`; null: free.
    uint32_t bound = 0;                ///< By how many rule items.
    bool listed = false;               ///< Its name is in the keep-list.
    bool matched = false;              ///< Somebody watches for it.
    bool is_new = false;               ///< Not stored yet: no sample carries its slot.
    bool has_value = false;
    int64_t seen_ms = 0;
    number value; ///< At `seen_ms`, when `has_value`.
  };

  std::optional<uint32_t> own_slot(std::string_view name, const label_set& label) const;
  uint32_t add(std::string text, bool is_new);
  void put(uint32_t slot, std::string text);
  void note_new(uint32_t slot);
  bool is_listed(std::string_view name) const { return list_ && list_->contains(name); }
  bool is_wanted(uint32_t slot) const {
    const auto& info = slots_[slot];
    return info.bound > 0 || info.listed || info.matched;
  }
  bool is_watched(std::string_view name, const label_set& label) const;
  bool takes_match(std::string_view name, const label_set& label);

  std::shared_ptr<const keep_list> list_;
  size_t max_listed_;
  size_t listed_ = 0; ///< Slots with `listed`.
  uint64_t left_out_ = 0;
  std::unordered_map<std::string, uint32_t, text_hash, std::equal_to<>> by_text_;
  std::unordered_map<std::string, uint32_t, text_hash, std::equal_to<>> bound_names_; ///< Counts.
  struct watch_entry {
    std::shared_ptr<const selector> match;
    uint32_t users = 0;
  };
  std::unordered_map<std::string, std::vector<watch_entry>, text_hash, std::equal_to<>> watches_;
  size_t max_matched_;
  size_t matched_ = 0;                ///< Slots with `matched` that nothing else keeps.
  std::vector<series_key> unmatched_; ///< Found no room; at most as many as find room.
  std::vector<slot_info> slots_;
  std::vector<uint32_t> free_, new_;
  std::string scratch_;
};

} // namespace aops::check
