#pragma once

#include "actors/logs/line_store.hpp"
#include "runtime/base/json_codec.hpp"

#include <string>

/// Lines as documents of OpenSearch. Pure.
namespace aops::actors {

/// A line about to be kept.
struct line_to_keep {
  std::string host_id;
  uint64_t source = 0, n = 0;
  logs::record what; ///< With a time.
};

/// By what a line is known again: the same of host, source, offset and message. Empty for a line
/// without an offset, which is like no other.
std::string document_id_of(const line_to_keep& x);

/// JSON in one line.
std::string document_of(const line_to_keep& x);

/// ec::corrupt when it is none of ours.
expected<found_log_line> line_in_document(const base::json& document);

/// JSON: `settings` and `mappings` of indices of lines.
std::string shape_of_documents(int64_t replicas);

/// Hash of host and source.
uint64_t line_source_hash(std::string_view host, std::string_view source);

} // namespace aops::actors
