#include "runtime/io/storage/job_repository.hpp"

#include "runtime/io/storage/content_repository.hpp"
#include "runtime/io/storage/filter.hpp"
#include "runtime/io/storage/steps.hpp"

#include <map>
#include <set>

/// The part of `job_repository` that writes; `job_pages.cpp` has its lists.
namespace aops::storage {

namespace {

const std::string job_query = "select id, kind, owner, username, slot, state, idempotency_key, "
                              "plan, expected, finished, failed, "
                              "created_ms, deadline_ms from job";

job_record read_job(const row& r) {
  job_record x;
  x.id = r.string(0);
  x.kind = r.string(1);
  x.owner = r.string(2);
  x.user = r.string(3);
  x.slot = static_cast<uint16_t>(r.integer(4));
  x.state = r.string(5);
  x.idempotency_key = r.string(6);
  x.plan = r.string(7);
  x.expected = r.integer(8);
  x.finished = r.integer(9);
  x.failed = r.integer(10);
  x.created_ms = r.integer(11);
  x.deadline_ms = r.integer(12);
  return x;
}

} // namespace

/// Where a job stands, and its integer key.
struct job_repository::standing {
  int64_t key = 0;
  job_progress progress;
};

expected<job_repository::standing> job_repository::stand(std::string_view id) {
  auto found = db_.first(
    // Locked: any node may cancel it.
    "select n, state, expected, finished, failed, last_number from job where id = ?" +
      std::string{db_.sql().for_update()},
    [&](const row& r) {
      return standing{
        r.integer(0),
        {std::string{id}, r.string(1), r.integer(2), r.integer(3), r.integer(4), r.integer(5)}};
    },
    id);
  if (!found)
    return fail(std::move(found.error()));
  if (!*found)
    return fail(ec::not_found, "task " + std::string{id});
  return std::move(**found);
}

// -- creation ------------------------------------------------------------------------------------

expected<std::optional<job_record>> job_repository::existing(const job_record& job) {
  auto same_id = db_.first(job_query + " where id = ?", read_job, job.id);
  if (!same_id || *same_id) {
    if (same_id && (*same_id)->owner != job.owner)
      return fail(ec::conflict, "task_id: in use");
    return same_id;
  }
  if (job.idempotency_key.empty())
    return std::optional<job_record>{};
  return db_.first(job_query + " where owner = ? and idempotency_key = ?",
                   read_job,
                   job.owner,
                   job.idempotency_key);
}

expected<job_record> job_repository::create(const job_record& job,
                                            const std::vector<tree_content>& trees) {
  auto old = existing(job);
  if (!old)
    return fail(std::move(old.error()));
  if (*old)
    return std::move(**old);
  std::optional<std::string> key;
  if (!job.idempotency_key.empty())
    key = job.idempotency_key;
  auto added = db_.run(
    "insert into job (id, kind, owner, username, slot, state, epoch, idempotency_key, expected, "
    "finished, failed, last_number, stored, created_ms, deadline_ms, plan_version, plan) "
    "values (?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, 0, 0, ?, ?, 1, ?)",
    job.id,
    job.kind,
    job.owner,
    job.user,
    job.slot,
    job.state,
    key,
    job.expected,
    job.finished,
    job.failed,
    job.created_ms,
    job.deadline_ms,
    job.plan);
  if (!added && added.error() == ec::conflict)
    if (auto other = existing(job); !other || *other) // Another node was faster.
      return other ? expected<job_record>{std::move(**other)} : fail(std::move(other.error()));
  if (!added)
    return fail(std::move(added.error()));
  if (auto frozen = freeze(db_.last_id(), trees); !frozen)
    return fail(std::move(frozen.error()));
  return job;
}

expected<void> job_repository::freeze(int64_t job, const std::vector<tree_content>& trees) {
  content_repository contents{db_};
  int64_t position = 0;
  return for_each(trees, [&](const tree_content& tree) -> expected<void> {
    auto content = tree.content.empty() ? contents.key_of(tree.digest)
                                        : contents.intern(tree.digest, "tree", tree.content);
    if (!content)
      return fail(std::move(content.error()));
    return only(
      db_.run("insert into job_tree (job, position, tree_name, content) values (?, ?, ?, ?)",
              job,
              position++,
              tree.tree_name,
              *content));
  });
}

// -- reading -------------------------------------------------------------------------------------

expected<job_record> job_repository::find(std::string_view id) {
  auto found = db_.first(job_query + " where id = ?", read_job, id);
  if (!found)
    return fail(std::move(found.error()));
  if (!*found)
    return fail(ec::not_found, "task " + std::string{id});
  return std::move(**found);
}

expected<job_state> job_repository::load(std::string_view id) {
  snapshot view{db_};
  if (!view)
    return fail(view.error());
  auto job = find(id);
  if (!job)
    return fail(std::move(job.error()));
  auto units = db_.list(
    "select u.unit from job_unit u join job j on j.n = u.job where j.id = ? "
    "and u.state = 'done' order by u.unit",
    [](const row& r) { return r.integer(0); },
    id);
  if (!units)
    return fail(std::move(units.error()));
  auto trees = db_.list(
    "select t.tree_name, c.digest, c.body from job_tree t "
    "join job j on j.n = t.job join content c on c.n = t.content "
    "where j.id = ? order by t.position",
    [](const row& r) {
      return tree_content{r.string(0), r.string(1), r.string(2)};
    },
    id);
  if (!trees)
    return fail(std::move(trees.error()));
  return job_state{std::move(*job), std::move(*units), std::move(*trees)};
}

expected<std::vector<job_record>> job_repository::open_in_slots(std::span<const uint16_t> slots,
                                                                int64_t limit) {
  if (slots.empty())
    return std::vector<job_record>{};
  filter matching("state in ('pending', 'running')");
  if (slots.size() < 256)
    matching.in("slot", std::vector<uint16_t>(slots.begin(), slots.end()));
  return db_.list_with(job_query + db_.sql().use_index("job_open") + " where " + matching.where() +
                         " order by n limit ?",
                       matching.values_and(limit),
                       read_job);
}

expected<std::vector<job_record>> job_repository::open_of_owner(std::string_view owner,
                                                                int64_t limit) {
  return db_.list(job_query + db_.sql().use_index("job_open") +
                    " where state in ('pending', 'running') and owner = ? order by n limit ?",
                  read_job,
                  owner,
                  limit);
}

// -- moving on -----------------------------------------------------------------------------------

expected<std::vector<const report_to_store*>>
job_repository::new_reports(const std::vector<report_to_store>& reports) {
  std::vector<std::string> ids;
  for (const auto& x : reports)
    ids.push_back(x.report_id);
  std::set<std::string> known;
  auto done = for_parts(ids, [&](const std::vector<std::string>& part) -> expected<void> {
    filter matching("1 = 1");
    matching.in("report_id", part);
    return db_
      .list_with("select report_id from report where " + matching.where(),
                 matching.values(),
                 [](const row& r) { return r.string(0); })
      .map([&](auto found) { known.insert(found.begin(), found.end()); });
  });
  if (!done)
    return fail(std::move(done.error()));
  std::vector<const report_to_store*> out;
  for (const auto& x : reports)
    if (known.insert(x.report_id).second)
      out.push_back(&x);
  return out;
}

expected<void> job_repository::add_reports(int64_t job,
                                           std::string_view owner,
                                           const std::vector<const report_to_store*>& reports,
                                           int64_t first_number) {
  if (reports.empty())
    return {};
  std::map<std::string_view, int64_t> trees;
  std::vector<parameter> rows, bodies;
  auto number = first_number;
  for (const auto* x : reports) {
    if (auto known = trees.find(x->tree_digest); known == trees.end()) {
      auto tree = content_repository{db_}.key_of(x->tree_digest);
      if (!tree)
        return fail(std::move(tree.error()));
      trees[x->tree_digest] = *tree;
    }
    rows.insert(rows.end(),
                {x->report_id,
                 job,
                 number++,
                 owner,
                 x->host_id,
                 x->tree_name,
                 trees[x->tree_digest],
                 x->start_ms,
                 x->end_ms});
  }
  auto added =
    db_.run_many("insert into report (report_id, job, number, owner, host_id, tree_name, tree, "
                 "start_ms, end_ms) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                 9,
                 rows);
  if (!added)
    return fail(std::move(added.error()));
  auto keys = db_.list(
    "select n from report where job = ? and number >= ? order by number",
    [](const row& r) { return r.integer(0); },
    job,
    first_number);
  if (!keys)
    return fail(std::move(keys.error()));
  if (keys->size() != reports.size())
    return fail(ec::internal, "reports and their numbers do not fit");
  for (size_t i = 0; i < reports.size(); ++i) {
    const auto& x = *reports[i];
    bodies.insert(bodies.end(), {(*keys)[i], blob{x.values}, x.detail, x.content_hash, x.error});
  }
  return only(
    db_.run_many("insert into report_body (report, node_values, detail, content_hash, error) "
                 "values (?, ?, ?, ?, ?)",
                 5,
                 bodies));
}

expected<job_progress> job_repository::commit_unit(const unit_to_commit& x) {
  auto job = stand(x.job);
  if (!job)
    return fail(std::move(job.error()));
  auto& now = job->progress;
  if (is_final_state(now.state))
    return now;
  auto is_first =
    db_.run(db_.sql().insert_ignore("job_unit", {"job", "unit"}, {"state", "attempts"}),
            job->key,
            x.unit,
            "done",
            x.attempts);
  if (!is_first)
    return fail(std::move(is_first.error()));
  if (*is_first == 0)
    return now;
  auto reports = new_reports(x.reports);
  if (!reports)
    return fail(std::move(reports.error()));
  if (auto added = add_reports(job->key, x.owner, *reports, now.last_number + 1); !added)
    return fail(std::move(added.error()));
  auto stored = static_cast<int64_t>(reports->size());
  now.last_number += stored;
  for (const auto* report : *reports)
    now.failed += !report->error.empty();
  now.finished += stored + x.results;
  now.failed += x.failed;
  now.state = now.finished >= now.expected ? "done" : "running";
  auto saved = db_.run("update job set state = ?, finished = ?, failed = ?, last_number = ?, "
                       "stored = stored + ?, epoch = ? where n = ?",
                       now.state,
                       now.finished,
                       now.failed,
                       now.last_number,
                       stored,
                       x.held.epoch,
                       job->key);
  if (!saved)
    return fail(std::move(saved.error()));
  return now;
}

expected<job_progress> job_repository::move(const job_to_move& x) {
  auto job = stand(x.job);
  if (!job)
    return fail(std::move(job.error()));
  if (is_final_state(job->progress.state))
    return std::move(job->progress);
  auto moved =
    db_.run("update job set state = ?, epoch = ? where n = ?", x.state, x.held.epoch, job->key);
  if (!moved)
    return fail(std::move(moved.error()));
  job->progress.state = x.state;
  return std::move(job->progress);
}

expected<tasks_cancelled> job_repository::cancel(std::string_view owner,
                                                 const std::vector<std::string>& ids) {
  tasks_cancelled out;
  auto done = for_each(ids, [&](const std::string& id) {
    return db_
      .run("update job set state = 'cancelled' where owner = ? and id = ? and "
           "state in ('pending', 'running', 'interrupted')",
           owner,
           id)
      .map([&](int64_t rows) { (rows > 0 ? out.cancelled : out.ignored).push_back(id); });
  });
  if (!done)
    return fail(std::move(done.error()));
  if (!out.cancelled.empty() && !out.ignored.empty())
    out.code = 206;
  return out;
}

} // namespace aops::storage
