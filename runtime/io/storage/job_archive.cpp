#include "runtime/io/storage/job_archive.hpp"

#include "runtime/io/storage/job_rows.hpp"
#include "runtime/io/storage/steps.hpp"

namespace aops::storage {

namespace {

/// Rows of one step: the writer must be free again soon.
constexpr int64_t portion = 500;

constexpr auto read_key = [](const row& r) { return r.integer(0); };

} // namespace

expected<int64_t> job_archive::expire(int64_t created_before_ms) {
  // A job that waits for its user has not ended.
  static const std::string is_over =
    list_of(job_status::done, job_status::failed, job_status::cancelled);
  auto job = db_.integer("select n from job" + db_.sql().use_index("job_created") +
                           "where state in " + is_over + " and created_ms < ? and " +
                           std::string{is_no_run} + " order by created_ms, n limit 1",
                         created_before_ms);
  if (!job)
    return fail(std::move(job.error()));
  if (!*job)
    return 0;
  for (auto step : {&job_archive::drop_reports, &job_archive::drop_units, &job_archive::drop_job}) {
    auto dropped = (this->*step)(**job);
    if (!dropped || *dropped > 0)
      return dropped;
  }
  return 0;
}

expected<void> job_archive::forget(int64_t job) {
  return in_order([&] { return db_.run("delete from job_unit where job = ?", job); },
                  [&] { return drop_job(job); });
}

expected<int64_t> job_archive::drop_reports(int64_t job) {
  auto keys =
    db_.list("select n from report where job = ? order by number limit ?", read_key, job, portion);
  if (!keys)
    return fail(std::move(keys.error()));
  std::vector<parameter> values{keys->begin(), keys->end()};
  auto gone = in_order(
    [&] { return db_.run_many("delete from report_body where report = ?", 1, values); },
    [&] { return db_.run_many("delete from report where n = ?", 1, values); },
    [&] { return db_.run("update job set stored = stored - ? where n = ?", keys->size(), job); });
  if (!gone)
    return fail(std::move(gone.error()));
  return static_cast<int64_t>(keys->size());
}

expected<int64_t> job_archive::drop_units(int64_t job) {
  auto units = db_.list(
    "select unit from job_unit where job = ? order by unit limit ?", read_key, job, portion);
  if (!units)
    return fail(std::move(units.error()));
  std::vector<parameter> values;
  for (auto unit : *units)
    values.insert(values.end(), {job, unit});
  return db_.run_many("delete from job_unit where job = ? and unit = ?", 2, values);
}

expected<int64_t> job_archive::drop_job(int64_t job) {
  if (auto gone = db_.run("delete from job_tree where job = ?", job); !gone)
    return gone;
  return db_.run("delete from job where n = ?", job);
}

} // namespace aops::storage
