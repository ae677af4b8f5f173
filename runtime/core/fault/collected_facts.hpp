#pragma once

#include "runtime/core/fault/tree.hpp"

#include <string_view>

namespace aops::fault {

/// What was collected of a host goes before what its series show: cores and disks, as far as they
/// are known.
/// @param infos JSON object of its facts, as `/manage/host/info/query` tells them; what is none, or
/// names no disk, changes nothing.
void take_collected(std::string_view infos, host_facts& to);

} // namespace aops::fault
