#include "http/routes/data_routes.hpp"

#include "http/routes/acting.hpp"
#include "http/routes/routes.hpp"
#include "http/server/service_identity.hpp"
#include "messages/names.hpp"
#include "messages/roles/data.hpp"
#include "messages/roles/host.hpp"
#include "messages/roles/host_info.hpp"
#include "messages/roles/task.hpp"
#include "messages/vault.hpp"

#include <array>
#include <stdexcept>

namespace aops::http {

namespace {

/// A path that does what one of the contract does.
struct twin_path {
  std::string_view path, of;
};
constexpr auto twins = std::to_array<twin_path>({
  {"/data/host/delete", "/manage/host/delete"},
  {"/data/host/get", "/manage/host/get"},
  {"/data/host/group/add", "/manage/host/group/add"},
  {"/data/host/group/delete", "/manage/host/group/delete"},
  {"/data/host/group/get", "/manage/host/group/get"},
  {"/data/host/info/get", "/manage/host/info/query"},
  {"/data/manage/template/add", "/manage/template/import"},
  {"/data/manage/template/delete", "/manage/template/delete"},
  {"/data/manage/template/get", "/manage/template/get"},
  {"/data/manage/task/delete", "/manage/task/delete"},
  {"/data/manage/task/get", "/manage/task/get"},
  {"/data/check/result/get", "/check/result/get"},
  {"/data/check/result/count", "/check/result/count"},
  {"/data/check/rule/add", "/check/rule/import"},
  {"/data/check/rule/delete", "/check/rule/delete"},
  {"/data/check/rule/get", "/check/rule/get"},
  {"/data/check/rule/count", "/check/rule/count"},
  {"/data/diag/tree/add", "/diag/tree/import"},
  {"/data/diag/tree/delete", "/diag/tree/delete"},
  {"/data/diag/tree/get", "/diag/tree/get"},
  {"/data/diag/report/get_list", "/diag/report/get_list"},
  {"/data/diag/report/get", "/diag/report/get"},
  {"/data/diag/report/delete", "/diag/report/delete"},
  {"/data/diag/process/query", "/diag/progress/get"},
  {"/data/diag/task/get", "/diag/task/get"},
  {"/data/account/change", "/manage/account/change"},
  {"/data/acount/change", "/manage/account/change"},
});

/// A row whose username says whose it is must be the caller's own, where he is a user; a service
/// says so for each row, unless for all.
template <class Row>
expected<void>
judge_users(const caller& who, std::string_view field, const std::vector<Row>& rows) {
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto& name = rows[i].username;
    auto at = [&] { return fmt::format("{}[{}].username: ", field, i); };
    if (is_service(who) && !name)
      return fail(ec::bad_request, at() + "is missing");
    if (!is_service(who) && name && *name != who.user)
      return fail(ec::permission_denied, at() + "is another user");
  }
  return {};
}

route save_results(const node_port& port) {
  return make_route<results_to_save, results_saved>(
    method::post,
    {},
    may::administrator,
    "Store check results that others found.",
    [port](const request_context& c, results_to_save x) -> expected<results_saved> {
      if (auto fair = judge_users(c.who, "check_results", x.check_results); !fair)
        return fail(std::move(fair.error()));
      return ask_actor<saved_store_actor, results_saved>(
        port, actors::saved_store_name, c, std::move(x));
    });
}

route save_reports(const node_port& port) {
  return make_route<reports_to_save, reports_saved>(
    method::post,
    {},
    may::administrator,
    "Store diagnosis reports that others made.",
    [port](const request_context& c, reports_to_save x) -> expected<reports_saved> {
      if (auto fair = judge_users(c.who, "reports", x.reports); !fair)
        return fail(std::move(fair.error()));
      return ask_actor<saved_store_actor, reports_saved>(
        port, actors::saved_store_name, c, std::move(x));
    });
}

/// Asks about the hosts of all users for a service that names nobody.
/// @param of_all The member of the request that says so.
template <class Role, class Request, class Reply>
route about_hosts(const node_port& port,
                  method verb,
                  std::string_view name,
                  bool Request::*of_all,
                  may who,
                  std::string summary) {
  return make_route<Request, Reply>(
    verb, {}, who, std::move(summary), [port, name, of_all](const request_context& c, Request x) {
      x.*of_all = is_service(c.who);
      return ask_actor<Role, Reply>(port, name, c, std::move(x));
    });
}

/// Whose hosts: an administrator's own, or those of anybody whom a service names.
route hosts_of_users(const node_port& port) {
  return make_route<users_hosts_query, users_hosts_found>(
    method::post,
    {},
    may::user,
    "List the hosts of users.",
    [port](const request_context& c, users_hosts_query x) -> expected<users_hosts_found> {
      if (!is_service(c.who)) {
        for (const auto& name : x.username)
          if (name != c.who.user)
            return fail(ec::permission_denied, "username: another user");
        x.username = {c.who.user};
      }
      return value_of<users_hosts_found>(
        port(actors::saved_store_name, c.left(), caf::make_message(std::move(x))));
    });
}

/// Names alone stand for data items, as in `["load1"]`.
void spell_out_items(json& body) {
  for (const auto* field : {"check_results", "check_results:"}) {
    auto rows = body.find(field);
    if (rows == body.end() || !rows->is_array())
      continue;
    for (auto& row : *rows)
      if (auto items = row.find("data_list"); row.is_object() && items != row.end())
        for (auto& item : *items)
          if (items->is_array() && item.is_string())
            item = {{"name", std::move(item)}};
  }
}

/// `[{"host_id": HOST, "data_list": [...]}]` for `{HOST: [...]}`. What is no such list stays, to be
/// refused.
void key_by_host(json& body) {
  auto list = body.find("data_infos");
  if (list == body.end() || !list->is_array())
    return;
  auto by_host = json::object();
  for (const auto& x : *list) {
    if (!x.is_object() || x.size() != 2 || !x.contains("host_id") || !x.contains("data_list") ||
        !x["host_id"].is_string() || !x["data_list"].is_array())
      return;
    auto& wanted = by_host[x["host_id"].get<std::string>()];
    for (const auto& item : x["data_list"])
      wanted.push_back(item);
    if (wanted.is_null())
      wanted = json::array();
  }
  *list = std::move(by_host);
}

/// One host, or hosts by id, for a list of them.
void list_hosts(json& body) {
  auto hosts = body.find("host_infos");
  if (hosts == body.end() || !hosts->is_object())
    return;
  auto list = json::array();
  if (hosts->contains("host_id"))
    list.push_back(*hosts);
  else
    for (auto& [id, infos] : hosts->items())
      list.push_back({{"host_id", id}, {"infos", infos}});
  *hosts = std::move(list);
}

/// Takes the ids of hosts out of a body. ec::bad_request.
expected<std::vector<std::string>> take_ids(json& body) {
  std::vector<std::string> ids;
  auto list = body.is_object() ? body.find("host_list") : body.end();
  if (list == body.end() || !list->is_array())
    return ids;
  for (auto& host : *list) {
    auto& id = ids.emplace_back();
    if (!host.is_object() || !host.contains("host_id"))
      continue;
    auto known = base::decode<host_to_keep>({{"host_id", host["host_id"]}});
    if (!known)
      return fail(ec::bad_request,
                  fmt::format("host_list[{}].{}", ids.size() - 1, known.error().detail));
    id = std::move(known->host_id);
    host.erase("host_id");
  }
  return ids;
}

/// The schema of hosts to add, each with an id that may be left out.
json schema_with_ids(json& components) {
  base::schema_of<hosts_to_add>(&components);
  auto host = components.at("host_to_add");
  host["properties"]["host_id"] = base::schema_of<host_to_keep>()["properties"]["host_id"];
  components["host_to_keep"] = std::move(host);
  auto hosts = components.at("hosts_to_add");
  hosts["properties"]["host_list"]["items"] = {{"$ref", "#/components/schemas/host_to_keep"}};
  components["hosts_to_keep"] = std::move(hosts);
  return {{"$ref", "#/components/schemas/hosts_to_keep"}};
}

/// A service brings its hosts without credentials, and perhaps the key that sealed them elsewhere:
/// there is nothing to seal, so it goes no further. ec::bad_request for one that is no key.
expected<void> drop_idle_key(json& body) {
  auto hosts = body.is_object() ? body.find("host_list") : body.end();
  if (hosts == body.end() || !hosts->is_array() || !body.contains("key"))
    return {};
  constexpr std::array secrets = {"username", "password", "sudo_password"};
  for (const auto& host : *hosts)
    for (const auto* name : secrets)
      if (host.is_object() && host.contains(name))
        return {};
  auto key = base::decode<vault_key_to_enter>({{"key", body["key"]}});
  body.erase("key");
  return key.map([](const auto&) {});
}

/// Ids stand in the rows and are not the public message's: taken out before it is read.
route keep_hosts(const node_port& port) {
  auto add = [port](const request_context& c, hosts_to_keep x) {
    return ask_actor<host_store_actor, hosts_added>(port, actors::host_store_name, c, std::move(x));
  };
  route r{method::post, {}, may::administrator, "Add hosts that may have ids already."};
  r.prepare = [add](const json& body) -> expected<action> {
    auto rest = body;
    auto ids = take_ids(rest);
    if (!ids)
      return fail(std::move(ids.error()));
    if (auto fine = drop_idle_key(rest); !fine)
      return fail(std::move(fine.error()));
    auto hosts = base::decode<hosts_to_add>(rest);
    if (!hosts)
      return fail(std::move(hosts.error()));
    return action{[add, x = hosts_to_keep{std::move(*hosts), std::move(*ids)}](
                    const request_context& context) -> expected<reply> {
      auto answer = add(context, x);
      if (!answer)
        return fail(std::move(answer.error()));
      return reply_of(*answer);
    }};
  };
  r.request_schema = schema_with_ids;
  r.reply_schema = [](json& components) { return base::schema_of<hosts_added>(&components); };
  return r;
}

const route& route_at(const std::vector<route>& all, std::string_view path) {
  for (const auto& r : all)
    if (r.path == path)
      return r;
  throw std::logic_error("no route " + std::string{path});
}

} // namespace

