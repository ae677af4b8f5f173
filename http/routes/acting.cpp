#include "http/routes/acting.hpp"

#include "http/server/service_identity.hpp"
#include "messages/roles/data.hpp"

namespace aops::http {

namespace {

/// The user a body names; nothing when it names none. ec::bad_request.
expected<maybe<std::string>> username_in(const json& body) {
  maybe<std::string> out;
  if (!body.is_object() || !body.contains("username"))
    return out;
  auto named = base::decode<user_to_act_for>({{"username", body.at("username")}});
  if (!named)
    return fail(std::move(named.error()));
  out.emplace(std::move(named->username));
  return out;
}

/// Who carries the request out. Services are judged by what their user may do.
expected<caller> actor_for(const node_port& port,
                           const request_context& context,
                           const maybe<std::string>& username) {
  if (!is_service(context.who)) {
    if (username && *username != context.who.user)
      return fail(ec::permission_denied, "username: is another than the one of the session");
    return context.who;
  }
  if (!username)
    return context.who;
  auto who = value_of<caller>(
    port(actors::saved_store_name, context.left(), caf::make_message(user_to_act_for{*username})));
  if (!who)
    return who;
  who->address = context.who.address;
  who->by_service = true;
  who->repeatable = context.who.repeatable;
  return who;
}

bool may_do(may who, const caller& as) {
  return who != may::administrator || as.role == rights::administrator;
}

std::function<json(json&)> with_username(std::function<json(json&)> schema_of, bool is_required) {
  return [schema_of = std::move(schema_of), is_required](json& components) {
    auto reference = schema_of(components).at("$ref").get<std::string>();
    auto name = reference.substr(reference.rfind('/') + 1);
    auto schema = components.at(name);
    auto user = base::schema_of<user_to_act_for>()["properties"]["username"];
    schema["properties"]["username"] = std::move(user);
    if (is_required)
      schema["required"].push_back("username");
    name = "data_" + name;
    components[name] = std::move(schema);
    return json{{"$ref", "#/components/schemas/" + name}};
  };
}

} // namespace

route acting_route(const node_port& port, route twin, std::string path, acting how) {
  bool is_listed = how.user == named_user::lists;
  bool is_meant = how.user == named_user::is_meant || is_listed;
  bool is_required = how.user == named_user::acts && how.door == data_door::services;
  bool falls_to_admin = how.user == named_user::admin_acts && how.door == data_door::services;
  auto r = twin;
  r.path = std::move(path);
  r.who = may::administrator;
  r.changes = twin.changes && changes_by_name(r.verb, r.path);
  if (!is_meant)
    r.request_schema = with_username(twin.request_schema, is_required);
  r.may_lack_body = twin.may_lack_body && !is_required;
  r.prepare = [=, prepare = std::move(twin.prepare), who = twin.who, tidy = std::move(how.tidy)](
                json body) -> expected<action> {
    auto username = is_listed ? expected<maybe<std::string>>{} : username_in(body);
    if (!username)
      return fail(std::move(username.error()));
    if (is_required && !*username && body.is_object())
      return fail(ec::bad_request, "username: is missing");
    if (falls_to_admin && !*username)
      username->emplace("admin");
    if (body.is_object() && !is_meant)
      body.erase("username");
    if (body.is_object() && tidy)
      tidy(body);
    auto work = prepare(body);
    if (!work)
      return work;
    return action{[=, work = std::move(*work), username = std::move(*username)](
                    const request_context& context) -> expected<reply> {
      auto as = actor_for(port, context, username);
      if (!as)
        return fail(std::move(as.error()));
      *context.recorded = *as;
      if (!may_do(who, *as))
        return fail(ec::permission_denied);
      auto inner = context;
      inner.who = std::move(*as);
      return work(inner);
    }};
  };
  return r;
}

} // namespace aops::http
