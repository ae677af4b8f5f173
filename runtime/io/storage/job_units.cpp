#include "runtime/io/storage/content_repository.hpp"
#include "runtime/io/storage/filter.hpp"
#include "runtime/io/storage/job_repository.hpp"
#include "runtime/io/storage/steps.hpp"

#include <algorithm>
#include <map>
#include <set>

/// The part of `job_repository` that moves jobs on.
namespace aops::storage {

namespace {

/// Where a job stands, and its integer key.
struct standing {
  int64_t key = 0;
  job_progress progress;
  std::set<int64_t> units;                ///< Those asked for that are done.
  const unit_to_commit* newest = nullptr; ///< The last one that changed it.
  int64_t new_reports = 0;
};
using standings = std::map<std::string, standing, std::less<>>;

/// A report that is not stored yet, and its number.
struct numbered_report {
  const report_to_store* report;
  int64_t job;
  std::string_view owner;
  int64_t number;
};

/// @param ids Each once. ec::not_found when one is unknown.
expected<standings> stand(database& db, const std::vector<std::string>& ids) {
  standings out;
  auto read = [&](const row& r) {
    auto id = r.string(1);
    auto& x = out[id];
    x.key = r.integer(0);
    x.progress = {id, r.string(2), r.integer(3), r.integer(4), r.integer(5), r.integer(6)};
    return true;
  };
  auto done = for_parts(ids, [&](const std::vector<std::string>& part) {
    filter matching("1 = 1");
    matching.in("id", part);
    // Locked, and no other rows with them: any node may cancel a job.
    return only(
      db.list_with("select n, id, state, expected, finished, failed, last_number from job" +
                     db.sql().use_index("job_id") + " where " + matching.where() +
                     std::string{db.sql().for_update()},
                   matching.values(),
                   read));
  });
  if (!done)
    return fail(std::move(done.error()));
  for (const auto& id : ids)
    if (!out.contains(id))
      return fail(ec::not_found, "task " + id);
  return out;
}

expected<standing> stand(database& db, const std::string& id) {
  return stand(db, std::vector{id}).map([&](standings all) { return std::move(all.at(id)); });
}

/// Units of one transaction, all in few statements.
class unit_batch {
public:
  unit_batch(database& db, std::span<const unit_work* const> units) : db_(db), units_(units) {}

  expected<void> commit() {
    return in_order([&] { return find_jobs(); },
                    [&] { return find_done_units(); },
                    [&] { return find_stored_reports(); },
                    [&] { return add_units(); },
                    [&] { return add_reports(); },
                    [&] { return add_bodies(); },
                    [&] { return move_jobs(); });
  }

private:
  template <class T, class Of>
  std::vector<T> distinct(Of of) const {
    std::set<T> all;
    for (const auto* x : units_)
      of(x->unit, all);
    return {all.begin(), all.end()};
  }

  expected<void> find_jobs() {
    auto ids = distinct<std::string>([](auto& unit, auto& all) { all.insert(unit.job); });
    return stand(db_, ids).map([&](standings found) { jobs_ = std::move(found); });
  }

  expected<void> find_done_units() {
    std::map<int64_t, standing*> by_key;
    std::vector<int64_t> keys;
    for (auto& [id, job] : jobs_) {
      by_key[job.key] = &job;
      keys.push_back(job.key);
    }
    auto numbers = distinct<int64_t>([](auto& unit, auto& all) { all.insert(unit.unit); });
    auto read = [&](const row& r) {
      return by_key.at(r.integer(0))->units.insert(r.integer(1)).second;
    };
    return for_parts(keys, [&](const std::vector<int64_t>& some) {
      return for_parts(numbers, [&](const std::vector<int64_t>& part) {
        filter matching("1 = 1");
        matching.in("job", some).in("unit", part);
        return only(db_.list_with(
          "select job, unit from job_unit where " + matching.where(), matching.values(), read));
      });
    });
  }

  expected<void> find_stored_reports() {
    auto ids = distinct<std::string>([](auto& unit, auto& all) {
      for (const auto& x : unit.reports)
        all.insert(x.report_id);
    });
    return for_parts(ids, [&](const std::vector<std::string>& part) {
      filter matching("1 = 1");
      matching.in("report_id", part);
      return db_
        .list_with("select report_id from report where " + matching.where(),
                   matching.values(),
                   [](const row& r) { return r.string(0); })
        .map([&](auto found) { stored_.insert(found.begin(), found.end()); });
    });
  }

