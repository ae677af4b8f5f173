#include "http/routes/query_targets.hpp"

#include "http/routes/query_parameters.hpp"
#include "messages/query.hpp"
#include "runtime/base/address.hpp"
#include "runtime/base/time_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aops::http {

namespace {

std::string address_of(const host_info& host, const scraping_facts& facts) {
  return base::with_port(host.public_ip, host.exporter_port.value_or(facts.port));
}

std::string_view health_of(const host_info& host) {
  if (host.status == "unknown")
    return "unknown";
  return host.status == "online" && host.scrape_error.empty() ? "up" : "down";
}

double seconds_of(const std::string& duration) {
  auto ms = duration.empty() ? expected<int64_t>{0} : parse_query_duration(duration);
  return static_cast<double>(ms.value_or(0)) / 1000;
}

json annotations_of(const check_rule& x) {
  json out(x.annotations);
  if (!x.description.empty() && !x.annotations.contains("description"))
    out["description"] = x.description;
  return out;
}

/// As rule files have it, where the rule comes from one.
std::string name_of_rule(const check_rule& x) {
  if (!x.record.empty())
    return x.record;
  auto named = x.labels.find("alertname");
  return named == x.labels.end() ? x.check_item : named->second;
}

json labels_of_rule(const check_rule& x) {
  auto labels = x.labels;
  labels.erase("alertname");
  if (x.record.empty())
    labels.try_emplace("severity", x.severity);
  return json(labels);
}

json recording_json(const check_rule& x) {
  return {{"name", name_of_rule(x)},
          {"query", x.condition},
          {"labels", labels_of_rule(x)},
          {"health", "ok"},
          {"evaluationTime", 0},
          {"lastEvaluation", rfc3339_text(0)},
          {"type", "recording"}};
}

std::string text_of_seconds(int64_t ms) {
  return ms % 1000 == 0 ? fmt::format("{}s", ms / 1000) : fmt::format("{}ms", ms);
}

json rule_json(const check_rule& x, json alerts, const scraping_facts&) {
  bool is_firing = !alerts.empty();
  return {{"state", is_firing ? "firing" : "inactive"},
          {"name", name_of_rule(x)},
          {"query", x.condition},
          {"duration", seconds_of(x.for_)},
          {"keepFiringFor", seconds_of(x.keep_firing_for)},
          {"labels", labels_of_rule(x)},
          {"annotations", annotations_of(x)},
          {"alerts", std::move(alerts)},
          {"health", "ok"},
          {"evaluationTime", 0},
          {"lastEvaluation", rfc3339_text(0)},
          {"type", "alerting"}};
}

} // namespace

std::string rfc3339_text(int64_t ms) {
  constexpr int64_t last = 253'402'300'799'999; // The year has four digits.
  if (ms <= 0 || ms > last)
    return "0001-01-01T00:00:00Z";
  return ms % 1000 == 0 ? base::utc_text(ms) : base::exact_utc(ms);
}

label_set target_labels(const host_info& host, const scraping_facts& facts) {
  return {{"host", host.host_name},
          {"host_id", host.host_id},
          {"instance", address_of(host, facts)},
          {"job", query_job}};
}

json alert_json(const alert_info& x, const hosts_by_id& hosts, const scraping_facts& facts) {
  label_set labels = x.labels;
  auto host = hosts.find(x.host_id);
  if (host != hosts.end())
    for (auto& [name, value] : target_labels(host->second, facts))
      labels.insert_or_assign(name, value);
  else
    labels.insert_or_assign("host_id", x.host_id);
  labels.insert_or_assign("alertname", x.check_item);
  labels.insert_or_assign("severity", x.severity);
  return {{"labels", labels},
          {"annotations", x.reason.empty() ? json::object() : json{{"reason", x.reason}}},
          {"state", "firing"},
          {"activeAt", rfc3339_text(x.since.ms)},
          {"value", "1e+00"}};
}

json rules_json(const std::vector<check_rule>& rules,
                const std::vector<alert_info>& alerts,
                const hosts_by_id& hosts,
                const rules_wanted& wanted,
                const scraping_facts& facts) {
  std::map<std::string, json> by_rule;
  if (!wanted.without_alerts)
    for (const auto& x : alerts)
      by_rule.try_emplace(x.check_item, json::array())
        .first->second.push_back(alert_json(x, hosts, facts));
  std::map<std::string, std::vector<const check_rule*>> by_group;
  for (const auto& x : rules) {
    bool is_wanted =
      (wanted.type.empty() || (wanted.type == "record") == !x.record.empty()) &&
      (wanted.names.empty() ||
       std::find(wanted.names.begin(), wanted.names.end(), name_of_rule(x)) != wanted.names.end());
    if (is_wanted)
      by_group[x.group.empty() ? "aops" : x.group].push_back(&x);
  }
  auto groups = json::array();
  for (auto& [group, members] : by_group) {
    std::stable_sort(members.begin(), members.end(), [](auto* a, auto* b) {
      return a->position.value_or(0) < b->position.value_or(0);
    });
    auto list = json::array();
    for (const auto* x : members) {
      auto own = by_rule.find(x->check_item);
      if (own != by_rule.end())
        for (auto& alert : own->second)
          alert["labels"]["alertname"] = name_of_rule(*x);
      list.push_back(!x->record.empty()
                       ? recording_json(*x)
                       : rule_json(*x, own == by_rule.end() ? json::array() : own->second, facts));
    }
    groups.push_back({{"name", group},
                      {"file", "aops"},
                      {"rules", std::move(list)},
                      {"interval", static_cast<double>(facts.period_ms) / 1000},
                      {"limit", 0},
                      {"evaluationTime", 0},
                      {"lastEvaluation", rfc3339_text(0)}});
  }
  return {{"groups", std::move(groups)}};
}

json target_json(const host_info& host, const last_scrape& last, const scraping_facts& facts) {
  auto address = address_of(host, facts);
  // What is pushed has no address that anybody asks.
  auto url = host.source == source_push ? std::string{"push"} : "http://" + address + "/metrics";
  return {{"discoveredLabels",
           {{"__address__", address},
            {"__metrics_path__", "/metrics"},
            {"__scheme__", "http"},
            {"__scrape_interval__", text_of_seconds(facts.period_ms)},
            {"__scrape_timeout__", text_of_seconds(facts.timeout_ms)},
            {"job", query_job}}},
          {"labels", target_labels(host, facts)},
          {"scrapePool", query_job},
          {"scrapeUrl", url},
          {"globalUrl", url},
          {"lastError", host.scrape_error},
          {"lastScrape", rfc3339_text(last.time_ms)},
          {"lastScrapeDuration", last.took_s},
          {"health", health_of(host)},
          {"scrapeInterval", text_of_seconds(facts.period_ms)},
          {"scrapeTimeout", text_of_seconds(facts.timeout_ms)}};
}

} // namespace aops::http
