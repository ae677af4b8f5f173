#include "http/server/docs_page.hpp"

#include "messages/return_code.hpp"

#include <fmt/format.h>

#include <map>
#include <set>
#include <vector>

namespace aops::http {

using nlohmann::json;

namespace {

constexpr std::string_view style_sheet = R"(:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 64rem; padding: 1rem 1.5rem 4rem; }
h1 { font-size: 1.6rem; } h2 { margin-top: 2.5rem; border-bottom: 1px solid #8886; }
details { border: 1px solid #8886; border-radius: 6px; margin: .5rem 0; padding: .4rem .8rem; }
summary { cursor: pointer; } code, .path { font-family: ui-monospace, monospace; }
.verb { display: inline-block; min-width: 4.5rem; font-weight: 600; color: #2a7; }
.muted { opacity: .7; } table { border-collapse: collapse; margin: .5rem 0 1rem; width: 100%; }
td, th { border-bottom: 1px solid #8884; padding: .25rem .6rem .25rem 0; text-align: left; vertical-align: top; }
)";

/// With the place of the style sheet open.
constexpr std::string_view head = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>aops: REST interface</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="{}"></head><body>
<h1>aops: REST interface</h1>
<p>Every reply is a JSON object with <code>code</code> and <code>msg</code>; HTTP says 200 for every handled outcome. Log in
at <code>/manage/account/login</code> and send the token as header <code>Access-Token</code>. For programs:
<a href="openapi.json">openapi.json</a>.</p>
)";

std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
    case '&':
      out += "&amp;";
      break;
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    case '"':
      out += "&quot;";
      break;
    default:
      out += c;
    }
  }
  return out;
}

/// Escaped, with `words` in back-ticks as code.
std::string prose(std::string_view text) {
  std::string out;
  bool is_code = false;
  for (size_t tick; (tick = text.find('`')) != text.npos; text.remove_prefix(tick + 1)) {
    out += escaped(text.substr(0, tick)) + (is_code ? "</code>" : "<code>");
    is_code = !is_code;
  }
  return out + escaped(text) + (is_code ? "</code>" : "");
}

std::string last_part(const std::string& reference) {
  return reference.substr(reference.rfind('/') + 1);
}

/// A schema in a few words: `list of text, 1 to 50`.
std::string type_text(const json& schema) {
  if (schema.contains("$ref")) {
    auto name = escaped(last_part(schema["$ref"]));
    return fmt::format("<a href=\"#schema-{}\">{}</a>", name, name);
  }
  if (schema.contains("allOf"))
    return type_text(schema["allOf"].back());
  if (schema.contains("anyOf"))
    return type_text(schema["anyOf"].front());
  if (schema.contains("oneOf"))
    return "list or object";
  if (schema.contains("enum") && schema.value("type", "") == "string") {
    std::vector<std::string> choices;
    for (const auto& choice : schema["enum"])
      choices.push_back(fmt::format("<code>\"{}\"</code>", escaped(choice.get<std::string>())));
    return fmt::format("{}", fmt::join(choices, " | "));
  }
  auto type = schema.value("type", "any JSON");
  if (type == "array" && schema.contains("items") && !schema["items"].empty())
    return "list of " + type_text(schema["items"]);
  if (type == "object" && schema.contains("additionalProperties") &&
      schema["additionalProperties"].is_object())
    return "object of " + type_text(schema["additionalProperties"]);
  if (schema.value("format", "") == "unix-seconds")
    return "seconds";
  return escaped(type == "string" ? "text" : type);
}

/// `1 to 50 items`; empty without limits.
std::string limits_text(const json& schema) {
  struct limit {
    const char *min, *max, *unit;
  };
  for (auto [min, max, unit] : {limit{"minLength", "maxLength", " characters"},
                                {"minItems", "maxItems", " items"},
                                {"minimum", "maximum", ""}}) {
    bool has_min = schema.contains(min), has_max = schema.contains(max);
    if (has_min && has_max && schema[min] == schema[max])
      return fmt::format("exactly {}{}", schema[min].dump(), unit);
    if (has_min && has_max)
      return fmt::format("{} to {}{}", schema[min].dump(), schema[max].dump(), unit);
    if (has_min)
      return fmt::format("at least {}{}", schema[min].dump(), unit);
    if (has_max)
      return fmt::format("at most {}{}", schema[max].dump(), unit);
  }
  return {};
}

std::string
row(const std::string& name, const json& schema, const std::string& doc, bool is_required) {
  auto limits = limits_text(schema);
  return fmt::format("<tr><td><code>{}</code>{}</td><td>{}{}{}</td><td>{}</td></tr>\n",
                     escaped(name),
                     is_required ? "" : " <span class=\"muted\">optional</span>",
                     type_text(schema),
                     limits.empty() ? "" : ", ",
                     limits,
                     prose(doc));
}

std::string fields_table(const json& schema) {
  if (!schema.contains("properties") || schema["properties"].empty())
    return "<p class=\"muted\">No fields.</p>\n";
  std::set<std::string> required;
  for (const auto& name : schema.value("required", json::array()))
    required.insert(name.get<std::string>());
  std::string rows;
  for (const auto& [name, field] : schema["properties"].items())
    rows += row(name, field, field.value("description", ""), required.contains(name));
  return "<table>\n" + rows + "</table>\n";
}

std::string parameters_table(const json& parameters) {
  if (parameters.empty())
    return "<p class=\"muted\">No parameters.</p>\n";
  std::string rows;
  for (const auto& p : parameters)
    rows += row(p["name"], p["schema"], p.value("description", ""), p["required"]);
  return "<table>\n" + rows + "</table>\n";
}

const json* named_schema(const json& openapi, const json& schema) {
  if (!schema.contains("$ref"))
    return &schema;
  const auto& schemas = openapi["components"]["schemas"];
  auto it = schemas.find(last_part(schema["$ref"]));
  return it == schemas.end() ? nullptr : &*it;
}

std::string operation_html(const json& openapi,
                           const std::string& path,
                           const std::string& verb,
                           const json& op) {
  std::string upper = verb;
  for (auto& c : upper)
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  auto html = fmt::format("<details id=\"{0}{1}\"><summary><span class=\"verb\">{0}</span> <span "
                          "class=\"path\">{1}</span> "
                          "<span class=\"muted\">{2}</span></summary>\n<p>{3}</p>\n",
                          upper,
                          escaped(path),
                          prose(op.value("summary", "")),
                          prose(op.value("description", "")));
  if (op.contains("parameters"))
    html += "<h4>Parameters</h4>" + parameters_table(op["parameters"]);
  if (op.contains("requestBody")) // JSON or a form.
    if (const auto* request =
          named_schema(openapi, op["requestBody"]["content"].begin().value()["schema"]))
      html += "<h4>Request</h4>" + fields_table(*request);
  // What answers with 204, or with text, has none.
  auto replies =
    op.value("/responses/200/content/application~1json/schema/anyOf"_json_pointer, json::array());
  if (!replies.empty())
    if (const auto* reply = named_schema(openapi, replies.front()))
      html += "<h4>Reply</h4>" + fields_table(*reply);
  return html + "</details>\n";
}

std::string codes_html() {
  std::map<int, std::string_view> codes = {{code_ok, text_of(code_ok)},
                                           {code_partial, text_of(code_partial)}};
  for (const auto& o : outcomes)
    codes.emplace(o.return_code, o.msg);
  std::string html = "<h2 id=\"codes\">Codes</h2>\n<table>\n";
  for (const auto& [code, msg] : codes)
    html += fmt::format("<tr><td>{}</td><td>{}</td></tr>\n", code, escaped(msg));
  return html + "</table>\n";
}

} // namespace

std::string_view docs_style() { return style_sheet; }

std::string docs_page(const json& openapi, std::string_view style) {
  std::map<std::string, std::string> sections;
  for (const auto& [path, verbs] : openapi["paths"].items())
    for (const auto& [verb, op] : verbs.items())
      sections[op["tags"][0].get<std::string>()] += operation_html(openapi, path, verb, op);
  auto html = fmt::format(head, style);
  for (const auto& [tag, operations] : sections)
    html += fmt::format("<h2>{}</h2>\n{}", escaped(tag), operations);
  html += codes_html() + "<h2>Types</h2>\n";
  for (const auto& [name, schema] : openapi["components"]["schemas"].items())
    html += fmt::format("<h3 id=\"schema-{0}\">{0}</h3>\n{1}", escaped(name), fields_table(schema));
  return html + "</body></html>\n";
}

} // namespace aops::http
