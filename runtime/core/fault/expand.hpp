#pragma once

#include "messages/error.hpp"
#include "runtime/base/json_library.hpp"
#include "runtime/core/fault/tree.hpp"

#include <string_view>

namespace aops::fault {

/// What a node's name, check item, condition and `match` hold where the id goes.
inline constexpr std::string_view id_mark = "{id}";

/// Checks a node's `expand` member: `{"by": "cpu"|"disk", "join": "||"|"&&"}`, or `{"by":
/// "instance", "check item": "disk-full", "label": "mountpoint"}`. Empty when well formed, else the
/// reason.
std::string refuse_expand(const nlohmann::ordered_json& expand, std::string_view node_name);

/// The label that a well-formed `expand` by instances goes by.
std::optional<rule_label> label_in(const nlohmann::ordered_json& expand);

struct expanded_content {
  nlohmann::ordered_json content;
  host_facts used; ///< Those of the host's facts that its templates ask for.
};

/// The content of a legal adaptive tree with its templates replaced. A template without facts
/// stays, marked by its `expand` member, and stands for a leaf without data.
expected<expanded_content> expand(const nlohmann::ordered_json& content, const host_facts& facts);

} // namespace aops::fault
