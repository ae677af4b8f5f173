#include "http/routes/routes.hpp"
#include "messages/roles/alertmanager.hpp"

#include <algorithm>
#include <array>

namespace aops::http {

namespace {

template <size_t N>
void keep_known(json& object, const std::array<std::string_view, N>& known) {
  if (!object.is_object())
    return;
  for (auto it = object.begin(); it != object.end();) {
    bool is_known = std::find(known.begin(), known.end(), it.key()) != known.end();
    it = is_known ? std::next(it) : object.erase(it);
  }
}

/// Without what a newer Alertmanager may add, which is no reason to refuse an alert.
json known_of(json body) {
  static constexpr std::array<std::string_view, 10> of_group = {"version",
                                                                "groupKey",
                                                                "status",
                                                                "receiver",
                                                                "externalURL",
                                                                "truncatedAlerts",
                                                                "groupLabels",
                                                                "commonLabels",
                                                                "commonAnnotations",
                                                                "alerts"};
  static constexpr std::array<std::string_view, 7> of_alert = {
    "status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint"};
  keep_known(body, of_group);
  if (body.is_object() && body.contains("alerts") && body["alerts"].is_array())
    for (auto& x : body["alerts"])
      keep_known(x, of_alert);
  return body;
}

/// As the others answer, beside the status that Alertmanager looks at.
expected<action> with_outcome(expected<action> work) {
  if (!work)
    return work;
  return action{[work = std::move(*work)](const request_context& context) {
    return work(context).map([](reply answer) {
      answer.fields["code"] = answer.code;
      answer.fields["msg"] = text_of(answer.code);
      return answer;
    });
  }};
}

json reply_schema(json& components) {
  auto reference = base::schema_of<alert_group_taken>(&components);
  auto& schema = components.at("alert_group_taken");
  if (!schema["properties"].contains("code"))
    for (auto [name, type] : {std::pair{"code", "integer"}, {"msg", "string"}}) {
      schema["properties"][name] = {{"type", type}};
      schema["required"].push_back(name);
    }
  return reference;
}

/// What is not known is left aside.
json request_schema(json& components) {
  auto reference = base::schema_of<alert_group>(&components);
  for (const auto* name : {"alert_group", "grouped_alert"})
    components.at(name).erase("additionalProperties");
  return reference;
}

} // namespace

std::vector<route> alertmanager_routes(const node_port& port) {
  auto webhook = ask<alert_intake_actor, alert_group, alert_group_taken>(
    port,
    method::post,
    "/alertmanager/webhook",
    may::user,
    actors::alert_intake_name,
    "Diagnose the hosts of a group of alerts that Alertmanager tells of; answers by HTTP status.");
  webhook.status_is_code = true; // Alertmanager sees the status alone, and comes again after 5xx.
  webhook.prepare = [prepare = webhook.prepare](const json& body) {
    return with_outcome(prepare(known_of(body)));
  };
  webhook.request_schema = request_schema;
  webhook.reply_schema = reply_schema;
  return {std::move(webhook)};
}

} // namespace aops::http
