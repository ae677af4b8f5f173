#include "runtime/core/check/kept_series.hpp"

#include "runtime/core/check/rule_judge.hpp"

#include <algorithm>

namespace aops::check {

namespace {

/// Ends a name, a label name or a label value; never part of one in UTF-8.
constexpr char separator = '\xff';

void write_key(std::string& out, std::string_view name, const label_set& label) {
  out.assign(name);
  for (const auto& [key, value] : label)
    out.append(1, separator).append(key).append(1, separator).append(value);
}

series_key read_key(std::string_view text) {
  auto next = [&] {
    auto end = std::min(text.find(separator), text.size());
    std::string part(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
  };
  series_key key{next(), {}};
  while (!text.empty()) {
    auto name = next();
    key.label[std::move(name)] = next();
  }
  return key;
}

std::string_view name_in(std::string_view text) { return text.substr(0, text.find(separator)); }

} // namespace

kept_series::kept_series(std::shared_ptr<const keep_list> list,
                         size_t max_listed,
                         size_t max_matched)
    : list_(std::move(list)), max_listed_(max_listed), max_matched_(max_matched) {
  for (auto name : {up_series, duration_series})
    slots_[add(std::string(name), false)].bound = 1; // For good.
}

std::optional<uint32_t> kept_series::own_slot(std::string_view name, const label_set& label) const {
  if (!label.empty())
    return {};
  if (name == up_series)
    return up;
  if (name == duration_series)
    return duration;
  return {};
}

// -- slots

void kept_series::put(uint32_t slot, std::string text) {
  slots_[slot] = {};
  auto& info = slots_[slot];
  info.listed = is_listed(name_in(text));
  listed_ += info.listed ? 1 : 0;
  info.text = &by_text_.emplace(std::move(text), slot).first->first;
}

uint32_t kept_series::add(std::string text, bool is_new) {
  auto slot = static_cast<uint32_t>(slots_.size());
  if (free_.empty()) {
    slots_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  put(slot, std::move(text));
  slots_[slot].is_new = is_new;
  return slot;
}

bool kept_series::adopt(uint32_t slot, const series_key& key, int64_t seen_ms) {
  write_key(scratch_, key.name, key.label);
  if (slot >= max_slots || by_text_.contains(scratch_))
    return own_slot(key.name, key.label) == slot;
  for (auto next = slot_count(); next <= slot; ++next) {
    slots_.emplace_back();
    free_.push_back(next);
  }
  if (slots_[slot].text != nullptr)
    return false;
  free_.erase(std::find(free_.rbegin(), free_.rend(), slot).base() - 1);
  put(slot, scratch_);
  slots_[slot].seen_ms = seen_ms;
  return true;
}

std::vector<uint32_t> kept_series::forget_unseen(int64_t before_ms, size_t most) {
  std::vector<uint32_t> freed;
  for (uint32_t slot = duration + 1; slot < slots_.size() && freed.size() < most; ++slot) {
    auto& info = slots_[slot];
    if (info.text == nullptr || info.bound > 0 || info.seen_ms >= before_ms)
      continue;
    listed_ -= info.listed ? 1 : 0;
    matched_ -= info.matched && !info.listed ? 1 : 0;
    std::erase(new_, slot);
    by_text_.erase(by_text_.find(*info.text));
    info = {};
    freed.push_back(slot);
  }
  free_.insert(free_.end(), freed.begin(), freed.end());
  return freed;
}

std::vector<series_entry> kept_series::take_new() {
  std::vector<series_entry> result;
  for (auto slot : new_)
    result.push_back({slot, key_of(slot)});
  new_.clear();
  return result;
}

// -- what is wanted

bool kept_series::wants_name(std::string_view name) const {
  return bound_names_.contains(name) || is_listed(name) || watches_.contains(name);
}

bool kept_series::is_watched(std::string_view name, const label_set& label) const {
  auto found = watches_.find(name);
  return found != watches_.end() &&
         std::any_of(found->second.begin(), found->second.end(), [&](const watch_entry& w) {
           return w.match->matches(label);
         });
}

/// Whether there is room for a series that matches; what there is none for is remembered.
bool kept_series::takes_match(std::string_view name, const label_set& label) {
  if (!is_watched(name, label))
    return false;
  if (matched_ < max_matched_)
    return true;
  auto is_it = [&](const series_key& x) { return x.name == name && x.label == label; };
  if (unmatched_.size() < max_matched_ && std::none_of(unmatched_.begin(), unmatched_.end(), is_it))
    unmatched_.push_back({std::string(name), label});
  return false;
}

void kept_series::watch(const std::string& name, std::shared_ptr<const selector> match) {
  auto& watches = watches_[name];
  auto same = [&](const watch_entry& w) { return w.match == match; };
  auto found = std::find_if(watches.begin(), watches.end(), same);
  if (found == watches.end())
    found = watches.insert(found, {std::move(match), 0});
  ++found->users;
}

void kept_series::unwatch(const std::string& name, const std::shared_ptr<const selector>& match) {
  auto watches = watches_.find(name);
  std::erase_if(watches->second,
                [&](watch_entry& w) { return w.match == match && --w.users == 0; });
  if (watches->second.empty())
    watches_.erase(watches);
}

bool kept_series::watches(const std::string& name, const selector& match) const {
  auto found = watches_.find(name);
  return found != watches_.end() &&
         std::any_of(found->second.begin(), found->second.end(), [&](const watch_entry& w) {
           return w.match->text() == match.text();
         });
}

void kept_series::settle_watches() {
  unmatched_.clear();
  matched_ = 0;
  for (uint32_t slot = duration + 1; slot < slots_.size(); ++slot) {
    auto& info = slots_[slot];
    bool may_match = info.text != nullptr && watches_.contains(name_in(*info.text));
    info.matched = may_match && is_watched(name_in(*info.text), key_of(slot).label);
    matched_ += info.matched && !info.listed ? 1 : 0;
  }
}

size_t kept_series::unmatched(const std::string& name, const selector& match) const {
  return static_cast<size_t>(
    std::count_if(unmatched_.begin(), unmatched_.end(), [&](const series_key& x) {
      return x.name == name && match.matches(x.label);
    }));
}

bool kept_series::wants(std::string_view name, const label_set& label) const {
  if (own_slot(name, label))
    return false;
  std::string text;
  write_key(text, name, label);
  if (auto found = by_text_.find(text); found != by_text_.end())
    return is_wanted(found->second) || is_watched(name, label);
  return (is_listed(name) && listed_ < max_listed_) ||
         (matched_ < max_matched_ && is_watched(name, label));
}

bool kept_series::keeps(const series_key& key) const {
  std::string text;
  write_key(text, key.name, key.label);
  auto found = by_text_.find(text);
  return found != by_text_.end() && is_wanted(found->second);
}

std::optional<uint32_t> kept_series::slot_of(std::string_view name, const label_set& label) {
  if (own_slot(name, label))
    return {};
  write_key(scratch_, name, label);
  auto found = by_text_.find(scratch_);
  if (found != by_text_.end() && is_wanted(found->second))
    return found->second;
  bool has_room = is_listed(name) && listed_ < max_listed_;
  if (found == by_text_.end() && has_room) {
    auto slot = add(scratch_, true);
    slots_[slot].matched = is_watched(name, label);
    return slot;
  }
  if (!takes_match(name, label)) {
    left_out_ += found == by_text_.end() && is_listed(name) ? 1 : 0;
    return {};
  }
  auto slot = found != by_text_.end() ? found->second : add(scratch_, true);
  slots_[slot].matched = true;
  ++matched_;
  return slot;
}

uint32_t kept_series::bind(std::string_view name, const label_set& label, bool& was_kept) {
  if (auto own = own_slot(name, label)) {
    was_kept = true;
    return *own;
  }
  write_key(scratch_, name, label);
  auto found = by_text_.find(scratch_);
  bool known = found != by_text_.end();
  was_kept = known ? is_wanted(found->second) : is_listed(name) && listed_ < max_listed_;
  auto slot = known ? found->second : add(scratch_, true);
  ++slots_[slot].bound;
  if (auto count = bound_names_.find(name); count != bound_names_.end())
    ++count->second;
  else
    bound_names_.emplace(name, 1);
  return slot;
}

void kept_series::release(uint32_t slot) {
  if (slot == up || slot == duration)
    return;
  auto& info = slots_[slot];
  auto name = bound_names_.find(name_in(*info.text));
  if (--name->second == 0)
    bound_names_.erase(name);
  --info.bound;
}

// -- looking

series_key kept_series::key_of(uint32_t slot) const {
  const auto* text = slot < slots_.size() ? slots_[slot].text : nullptr;
  return text ? read_key(*text) : series_key{};
}

std::string_view kept_series::name_of(uint32_t slot) const {
  const auto* text = slot < slots_.size() ? slots_[slot].text : nullptr;
  return text ? name_in(*text) : std::string_view();
}

std::vector<series_entry> kept_series::bound() const {
  std::vector<series_entry> result;
  for (uint32_t slot = duration + 1; slot < slots_.size(); ++slot)
    if (slots_[slot].bound > 0)
      result.push_back({slot, key_of(slot)});
  return result;
}

void kept_series::note_new(uint32_t slot) {
  slots_[slot].is_new = false;
  new_.push_back(slot);
}

std::optional<kept_series::last_value> kept_series::last_of(uint32_t slot) const {
  if (slot >= slots_.size() || !slots_[slot].has_value)
    return {};
  return last_value{slots_[slot].seen_ms, slots_[slot].value};
}

size_t kept_series::memory_bytes() const {
  // A node: the pair, the next pointer and the hash; the allocator's own word twice.
  constexpr size_t node = sizeof(std::pair<const std::string, uint32_t>) + 16 + 16;
  size_t bytes = sizeof(*this) + slots_.capacity() * sizeof(slot_info) +
                 (free_.capacity() + new_.capacity()) * sizeof(uint32_t) +
                 (by_text_.bucket_count() + bound_names_.bucket_count()) * sizeof(void*) +
                 (by_text_.size() + bound_names_.size()) * node;
  for (const auto& [text, slot] : by_text_)
    bytes += text.capacity() > 15 ? text.capacity() + 1 : 0;
  return bytes;
}

} // namespace aops::check
