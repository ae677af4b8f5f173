#pragma once

#include "messages/error.hpp"
#include "runtime/core/logs/record.hpp"

#include <string_view>
#include <vector>

/// What collectors send, read into lines that fit. All or nothing: ec::bad_request with the number
/// of the record, or of the line, and the field; ec::permission_denied when one says that it is of
/// another host.
namespace aops::logs {

/// Whose lines they must be.
struct origin {
  std::string_view host_id;
};

/// JSON of fluent-bit and others: a list of objects, one object, or one on each line. Names that
/// are understood: docs/logs.md; a `host_id` must be the host's.
expected<std::vector<record>> json_records(std::string_view body, const origin& from);

/// The body of OTLP/HTTP in JSON, `ExportLogsServiceRequest`; an attribute `aops.host_id` must be
/// the host's.
expected<std::vector<record>> otlp_records(std::string_view body, const origin& from);

/// The export format of the journal; a field `AOPS_HOST_ID` must be the host's.
expected<std::vector<record>> journal_records(std::string_view body, const origin& from);

/// Puts what a name of the journal stands for where it belongs; false when it is told otherwise.
bool take_journal_field(record& x, std::string_view name, std::string_view value);

} // namespace aops::logs
