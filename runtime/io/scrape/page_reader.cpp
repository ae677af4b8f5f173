#include "runtime/io/scrape/page_reader.hpp"

#include "runtime/base/number_text.hpp"

namespace aops::scrape {

/// Reads one page for one reader.
class page_reader::sink : public line_sink {
public:
  explicit sink(page_reader& reader) : reader_(reader) {}

  size_t recognise(std::string_view line) override {
    if (next_ >= reader_.order_.size())
      return 0;
    auto* candidate = reader_.order_[next_];
    const auto& text = candidate->first;
    if (!line.starts_with(text))
      return 0;
    bool whole = text.ends_with('}') || line.size() == text.size() || line[text.size()] == ' ' ||
                 line[text.size()] == '\t';
    if (!whole)
      return 0;
    known_ = candidate;
    return text.size();
  }

  expected<void> on_known(std::string_view value_text) override {
    return meet(*known_, value_text);
  }

  bool wants(std::string_view name) override { return reader_.interest_.wants_name(name); }

  expected<void> on(std::string_view series,
                    std::string_view name,
                    const label_view& labels,
                    std::string_view value_text) override {
    if (name.size() > longest_name || series.size() > longest_series) {
      ++reader_.oversized_;
      return {};
    }
    if (auto found = reader_.memories_.find(series); found != reader_.memories_.end())
      return meet(*found, value_text);
    auto slot = reader_.interest_.slot_of(series_key{std::string(name), labels.to_set()});
    if (auto* added = reader_.remember(series, slot))
      return meet(*added, value_text);
    return slot ? take(*slot, value_text) : expected<void>{};
  }

private:
  expected<void> meet(entry& e, std::string_view value_text) {
    auto& memory = e.second;
    next_ = memory.place + 1;
    ++reader_.met_;
    if (!memory.slot)
      return {};
    auto& filled = memory.twin->filled;
    if (filled == reader_.round_) {
      ++reader_.repeated_;
      return {};
    }
    filled = reader_.round_;
    return take(*memory.slot, value_text);
  }

  expected<void> take(uint32_t slot, std::string_view value_text) {
    auto value = base::read_number(value_text);
    if (!value)
      return fail(ec::corrupt, "the value is no number");
    reader_.values_.push_back({slot, *value});
    return {};
  }

  page_reader& reader_;
  entry* known_ = nullptr;
  size_t next_ = 0; ///< The memory that the next line should match.
};

expected<std::span<const slot_value>> page_reader::read(std::string_view page) {
  values_.clear();
  repeated_ = met_ = oversized_ = 0;
  if (++round_ == 0) // Wrapped: marks of four billion rounds ago must not count.
    forget(), round_ = 1;
  sink lines(*this);
  auto summary = parse_exposition(page, lines);
  if (!summary) {
    values_.clear();
    return fail(summary.error());
  }
  bound_memory();
  is_first_oversized_ = oversized_ > 0 && !was_oversized_;
  was_oversized_ |= oversized_ > 0;
  return std::span<const slot_value>(values_);
}

page_reader::entry* page_reader::remember(std::string_view series, std::optional<uint32_t> slot) {
  if (memories_.size() >= max_memories)
    return nullptr;
  auto* added = &*memories_.emplace(series, line_memory{}).first;
  auto& memory = added->second;
  memory.slot = slot;
  memory.twin = slot ? first_of_slot_.emplace(*slot, &memory).first->second : &memory;
  memory.place = order_.size();
  order_.push_back(added);
  return added;
}

/// Series that came and went for good must not pile up: start over when most memories are of no use
/// any more.
void page_reader::bound_memory() {
  if (memories_.size() > 1024 && memories_.size() > 2 * met_)
    forget();
}

void page_reader::forget() {
  memories_.clear();
  first_of_slot_.clear();
  order_.clear();
}

size_t page_reader::memory_bytes() const {
  size_t bytes = memories_.bucket_count() * sizeof(void*) + first_of_slot_.size() * 40 +
                 order_.capacity() * sizeof(void*) + values_.capacity() * sizeof(slot_value);
  for (const auto& [text, memory] : memories_)
    bytes += sizeof(entry) + 2 * sizeof(void*) + (text.capacity() > 15 ? text.capacity() + 1 : 0);
  return bytes;
}

} // namespace aops::scrape