  /// Decides what each unit changes, in order.
  expected<void> add_units() {
    std::vector<parameter> rows;
    for (const auto* x : units_) {
      const auto& unit = x->unit;
      auto& job = jobs_.at(unit.job);
      if (!is_final_state(job.progress.state) && job.units.insert(unit.unit).second) {
        rows.insert(rows.end(), {job.key, unit.unit, "done", unit.attempts});
        apply(unit, job);
      }
      *x->after = job.progress;
    }
    return only(db_.run_many(
      "insert into job_unit (job, unit, state, attempts) values (?, ?, ?, ?)", 4, rows));
  }

  void apply(const unit_to_commit& unit, standing& job) {
    auto& now = job.progress;
    for (const auto& x : unit.reports) {
      if (!stored_.insert(x.report_id).second)
        continue;
      reports_.push_back({&x, job.key, unit.owner, ++now.last_number});
      ++job.new_reports;
      ++now.finished;
      now.failed += !x.error.empty();
    }
    now.finished += unit.results;
    now.failed += unit.failed;
    now.state = now.finished >= now.expected ? "done" : "running";
    job.newest = &unit;
  }

  expected<void> add_reports() {
    if (reports_.empty())
      return {};
    std::set<std::string> digests;
    for (const auto& x : reports_)
      digests.insert(x.report->tree_digest);
    auto trees = content_repository{db_}.keys_of({digests.begin(), digests.end()});
    if (!trees)
      return fail(std::move(trees.error()));
    std::vector<parameter> rows;
    for (const auto& [x, job, of, number] : reports_)
      rows.insert(rows.end(),
                  {x->report_id,
                   job,
                   number,
                   of,
                   x->host_id,
                   x->tree_name,
                   trees->at(x->tree_digest),
                   x->start_ms,
                   x->end_ms});
    return only(db_.run_many(
      "insert into report (report_id, job, number, owner, host_id, tree_name, tree, start_ms, "
      "end_ms) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      9,
      rows));
  }

  expected<void> add_bodies() {
    std::map<std::string, int64_t> keys;
    std::vector<std::string> ids;
    for (const auto& x : reports_)
      ids.push_back(x.report->report_id);
    auto read = [&](const row& r) { return keys.emplace(r.string(0), r.integer(1)).second; };
    auto found = for_parts(ids, [&](const std::vector<std::string>& part) {
      filter matching("1 = 1");
      matching.in("report_id", part);
      return only(db_.list_with(
        "select report_id, n from report where " + matching.where(), matching.values(), read));
    });
    if (!found)
      return fail(std::move(found.error()));
    std::vector<parameter> rows;
    for (const auto& numbered : reports_) {
      const auto& x = *numbered.report;
      auto key = keys.find(x.report_id);
      if (key == keys.end())
        return fail(ec::internal, "report " + x.report_id + " was stored and is not there");
      rows.insert(rows.end(), {key->second, blob{x.values}, x.detail, x.content_hash, x.error});
    }
    return only(
      db_.run_many("insert into report_body (report, node_values, detail, content_hash, error) "
                   "values (?, ?, ?, ?, ?)",
                   5,
                   rows));
  }

  expected<void> move_jobs() {
    std::vector<parameter> rows;
    for (const auto& [id, job] : jobs_)
      if (job.newest)
        rows.insert(rows.end(),
                    {job.progress.state,
                     job.progress.finished,
                     job.progress.failed,
                     job.progress.last_number,
                     job.new_reports,
                     job.newest->held.epoch,
                     job.key});
    return only(db_.run_many("update job set state = ?, finished = ?, failed = ?, last_number = ?, "
                             "stored = stored + ?, epoch = ? where n = ?",
                             7,
                             rows));
  }

  database& db_;
  std::span<const unit_work* const> units_;
  standings jobs_;
  std::set<std::string> stored_; ///< Reports.
  std::vector<numbered_report> reports_;
};

} // namespace

expected<job_progress> job_repository::commit_unit(const unit_to_commit& x) {
  unit_work work{x, std::make_shared<job_progress>()};
  const auto* one = &work;
  return commit_units({&one, 1}).map([&] { return std::move(*work.after); });
}

expected<void> job_repository::commit_units(std::span<const unit_work* const> units) {
  return unit_batch{db_, units}.commit();
}

expected<job_progress> job_repository::move(const job_to_move& x) {
  auto job = stand(db_, x.job);
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

} // namespace aops::storage
