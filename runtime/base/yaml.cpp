#include "runtime/base/yaml.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cmath>
#include <set>

namespace aops::base {

namespace {

using json = nlohmann::ordered_json;

constexpr size_t most_levels = 200;

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

/// A text in the words of the reader.
class speaker {
public:
  explicit speaker(translator words) : words_(words) {}

  template <class... Args>
  std::string say(fmt::format_string<Args...> english, Args&&... args) const {
    fmt::string_view own = english;
    std::string_view text{own.data(), own.size()};
    if (words_)
      text = words_(text);
    return fmt::vformat(fmt::string_view{text.data(), text.size()}, fmt::make_format_args(args...));
  }

  std::string shown(const YAML::Mark& at) const {
    return say("line {}, column {}", at.line + 1, at.column + 1);
  }

private:
  translator words_;
};

/// Turns nodes into JSON. An alias is a node met again, so what counts is what comes out.
class converter {
public:
  converter(const speaker& words, yaml_budget& left) : words_(words), left_(left) {}

  expected<json> convert(const YAML::Node& node, size_t level) {
    if (left_.values == 0)
      return wrong(node, words_.say("more than {} values", yaml_budget{}.values));
    --left_.values;
    if (level > most_levels)
      return wrong(node, words_.say("nested deeper than {} levels", most_levels));
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
  tl::unexpected<error> wrong(const YAML::Node& node, std::string_view why) const {
    return fail(ec::bad_request, fmt::format("{}: {}", words_.shown(node.Mark()), why));
  }

  expected<std::string> text(const YAML::Node& node) {
    const auto& value = node.Scalar();
    if (value.size() > left_.bytes) {
      left_.bytes = 0;
      return wrong(node, words_.say("more than {} MiB of texts", yaml_budget{}.bytes >> 20));
    }
    left_.bytes -= value.size();
    return value;
  }

  expected<json> scalar(const YAML::Node& node) {
    auto value = text(node);
    if (!value)
      return fail(value.error());
    const auto& tag = node.Tag();
    bool is_text = tag == "!" || tag == "tag:yaml.org,2002:str";
    if (!is_text && tag != "?" && !tag.empty())
      return wrong(node, words_.say("the tag {} means nothing here", tag));
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
        return wrong(member.first, words_.say("a key is no text"));
      auto key = text(member.first);
      auto value = key ? convert(member.second, level + 1) : expected<json>{fail(key.error())};
      if (!value)
        return value;
      if (!seen.insert(*key).second)
        return wrong(member.first, words_.say("the key `{}` stands twice", *key));
      result.get_ref<json::object_t&>().json::object_t::Container::emplace_back(
        *key, std::move(*value)); // Its own way to add looks through all that are there.
    }
    return result;
  }

  const speaker& words_;
  yaml_budget& left_;
};

} // namespace

expected<nlohmann::ordered_json> parse_yaml(std::string_view text, translator words) {
  yaml_budget all;
  return parse_yaml(text, all, words);
}

expected<nlohmann::ordered_json>
parse_yaml(std::string_view text, yaml_budget& left, translator words) {
  speaker to{words};
  try {
    auto documents = YAML::LoadAll(std::string{text});
    if (documents.size() != 1)
      return fail(ec::bad_request,
                  documents.empty()
                    ? to.say("is empty")
                    : to.say("holds {} documents; one is wanted", documents.size()));
    return converter{to, left}.convert(documents.front(), 1);
  } catch (const YAML::Exception& e) {
    return fail(ec::bad_request, to.say("no valid YAML, {}: {}", to.shown(e.mark), e.msg));
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

} // namespace aops::base
