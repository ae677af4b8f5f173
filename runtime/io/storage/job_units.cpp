#include "runtime/io/storage/event_rows.hpp"
#include "runtime/io/storage/job_repository.hpp"
#include "runtime/io/storage/job_rows.hpp"
#include "runtime/io/storage/rows_by_text.hpp"
#include "runtime/io/storage/steps.hpp"

#include <map>
#include <set>
#include <typeindex>

/// The part of `job_repository` that moves jobs on.
namespace aops::storage {

namespace {

constexpr std::string_view unit_done = "done", unit_begun = "begun";

/// Where a job stands, and its integer key.
struct standing {
  int64_t key = 0;
  job_progress progress;
  std::string kind, owner;
  std::set<int64_t> done, begun;          ///< Of the units asked for.
  const unit_to_commit* newest = nullptr; ///< The last one that changed it.
  int64_t new_rows = 0;                   ///< Of its kind's results.
};
using standings = by_text<standing>;

/// @param ids Each once. ec::not_found when one is unknown.
expected<standings> stand(database& db, const std::vector<std::string>& ids) {
  auto read = [](const row& r) {
    standing x;
    x.key = r.integer(1);
    x.progress = {
      r.string(0), status_in(r, 2), r.integer(3), r.integer(4), r.integer(5), r.integer(6)};
    x.kind = r.string(7);
    x.owner = r.string(8);
    return x;
  };
  // Locked, and no other rows with them: any node may cancel a job.
  auto out = rows_of_texts(db,
                           "select id, n, state, expected, finished, failed, last_number, kind, "
                           "owner from job" +
                             db.sql().use_index("job_id"),
                           "id",
                           ids,
                           read,
                           std::string{db.sql().for_update()});
  if (out)
    if (const auto* missing = first_without(*out, ids))
      return fail(ec::not_found, "task " + *missing);
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
                    [&] { return find_units(); },
                    [&] { return open_sinks(); },
                    [&] { return write_units(); },
                    [&] { return write_contents(); },
                    [&] { return move_jobs(); },
                    [&] { return publish(); });
  }

private:
  template <class T, class Of>
  std::vector<T> distinct(Of of) const {
    std::set<T> all;
    for (const auto* x : units_)
      all.insert(of(x->unit));
    return {all.begin(), all.end()};
  }

  expected<void> find_jobs() {
    auto ids = distinct<std::string>([](auto& unit) { return unit.job; });
    return stand(db_, ids).map([&](standings found) { jobs_ = std::move(found); });
  }

  expected<void> find_units() {
    std::map<int64_t, standing*> by_key;
    std::vector<int64_t> keys;
    for (auto& [id, job] : jobs_) {
      by_key[job.key] = &job;
      keys.push_back(job.key);
    }
    auto numbers = distinct<int64_t>([](auto& unit) { return unit.unit; });
    auto read = [&](const row& r) {
      auto& job = *by_key.at(r.integer(0));
      auto& list = r.text(2) == unit_done ? job.done : job.begun;
      return list.insert(r.integer(1)).second;
    };
    return for_parts(keys, [&](const std::vector<int64_t>& some) {
      return for_parts(numbers, [&](const std::vector<int64_t>& part) {
        filter matching("1 = 1");
        matching.in("job", some).in("unit", part);
        return only(db_.list_with("select job, unit, state from job_unit where " + matching.where(),
                                  matching.values(),
                                  read));
      });
    });
  }

  /// Units whose content is of one type share a sink.
  expected<void> open_sinks() {
    std::map<std::type_index, std::vector<const unit_to_commit*>> by_type;
    for (const auto* x : units_)
      if (const auto* content = x->unit.content.get())
        by_type[typeid(*content)].push_back(&x->unit);
    return for_each(by_type, [&](const auto& entry) {
      auto& sink = sinks_[entry.first];
      sink = entry.second.front()->content->sink(db_);
      return sink->look(entry.second);
    });
  }

  /// Decides what each unit changes, in order.
  expected<void> write_units() {
    std::vector<parameter> added, ended;
    for (const auto* x : units_) {
      const auto& unit = x->unit;
      auto& job = jobs_.at(unit.job);
      if (!is_final(job.progress.state) && job.done.insert(unit.unit).second) {
        if (job.begun.contains(unit.unit))
          ended.insert(ended.end(), {unit_done, unit.attempts, job.key, unit.unit});
        else
          added.insert(added.end(), {job.key, unit.unit, unit_done, unit.attempts});
        apply(unit, job);
      }
      *x->after = job.progress;
    }
    return in_order(
      [&] {
        return db_.run_many(
          "insert into job_unit (job, unit, state, attempts) values (?, ?, ?, ?)", 4, added);
      },
      [&] {
        return db_.run_many(
          "update job_unit set state = ?, attempts = ? where job = ? and unit = ?", 4, ended);
      });
  }

  void apply(const unit_to_commit& unit, standing& job) {
    auto& now = job.progress;
    if (const auto* content = unit.content.get())
      job.new_rows += sinks_.at(typeid(*content))->take(unit, job.key, now);
    now.finished += unit.results;
    now.failed += unit.failed;
    if (now.finished >= now.expected)
      now.state = unit.outcome(now);
    else if (!is_waiting_for_user(now.state))
      now.state = job_status::running;
    job.newest = &unit;
  }

  expected<void> write_contents() {
    return for_each(sinks_, [](const auto& entry) { return entry.second->write(); });
  }

