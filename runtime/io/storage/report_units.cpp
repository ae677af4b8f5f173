#include "runtime/io/storage/report_units.hpp"

#include "runtime/io/storage/content_repository.hpp"
#include "runtime/io/storage/event_rows.hpp"
#include "runtime/io/storage/rows_by_text.hpp"
#include "runtime/io/storage/steps.hpp"

#include <set>

namespace aops::storage {

namespace {

/// A report that is not stored yet, and its number.
struct numbered_report {
  const report_to_store* report;
  int64_t job;
  std::string_view owner;
  int64_t number;
};

const std::vector<report_to_store>& reports_of(const unit_to_commit& unit) {
  return static_cast<const unit_reports&>(*unit.content).reports();
}

class report_sink final : public unit_sink {
public:
  report_sink(database& db, event_topics events) : db_(db), topics_(events) {}

  expected<void> look(std::span<const unit_to_commit* const> units) override {
    std::set<std::string> ids;
    for (const auto* unit : units)
      for (const auto& x : reports_of(*unit))
        ids.insert(x.report_id);
    return rows_of_texts(db_,
                         "select report_id from report",
                         "report_id",
                         {ids.begin(), ids.end()},
                         [](const row&) { return true; })
      .map([&](const auto& found) {
        for (const auto& [id, is_stored] : found)
          stored_.insert(id);
      });
  }

  int64_t take(const unit_to_commit& unit, int64_t job, job_progress& now) override {
    int64_t added = 0;
    for (const auto& x : reports_of(unit)) {
      if (!stored_.insert(x.report_id).second)
        continue;
      reports_.push_back({&x, job, unit.owner, ++now.last_number});
      ++added;
      ++now.finished;
      now.failed += !x.error.empty();
      if (!topics_.reports.empty())
        events_.push_back(event_of(x, unit.job, unit.owner, now.last_number, topics_));
    }
    return added;
  }

  expected<void> write() override {
    if (reports_.empty())
      return {};
    return in_order([&] { return add_reports(); },
                    [&] { return add_bodies(); },
                    [&] { return outbox_repository{db_}.add(events_); });
  }

private:
  expected<void> add_reports() {
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
    std::vector<std::string> ids;
    for (const auto& x : reports_)
      ids.push_back(x.report->report_id);
    auto keys =
      rows_of_texts(db_, "select report_id, n from report", "report_id", ids, [](const row& r) {
        return r.integer(1);
      });
    if (!keys)
      return fail(std::move(keys.error()));
    if (const auto* missing = first_without(*keys, ids))
      return fail(ec::internal, "report " + *missing + " was stored and is not there");
    std::vector<parameter> rows;
    for (const auto& numbered : reports_) {
      const auto& x = *numbered.report;
      rows.insert(rows.end(),
                  {keys->at(x.report_id), blob{x.values}, x.detail, x.content_hash, x.error});
    }
    return only(
      db_.run_many("insert into report_body (report, node_values, detail, content_hash, error) "
                   "values (?, ?, ?, ?, ?)",
                   5,
                   rows));
  }

  database& db_;
  event_topics topics_;
  std::vector<outbox_event> events_;
  std::set<std::string> stored_; ///< Reports.
  std::vector<numbered_report> reports_;
};

} // namespace

std::unique_ptr<unit_sink> unit_reports::sink(database& db) const {
  return std::make_unique<report_sink>(db, events_);
}

} // namespace aops::storage
