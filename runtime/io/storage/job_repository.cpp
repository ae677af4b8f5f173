#include "runtime/io/storage/job_repository.hpp"

#include "runtime/io/storage/content_repository.hpp"
#include "runtime/io/storage/filter.hpp"
#include "runtime/io/storage/job_rows.hpp"
#include "runtime/io/storage/steps.hpp"

/// The part of `job_repository` that creates, loads and cancels; `job_units.cpp` moves jobs on,
/// `job_pages.cpp` has its lists.
namespace aops::storage {

namespace {

const std::string job_query = "select id, kind, owner, username, slot, state, idempotency_key, "
                              "plan, expected, finished, failed, last_number, "
                              "created_ms, deadline_ms from job";

const std::string to_run = list_of(job_status::pending, job_status::running);
const std::string not_over = list_of(
  job_status::pending, job_status::running, job_status::waiting_for_key, job_status::interrupted);

job_record read_job(const row& r) {
  job_record x;
  x.id = r.string(0);
  x.kind = {r.string(1)};
  x.owner = r.string(2);
  x.user = r.string(3);
  x.slot = static_cast<uint16_t>(r.integer(4));
  x.state = status_in(r, 5);
  x.idempotency_key = r.string(6);
  x.plan = r.string(7);
  x.expected = r.integer(8);
  x.finished = r.integer(9);
  x.failed = r.integer(10);
  x.last_number = r.integer(11);
  x.created_ms = r.integer(12);
  x.deadline_ms = r.integer(13);
  return x;
}

/// Jobs ended in one step: the writer must be free again soon.
constexpr int64_t orphans_at_once = 500;

} // namespace

// -- creation

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
    job.kind.text,
    job.owner,
    job.user,
    job.slot,
    text_of(job.state),
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

// -- reading

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
  job_state out;
  auto units = db_.list(
    "select u.unit, u.state from job_unit u join job j on j.n = u.job where j.id = ? "
    "order by u.unit",
    [&](const row& r) {
      auto& list = r.text(1) == "done" ? out.done_units : out.begun_units;
      list.push_back(r.integer(0));
      return true;
    },
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
  out.job = std::move(*job);
  out.trees = std::move(*trees);
  return out;
}

expected<std::vector<job_record>> job_repository::open_in_slots(std::span<const uint16_t> slots,
                                                                int64_t limit) {
  if (slots.empty())
    return std::vector<job_record>{};
  filter matching("state in " + to_run);
  if (slots.size() < 256)
    matching.in("slot", std::vector<uint16_t>(slots.begin(), slots.end()));
  // The oldest are found in the index alone, however many are open: rows are read of these only.
  return db_.list_with(
    "select id, kind, owner, username, slot, state, '', '', expected, finished, failed, "
    "last_number, created_ms, deadline_ms from (select n as place from job" +
      std::string{db_.sql().use_index("job_open")} + " where " + matching.where() +
      " order by n limit ?) oldest join job on job.n = oldest.place order by oldest.place",
    matching.values_and(limit),
    read_job);
}

expected<int64_t> job_repository::count_open(int64_t most) {
  return db_.count("select count(*) from (select n from job" + db_.sql().use_index("job_open") +
                     " where state in " + to_run + " limit ?) x",
                   most);
}

expected<std::vector<job_record>> job_repository::open_of_owner(std::string_view owner,
                                                                int64_t limit) {
  return db_.list(job_query + db_.sql().use_index("job_open") + " where state in " + to_run +
                    " and owner = ? order by n limit ?",
                  read_job,
                  owner,
                  limit);
}

// -- ending

expected<tasks_cancelled> job_repository::cancel(const scope& of,
                                                 const std::vector<std::string>& ids) {
  tasks_cancelled out;
  auto done = for_each(ids, [&](const std::string& id) {
    filter matching("owner = ? and id = ?", of.owner(), id);
    matching.also(is_no_run);
    of.limit_users(matching, "username");
    std::vector<parameter> values{text_of(job_status::cancelled)};
    values.insert(values.end(), matching.values().begin(), matching.values().end());
    return db_
      .run_with("update job set state = ? where " + matching.where() + " and state in " + not_over,
                values)
      .map([&](int64_t rows) { (rows > 0 ? out.cancelled : out.ignored).push_back(id); });
  });
  if (!done)
    return fail(std::move(done.error()));
  if (auto told = publish(out.cancelled); !told)
    return fail(std::move(told.error()));
  if (!out.cancelled.empty() && !out.ignored.empty())
    out.code = 206;
  return out;
}

expected<std::vector<std::string>> job_repository::end_orphans(int64_t deadline_before_ms) {
  auto found = db_.list(
    "select n, id from job" + db_.sql().use_index("job_open") + " where state in " + to_run +
      " and deadline_ms > 0 and deadline_ms < ? order by n limit ?" +
      std::string{db_.sql().for_update()},
    [](const row& r) {
      return std::pair{r.integer(0), r.string(1)};
    },
    deadline_before_ms,
    orphans_at_once);
  if (!found)
    return fail(std::move(found.error()));
  std::vector<parameter> values;
  std::vector<std::string> ids;
  for (auto& [key, id] : *found) {
    values.insert(values.end(), {text_of(job_status::failed), key});
    ids.push_back(std::move(id));
  }
  auto ended =
    in_order([&] { return db_.run_many("update job set state = ? where n = ?", 2, values); },
             [&] { return publish(ids); });
  if (!ended)
    return fail(std::move(ended.error()));
  return ids;
}

} // namespace aops::storage
