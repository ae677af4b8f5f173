#pragma once

#include "http/routes/query_routes.hpp"
#include "messages/alerts.hpp"
#include "messages/check.hpp"
#include "messages/host.hpp"

#include <map>
#include <string>
#include <vector>

/// Rules, alerts and hosts in the words of Prometheus. Pure.
namespace aops::http {

/// The labels that the series of a host have.
label_set target_labels(const host_info& host, const scraping_facts& facts);

using hosts_by_id = std::map<std::string, host_info>;

/// An alert: what is not well and tells so.
json alert_json(const alert_info& x, const hosts_by_id& hosts, const scraping_facts& facts);

/// Which rules are asked for.
struct rules_wanted {
  std::string type;               ///< `alert`, `record`, or empty: both.
  std::vector<std::string> names; ///< Empty: all.
  bool without_alerts = false;
};

/// The groups of rules: those of rule files, and `aops`, of all others.
json rules_json(const std::vector<check_rule>& rules,
                const std::vector<alert_info>& alerts,
                const hosts_by_id& hosts,
                const rules_wanted& wanted,
                const scraping_facts& facts);

/// When a host was asked last, and how long that took.
struct last_scrape {
  int64_t time_ms = 0; ///< 0: not lately.
  double took_s = 0;
};

json target_json(const host_info& host, const last_scrape& last, const scraping_facts& facts);

/// `2026-01-31T12:00:00.5Z`; 0 is `0001-01-01T00:00:00Z`, as a time that never was.
std::string rfc3339_text(int64_t ms);

} // namespace aops::http
