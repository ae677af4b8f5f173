#pragma once

#include "runtime/io/storage/job_unit.hpp"

#include <vector>

namespace aops::storage {

/// What a unit of a diagnosis brings: reports get the next numbers of their job. One that is stored
/// already changes nothing.
class unit_reports final : public unit_content {
public:
  explicit unit_reports(std::vector<report_to_store> reports) : reports_(std::move(reports)) {}
  const std::vector<report_to_store>& reports() const { return reports_; }
  std::unique_ptr<unit_sink> sink(database& db) const override;
  size_t rows() const override { return reports_.size(); }

private:
  std::vector<report_to_store> reports_;
};

} // namespace aops::storage
