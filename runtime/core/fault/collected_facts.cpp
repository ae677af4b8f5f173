#include "runtime/core/fault/collected_facts.hpp"

#include <algorithm>

namespace aops::fault {

namespace {

/// A member of an object; null when it is none, or has no such member.
const nlohmann::json& member(const nlohmann::json& of, const char* name) {
  static const nlohmann::json none;
  auto it = of.is_object() ? of.find(name) : of.end();
  return it == of.end() ? none : *it;
}

} // namespace

void take_collected(std::string_view infos, host_facts& to) {
  auto facts = nlohmann::json::parse(infos, nullptr, false);
  if (!facts.is_object())
    return;
  constexpr int64_t most_cores = max_nodes;
  const auto& cores = member(member(facts, "cpu"), "core_count");
  if (cores.is_number_integer() && cores.get<int64_t>() > 0 && cores.get<int64_t>() <= most_cores)
    to.core_count = static_cast<uint32_t>(cores.get<int64_t>());
  std::vector<std::string> disks;
  const auto& listed = member(member(facts, "disk"), "info");
  if (listed.is_array())
    for (const auto& disk : listed)
      if (const auto& name = member(disk, "name");
          name.is_string() && !name.get_ref<const std::string&>().empty())
        disks.push_back(name.get<std::string>());
  if (disks.empty())
    return;
  std::sort(disks.begin(), disks.end());
  disks.erase(std::unique(disks.begin(), disks.end()), disks.end());
  to.disks = std::move(disks);
}

} // namespace aops::fault
