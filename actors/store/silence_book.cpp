#include "actors/store/silence_book.hpp"

#include "runtime/base/log.hpp"
#include "runtime/core/notify/alertmanager.hpp"

#include <algorithm>

namespace aops::actors {

namespace {

/// Kept ready; many more than owners have that are not over.
constexpr size_t most_ready_silences = 4096;

} // namespace

expected<notify::silence> silence_from(const storage::stored_silence& x) {
  auto terms = x.terms;
  // Of groups that are gone nobody is a member; without any it would be about all hosts.
  if (x.has_groups && terms.groups.empty())
    terms.groups.push_back(0);
  return notify::silence::of(terms, x.start_ms, x.end_ms);
}

silence_cache::item silence_cache::get(const storage::stored_silence& x) {
  name key{x.id, {x.end_ms, x.terms.groups.size()}};
  std::lock_guard lock{mutex_};
  if (auto known = all_.find(key); known != all_.end())
    return known->second;
  auto made = silence_from(x);
  if (!made)
    log::warn("silence-unreadable", "silence {} silences nothing: {}", x.id, made.error().detail);
  if (all_.size() >= most_ready_silences)
    all_.clear();
  auto ready = made ? std::make_shared<const notify::silence>(std::move(*made)) : item{};
  return all_.emplace(std::move(key), std::move(ready)).first->second;
}

expected<silence_book> silence_book::read(storage::database& db,
                                          silence_cache& cache,
                                          const std::vector<std::string>& owners,
                                          int64_t from_ms) {
  auto rows = storage::silence_repository{db}.of_owners(owners, from_ms);
  if (!rows)
    return fail(std::move(rows.error()));
  silence_book out;
  for (auto& x : *rows)
    if (auto ready = cache.get(x))
      out.all_.push_back({std::move(x.owner), std::move(x.id), std::move(ready)});
  return out;
}

std::optional<silence_book::hit>
silence_book::find(std::string_view owner, const notify::silence_subject& x, int64_t at_ms) const {
  std::optional<hit> out;
  for (const auto& one : all_) {
    if (one.owner != owner || !one.what->covers(x))
      continue;
    auto when = one.what->at(at_ms);
    if (when && (!out || when->until_ms > out->when.until_ms))
      out = hit{one.id, *when};
  }
  return out;
}

notify::silence_subject subject_of(const told_alert& x, int64_t group) {
  return {x.host_id, group, notify::alertmanager_labels(x)};
}

expected<void> mark_silenced(storage::database& db,
                             silence_cache& cache,
                             const std::string& owner,
                             int64_t now_ms,
                             std::vector<alert_info>& alerts) {
  if (std::none_of(alerts.begin(), alerts.end(), [](const auto& x) { return x.firing; }))
    return {};
  auto book = silence_book::read(db, cache, {owner}, now_ms);
  if (!book)
    return fail(std::move(book.error()));
  if (book->is_empty())
    return {};
  for (auto& x : alerts) {
    if (!x.firing)
      continue;
    told_alert told;
    told.host_id = x.host_id;
    told.host_name = x.host_name;
    told.check_item = x.check_item;
    told.labels = x.labels;
    told.severity = x.severity;
    told.value = x.value;
    told.rule_labels = x.rule_labels;
    if (auto found = book->find(owner, subject_of(told, x.host_group), now_ms)) {
      x.silenced_by = std::move(found->id);
      if (found->when.until_ms < notify::endless_ms)
        x.silenced_until = moment{found->when.until_ms};
    }
  }
  return {};
}

} // namespace aops::actors
