#include "runtime/io/storage/content_repository.hpp"
#include "runtime/io/storage/dump_columns.hpp"
#include "runtime/io/storage/filter.hpp"
#include "runtime/io/storage/job_archive.hpp"
#include "runtime/io/storage/job_rows.hpp"
#include "runtime/io/storage/steps.hpp"

namespace aops::storage {

namespace {

using base::json;
using kind = dump_column::kind;

constexpr std::array<dump_column, 14> job_columns = {
  {{"id", "j.id"},
   {"kind", "j.kind"},
   {"owner", "j.owner"},
   {"username", "j.username"},
   {"slot", "j.slot", kind::integer},
   {"state", "j.state"},
   {"expected", "j.expected", kind::integer},
   {"finished", "j.finished", kind::integer},
   {"failed", "j.failed", kind::integer},
   {"created_ms", "j.created_ms", kind::integer},
   {"deadline_ms", "j.deadline_ms", kind::integer},
   {"plan_version", "j.plan_version", kind::integer},
   {"last_number", "j.last_number", kind::integer},
   {"plan", "j.plan"}}};

constexpr std::array<dump_column, 13> report_columns = {
  {{"report_id", "r.report_id"},
   {"number", "r.number", kind::integer},
   {"owner", "r.owner"},
   {"host_id", "r.host_id"},
   {"tree_name", "r.tree_name"},
   {"start_ms", "r.start_ms", kind::integer},
   {"end_ms", "r.end_ms", kind::integer},
   {"tree", "c.digest"},
   {"tree_content", "c.body"},
   {"node_values", "b.node_values", kind::blob},
   {"detail", "b.detail"},
   {"content_hash", "b.content_hash"},
   {"error", "b.error"}}};

/// Of a job `j`: runs of deployment tasks leave with all that is theirs, by `run_repository`.
constexpr std::string_view is_no_run_either = "not exists (select 1 from run where run.job = j.n)";

/// Reports with their task, and tasks that have none any more, whose keys are negative.
class reports_kind : public dump_kind {
public:
  std::string_view name() const override { return "reports"; }

  expected<std::vector<dump_row>>
  due(database& db, const dump_limits& limits, int64_t portion) const override {
    std::vector<dump_row> none;
    auto excess = int64_t{0};
    if (limits.most > 0) {
      auto total = db.count("select count(*) from report");
      if (!total)
        return fail(std::move(total.error()));
      excess = std::max(int64_t{0}, *total - limits.most);
    }
    static const std::string is_over =
      list_of(job_status::done, job_status::failed, job_status::cancelled);
    // Only what is too old goes without reports: checks are no reports that are too many.
    auto oldest = db.first(
      "select j.n, j.created_ms from job j" + db.sql().use_index("job_created") +
        "where j.state in " + is_over + " and " + std::string{is_no_run_either} +
        " and (j.created_ms < ? or j.stored > 0) "
        "order by j.created_ms, j.n limit 1",
      [](const row& r) {
        return std::pair{r.integer(0), r.integer(1)};
      },
      limits.before_ms);
    if (!oldest)
      return fail(std::move(oldest.error()));
    bool is_aged = *oldest && (*oldest)->second < limits.before_ms;
    if (!*oldest || (!is_aged && excess == 0))
      return none;
    auto job = (*oldest)->first;
    auto keys = first_reports(db, job, is_aged ? portion : std::min(portion, excess));
    if (!keys)
      return fail(std::move(keys.error()));
    return keys->empty() ? tasks(db, "j.n = ?", {job}) : read(db, *keys);
  }

  expected<std::vector<dump_row>> read(database& db,
                                       const std::vector<int64_t>& keys) const override {
    auto [of_reports, of_tasks] = apart(keys);
    std::vector<dump_row> out;
    auto found = for_parts(of_reports, [&](const std::vector<int64_t>& some) -> expected<void> {
      auto rows = reports(db, "r.n in " + marks_for(some) + " order by r.number", bound(some));
      if (!rows)
        return fail(std::move(rows.error()));
      std::move(rows->begin(), rows->end(), std::back_inserter(out));
      return {};
    });
    if (!found)
      return fail(std::move(found.error()));
    if (!of_tasks.empty()) {
      auto rows = tasks(db, "j.n in " + marks_for(of_tasks), bound(of_tasks));
      if (!rows)
        return rows;
      std::move(rows->begin(), rows->end(), std::back_inserter(out));
    }
    return out;
  }

  expected<int64_t> remove(database& db, const std::vector<int64_t>& keys) const override {
    auto [of_reports, of_tasks] = apart(keys);
    auto gone = for_each(of_reports, [&](int64_t n) {
      return in_order(
        [&] {
          return db.run(
            "update job set stored = stored - 1 where n = (select job from report where n = ?)", n);
        },
        [&] { return db.run("delete from report_body where report = ?", n); },
        [&] { return db.run("delete from report where n = ?", n); });
    });
    if (gone)
      gone = for_each(of_tasks, [&](int64_t n) { return job_archive{db}.forget(n); });
    return gone.map([&] { return static_cast<int64_t>(keys.size()); });
  }

