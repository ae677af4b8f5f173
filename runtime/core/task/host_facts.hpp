#pragma once

#include "messages/error.hpp"

#include <string>
#include <string_view>

namespace aops::task {

/// How much is kept of what is known of a host, as JSON text.
inline constexpr size_t most_fact_bytes = 65'536;

/// What was collected of a host, as it is kept: JSON text of an object in which what the contract
/// misspells, `os.bios_verison` and `cpu.verdor_id`, stands under both spellings.
/// @returns ec::bad_request with `infos: reason`.
expected<std::string> facts_to_keep(std::string_view infos);

/// The facts of a host, made of what our module `aops_system` returned there: `os`, `cpu`,
/// `memory`, `network`, `disk`, `board` as the contract has them, and `failed`: why a part is not
/// known, by part. JSON text. ec::bad_request when it is no such result.
expected<std::string> facts_of_system(std::string_view module_result);

} // namespace aops::task