std::vector<route> data_routes(const node_port& port, data_door door) {
  using enum named_user;
  auto publics = public_routes(port);
  std::vector<route> all;
  auto add = [&](route twin, std::string_view path, named_user user, auto tidy) {
    all.push_back(
      acting_route(port, std::move(twin), std::string{path}, {door, user, std::move(tidy)}));
  };
  for (const auto& x : twins)
    add(route_at(publics, x.of), x.path, acts, nullptr);
  add(route_at(publics, "/manage/account/login"), "/data/account/login", is_meant, nullptr);
  add(once_for_key(keep_hosts(port)), "/data/host/add", acts, nullptr);
  add(ask<host_store_actor, hosts_to_count, hosts_counted>(
        port, method::post, {}, may::user, actors::host_store_name, "Count hosts."),
      "/data/host/count",
      acts,
      nullptr);
  add(only_reading(hosts_of_users(port)), "/data/host/info/get/user", lists, nullptr);
  add(save_results(port), "/data/check/result/save", may_act, spell_out_items);
  add(ask<saved_store_actor, results_to_delete, rows_deleted>(
        port,
        method::remove,
        {},
        may::administrator,
        actors::saved_store_name,
        "Delete check results that lie within a time range, whoever found them."),
      "/data/check/result/delete",
      acts,
      nullptr);
  add(save_reports(port), "/data/diag/report/save", may_act, nullptr);
  add(ask<saved_store_actor, task_to_save, done>(port,
                                                 method::post,
                                                 {},
                                                 may::administrator,
                                                 actors::saved_store_name,
                                                 "Store a diagnosis task that others run."),
      "/data/diag/task/save",
      acts,
      nullptr);
  add(about_hosts<samples_actor, samples_to_get, samples_found>(
        port,
        method::post,
        actors::samples_name,
        &samples_to_get::of_all,
        may::user,
        "Read what hosts measured in a time range."),
      "/data/data/get",
      may_act,
      key_by_host);
  add(about_hosts<saved_store_actor, samples_to_delete, rows_deleted>(
        port,
        method::remove,
        actors::saved_store_name,
        &samples_to_delete::of_all,
        may::administrator,
        "Delete what hosts measured in a time range."),
      "/data/data/delete",
      may_act,
      nullptr);
  using facts = host_info_store_actor;
  add(about_hosts<facts, host_infos_to_save, host_infos_saved>(
        port,
        method::post,
        actors::host_info_store_name,
        &host_infos_to_save::of_anybody,
        may::administrator,
        "Store what others found out about hosts; it replaces what was known."),
      "/data/host/info/save",
      may_act,
      list_hosts);
  add(about_hosts<facts, host_infos_to_delete, done>(port,
                                                     method::remove,
                                                     actors::host_info_store_name,
                                                     &host_infos_to_delete::of_anybody,
                                                     may::administrator,
                                                     "Forget what is known of hosts."),
      "/data/host/info/delete",
      may_act,
      nullptr);
  add(once_for_key(ask<task_store_actor, deploy_task_to_add, deploy_task_generated>(
        port,
        method::post,
        {},
        may::administrator,
        actors::task_store_name,
        "Make a deployment task that has an id already.")),
      "/data/manage/task/add",
      acts,
      nullptr);
  if (door == data_door::services) // Users have it among their own.
    add(route_at(publics, "/manage/config/collect"), "/manage/config/collect", admin_acts, nullptr);
  return all;
}

} // namespace aops::http
