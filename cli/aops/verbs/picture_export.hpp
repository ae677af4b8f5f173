#pragma once

#include "cli/aops/report/report_picture.hpp"
#include "cli/aops/verbs/common.hpp"

#include <optional>
#include <vector>

namespace aops::cli {

/// Where and in what form `--export` wants something: a form's name, such as `html` (then to
/// `--file`, else standard output), or a file whose extension says the form, or a folder.
struct export_form {
  enum class kind { json, yaml, html, dot, svg };
  kind how = kind::json;
  std::string path; ///< Empty: standard output.
};

/// What a command can export.
struct exports {
  std::vector<export_form::kind> forms;
  export_form::kind in_folder;                ///< Of the file that a folder gets.
  std::optional<export_form::kind> bare = {}; ///< Of a file without extension; none: refused.
  std::string_view name;                      ///< Of the file in a folder, without extension.
};

/// What `--export` and `--file` say; anything without them. `ec::bad_request` for a file whose
/// extension says another form or none that is offered, and for `--file` alone.
expected<export_form> export_wanted(const arguments& args, const exports& offered);

/// Whether a word names a file rather than a thing: it has the extension of some form, or a slash.
bool names_file(std::string_view word);

/// Writes `content` as JSON or YAML, or the pictures; tells where on standard error. Several
/// pictures do not go into one SVG.
expected<void> export_as(session& s,
                         const export_form& to,
                         const json& content,
                         const std::vector<picture>& pictures);

} // namespace aops::cli
