#include "cli/aops/verbs/picture_export.hpp"

#include "cli/aops/text/files.hpp"

#include <ostream>

namespace aops::cli {

namespace {

std::string_view extension(export_form::kind how) {
  return how == export_form::kind::html  ? ".html"
         : how == export_form::kind::dot ? ".dot"
                                         : ".json";
}

} // namespace

export_form
find_export(const arguments& args, export_form::kind by_default, std::string_view name) {
  const auto& given = args.text("export");
  for (auto how : {export_form::kind::html, export_form::kind::dot, export_form::kind::json})
    if (given == extension(how).substr(1))
      return {how, export_path(args.text("file"), std::string{name} + std::string{extension(how)})};
  auto ending = extension_of(given);
  auto how = ending == ".html" || ending == ".htm" ? export_form::kind::html
             : ending == ".dot" || ending == ".gv" ? export_form::kind::dot
             : ending == ".json"                   ? export_form::kind::json
                                                   : by_default;
  return {how, export_path(given, std::string{name} + std::string{extension(how)})};
}

expected<void> export_as(session& s,
                         const export_form& to,
                         const json& content,
                         const std::vector<picture>& pictures) {
  auto text = to.how == export_form::kind::html  ? to_html(pictures)
              : to.how == export_form::kind::dot ? to_dot(pictures)
                                                 : to_lines(content);
  if (!to.path.empty())
    return write_export(s, to.path, "", text);
  s.io.out << text;
  return {};
}

} // namespace aops::cli
