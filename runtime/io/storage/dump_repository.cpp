#include "runtime/io/storage/dump_repository.hpp"

#include "runtime/io/storage/steps.hpp"

#include <algorithm>
#include <array>

namespace aops::storage {

namespace {

using base::json;

/// Keys of one statement.
constexpr size_t keys_at_once = 200;

/// The rows of a file by key. ec::corrupt.
expected<std::map<int64_t, std::string_view>> by_key(const dump& x) {
  std::map<int64_t, std::string_view> out;
  for (const auto& text : x.rows) {
    auto row = json::parse(text, nullptr, false);
    auto n = row.is_object() ? row.find("n") : row.end();
    if (!row.is_object() || n == row.end() || !n->is_number_integer())
      return fail(ec::corrupt, "a row of the dump has no key");
    out.emplace(n->get<int64_t>(), text);
  }
  return out;
}

/// Calls `work(keys)` for keys in portions until one fails.
template <class Keys, class Work>
expected<void> in_portions(const Keys& keys, Work work) {
  std::vector<int64_t> some;
  for (auto it = keys.begin(); it != keys.end();) {
    some.clear();
    for (; it != keys.end() && some.size() < keys_at_once; ++it)
      some.push_back(*it);
    if (auto done = work(some); !done)
      return done;
  }
  return {};
}

} // namespace

std::span<const dump_kind* const> dump_kinds() {
  static const std::array<const dump_kind*, 4> all = {
    &dumped_results(), &dumped_reports(), &dumped_audit(), &dumped_samples()};
  return all;
}

expected<const dump_kind*> dump_kind_of(std::string_view name) {
  for (const auto* kind : dump_kinds())
    if (kind->name() == name)
      return kind;
  return fail(ec::bad_request, "no such kind of dump: " + std::string{name});
}

expected<dump_mark> dump_repository::mark(const dump_kind& kind) {
  auto found = db_.first(
    "select store, number from dump where kind = ?",
    [](const row& r) {
      return dump_mark{r.string(0), r.integer(1)};
    },
    kind.name());
  return found.map([](auto x) { return x.value_or(dump_mark{}); });
}

expected<void> dump_repository::begin(const dump_kind& kind, std::string_view store) {
  return only(db_.run(db_.sql().insert_ignore("dump", {"kind"}, {"store", "number"}),
                      kind.name(),
                      store,
                      int64_t{0}));
}

expected<void> dump_repository::count(const dump_kind& kind, const dump& x) {
  auto rows = db_.run("update dump set number = ? where kind = ? and store = ? and number = ?",
                      x.number,
                      kind.name(),
                      x.store,
                      x.number - 1);
  if (rows && *rows == 0)
    return fail(ec::moved, "another dump was made meanwhile");
  return only(std::move(rows));
}

expected<std::vector<int64_t>>
dump_repository::unchanged(const dump_kind& kind, const std::map<int64_t, std::string_view>& rows) {
  std::vector<int64_t> keys, same;
  for (const auto& [key, text] : rows)
    keys.push_back(key);
  auto done = in_portions(keys, [&](const std::vector<int64_t>& some) -> expected<void> {
    auto stored = kind.read(db_, some);
    if (!stored)
      return fail(std::move(stored.error()));
    for (const auto& x : *stored)
      if (x.text == rows.at(x.key))
        same.push_back(x.key);
    return {};
  });
  if (!done)
    return fail(std::move(done.error()));
  return same;
}

expected<int64_t> dump_repository::carry_out(const dump_kind& kind, const dump& x) {
  auto rows = by_key(x);
  if (!rows)
    return fail(std::move(rows.error()));
  if (auto counted = count(kind, x); !counted)
    return fail(std::move(counted.error()));
  auto same = unchanged(kind, *rows);
  if (!same)
    return fail(std::move(same.error()));
  int64_t gone = 0;
  auto done = in_portions(*same, [&](const std::vector<int64_t>& some) -> expected<void> {
    auto removed = kind.remove(db_, some);
    gone += removed.value_or(0);
    return only(std::move(removed));
  });
  if (!done)
    return fail(std::move(done.error()));
  return gone;
}

expected<restore_summary> dump_repository::restore(const dump& x, const row_placer& place) {
  auto kind = dump_kind_of(x.kind);
  if (!kind)
    return fail(std::move(kind.error()));
  restore_summary out;
  for (auto text = x.rows.rbegin(); text != x.rows.rend(); ++text) {
    auto row = json::parse(*text, nullptr, false);
    if (!row.is_object())
      return fail(ec::corrupt, "a row of the dump is unreadable");
    auto placed = place ? place(db_, **kind, std::move(row)) : expected<json>{std::move(row)};
    if (!placed)
      return fail(std::move(placed.error()));
    auto done = (*kind)->restore(db_, *placed);
    if (!done)
      return fail(std::move(done.error()));
    out.added += *done == restored_as::added;
    out.present += *done == restored_as::present;
    out.homeless += *done == restored_as::homeless;
  }
  return out;
}

} // namespace aops::storage
