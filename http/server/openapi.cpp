#include "http/server/openapi.hpp"

#include <algorithm>
#include <array>
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

/// `post_diag_report_get`
std::string id_of(std::string_view verb, const std::string& path) {
  std::string id{verb};
  for (unsigned char c : path)
    if (std::isalnum(c))
      id += static_cast<char>(c);
    else if (!id.ends_with('_'))
      id += '_';
  return id;
}

std::vector<int> codes_of_errors() {
  std::vector<int> codes;
  for (const auto& o : outcomes)
    codes.push_back(o.return_code);
  std::sort(codes.begin(), codes.end());
  codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
  return codes;
}

json code_property() {
  return {{"type", "integer"},
          {"description", "200, 206, or what went wrong; see the list of codes."}};
}

json msg_property() { return {{"type", "string"}, {"description", "The fixed text of the code."}}; }

/// What went wrong, in JSON.
json envelope_schema() {
  json schema = {
    {"type", "object"}, {"required", {"code", "msg"}}, {"additionalProperties", false}};
  auto code = code_property();
  code["enum"] = codes_of_errors();
  schema["properties"] = {
    {"code", std::move(code)},
    {"msg", msg_property()},
    {"detail", {{"type", "string"}, {"description", "What exactly went wrong."}}}};
  return schema;
}

/// What HTTP itself refuses.
json refusal_schema() {
  json schema = {
    {"type", "object"}, {"required", {"code", "msg", "message"}}, {"additionalProperties", false}};
  schema["properties"] = {{"code", {{"type", "integer"}}},
                          {"msg", msg_property()},
                          {"message", {{"type", "string"}, {"description", "Why."}}}};
  return schema;
}

json refer(std::string_view kind, std::string_view name) {
  return {{"$ref", "#/components/" + std::string{kind} + '/' + std::string{name}}};
}

std::string name_in(const json& reference) {
  auto text = reference.at("$ref").get<std::string>();
  return text.substr(text.rfind('/') + 1);
}

