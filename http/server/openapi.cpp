#include "http/server/openapi.hpp"

#include <algorithm>
#include <cctype>

namespace aops::http {

namespace {

std::string lower(std::string_view text) {
  std::string out{text};
  std::transform(
    out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

/// `/diag/report/get` belongs to `diag/report`.
std::string tag_of(const std::string& path) {
  auto tag = path.substr(1, path.rfind('/') == 0 ? path.npos : path.rfind('/') - 1);
  return tag.empty() ? "pages" : tag;
}

json envelope_schema() {
  json schema = {{"type", "object"}, {"required", {"code", "msg"}}};
  schema["properties"] = {
    {"code",
     {{"type", "integer"},
      {"description", "200, 206, or what went wrong; see the list of codes."}}},
    {"msg", {{"type", "string"}, {"description", "The fixed text of the code."}}},
    {"detail",
     {{"type", "string"}, {"description", "What exactly went wrong; only with errors."}}}};
  return schema;
}

std::string codes_text() {
  std::string text = "Codes of replies:\n\n| code | msg |\n|---|---|\n";
  std::vector<int> codes = {code_ok, code_partial};
  for (const auto& o : outcomes)
    codes.push_back(o.return_code);
  std::sort(codes.begin(), codes.end());
  codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
  for (auto code : codes)
    text += "| " + std::to_string(code) + " | " + std::string{text_of(code)} + " |\n";
  return text;
}

std::string_view access_text(may who) {
  switch (who) {
  case may::anyone:
    return "No token needed.";
  case may::pending:
    return "Any session, also one that must change its password first.";
  case may::user:
    return "Any session.";
  case may::administrator:
    return "Administrators only.";
  }
  return {};
}

json operation(const std::string& path, may who, const std::string& summary) {
  json op = {{"summary", summary}, {"description", access_text(who)}, {"tags", {tag_of(path)}}};
  op["security"] = who == may::anyone ? json::array() : json::array({{{"token", json::array()}}});
  return op;
}

json content(std::string_view type, json schema) {
  return {{std::string{type}, {{"schema", std::move(schema)}}}};
}

/// The fields of a request as query parameters.
json parameters_of(const json& reference, const json& components) {
  auto name = reference.at("$ref").get<std::string>();
  const auto& schema = components.at(name.substr(name.rfind('/') + 1));
  auto required = schema.value("required", json::array());
  auto list = json::array();
  for (const auto& [field, value] : schema["properties"].items()) {
    bool is_required = std::find(required.begin(), required.end(), field) != required.end();
    auto plain = value;
    plain.erase("description");
    json parameter = {
      {"name", field}, {"in", "query"}, {"required", is_required}, {"schema", std::move(plain)}};
    if (value.contains("description"))
      parameter["description"] = value["description"];
    list.push_back(std::move(parameter));
  }
  return list;
}

json contract_operation(const route& r, json& components) {
  auto op = operation(r.path, r.who, r.summary);
  auto request = r.request_schema(components);
  if (r.verb == method::get)
    op["parameters"] = parameters_of(request, components);
  else
    op["requestBody"] = {{"required", !r.may_lack_body},
                         {"content", content("application/json", request)}};
  json reply = {
    {"allOf",
     json::array({{{"$ref", "#/components/schemas/envelope"}}, r.reply_schema(components)})}};
  op["responses"] = {
    {"200",
     {{"description", "Every handled outcome; `code` tells which."},
      {"content", content("application/json", reply)}}},
    {"400", {{"description", "The body is no JSON."}}},
    {"429", {{"description", "Overloaded; try again after `Retry-After` seconds."}}}};
  return op;
}

json stream_operation(const stream_route& r, json& components) {
  auto op = operation(r.path, r.who, r.summary);
  op["parameters"] = parameters_of(r.request_schema(components), components);
  op["parameters"].push_back({{"name", "Last-Event-ID"},
                              {"in", "header"},
                              {"required", false},
                              {"schema", {{"type", "string"}}},
                              {"description", "Go on behind this event."}});
  op["responses"] = {{"200",
                      {{"description", "Events."},
                       {"content", content("text/event-stream", {{"type", "string"}})}}}};
  for (auto [status, why] : {std::pair{"400", "Wrong parameters."},
                             {"401", "No valid session."},
                             {"403", "Not allowed."},
                             {"404", "No such entity."},
                             {"429", "Too many streams."}})
    op["responses"][status] = {{"description", why}};
  return op;
}

json page_operation(const page& p) {
  auto op = operation(p.path, may::anyone, p.summary);
  op["tags"] = {"pages"};
  op["responses"] = {{"200", {{"description", "The page."}}}};
  return op;
}

} // namespace

json openapi_of(const service& s) {
  auto schemas = json::object();
  schemas["envelope"] = envelope_schema();
  auto paths = json::object();
  for (const auto& r : s.routes)
    paths[r.path][lower(to_string(r.verb))] = contract_operation(r, schemas);
  for (const auto& r : s.streams)
    paths[r.path]["get"] = stream_operation(r, schemas);
  for (const auto& p : s.pages)
    paths[p.path]["get"] = page_operation(p);
  json token = {{"type", "apiKey"}, {"in", "header"}, {"name", "Access-Token"}};
  return {{"openapi", "3.0.3"},
          {"info", {{"title", "aops"}, {"version", s.version}, {"description", codes_text()}}},
          {"paths", std::move(paths)},
          {"components",
           {{"schemas", std::move(schemas)}, {"securitySchemes", {{"token", std::move(token)}}}}}};
}

} // namespace aops::http