  expected<void> move_jobs() {
    std::vector<parameter> rows;
    for (const auto& [id, job] : jobs_)
      if (job.newest)
        rows.insert(rows.end(),
                    {text_of(job.progress.state),
                     job.progress.finished,
                     job.progress.failed,
                     job.progress.last_number,
                     job.new_rows,
                     job.newest->held.epoch,
                     job.key});
    return only(db_.run_many("update job set state = ?, finished = ?, failed = ?, last_number = ?, "
                             "stored = stored + ?, epoch = ? where n = ?",
                             7,
                             rows));
  }

  expected<void> publish() {
    auto topics = units_.front()->events;
    if (topics.progress.empty())
      return {};
    std::vector<outbox_event> events;
    for (const auto& [id, job] : jobs_)
      if (job.newest)
        events.push_back(event_of(job.progress, job.kind, job.owner, topics));
    return outbox_repository{db_}.add(events);
  }

  database& db_;
  std::span<const unit_work* const> units_;
  standings jobs_;
  std::map<std::type_index, std::unique_ptr<unit_sink>> sinks_;
};

} // namespace

expected<job_progress> job_repository::commit_unit(const unit_to_commit& x) {
  unit_work work{x, std::make_shared<job_progress>(), events_};
  const auto* one = &work;
  return commit_units({&one, 1}).map([&] { return std::move(*work.after); });
}

expected<void> job_repository::commit_units(std::span<const unit_work* const> units) {
  return unit_batch{db_, units}.commit();
}

/// How these jobs stand now.
expected<void> job_repository::publish(const std::vector<std::string>& ids) {
  if (events_.progress.empty() || ids.empty())
    return {};
  auto jobs = stand(db_, ids);
  if (!jobs)
    return fail(std::move(jobs.error()));
  std::vector<outbox_event> events;
  for (const auto& [id, job] : *jobs)
    events.push_back(event_of(job.progress, job.kind, job.owner, events_));
  return outbox_repository{db_}.add(events);
}

expected<job_progress> job_repository::begin_unit(const unit_to_begin& x) {
  auto job = stand(db_, x.job);
  if (!job)
    return fail(std::move(job.error()));
  if (job->progress.state != job_status::running)
    return std::move(job->progress);
  auto known = db_.first(
    "select state from job_unit where job = ? and unit = ?",
    [](const row& r) { return r.string(0); },
    job->key,
    x.unit);
  if (!known)
    return fail(std::move(known.error()));
  if (*known && **known != unit_begun)
    return fail(ec::conflict, "unit " + std::to_string(x.unit) + " of task " + x.job + " is done");
  auto noted = *known
                 ? db_.run("update job_unit set attempts = ? where job = ? and unit = ?",
                           x.attempts,
                           job->key,
                           x.unit)
                 : db_.run("insert into job_unit (job, unit, state, attempts) values (?, ?, ?, ?)",
                           job->key,
                           x.unit,
                           unit_begun,
                           x.attempts);
  if (!noted)
    return fail(std::move(noted.error()));
  return std::move(job->progress);
}

expected<job_progress> job_repository::move(const job_to_move& x) {
  auto job = stand(db_, x.job);
  if (!job)
    return fail(std::move(job.error()));
  if (is_final(job->progress.state))
    return std::move(job->progress);
  auto moved = db_.run(
    "update job set state = ?, epoch = ? where n = ?", text_of(x.state), x.held.epoch, job->key);
  if (!moved)
    return fail(std::move(moved.error()));
  job->progress.state = x.state;
  if (auto told = publish({x.job}); !told)
    return fail(std::move(told.error()));
  return std::move(job->progress);
}

expected<tasks_resumed>
job_repository::resume(const scope& of, const std::vector<std::string>& ids, int64_t now_ms) {
  tasks_resumed out;
  auto resume_one = [&](const std::string& id) -> expected<void> {
    auto read = [](const row& r) { return std::pair{r.integer(0), status_in(r, 1)}; };
    filter matching("owner = ? and id = ?", of.owner(), id);
    matching.also(is_no_run);
    of.limit_users(matching, "username");
    auto job = db_.first_with("select n, state from job where " + matching.where() +
                                std::string{db_.sql().for_update()},
                              matching.values(),
                              read);
    if (!job)
      return fail(std::move(job.error()));
    if (!*job || !is_waiting_for_user((**job).second)) {
      out.ignored.push_back(id);
      return {};
    }
    out.resumed.push_back(id);
    auto [key, was] = **job;
    return in_order(
      [&, key = key, was = was]() -> expected<void> {
        if (was != job_status::interrupted)
          return {};
        // On the user's word what may have begun is done again.
        return only(db_.run("delete from job_unit where job = ? and state = ?", key, unit_begun));
      },
      [&, key = key] {
        // It has the time it had at first.
        return db_.run("update job set state = ?, deadline_ms = case when deadline_ms > 0 then ? + "
                       "deadline_ms - created_ms else 0 end where n = ?",
                       text_of(job_status::pending),
                       now_ms,
                       key);
      });
  };
  if (auto done = for_each(ids, resume_one); !done)
    return fail(std::move(done.error()));
  if (auto told = publish(out.resumed); !told)
    return fail(std::move(told.error()));
  if (!out.resumed.empty() && !out.ignored.empty())
    out.code = 206;
  return out;
}

} // namespace aops::storage