std::string codes_text() {
  std::string text = "Codes of replies:\n\n| code | msg |\n|---|---|\n";
  auto codes = codes_of_errors();
  codes.insert(codes.begin(), {code_ok, code_partial});
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

json operation(std::string_view verb,
               const std::string& path,
               may who,
               const std::string& summary) {
  json op = {{"summary", summary},
             {"description", access_text(who)},
             {"operationId", id_of(verb, path)},
             {"tags", {tag_of(path)}}};
  op["security"] = json::array();
  if (who != may::anyone)
    op["security"] = {{{"token", json::array()}}, {{"cookie", json::array()}}};
  return op;
}

json content(std::string_view type, json schema) {
  return {{std::string{type}, {{"schema", std::move(schema)}}}};
}

/// Statuses with which requests are refused before anybody looks at what they ask.
constexpr std::array<std::pair<int, std::string_view>, 9> refusals = {{
  {400, "The request is malformed."},
  {405, "The path has no such method."},
  {408, "The request came too slowly."},
  {411, "A body without `Content-Length`."},
  {413, "The body is too long."},
  {414, "The URL is too long."},
  {415, "A body with a `Content-Encoding` that is not taken."},
  {431, "Too many or too long headers."},
  {503, "Too many connections."},
}};

json refusal_responses() {
  auto all = json::object();
  for (const auto& [status, why] : refusals)
    all["refused_" + std::to_string(status)] = {
      {"description", why}, {"content", content("application/json", refer("schemas", "refusal"))}};
  return all;
}

/// Adds those that the operation does not explain itself.
void add_refusals(json& op) {
  for (const auto& [status, why] : refusals) {
    auto text = std::to_string(status);
    if (!op["responses"].contains(text))
      op["responses"][text] = refer("responses", "refused_" + text);
  }
}

/// What is refused with the envelope as body, or before that by HTTP itself.
json problem(int status, std::string_view why) {
  auto schema = refer("schemas", "envelope");
  for (const auto& [refused, reason] : refusals)
    if (refused == status)
      schema = {{"anyOf", json::array({schema, refer("schemas", "refusal")})}};
  return {{"description", why}, {"content", content("application/json", std::move(schema))}};
}

/// The fields of a request as query parameters.
json parameters_of(const json& reference, const json& components) {
  const auto& schema = components.at(name_in(reference));
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

/// The reply's own schema, with the `code` and `msg` that each reply has.
json reply_schema(const route& r, json& components) {
  auto reference = r.reply_schema(components);
  auto& schema = components.at(name_in(reference));
  if (!schema["properties"].contains("code")) {
    schema["properties"]["code"] = code_property();
    schema["properties"]["msg"] = msg_property();
    schema["required"].push_back("code");
    schema["required"].push_back("msg");
  }
  return reference;
}

json repeat_parameter() {
  return {{"name", "Idempotency-Key"},
          {"in", "header"},
          {"required", false},
          {"schema", {{"type", "string"}, {"pattern", "^[!-~]{1,255}$"}}},
          {"description",
           "Carries the request out once, however often it comes within a day; later ones get the "
           "answer of the first."}};
}

/// Replies of a route whose code is the HTTP status.
void add_statuses(json& op, const json& reply) {
  auto schema = [&](bool may_be_refused) {
    auto any = json::array({reply, refer("schemas", "envelope")});
    if (may_be_refused)
      any.push_back(refer("schemas", "refusal"));
    return json{{"anyOf", std::move(any)}};
  };
  for (auto [status, why] : {std::pair{200, "Done."},
                             {202, "Some were there already."},
                             {206, "Some were done, some not."},
                             {400, "The request is wrong, or a part of it."},
                             {401, "No valid session."},
                             {403, "Not allowed, or the vault key is missing."},
                             {404, "There is no such thing."},
                             {409, "It is there already."},
                             {429, "Overloaded; try again later."},
                             {500, "A failure."},
                             {502, "Somebody did not answer."},
                             {503, "The store does not answer, or too many connections."},
                             {504, "It took too long."}})
    op["responses"][std::to_string(status)] = {
      {"description", why},
      {"content", content("application/json", schema(status == 400 || status == 503))}};
  op["responses"]["429"]["headers"]["Retry-After"] = {{"schema", {{"type", "integer"}}}};
  add_refusals(op);
}

json contract_operation(const route& r, json& components) {
  auto op = operation(lower(to_string(r.verb)), r.path, r.who, r.summary);
  auto request = r.request_schema(components);
  if (r.verb == method::get || r.takes_query)
    op["parameters"] = parameters_of(request, components);
  else
    op["requestBody"] = {{"required", !r.may_lack_body},
                         {"content", content("application/json", request)}};
  if (r.is_repeatable)
    op["parameters"].push_back(repeat_parameter());
  if (r.status_is_code) {
    add_statuses(op, r.reply_schema(components));
    return op;
  }
  json reply = {
    {"anyOf", json::array({reply_schema(r, components), refer("schemas", "envelope")})}};
  json ok = {{"description", "Every handled outcome; `code` tells which."},
             {"content", content("application/json", reply)}};
  if (r.is_for_pages)
    ok["headers"]["Set-Cookie"] = {{"schema", {{"type", "string"}}},
                                   {"description", "The session, for pages of this server."}};
  op["responses"] = {{"200", std::move(ok)}};
  op["responses"]["429"] = problem(429, "Overloaded; try again after `Retry-After` seconds.");
  op["responses"]["429"]["headers"]["Retry-After"] = {{"schema", {{"type", "integer"}}}};
  add_refusals(op);
  return op;
}

/// Each event of a stream, as readers of this type take it apart.
json event_schema() {
  json text = {{"type", "string"}};
  json schema = {{"type", "object"}, {"required", {"event", "data"}}};
  schema["properties"] = {{"event", text}, {"data", text}, {"id", text}};
  schema["properties"]["data"]["description"] = "A JSON object.";
  return schema;
}

json stream_operation(const stream_route& r, json& components) {
  auto op = operation("get", r.path, r.who, r.summary);
  op["parameters"] = parameters_of(r.request_schema(components), components);
  op["parameters"].push_back({{"name", "Last-Event-ID"},
                              {"in", "header"},
                              {"required", false},
                              {"schema", {{"type", "string"}}},
                              {"description", "Go on after this event."}});
  op["responses"] = {
    {"200",
     {{"description", "Events."}, {"content", content("text/event-stream", event_schema())}}},
    {"204", {{"description", "Nothing will come any more."}}}};
  for (auto [status, why] : {std::pair{400, "Wrong parameters."},
                             {401, "No valid session."},
                             {403, "Not allowed."},
                             {404, "No such entity."},
                             {429, "Too many streams."},
                             {500, "A failure; the log of the node explains it."},
                             {503, "The store does not answer, or too many connections."}})
    op["responses"][std::to_string(status)] = problem(status, why);
  add_refusals(op);
  return op;
}

/// `/docs/*` as `/docs/{rest}`.
std::string shown_path(const std::string& path) {
  return path.ends_with("/*") ? path.substr(0, path.size() - 1) + "{rest}" : path;
}

void add_rest(json& op, const std::string& path, std::string_view what) {
  if (path.ends_with("/*"))
    op["parameters"] = json::array({{{"name", "rest"},
                                     {"in", "path"},
                                     {"required", true},
                                     {"schema", {{"type", "string"}}},
                                     {"description", what}}});
}

json page_operation(const page& p) {
  auto op = operation("get", p.path, p.who, p.summary);
  op["tags"] = {"pages"};
  add_rest(op, p.path, "What the page is about; may have slashes.");
  auto type = std::string_view{p.content_type};
  type = type.substr(0, type.find(';'));
  auto schema = type == "application/json" ? json{{"type", "object"}} : json{{"type", "string"}};
  for (auto status : p.statuses)
    op["responses"][std::to_string(status)] = {
      {"description", status == 200 ? "The page." : "It tells why."},
      {"content", content(type, schema)}};
  if (p.who != may::anyone) {
    op["responses"]["303"] = {{"description", "To the page that logs in."}};
    op["responses"]["401"] = problem(401, "No valid session.");
    op["responses"]["403"] = problem(403, "Not allowed.");
  }
  add_refusals(op);
  return op;
}

/// A parameter in the query, or a member of a form.
json foreign_schema(const foreign_parameter& p) {
  json text = {{"type", "string"}};
  return p.is_list ? json{{"type", "array"}, {"items", std::move(text)}} : text;
}

/// What every foreign reply has; the rest is that of the other product.
json foreign_reply() {
  json schema = {{"type", "object"}, {"required", json::array({"status"})}};
  schema["properties"]["status"] = {{"type", "string"}, {"enum", {"success", "error"}}};
  return schema;
}

json foreign_operation(const foreign_route& r, std::string_view verb) {
  auto op = operation(verb, r.path, r.who, r.summary);
  op["tags"] = {"prometheus"};
  op["security"].push_back({{"bearer", json::array()}});
  op["security"].push_back({{"basic", json::array()}});
  add_rest(op, r.path, "What it is about.");
  if (verb == "post") {
    json form = {{"type", "object"}, {"properties", json::object()}};
    for (const auto& p : r.parameters) {
      form["properties"][p.name] = foreign_schema(p);
      form["properties"][p.name]["description"] = p.description;
    }
    op["requestBody"]["content"] = content("application/x-www-form-urlencoded", std::move(form));
  } else {
    for (const auto& p : r.parameters)
      op["parameters"].push_back({{"name", p.name},
                                  {"in", "query"},
                                  {"required", p.is_required},
                                  {"schema", foreign_schema(p)},
                                  {"description", p.description}});
  }
  for (auto status : r.statuses)
    op["responses"][std::to_string(status)] = {
      {"description", status == 200 ? "The answer." : "It tells why."},
      {"content",
       content("application/json",
               status == 400 || status == 503
                 ? json{{"anyOf", {foreign_reply(), refer("schemas", "refusal")}}}
                 : foreign_reply())}};
  add_refusals(op);
  return op;
}

/// An endpoint that takes bodies of other products: what they look like, these say.
json intake_operation(const foreign_route& r) {
  auto op = operation("post", r.path, r.who, r.summary);
  op["security"] = {{{"bearer", json::array()}}, {{"basic", json::array()}}};
  for (const auto& p : r.parameters)
    op["parameters"].push_back({{"name", p.name},
                                {"in", "query"},
                                {"required", p.is_required},
                                {"schema", foreign_schema(p)},
                                {"description", p.description}});
  for (const auto& type : r.bodies)
    op["requestBody"]["content"][type] = {{"schema",
                                           type == "application/json"
                                             ? json::object()
                                             : json{{"type", "string"}, {"format", "binary"}}}};
  op["requestBody"]["required"] = true;
  // Who sends something else than JSON, and is told nothing when all is well, reads plain text.
  bool is_told_in_text = std::find(r.statuses.begin(), r.statuses.end(), 204) != r.statuses.end();
  for (auto status : r.statuses) {
    auto& response = op["responses"][std::to_string(status)];
    bool is_good = status == 200 || status == 204;
    response["description"] = is_good           ? "All of it is stored."
                              : is_told_in_text ? "It tells why."
                                                : "It tells why; nothing is stored.";
    if (status == 204)
      continue;
    response["content"] = content("application/json", {{"type", "object"}});
    if (is_told_in_text)
      response["content"]["text/plain"] = {{"schema", {{"type", "string"}}}};
  }
  add_refusals(op);
  return op;
}

json file_operation(const file_route& f) {
  auto op = operation("get", f.path, may::anyone, f.summary);
  op["tags"] = {"pages"};
  add_rest(op, f.path, "Name of the file.");
  op["responses"] = {{"200",
                      {{"description", "The file."},
                       {"content", content("*/*", {{"type", "string"}, {"format", "binary"}})}}},
                     {"304", {{"description", "It has not changed."}}},
                     {"404",
                      {{"description", "There is no such file."},
                       {"content", content("application/json", refer("schemas", "refusal"))}}}};
  add_refusals(op);
  return op;
}

} // namespace

json openapi_of(const service& s) {
  auto schemas = json::object();
  schemas["envelope"] = envelope_schema();
  schemas["refusal"] = refusal_schema();
  auto paths = json::object();
  for (const auto& r : s.routes)
    paths[r.path][lower(to_string(r.verb))] = contract_operation(r, schemas);
  for (const auto& r : s.streams)
    paths[r.path]["get"] = stream_operation(r, schemas);
  for (const auto& p : s.pages)
    paths[shown_path(p.path)]["get"] = page_operation(p);
  for (const auto& f : s.files)
    paths[shown_path(f.path)]["get"] = file_operation(f);
  for (const auto& r : s.foreign) {
    if (!r.bodies.empty()) {
      paths[shown_path(r.path)]["post"] = intake_operation(r);
      continue;
    }
    paths[shown_path(r.path)]["get"] = foreign_operation(r, "get");
    if (r.takes_forms)
      paths[shown_path(r.path)]["post"] = foreign_operation(r, "post");
  }
  json token = {{"type", "apiKey"}, {"in", "header"}, {"name", "Access-Token"}};
  json cookie = {{"type", "apiKey"},
                 {"in", "cookie"},
                 {"name", session_cookie_name(true)},
                 {"description", "For pages of this server; over plain HTTP without `__Host-`."}};
  json security = {{"token", std::move(token)}, {"cookie", std::move(cookie)}};
  if (!s.foreign.empty()) {
    security["bearer"] = {{"type", "http"}, {"scheme", "bearer"}};
    security["basic"] = {{"type", "http"}, {"scheme", "basic"}};
  }
  return {{"openapi", "3.0.3"},
          {"info", {{"title", "aops"}, {"version", s.version}, {"description", codes_text()}}},
          {"paths", std::move(paths)},
          {"components",
           {{"schemas", std::move(schemas)},
            {"responses", refusal_responses()},
            {"securitySchemes", std::move(security)}}}};
}

} // namespace aops::http
