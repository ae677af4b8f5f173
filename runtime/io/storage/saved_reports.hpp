#pragma once

#include "messages/data.hpp"
#include "runtime/io/storage/database.hpp"

namespace aops::storage {

/// Keeps tasks and reports that were made elsewhere, beside our own and shown as they are. Nothing
/// of them runs here.
class saved_reports {
public:
  explicit saved_reports(database& db) : db_(db) {}

  /// A task that ended as far as we are concerned. Saved again it is replaced; its reports stay.
  /// ec::conflict when the id is that of a task of somebody else, or of one that ran here. In a
  /// transaction.
  expected<void> save_task(std::string_view owner, std::string_view user, const task_to_save& x);

  /// One report, under its task, which is made when it is unknown. Saved again it is replaced, and
  /// counts once. ec::conflict when report or task are not the owner's, when the report is another
  /// task's, or while the task runs here; ec::bad_request when the report is no JSON object. In a
  /// transaction.
  expected<void>
  save(std::string_view owner, std::string_view user, const saved_report& x, int64_t now_ms);

private:
  expected<int64_t>
  task_for(std::string_view owner, std::string_view user, const saved_report& x, int64_t now_ms);
  expected<int64_t> tree_for(std::string_view owner, std::string_view tree_name);
  expected<int64_t> next_number(int64_t job);
  database& db_;
};

} // namespace aops::storage
