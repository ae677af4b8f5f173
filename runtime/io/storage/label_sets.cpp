#include "runtime/io/storage/label_sets.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/base/json_codec.hpp"
#include "runtime/io/storage/filter.hpp"
#include "runtime/io/storage/steps.hpp"

namespace aops::storage {

namespace {

/// A set is said to be used so much longer than its rows, so that a row that grows says so but once
/// a day.
constexpr int64_t grace_ms = 24 * 3600 * 1000;

} // namespace

std::string text_of(const label_set& labels) {
  return base::json(labels).dump(-1, ' ', false, base::json::error_handler_t::replace);
}

label_set labels_of(std::string_view text) {
  if (text.empty())
    return {};
  label_set out;
  auto object = base::json::parse(text, nullptr, false);
  if (object.is_object())
    for (const auto& [name, value] : object.items())
      if (value.is_string())
        out.emplace(name, value.get<std::string>());
  return out;
}

void label_sets::want(const label_set& labels, int64_t end_ms) {
  if (labels.empty())
    return;
  auto [found, is_new] = wanted_.try_emplace(labels);
  auto& x = found->second;
  x.end_ms = is_new ? end_ms : std::max(x.end_ms, end_ms);
  if (!is_new)
    return;
  x.text = text_of(labels);
  x.digest = base::sha256_hex(x.text);
  by_digest_[x.digest] = &x;
}

expected<void> label_sets::read(const std::vector<std::string>& digests, bool is_locked) {
  auto take = [&](const row& r) {
    by_digest_.at(r.string(0))->number = r.integer(1);
    used_until_[r.string(0)] = r.integer(2);
    return true;
  };
  return for_parts(digests, [&](const std::vector<std::string>& part) {
    filter matching("1 = 1");
    matching.in("digest", part);
    return only(db_.list_with("select digest, n, until_ms from label_set where " +
                                matching.where() +
                                (is_locked ? std::string{db_.sql().for_update()} : std::string{}),
                              matching.values(),
                              take));
  });
}

expected<void> label_sets::find() {
  std::vector<std::string> digests;
  for (const auto& [digest, x] : by_digest_)
    digests.push_back(digest);
  if (auto done = read(digests, false); !done)
    return done;
  // In the order of their digests, so that two writers cannot deadlock.
  std::vector<std::string> changed;
  std::vector<parameter> values;
  for (const auto& [digest, x] : by_digest_) {
    auto known = used_until_.find(digest);
    if (known != used_until_.end() && known->second >= x->end_ms)
      continue;
    changed.push_back(digest);
    values.insert(values.end(), {x->digest, x->text, x->end_ms + grace_ms});
  }
  if (changed.empty())
    return {};
  auto written = db_.run_many(
    db_.sql().upsert_unless_older("label_set", {"digest"}, {"labels"}, "until_ms"), 3, values);
  if (!written)
    return fail(std::move(written.error()));
  return read(changed, true);
}

int64_t label_sets::number_of(const label_set& labels) const {
  auto found = wanted_.find(labels);
  return found == wanted_.end() ? 0 : found->second.number;
}

expected<int64_t> label_sets::expire(database& db, int64_t ended_before_ms, int64_t limit) {
  auto keys = db.list(
    "select n from label_set where until_ms < ? order by until_ms limit ?" +
      std::string{db.sql().for_update()},
    [](const row& r) { return parameter{r.integer(0)}; },
    ended_before_ms,
    limit);
  if (!keys)
    return fail(std::move(keys.error()));
  return db.run_many("delete from label_set where n = ?", 1, *keys);
}

} // namespace aops::storage
