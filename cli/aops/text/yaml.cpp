#include "cli/aops/text/yaml.hpp"

#include "cli/aops/text/files.hpp"
#include "cli/aops/text/language.hpp"

#include <fmt/format.h>

namespace aops::cli {

/// What `base::parse_yaml` says.
[[maybe_unused]] constexpr std::string_view said_of_yaml[] = {
  tr_later("line {}, column {}"),
  tr_later("more than {} values"),
  tr_later("nested deeper than {} levels"),
  tr_later("more than {} MiB of texts"),
  tr_later("the tag {} means nothing here"),
  tr_later("a key is no text"),
  tr_later("the key `{}` stands twice"),
  tr_later("is empty"),
  tr_later("holds {} documents; one is wanted"),
  tr_later("no valid YAML, {}: {}")};

expected<json> parse_yaml(std::string_view text) { return base::parse_yaml(text, &translated); }

expected<json> parse_document(const std::string& name, std::string_view text) {
  auto named = [&](expected<json> content) {
    return content ? std::move(content)
                   : fail(ec::bad_request, fmt::format("{}: {}", name, content.error().detail));
  };
  auto kind = extension_of(name);
  if (kind == ".yaml" || kind == ".yml")
    return named(parse_yaml(text));
  auto content = parse_json(text);
  auto first = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  bool looks_like_json =
    first != text.npos && (text[first] == '{' || text[first] == '[' || text[first] == '"');
  if (content || kind == ".json" || looks_like_json)
    return named(std::move(content));
  return named(parse_yaml(text));
}

} // namespace aops::cli
