#pragma once

#include "messages/error.hpp"
#include "runtime/base/json_codec.hpp"

#include <string>
#include <vector>

/// Many documents in one request. Pure.
namespace aops::opensearch {

struct bulk_document {
  std::string id;     ///< Of letters and digits.
  std::string source; ///< JSON in one line.
};

/// Creates each that is not there.
std::string bulk_body(const std::vector<const bulk_document*>& all);

enum class item_fate : uint8_t {
  stored,
  known,   ///< One of its id is there.
  later,   ///< Not now: too much to do, or a part of the cluster is away.
  refused, ///< Never, as things are.
};

struct item_outcome {
  item_fate fate = item_fate::refused;
  std::string index;  ///< Where it is.
  std::string reason; ///< Why not.
};

/// What became of each, in order. ec::query_failed when the answer is none to so many.
expected<std::vector<item_outcome>> read_bulk(const base::json& answer, size_t count);

} // namespace aops::opensearch
