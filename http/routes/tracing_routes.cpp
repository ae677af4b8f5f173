#include "http/routes/routes.hpp"
#include "messages/roles/tracing.hpp"

namespace aops::http {

namespace {

constexpr std::string_view fine = "operation succeed";

/// Adds `code` and `msg` to what a schema takes.
void add_outcome(json& schema, bool is_required) {
  schema["properties"]["code"] = {{"type", "integer"}, {"description", "As the HTTP status."}};
  schema["properties"]["msg"] = {{"type", "string"}, {"description", "For people."}};
  if (is_required && !schema["required"].is_array())
    schema["required"] = json::array();
  if (is_required)
    for (const auto* name : {"code", "msg"})
      schema["required"].push_back(name);
}

/// `code`, `msg`, and what was not done.
json outcome_schema(json& components) {
  auto reference = base::schema_of<tracing_done>(&components);
  auto& schema = components.at("tracing_done");
  if (!schema["properties"].contains("code"))
    add_outcome(schema, true);
  return reference;
}

template <class Reply>
json schema_of_reply(json& components) {
  auto outcome = outcome_schema(components);
  if constexpr (std::same_as<Reply, tracing_done>) {
    return outcome;
  } else {
    auto reference = base::schema_of<Reply>(&components);
    auto& schema = components.at(std::string{name_of(static_cast<const Reply*>(nullptr))});
    if constexpr (requires(Reply x) { x.list; }) {
      return {{"anyOf", json::array({schema.at("properties").at("list"), std::move(outcome)})}};
    } else {
      if (!schema["properties"].contains("code"))
        add_outcome(schema, false);
      return {{"anyOf", json::array({reference, std::move(outcome)})}};
    }
  }
}

/// Whether there is something to show beside the code.
template <class Reply>
bool has_content(const Reply& x) {
  if constexpr (requires { x.domainName; })
    return x.code == code_ok || !x.domainName.empty();
  else if constexpr (requires { x.code; })
    return x.code == code_ok || !x.list.empty();
  else
    return true;
}

/// The reply in the form that was there before: lists are bare, others have `code` and `msg` where
/// they are no success, and what failed has nothing else.
template <class Reply>
reply plain_reply(const Reply& x) {
  reply r{code_ok, base::encode(x)};
  if constexpr (requires { x.code; })
    r.code = static_cast<int>(x.code);
  auto add_code = [&](json& to) {
    to["code"] = r.code;
    to["msg"] = fine;
    if constexpr (requires { x.text; })
      if (!x.text.empty())
        to["msg"] = x.text;
  };
  if constexpr (std::same_as<Reply, tracing_done>) {
    add_code(r.fields);
  } else if (has_content(x)) {
    if constexpr (requires { x.list; })
      r.fields = json(r.fields.at("list"));
    else if (r.code != code_ok)
      add_code(r.fields);
  } else {
    tracing_done failed;
    if constexpr (requires { x.failList; })
      failed.failList = x.failList;
    r.fields = base::encode(failed);
    add_code(r.fields);
  }
  return r;
}

/// A row of the interface that was there before: the code is the HTTP status.
template <class Request, class Reply>
route traced(const node_port& port, method verb, std::string path, may who, std::string summary) {
  route r{verb, std::move(path), who, std::move(summary)};
  r.prepare = [port](const json& body) -> expected<action> {
    auto request = base::decode<Request>(body);
    if (!request)
      return fail(std::move(request.error()));
    return action{
      [port, message = std::move(*request)](const request_context& context) -> expected<reply> {
        auto answer = ask_actor<tracing_actor, Reply>(port, actors::tracing_name, context, message);
        if (!answer)
          return fail(std::move(answer.error()));
        return plain_reply(*answer);
      }};
  };
  r.request_schema = [](json& components) { return base::schema_of<Request>(&components); };
  r.reply_schema = schema_of_reply<Reply>;
  r.changes = who == may::administrator;
  r.status_is_code = true;
  return r;
}

/// One whose body is the one member of its request.
route with_bare_body(route r, std::string member) {
  r.prepare = [prepare = std::move(r.prepare), member](const json& body) -> expected<action> {
    if (!body.is_array())
      return fail(ec::bad_request, "the body must be a list");
    return prepare(json{{member, body}});
  };
  r.request_schema = [schema_of = std::move(r.request_schema), member](json& components) {
    auto reference = schema_of(components).at("$ref").template get<std::string>();
    auto schema = components.at(reference.substr(reference.rfind('/') + 1));
    return schema.at("properties").at(member);
  };
  return r;
}

/// One whose request stands in the query: a parameter may come several times.
route by_query(route r) {
  r.takes_query = true;
  return r;
}

route without_body(route r) {
  r.may_lack_body = true;
  return r;
}

route patient(route r, std::chrono::minutes patience = actors::tracing_reading_patience) {
  r.deadline = patience;
  return r;
}

std::vector<route> old_routes(const node_port& port) {
  constexpr auto admin = may::administrator, user = may::user;
  using enum method;
  return {
    with_bare_body(traced<domains_to_create, tracing_done>(
                     port, post, "/domain/createDomain", admin, "Make domains."),
                   "domains"),
    without_body(traced<domains_query, traced_domains>(
      port, post, "/domain/queryDomain", user, "List domains.")),
    by_query(traced<domains_to_delete, tracing_done>(
      port, remove, "/domain/deleteDomain", admin, "Delete domains with all that is theirs.")),
    traced<hosts_to_trace, tracing_done>(
      port, post, "/host/addHost", admin, "Add hosts to a domain."),
    traced<traced_hosts_query, traced_hosts>(
      port, post, "/host/getHost", user, "List hosts of a domain."),
    traced<hosts_to_untrace, tracing_done>(
      port, remove, "/host/deleteHost", admin, "Take hosts out of a domain."),
    patient(traced<items_to_trace, tracing_done>(
      port,
      post,
      "/management/addManagementConf",
      admin,
      "Say what files of a domain should be, or have it read from a host.")),
    traced<traced_items_query, traced_items>(
      port, post, "/management/getManagementConf", user, "What files of a domain should be."),
    traced<items_to_untrace, tracing_done>(port,
                                           remove,
                                           "/management/deleteManagementConf",
                                           admin,
                                           "Trace files no more; their history stays."),
    traced<item_history_query, item_history>(
      port, post, "/management/queryManageConfChange", user, "Changes of files of a domain."),
    without_body(traced<full_history_query, full_history>(
      port, post, "/confs/queryExpectedConfs", user, "Changes of all files of all domains.")),
    patient(traced<real_configs_query, real_configs>(
      port, post, "/confs/queryRealConfs", user, "What files of hosts are.")),
    patient(traced<domain_status_query, domain_status>(
      port, post, "/confs/getDomainStatus", user, "Whether files are what they should be.")),
    patient(traced<configs_to_sync, configs_synced>(
              port, put, "/confs/syncConf", admin, "Make files what they should be."),
            actors::tracing_acting_patience),
  };
}

} // namespace

std::vector<route> tracing_routes(const node_port& port) {
  using role = tracing_actor;
  auto name = actors::tracing_name;
  auto all = old_routes(port);
  all.push_back(ask<role, trace_texts_query, trace_texts>(
    port,
    method::post,
    "/manage/tracing/item/get",
    may::user,
    name,
    "What files of a domain should be, byte for byte, now or at a change."));
  all.push_back(only_reading(ask<role, trace_diff_query, trace_diff>(
    port,
    method::post,
    "/manage/tracing/diff",
    may::user,
    name,
    "What differs between two changes of a file, or from what was read on a host.")));
  all.push_back(ask<role, trace_summary_query, trace_summary>(
    port, method::post, "/manage/tracing/summary/get", may::user, name, "Figures of all domains."));
  all.push_back(ask<role, trace_edits_query, trace_edits>(port,
                                                          method::post,
                                                          "/manage/tracing/edit/get",
                                                          may::user,
                                                          name,
                                                          "Changes that were seen on hosts."));
  all.push_back(ask<role, trace_models_query, trace_models>(
    port, method::post, "/manage/tracing/model/get", may::user, name, "Models of files."));
  return all;
}

} // namespace aops::http
