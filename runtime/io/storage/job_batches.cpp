#include "runtime/io/storage/content_repository.hpp"
#include "runtime/io/storage/job_repository.hpp"
#include "runtime/io/storage/steps.hpp"

#include <map>
#include <unordered_map>

/// The part of `job_repository` that creates many jobs at once.
namespace aops::storage {

namespace {

constexpr size_t job_columns = 12;

void add_values(std::vector<parameter>& to, const job_record& job) {
  to.insert(to.end(),
            {job.id,
             job.kind.text,
             job.owner,
             job.user,
             job.slot,
             text_of(job.state),
             job.expected,
             job.finished,
             job.failed,
             job.created_ms,
             job.deadline_ms,
             job.plan});
}

} // namespace

expected<by_text<std::string>> job_repository::owners(const std::vector<std::string>& ids) {
  return rows_of_texts(
    db_, "select id, owner from job" + db_.sql().use_index("job_id"), "id", ids, [](const row& r) {
      return r.string(1);
    });
}

expected<std::vector<job_of_many>>
job_repository::create_many(std::span<const job_to_create> jobs) {
  std::vector<const job_to_create*> all;
  for (const auto& x : jobs)
    all.push_back(&x);
  return create_all(all);
}

expected<std::vector<job_of_many>>
job_repository::create_all(std::span<const job_to_create* const> jobs) {
  std::vector<std::string> ids;
  ids.reserve(jobs.size());
  for (const auto* x : jobs)
    ids.push_back(x->job.id);
  auto known_owners = owners(ids);
  if (!known_owners)
    return fail(std::move(known_owners.error()));
  std::unordered_map<std::string_view, std::string_view> owner_of;
  owner_of.reserve(jobs.size());
  for (const auto& [id, owner] : *known_owners)
    owner_of.emplace(id, owner);
  std::vector<job_of_many> out;
  std::vector<const job_to_create*> added;
  std::vector<parameter> values;
  out.reserve(jobs.size());
  values.reserve(jobs.size() * job_columns);
  for (const auto* x : jobs) {
    auto [known, is_new] = owner_of.emplace(x->job.id, x->job.owner);
    out.push_back({x->job.id, !is_new, known->second != x->job.owner});
    if (!is_new)
      continue;
    added.push_back(x);
    add_values(values, x->job);
  }
  auto done = in_order(
    [&] {
      return db_.run_many(
        "insert into job (id, kind, owner, username, slot, state, epoch, idempotency_key, "
        "expected, finished, failed, last_number, stored, created_ms, deadline_ms, plan_version, "
        "plan) values (?, ?, ?, ?, ?, ?, 0, null, ?, ?, ?, 0, 0, ?, ?, 1, ?)",
        job_columns,
        values);
    },
    [&] { return freeze_many(added); });
  if (!done)
    return fail(std::move(done.error()));
  return out;
}

/// An engine within the process, which has one writer, has just numbered them one by one; another
/// is asked.
expected<std::vector<int64_t>>
job_repository::keys_of_new(std::span<const job_to_create* const> jobs) {
  std::vector<int64_t> out;
  out.reserve(jobs.size());
  if (!db_.sql().is_distant()) {
    auto first = db_.last_id() - static_cast<int64_t>(jobs.size()) + 1;
    for (size_t i = 0; i < jobs.size(); ++i)
      out.push_back(first + static_cast<int64_t>(i));
    return out;
  }
  std::vector<std::string> ids;
  ids.reserve(jobs.size());
  for (const auto* x : jobs)
    ids.push_back(x->job.id);
  auto keys = rows_of_texts(
    db_, "select id, n from job" + db_.sql().use_index("job_id"), "id", ids, [](const row& r) {
      return r.integer(1);
    });
  if (!keys)
    return fail(std::move(keys.error()));
  for (const auto& id : ids)
    out.push_back(keys->find(id)->second);
  return out;
}

expected<void> job_repository::freeze_many(std::span<const job_to_create* const> jobs) {
  std::map<std::string_view, const tree_content*> contents; // In one order on all nodes.
  for (const auto* x : jobs)
    for (const auto& tree : x->trees)
      contents.emplace(tree.digest, &tree);
  if (contents.empty())
    return {};
  auto keys = keys_of_new(jobs); // Before anything else is inserted.
  if (!keys)
    return fail(std::move(keys.error()));
  std::unordered_map<std::string_view, int64_t> content_keys;
  auto interned = for_each(contents, [&](const auto& entry) -> expected<void> {
    content_repository store{db_};
    const auto& tree = *entry.second;
    auto key = tree.content.empty() ? store.key_of(tree.digest)
                                    : store.intern(tree.digest, "tree", tree.content);
    if (!key)
      return fail(std::move(key.error()));
    content_keys[entry.first] = *key;
    return {};
  });
  if (!interned)
    return interned;
  std::vector<parameter> values;
  values.reserve(4 * jobs.size());
  for (size_t job = 0; job < jobs.size(); ++job) {
    const auto& trees = jobs[job]->trees;
    for (size_t i = 0; i < trees.size(); ++i)
      values.insert(values.end(),
                    {(*keys)[job], i, trees[i].tree_name, content_keys.at(trees[i].digest)});
  }
  return only(db_.run_many(
    "insert into job_tree (job, position, tree_name, content) values (?, ?, ?, ?)", 4, values));
}

} // namespace aops::storage
