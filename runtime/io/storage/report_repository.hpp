#pragma once

#include "messages/diag.hpp"
#include "messages/job.hpp"
#include "runtime/io/storage/database.hpp"
#include "runtime/io/storage/scope.hpp"

namespace aops::storage {

/// A report as stored, with the tree it was made with: what rendering needs.
struct stored_report {
  report_row row;
  std::string tree_digest, tree_content; ///< The tree's JSON text.
  std::string values;                    ///< Blob that begins with a format number.
  std::string detail;                    ///< JSON text.
  std::string content_hash;
  std::string error; ///< Not empty: no verdict, and why.
};

/// Keeps reports. They are written with the units that bring them (`report_units.hpp`).
class report_repository {
public:
  explicit report_repository(database& db) : db_(db) {}

  /// Contract of /diag/report/get_list; sorted by `start` (alias `time`), `end` or `tree_name`,
  /// else by start; those of one task by number. ec::bad_request for an unpaged list of more than
  /// 50,000 rows.
  expected<reports_page> page(const scope& of, const reports_query& q);

  /// In the order asked; unknown ids are left out. Of an id the beginning will do, from 8 digits
  /// on: at most 10 reports that begin so, of the first 100 beginnings.
  expected<std::vector<stored_report>> find(const scope& of, const std::vector<std::string>& ids);

  /// Unknown ids are ignored. @returns Reports deleted. The job's progress stays. In a transaction.
  expected<int64_t> remove(std::string_view owner, const std::vector<std::string>& ids);

  /// For streams: reports of a job numbered above `after`, ascending.
  expected<std::vector<report_row>>
  after(const scope& of, std::string_view job, int64_t after, int64_t limit);

private:
  database& db_;
};

} // namespace aops::storage
