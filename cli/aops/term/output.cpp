#include "cli/aops/term/output.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <vector>

namespace aops::cli {

namespace {

class printer {
public:
  explicit printer(const palette& colours) : colours_(colours) {}

  void print(const json& value, size_t depth) {
    if (value.is_object() && !value.empty())
      print_object(value, depth);
    else if (value.is_array() && !value.empty())
      print_array(value, depth);
    else
      text += scalar(value);
  }

  std::string text;

private:
  std::string scalar(const json& value) const {
    auto shown = to_line(value);
    if (value.is_string())
      return colours_.green(shown);
    if (value.is_number())
      return colours_.cyan(shown);
    return value.is_structured() ? shown : colours_.magenta(shown);
  }

  void line(size_t depth) { text.append("\n").append(2 * depth, ' '); }

  void print_object(const json& value, size_t depth) {
    std::vector<json::const_iterator> members;
    for (auto i = value.begin(); i != value.end(); ++i)
      members.push_back(i);
    std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) {
      return a.key() < b.key();
    });
    text += "{";
    for (size_t i = 0; i < members.size(); ++i) {
      text += i ? "," : "";
      line(depth + 1);
      text += colours_.blue(to_line(members[i].key())) + ": ";
      print(members[i].value(), depth + 1);
    }
    line(depth);
    text += "}";
  }

  void print_array(const json& value, size_t depth) {
    text += "[";
    bool first = true;
    for (const auto& element : value) {
      text += first ? "" : ",";
      first = false;
      line(depth + 1);
      print(element, depth + 1);
    }
    line(depth);
    text += "]";
  }

  palette colours_;
};

/// True when a YAML reader takes the bare text for this very text: a word of letters and harmless
/// marks.
bool is_plain(const std::string& text) {
  auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  auto is_harmless = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == '/' ||
           c == ' ';
  };
  if (text.empty() || !is_letter(text.front()) || text.back() == ' ' ||
      !std::all_of(text.begin(), text.end(), is_harmless))
    return false;
  constexpr std::string_view taken[] = {
    "true", "false", "yes", "no", "on", "off", "null", "y", "n"};
  std::string lower;
  for (char c : text)
    lower += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return std::find(std::begin(taken), std::end(taken), lower) == std::end(taken);
}

void emit_text(YAML::Emitter& out, const std::string& text) {
  if (!is_plain(text))
    out << YAML::DoubleQuoted;
  out << text;
}

void emit(YAML::Emitter& out, const json& value) {
  if (value.is_object()) {
    out << (value.empty() ? YAML::Flow : YAML::Block) << YAML::BeginMap;
    for (auto i = value.begin(); i != value.end(); ++i) {
      out << YAML::Key;
      emit_text(out, i.key());
      out << YAML::Value;
      emit(out, i.value());
    }
    out << YAML::EndMap;
  } else if (value.is_array()) {
    out << (value.empty() ? YAML::Flow : YAML::Block) << YAML::BeginSeq;
    for (const auto& element : value)
      emit(out, element);
    out << YAML::EndSeq;
  } else if (value.is_string()) {
    emit_text(out, value.get_ref<const std::string&>());
  } else if (value.is_null()) {
    out << YAML::Null;
  } else {
    out << to_line(value);
  }
}

} // namespace

std::string pretty_json(const json& value, const palette& colours) {
  printer p(colours);
  p.print(value, 0);
  return p.text + "\n";
}

std::string to_yaml(const json& value) {
  YAML::Emitter out;
  emit(out, value);
  return std::string{out.c_str()} + "\n";
}

} // namespace aops::cli
