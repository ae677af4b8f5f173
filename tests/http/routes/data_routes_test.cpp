#include "http/routes/data_routes.hpp"
#include "http/routes/routes.hpp"
#include "http/server/service_identity.hpp"
#include "messages/names.hpp"
#include "messages/roles/data.hpp"
#include "messages/roles/host.hpp"
#include "messages/roles/host_info.hpp"
#include "tests/http/support/sample_service.hpp"

#include <boost/test/unit_test.hpp>

#include <optional>
#include <set>

namespace data_routes_test {

using namespace aops;
using http::json;

namespace {

const std::string credential(64, 'c');

/// Both doors over actors that are one scripted answer.
struct doors_fixture {
  doors_fixture() {
    http::node_port port = [this](std::string_view name,
                                  std::chrono::milliseconds,
                                  caf::message request) -> expected<caf::message> {
      if (name == actors::saved_store_name && request.match_elements<user_to_act_for>()) {
        caller who;
        who.user = request.get_as<user_to_act_for>(0).username;
        who.owner = who.user == "nobody" ? "" : who.user;
        who.role =
          who.user == "ann" || who.user == "nobody" ? rights::ordinary : rights::administrator;
        return caf::make_message(std::move(who));
      }
      asked = name;
      last = std::move(request);
      return answer;
    };
    http::service users;
    users.routes = http::contract_routes(port);
    users.identities = std::make_shared<http::session_identity>(
      [this](const std::string& hash) { return sessions.find(hash); });
    main.emplace(std::move(users));
    http::service services;
    services.routes = http::data_routes(port, http::data_door::services);
    services.identities = std::make_shared<http::service_identity>(sealed_text{credential});
    own.emplace(std::move(services));
  }

  static json say(http::dispatcher& at,
                  const std::string& token,
                  const std::string& method,
                  const std::string& path,
                  const json& body) {
    http::http_request q;
    q.method = method;
    q.path = path;
    q.body = body.dump();
    q.headers = {{"Content-Type", "application/json"}};
    if (!token.empty())
      q.headers.emplace_back("access_token", token);
    return json::parse(at.answer(q).body);
  }
  json as_service(const std::string& path, const json& body, const std::string& method = "POST") {
    return say(*own, credential, method, path, body);
  }
  json as_admin(const std::string& path, const json& body, const std::string& method = "POST") {
    return say(*main, token, method, path, body);
  }
  const caller& who() { return last.get_as<caller>(0); }
  static json document(http::dispatcher& at) {
    http::http_request q;
    q.method = "GET";
    q.path = "/openapi.json";
    return json::parse(at.answer(q).body);
  }

