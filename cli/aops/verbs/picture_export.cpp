#include "cli/aops/verbs/picture_export.hpp"

#include "cli/aops/text/files.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace aops::cli {

namespace {

using kind = export_form::kind;

/// The first extension of a form is the one that is written.
struct extension {
  kind how;
  std::string_view text;
};
constexpr extension extensions[] = {{kind::json, ".json"},
                                    {kind::yaml, ".yaml"},
                                    {kind::yaml, ".yml"},
                                    {kind::html, ".html"},
                                    {kind::html, ".htm"},
                                    {kind::dot, ".dot"},
                                    {kind::dot, ".gv"},
                                    {kind::svg, ".svg"}};

std::string_view extension_for(kind how) {
  return std::find_if(std::begin(extensions),
                      std::end(extensions),
                      [&](const auto& x) { return x.how == how; })
    ->text;
}

std::optional<kind> form_of(std::string_view ending) {
  auto found = std::find_if(
    std::begin(extensions), std::end(extensions), [&](const auto& x) { return x.text == ending; });
  return found == std::end(extensions) ? std::nullopt : std::optional{found->how};
}

bool offers(const exports& offered, kind how) {
  return std::find(offered.forms.begin(), offered.forms.end(), how) != offered.forms.end();
}

std::string offered_text(const exports& offered) {
  std::vector<std::string> parts;
  for (const auto& x : extensions)
    if (offers(offered, x.how))
      parts.emplace_back(x.text);
  return joined(parts, ", ");
}

} // namespace

expected<export_form> export_wanted(const arguments& args, const exports& offered) {
  if (!args.has("export") && args.has("file"))
    return fail(ec::bad_request, tr("--file goes with --export"));
  if (!args.has("export"))
    return export_form{};
  const auto& given = args.text("export");
  auto word = form_of("." + given);
  bool is_word = word && offers(offered, *word);
  auto path = is_word ? args.text("file") : given;
  auto in_folder = is_word ? *word : offered.in_folder;
  if (auto inside = export_path(path, fmt::format("{}{}", offered.name, extension_for(in_folder)));
      inside != path)
    return export_form{in_folder, inside};
  auto ending = extension_of(path);
  if (ending.empty() && is_word)
    return export_form{*word, path};
  if (ending.empty() && offered.bare)
    return export_form{*offered.bare, path};
  auto how = form_of(ending);
  if (!how || !offers(offered, *how))
    return fail(
      ec::bad_request,
      tr("--export: {}: its name must say the form, by one of {}", path, offered_text(offered)));
  if (is_word && *how != *word)
    return fail(ec::bad_request, tr("--export: {} is no name for {}", path, given));
  return export_form{*how, path};
}

bool names_file(std::string_view word) {
  return word.find('/') != word.npos || form_of(extension_of(std::string{word})).has_value();
}

expected<void> export_as(session& s,
                         const export_form& to,
                         const json& content,
                         const std::vector<picture>& pictures) {
  if (to.how == kind::svg && pictures.size() != 1)
    return fail(
      ec::bad_request,
      tr("an SVG holds one picture, and these are {}; choose one, or .html", pictures.size()));
  auto text = to.how == kind::html   ? to_html(pictures)
              : to.how == kind::dot  ? to_dot(pictures)
              : to.how == kind::svg  ? to_svg_file(pictures.front().report.root)
              : to.how == kind::yaml ? to_yaml(content)
                                     : to_lines(content);
  if (!to.path.empty())
    return write_export(s, to.path, "", text);
  s.io.out << text;
  return {};
}

} // namespace aops::cli
