#pragma once

#include "messages/error.hpp"
#include "runtime/base/json_library.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace aops::base {

/// The words of another language for a text of this one, which may have `{}` in it.
using translator = std::string_view (*)(std::string_view english);

/// What YAML documents may become; documents that are read with the same budget share it.
struct yaml_budget {
  size_t values = 1'000'000;
  size_t bytes = size_t{64} << 20; ///< Of texts.
};

/// One YAML document as JSON in its order: the core schema of YAML 1.2 (`yes` is a text, `012` is
/// 12), texts in quotes are texts. Keys are texts and stand once. What aliases repeat counts each
/// time: at most 1,000,000 values, 200 levels, 64 MiB of texts. `ec::bad_request` names line and
/// column.
/// @param words In what it is said; null: as it stands here.
expected<nlohmann::ordered_json> parse_yaml(std::string_view text, translator words = nullptr);

/// The same. @param left What is used goes from it, also of a document that is refused.
expected<nlohmann::ordered_json>
parse_yaml(std::string_view text, yaml_budget& left, translator words = nullptr);

/// A place in a text, from 1.
struct text_place {
  size_t line = 1, column = 1;
};

/// Where a value stands in a YAML or JSON text, by its path such as `[0].tasks[2].name`; of one
/// that is missing the nearest above it. Nothing when the text is no such document.
std::optional<text_place> place_of(std::string_view text, std::string_view path);

} // namespace aops::base
