#include "cli/aops/text/yaml.hpp"

#include "cli/aops/text/files.hpp"
#include "cli/aops/text/language.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cmath>
#include <set>

namespace aops::cli {

namespace {

constexpr size_t most_values = 1'000'000;
constexpr size_t most_levels = 200;
constexpr size_t most_bytes = size_t{64} << 20;

template <class T>
bool read_number(std::string_view text, T& value, int base = 10) {
  auto end = text.data() + text.size();
  auto result = [&] {
    if constexpr (std::is_floating_point_v<T>)
      return std::from_chars(text.data(), end, value);
    else
      return std::from_chars(text.data(), end, value, base);
  }();
  return result.ec == std::errc{} && result.ptr == end;
}

/// A bare word by the core schema.
json plain(const std::string& text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL")
    return nullptr;
  if (text == "true" || text == "True" || text == "TRUE")
    return true;
  if (text == "false" || text == "False" || text == "FALSE")
    return false;
  std::string_view digits = text;
  if (digits.starts_with('+'))
    digits.remove_prefix(1);
  int64_t whole = 0;
  uint64_t hex = 0;
  double fraction = 0;
  if (read_number(digits, whole))
    return whole;
  if (digits.starts_with("0x") && read_number(digits.substr(2), hex, 16))
    return hex;
  // Neither `inf` nor `nan`: JSON has none, and a name may be spelled so.
  bool is_number = digits.find_first_not_of("0123456789.eE+-") == digits.npos &&
                   digits.find_first_of("0123456789") != digits.npos;
  if (is_number &&
      read_number(digits.ends_with('.') ? digits.substr(0, digits.size() - 1) : digits, fraction) &&
      std::isfinite(fraction))
    return fraction;
  return text;
}

std::string shown(const YAML::Mark& at) {
  return tr("line {}, column {}", at.line + 1, at.column + 1);
}

/// Turns nodes into JSON. An alias is a node met again, so what counts is what comes out.
class converter {
public:
  expected<json> convert(const YAML::Node& node, size_t level) {
    if (++values_ > most_values)
      return wrong(node, tr("more than {} values", most_values));
    if (level > most_levels)
      return wrong(node, tr("nested deeper than {} levels", most_levels));
    switch (node.Type()) {
    case YAML::NodeType::Scalar:
      return scalar(node);
    case YAML::NodeType::Sequence:
      return list(node, level);
    case YAML::NodeType::Map:
      return object(node, level);
    default:
      return json(nullptr);
    }
  }

private:
  static tl::unexpected<error> wrong(const YAML::Node& node, std::string_view why) {
    return fail(ec::bad_request, fmt::format("{}: {}", shown(node.Mark()), why));
  }

  expected<std::string> text(const YAML::Node& node) {
    const auto& value = node.Scalar();
    bytes_ += value.size();
    if (bytes_ > most_bytes)
      return wrong(node, tr("more than {} MiB of texts", most_bytes >> 20));
    return value;
  }

  expected<json> scalar(const YAML::Node& node) {
    auto value = text(node);
    if (!value)
      return fail(value.error());
    const auto& tag = node.Tag();
    bool is_text = tag == "!" || tag == "tag:yaml.org,2002:str";
    if (!is_text && tag != "?" && !tag.empty())
      return wrong(node, tr("the tag {} means nothing here", tag));
    return is_text ? json(*value) : plain(*value);
  }

  expected<json> list(const YAML::Node& node, size_t level) {
    auto result = json::array();
    for (const auto& item : node) {
      auto value = convert(item, level + 1);
      if (!value)
        return value;
      result.push_back(std::move(*value));
    }
    return result;
  }

  expected<json> object(const YAML::Node& node, size_t level) {
    auto result = json::object();
    std::set<std::string> seen; // Members are searched one by one.
    for (const auto& member : node) {
      if (!member.first.IsScalar())
        return wrong(member.first, tr("a key is no text"));
      auto key = text(member.first);
      auto value = key ? convert(member.second, level + 1) : expected<json>{fail(key.error())};
      if (!value)
        return value;
      if (!seen.insert(*key).second)
        return wrong(member.first, tr("the key `{}` stands twice", *key));
      result.get_ref<json::object_t&>().json::object_t::Container::emplace_back(
        *key, std::move(*value)); // Its own way to add looks through all that are there.
    }
    return result;
  }

  size_t values_ = 0, bytes_ = 0;
};

} // namespace

expected<json> parse_yaml(std::string_view text) {
  try {
    auto documents = YAML::LoadAll(std::string{text});
    if (documents.size() != 1)
      return fail(ec::bad_request,
                  documents.empty() ? tr("is empty")
                                    : tr("holds {} documents; one is wanted", documents.size()));
    return converter{}.convert(documents.front(), 1);
  } catch (const YAML::Exception& e) {
    return fail(ec::bad_request, tr("no valid YAML, {}: {}", shown(e.mark), e.msg));
  }
}

namespace {

/// One step down the path, which loses its first part. False when there is nothing.
bool step_down(YAML::Node& node, std::string_view& path) {
  if (path.starts_with('[') && node.IsSequence()) {
    auto end = path.find(']');
    size_t i = 0;
    if (end == path.npos || !read_number(path.substr(1, end - 1), i) || i >= node.size())
      return false;
    path.remove_prefix(end + 1);
    node.reset(node[i]);
    return true;
  }
  if (!path.starts_with('.') || !node.IsMap())
    return false;
  path.remove_prefix(1);
  // Keys may have dots: the longest that fits is meant.
  std::optional<YAML::Node> found;
  size_t length = 0;
  for (const auto& member : node) {
    const auto& key = member.first.Scalar();
    auto rest = path.substr(std::min(key.size(), path.size()));
    bool fits = path.starts_with(key) && (rest.empty() || rest[0] == '.' || rest[0] == '[');
    if (fits && (!found || key.size() > length)) {
      found = member.second;
      length = key.size();
    }
  }
  if (!found)
    return false;
  path.remove_prefix(length);
  node.reset(*found);
  return true;
}

} // namespace

std::optional<text_place> place_of(std::string_view text, std::string_view path) {
  try {
    auto node = YAML::Load(std::string{text});
    while (!path.empty() && step_down(node, path)) {
    }
    auto at = node.Mark();
    if (at.is_null())
      return std::nullopt;
    return text_place{static_cast<size_t>(at.line) + 1, static_cast<size_t>(at.column) + 1};
  } catch (const YAML::Exception&) {
    return std::nullopt;
  }
}

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