  ::tests::sessions_by_hand sessions;
  std::string token = sessions.open("admin");
  expected<caf::message> answer = fail(ec::unreachable, "not scripted");
  std::string asked;
  caf::message last;
  std::optional<http::dispatcher> main, own;
};

const json a_result = {{"host_id", "h"},
                       {"data_list", {"load1", {{"name", "load5"}}}},
                       {"start", 1},
                       {"end", 2},
                       {"check_item", "high"},
                       {"condition", "$0 > 1"},
                       {"value", "Abnormal"}};

json with_user(json x, const std::string& name, const std::string& field = "username") {
  x[field] = name;
  return x;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(http_data_routes, doors_fixture)

BOOST_AUTO_TEST_CASE(a_service_acts_for_the_user_it_names) {
  answer = caf::make_message(hosts_page{});
  auto reply =
    as_service("/data/host/get", {{"host_group_list", json::array()}, {"username", "eve"}});
  BOOST_TEST(reply["code"] == 200);
  BOOST_TEST(asked == actors::host_store_name);
  BOOST_REQUIRE((last.match_elements<caller, hosts_query>()));
  BOOST_TEST(who().user == "eve");
  BOOST_TEST(who().owner == "eve");
}

BOOST_AUTO_TEST_CASE(a_service_must_name_him_and_prove_itself) {
  json body = {{"host_group_list", json::array()}};
  BOOST_TEST(as_service("/data/host/get", body)["detail"] == "username: is missing");
  for (const auto& wrong :
       {json(nullptr), json(1), json(""), json(" "), json(std::string(41, 'x'))})
    BOOST_TEST(as_service("/data/host/get",
                          {{"host_group_list", json::array()}, {"username", wrong}})["code"] ==
                 1000,
               wrong.dump());
  body["username"] = "eve";
  for (const auto& wrong : {std::string{}, std::string(64, 'd'), std::string(63, 'c'), token})
    BOOST_TEST(say(*own, wrong, "POST", "/data/host/get", body)["code"] == 1201, wrong);
  body["colour"] = 1;
  BOOST_TEST(say(*own, "", "POST", "/data/host/get", body)["code"] == 1000); // Fields come first.
  BOOST_TEST(asked == "");
}

BOOST_AUTO_TEST_CASE(what_the_user_may_not_do_a_service_may_not_do_for_him) {
  json body = {{"host_group_name", "g"}, {"description", ""}};
  for (const auto* name : {"ann", "nobody"})
    BOOST_TEST(as_service("/data/host/group/add", with_user(body, name))["code"] == 1207, name);
  BOOST_TEST(asked == "");
  answer = caf::make_message(host_groups_page{});
  BOOST_TEST(as_service("/data/host/group/get", {{"username", "nobody"}})["code"] == 200);
  BOOST_TEST(who().owner == "");
}

BOOST_AUTO_TEST_CASE(an_administrator_uses_the_same_paths_for_himself_alone) {
  answer = caf::make_message(hosts_page{});
  json body = {{"host_group_list", json::array()}};
  BOOST_TEST(as_admin("/data/host/get", body)["code"] == 200);
  BOOST_TEST(who().user == "admin");
  BOOST_TEST(as_admin("/data/host/get", with_user(body, "admin"))["code"] == 200);
  asked.clear();
  BOOST_TEST(as_admin("/data/host/get", with_user(body, "eve"))["code"] == 1207);
  BOOST_TEST(say(*main, credential, "POST", "/data/host/get", body)["code"] == 1201);
  token = sessions.open("ann", rights::ordinary);
  BOOST_TEST(as_admin("/data/host/get", body)["code"] == 1207);
  token = sessions.open("new", rights::administrator, true);
  BOOST_TEST(as_admin("/data/host/get", body)["code"] == 1204);
  BOOST_TEST(asked == "");
}

BOOST_AUTO_TEST_CASE(a_log_in_is_about_the_user_it_names) {
  answer = caf::make_message(logged_in{200, "t"});
  json body = {{"username", "eve"}, {"password", "p"}};
  BOOST_TEST(as_service("/data/account/login", body)["access_token"] == "t");
  BOOST_REQUIRE((last.match_elements<log_in, std::string>()));
  BOOST_TEST(last.get_as<log_in>(0).username == "eve");
  BOOST_TEST(as_admin("/data/account/login", body)["code"] == 1207);
  body["username"] = "admin";
  BOOST_TEST(as_admin("/data/account/login", body)["code"] == 200);
}

BOOST_AUTO_TEST_CASE(both_spellings_change_a_password) {
  answer = caf::make_message(done{});
  for (const auto* path : {"/data/account/change", "/data/acount/change"}) {
    BOOST_TEST(as_service(path, {{"username", "ann"}, {"password", "new"}})["code"] == 200, path);
    BOOST_TEST(who().user == "ann");
    BOOST_TEST(who().session == "");
  }
}

BOOST_AUTO_TEST_CASE(saved_results_name_their_users_and_items) {
  answer = caf::make_message(results_saved{});
  auto save = [&](const json& rows, const std::string& field = "check_results") {
    return as_service("/data/check/result/save", {{field, rows}});
  };
  BOOST_TEST(save(json::array({a_result}))["detail"] == "check_results[0].username: is missing");
  BOOST_TEST(save(json::array({with_user(a_result, "eve")}), "check_results:")["code"] == 200);
  BOOST_REQUIRE((last.match_elements<caller, results_to_save>()));
  const auto& row = last.get_as<results_to_save>(1).check_results.at(0);
  BOOST_TEST(row.data_list.at(0).name == "load1");
  BOOST_TEST(row.data_list.at(1).name == "load5");
  BOOST_TEST(*row.username == "eve");
  BOOST_TEST(as_service("/data/check/result/save",
                        {{"check_results", {a_result}}, {"username", "eve"}})["code"] == 200);
  BOOST_TEST(who().user == "eve");
  asked.clear();
  json body = {{"check_results", {a_result, with_user(a_result, "eve")}}};
  BOOST_TEST(as_admin("/data/check/result/save", body)["code"] == 1207);
  auto backwards = a_result;
  backwards["end"] = 0;
  BOOST_TEST(as_admin("/data/check/result/save", {{"check_results", {backwards}}})["code"] == 1000);
  BOOST_TEST(asked == "");
  BOOST_TEST(as_admin("/data/check/result/save", {{"check_results", {a_result}}})["code"] == 200);
}

BOOST_AUTO_TEST_CASE(saved_reports_take_the_misspelt_name) {
  answer = caf::make_message(reports_saved{});
  json report = {{"usename", "eve"},
                 {"host_id", "h"},
                 {"tree_name", "t"},
                 {"task_id", "k"},
                 {"report_id", "r"},
                 {"start", 12},
                 {"end", 15},
                 {"report", "{}"}};
  BOOST_TEST(as_service("/data/diag/report/save", {{"reports", {report}}})["code"] == 200);
  BOOST_TEST(*last.get_as<reports_to_save>(1).reports.at(0).username == "eve");
}

BOOST_AUTO_TEST_CASE(samples_are_asked_for_in_either_shape) {
  answer = caf::make_message(samples_found{});
  json items = {{{"name", "cpu"}, {"type", "kpi"}, {"label", {{"mode", "idle"}}}}};
  json range = {1111, 1112};
  auto wanted = [&]() -> const auto& {
    return last.get_as<samples_to_get>(1).data_infos.at("11.11.11.11");
  };
  BOOST_TEST(
    as_service("/data/data/get",
               {{"time_range", range}, {"data_infos", {{"11.11.11.11", items}}}})["code"] == 200);
  BOOST_TEST(wanted().at(0).label.at("mode") == "idle");
  BOOST_TEST(last.get_as<samples_to_get>(1).of_all);
  json host = {{"host_id", "11.11.11.11"}, {"data_list", items}};
  BOOST_TEST(as_admin("/data/data/get",
                      {{"time_range", range}, {"data_infos", {host, host}}})["code"] == 200);
  BOOST_TEST(wanted().size() == 2u);
  BOOST_TEST(!last.get_as<samples_to_get>(1).of_all);
  host["colour"] = 1;
  BOOST_TEST(as_admin("/data/data/get", {{"time_range", range}, {"data_infos", {host}}})["code"] ==
             1000);
  BOOST_TEST(as_admin("/data/data/get",
                      {{"time_range", {1}}, {"data_infos", json::object()}})["code"] == 1000);
  BOOST_TEST(
    as_service(
      "/data/data/get",
      {{"time_range", range}, {"data_infos", json::object()}, {"username", "eve"}})["code"] == 200);
  BOOST_TEST(!last.get_as<samples_to_get>(1).of_all);
}

BOOST_AUTO_TEST_CASE(samples_are_deleted_of_hosts_under_either_name) {
  answer = caf::make_message(rows_deleted{3333});
  for (const auto* field : {"host_list", "host_infos"}) {
    auto reply = as_admin("/data/data/delete", {{field, {"h"}}, {"time_range", {1, 5}}}, "DELETE");
    BOOST_TEST(reply["count"] == 3333, field);
    BOOST_TEST(last.get_as<samples_to_delete>(1).host_list.at(0) == "h");
  }
  BOOST_TEST(as_admin("/data/data/delete",
                      {{"host_list", {"h"}}, {"time_range", {5, 1}}},
                      "DELETE")["code"] == 1000);
}

BOOST_AUTO_TEST_CASE(hosts_of_users_are_listed_for_services_and_for_oneself) {
  answer = caf::make_message(users_hosts_found{});
  auto names = [&] { return last.get_as<users_hosts_query>(0).username; };
  BOOST_TEST(as_service("/data/host/info/get/user", {{"username", {"a", "b"}}})["code"] == 200);
  BOOST_TEST(names().size() == 2u);
  BOOST_TEST(as_admin("/data/host/info/get/user", {{"username", json::array()}})["code"] == 200);
  BOOST_TEST(names().at(0) == "admin");
  asked.clear();
  BOOST_TEST(as_admin("/data/host/info/get/user", {{"username", {"admin", "b"}}})["code"] == 1207);
  BOOST_TEST(as_service("/data/host/info/get/user", {{"username", "a"}})["code"] == 1000);
  BOOST_TEST(asked == "");
}

BOOST_AUTO_TEST_CASE(hosts_come_with_ids) {
  answer = caf::make_message(hosts_added{});
  json host = {{"host_id", "id-1"}, {"host_name", "a"}, {"public_ip", "192.0.2.1"}};
  BOOST_TEST(as_admin("/data/host/add", {{"host_list", {host}}})["code"] == 200);
  BOOST_REQUIRE((last.match_elements<caller, hosts_to_keep>()));
  BOOST_TEST(last.get_as<hosts_to_keep>(1).ids.at(0) == "id-1");
  for (const auto& wrong :
       {json(nullptr), json(1), json(""), json(" "), json(std::string(41, 'x'))}) {
    host["host_id"] = wrong;
    auto reply = as_admin("/data/host/add", {{"host_list", {host}}});
    BOOST_TEST(reply["code"] == 1000);
    BOOST_TEST(reply["detail"].get<std::string>().starts_with("host_list[0].host_id: "));
  }
}

BOOST_AUTO_TEST_CASE(facts_of_hosts_come_in_several_forms) {
  answer = caf::make_message(host_infos_saved{});
  json one = {{"host_id", "h"}, {"infos", {{"cpu", {{"core_count", 4}}}}}};
  for (const auto& form : {json::array({one}), one, json{{"h", one["infos"]}}}) {
    BOOST_TEST(as_service("/data/host/info/save", {{"host_infos", form}})["code"] == 200,
               form.dump());
    BOOST_REQUIRE((last.match_elements<caller, host_infos_to_save>()));
    BOOST_TEST(last.get_as<host_infos_to_save>(1).host_infos.at(0).host_id == "h");
    BOOST_TEST(last.get_as<host_infos_to_save>(1).of_anybody);
  }
  BOOST_TEST(as_admin("/data/host/info/save", {{"host_infos", {one}}})["code"] == 200);
  BOOST_TEST(!last.get_as<host_infos_to_save>(1).of_anybody);
  answer = caf::make_message(done{});
  BOOST_TEST(as_service("/data/host/info/delete", {{"host_list", {"h"}}}, "DELETE")["code"] == 200);
  BOOST_TEST(last.get_as<host_infos_to_delete>(1).of_anybody);
}

BOOST_AUTO_TEST_CASE(both_doors_have_the_same_paths_and_describe_them) {
  auto paths_of = [](const json& document) {
    std::set<std::string> out;
    for (const auto& [path, verbs] : document["paths"].items())
      if (path.starts_with("/data/"))
        out.insert(path);
    return out;
  };
  auto ours = document(*own), theirs = document(*main);
  BOOST_TEST(paths_of(ours) == paths_of(theirs));
  BOOST_TEST(ours["components"]["schemas"]["data_hosts_query"]["required"].dump() ==
             R"(["host_group_list","username"])");
  BOOST_TEST(theirs["components"]["schemas"]["data_hosts_query"]["required"].dump() ==
             R"(["host_group_list"])");
  BOOST_TEST(!theirs["components"]["schemas"]["hosts_query"]["properties"].contains("username"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace data_routes_test
