#include "runtime/core/task/host_facts.hpp"

#include "runtime/base/json_codec.hpp"

#include <fmt/format.h>

namespace aops::task {

namespace {

using base::json;

/// Gives the member both names, whichever it has.
void spell_both(json& facts, const char* part, const char* right, const char* wrong) {
  auto there = facts.find(part);
  if (there == facts.end() || !there->is_object())
    return;
  auto& object = *there;
  if (object.contains(right) && !object.contains(wrong))
    object[wrong] = json(object[right]);
  else if (object.contains(wrong) && !object.contains(right))
    object[right] = json(object[wrong]);
}

} // namespace

expected<std::string> facts_to_keep(std::string_view infos) {
  auto facts = base::parse_json(infos);
  if (!facts || !facts->is_object())
    return fail(ec::bad_request, "infos: must be an object");
  spell_both(*facts, "os", "bios_version", "bios_verison");
  spell_both(*facts, "cpu", "vendor_id", "verdor_id");
  auto text = facts->dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() > most_fact_bytes)
    return fail(ec::bad_request,
                fmt::format("infos: must not be longer than {} bytes", most_fact_bytes));
  return text;
}

} // namespace aops::task
