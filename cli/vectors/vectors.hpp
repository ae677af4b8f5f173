#pragma once

#include "runtime/base/json_library.hpp"

#include <string>

/// Replaying golden vectors: one function per file of them. Each takes a whole vector and judges
/// what this implementation yields against `sane_expected` where present, else `expected`.
namespace aops::vectors {

using json = nlohmann::json;

/// One vector judged; the texts are shown when it failed.
struct judgement {
  bool passed = false;
  std::string expected, got;
};

judgement judge_expression(const json& vector);
judgement judge_check_run(const json& vector);
judgement judge_diagnosis(const json& vector);

/// `sane_expected` where present, else `expected`.
const json& wanted(const json& vector);

/// Equality by the rules of the vectors: numbers are equal as whole numbers, or within 1e-9
/// relative or 1e-12 absolute; booleans are not numbers; members in any order, items in order; null
/// and absent differ.
bool same(const json& expected, const json& got);

/// The judgement that follows from comparing two results by `same`.
judgement compare(const json& expected, const json& got);

} // namespace aops::vectors
