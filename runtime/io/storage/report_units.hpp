#pragma once

#include "runtime/io/storage/job_unit.hpp"
#include "runtime/io/storage/outbox_repository.hpp"

#include <vector>

namespace aops::storage {

/// What a unit of a diagnosis brings: reports get the next numbers of their job. One that is stored
/// already changes nothing.
class unit_reports final : public unit_content {
public:
  /// @param events Where new reports are published.
  explicit unit_reports(std::vector<report_to_store> reports, event_topics events = {})
      : reports_(std::move(reports)), events_(events) {}
  const std::vector<report_to_store>& reports() const { return reports_; }
  std::unique_ptr<unit_sink> sink(database& db) const override;
  size_t rows() const override { return reports_.size(); }

private:
  std::vector<report_to_store> reports_;
  event_topics events_;
};

} // namespace aops::storage
