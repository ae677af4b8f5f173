#pragma once

#include "cli/aops/report/report_picture.hpp"
#include "cli/aops/verbs/common.hpp"

namespace aops::cli {

/// Where and in what form `--export` wants something: `html`, `dot` or `json` (then to `--file`,
/// else standard output), or a file whose extension says the form, or a folder.
struct export_form {
  enum class kind { json, html, dot };
  kind how = kind::json;
  std::string path; ///< Empty: standard output.
};

/// @param name File name without extension, used inside a folder.
/// @param by_default Form of a file with another extension and of a folder.
export_form find_export(const arguments& args, export_form::kind by_default, std::string_view name);

/// Writes `content` as JSON or the pictures; tells where on standard error.
expected<void> export_as(session& s,
                         const export_form& to,
                         const json& content,
                         const std::vector<picture>& pictures);

} // namespace aops::cli