  expected<restored_as> restore(database& db, const json& given) const override {
    auto task = given.find("task");
    if (task == given.end() || !task->is_object())
      return fail(ec::corrupt, "a row lacks `task`");
    bool is_new = false;
    auto job = restored_task(db, *task, is_new);
    if (!job)
      return fail(std::move(job.error()));
    if (!given.contains("report_id"))
      return is_new ? restored_as::added : restored_as::present;
    return restored_report(db, given, *job);
  }

private:
  /// The first of a task that fit into a file, by their sizes: some are long.
  static expected<std::vector<int64_t>> first_reports(database& db, int64_t job, int64_t portion) {
    auto sizes = db.list(
      "select r.n, 2 * length(b.node_values) + length(b.detail) + length(c.body) "
      "from report r join report_body b on b.report = r.n join content c on c.n = r.tree "
      "where r.job = ? order by r.number limit ?",
      [](const row& r) {
        return std::pair{r.integer(0), static_cast<size_t>(r.integer(1))};
      },
      job,
      portion);
    if (!sizes)
      return fail(std::move(sizes.error()));
    std::vector<int64_t> keys;
    size_t bytes = 0;
    for (auto [key, size] : *sizes) {
      bytes += size;
      if (!keys.empty() && bytes > most_dump_bytes)
        break;
      keys.push_back(key);
    }
    return keys;
  }

  using keys_apart = std::pair<std::vector<int64_t>, std::vector<int64_t>>;
  static keys_apart apart(const std::vector<int64_t>& keys) {
    keys_apart out;
    for (auto key : keys)
      key > 0 ? out.first.push_back(key) : out.second.push_back(-key);
    return out;
  }

  static expected<std::vector<dump_row>>
  reports(database& db, const std::string& which, const std::vector<parameter>& values) {
    return db.list_with("select r.n, " + selected(report_columns) + ", " + selected(job_columns) +
                          " from report r join job j on j.n = r.job join content c on c.n = r.tree "
                          "join report_body b on b.report = r.n where " +
                          which,
                        values,
                        [](const row& r) {
                          json members, task;
                          read_columns(members, report_columns, r, 1);
                          read_columns(
                            task, job_columns, r, 1 + static_cast<int>(report_columns.size()));
                          members["task"] = std::move(task);
                          return as_row(r.integer(0), std::move(members));
                        });
  }

  static expected<std::vector<dump_row>>
  tasks(database& db, const std::string& which, const std::vector<parameter>& values) {
    return db.list_with("select j.n, " + selected(job_columns) + " from job j where " + which +
                          " and " + std::string{is_no_run_either},
                        values,
                        [](const row& r) {
                          json task;
                          read_columns(task, job_columns, r, 1);
                          return as_row(-r.integer(0), {{"task", std::move(task)}});
                        });
  }

  /// @returns Its key.
  static expected<int64_t> restored_task(database& db, const json& given, bool& is_new) {
    dump_values x{given};
    auto id = x.text("id"), kind_of = x.text("kind"), owner = x.text("owner");
    auto user = x.text("username"), state = x.text("state"), plan = x.text("plan");
    auto slot = x.integer("slot"), expected_ = x.integer("expected");
    auto finished = x.integer("finished"), failed = x.integer("failed");
    auto created = x.integer("created_ms"), deadline = x.integer("deadline_ms");
    auto version = x.integer("plan_version"), last = x.integer("last_number");
    if (auto whole = x.judge(); !whole)
      return fail(std::move(whole.error()));
    auto known = db.integer("select n from job where id = ? and owner = ?", id, owner);
    if (!known)
      return fail(std::move(known.error()));
    if (*known)
      return **known;
    is_new = true;
    auto added =
      db.run("insert into job (id, kind, owner, username, slot, state, epoch, expected, "
             "finished, failed, last_number, stored, created_ms, deadline_ms, "
             "plan_version, plan) values (?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, 0, ?, ?, ?, ?)",
             id,
             kind_of,
             owner,
             user,
             slot,
             state,
             expected_,
             finished,
             failed,
             last,
             created,
             deadline,
             version,
             plan);
    if (!added)
      return added;
    return db.last_id();
  }

  static expected<restored_as> restored_report(database& db, const json& given, int64_t job) {
    dump_values x{given};
    auto id = x.text("report_id"), owner = x.text("owner"), host = x.text("host_id");
    auto tree_name = x.text("tree_name"), digest = x.text("tree"), content = x.text("tree_content");
    auto number = x.integer("number"), start = x.integer("start_ms"), end = x.integer("end_ms");
    auto values = x.blob_of("node_values");
    auto detail = x.text("detail"), hash = x.text("content_hash"), why = x.text("error");
    if (auto whole = x.judge(); !whole)
      return fail(std::move(whole.error()));
    auto true_digest = tree_digest(content);
    if (!true_digest || *true_digest != digest) // Others may refer to it by this digest.
      return fail(ec::corrupt, "`tree_content` is not that of `tree`");
    auto known = db.count("select count(*) from report where report_id = ?", id);
    if (!known || *known > 0)
      return known.map([](int64_t) { return restored_as::present; });
    auto tree = content_repository{db}.intern(digest, "tree", content);
    if (!tree)
      return fail(std::move(tree.error()));
    auto done = in_order(
      [&] {
        return db.run("insert into report (report_id, job, number, owner, host_id, tree_name, "
                      "tree, start_ms, end_ms) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                      id,
                      job,
                      number,
                      owner,
                      host,
                      tree_name,
                      *tree,
                      start,
                      end);
      },
      [&] {
        return db.run("insert into report_body (report, node_values, detail, content_hash, error) "
                      "values (?, ?, ?, ?, ?)",
                      db.last_id(),
                      blob{values},
                      detail,
                      hash,
                      why);
      },
      [&] { return db.run("update job set stored = stored + 1 where n = ?", job); });
    return done.map([] { return restored_as::added; });
  }
};

} // namespace

const dump_kind& dumped_reports() {
  static const reports_kind the_kind;
  return the_kind;
}

} // namespace aops::storage
