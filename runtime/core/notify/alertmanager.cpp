#include "runtime/core/notify/alertmanager.hpp"

#include "runtime/base/fitting.hpp"
#include "runtime/base/json_codec.hpp"
#include "runtime/base/time_text.hpp"
#include "runtime/core/notify/body.hpp"
#include "runtime/core/notify/link.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aops::notify {

namespace {

constexpr std::string_view api_path = "/api/v2/alerts";
constexpr int64_t sample_lasts_ms = 60'000;
constexpr size_t most_cause = 8192; ///< Bytes of an annotation.

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

/// As Prometheus has names of labels: others would be refused, with all that is sent beside them.
std::string label_name(std::string name) {
  for (auto& c : name)
    if (!is_letter(c) && !(c >= '0' && c <= '9'))
      c = '_';
  if (name.empty() || !is_letter(name.front()))
    name.insert(name.begin(), '_');
  return name;
}

bool is_of_another_system(const told_alert& x) { return x.status == "diagnosed"; }

void put(label_set& to, const std::string& name, std::string text) {
  if (!text.empty())
    to[name] = std::move(text);
}

label_set annotations_of(const told_alert& x, const std::string& pages) {
  auto out = x.annotations;
  if (!is_of_another_system(x)) {
    out.try_emplace("summary", title_of(x)); // Those of the rule stay.
    if (!x.description.empty())
      out.try_emplace("description", x.description);
    put(out, "value", x.value);
    put(out, "reason", x.reason);
    if (!x.ended_as.empty())
      put(out, "ended_as", x.ended_as + (x.ended_reason.empty() ? "" : ": " + x.ended_reason));
  }
  put(out, "root_cause", std::string{base::fitting(x.cause, most_cause)});
  if (!x.report_id.empty()) {
    put(out, "report_id", x.report_id);
    put(out, "report", link_of(x, pages));
  }
  return out;
}

} // namespace

std::string alertmanager_url(std::string url) {
  while (url.ends_with('/'))
    url.pop_back();
  return url.ends_with(api_path) ? url : url.append(api_path);
}

label_set alertmanager_labels(const told_alert& x) {
  if (is_of_another_system(x))
    return x.labels;
  label_set out;
  put(out, "alertname", x.check_item);
  put(out, "host", x.host_name);
  put(out, "host_id", x.host_id);
  put(out, "severity", x.severity);
  if (x.value != "Abnormal")
    put(out, "value", x.value);
  for (const auto& [name, value] : x.labels) {
    auto good = label_name(name);
    while (out.contains(good) || good == "value")
      good.insert(0, "exported_");
    put(out, good, value);
  }
  for (const auto& [name, value] :
       x.rule_labels) // As its rule gives them, over all but the host's.
    if (name != "host" && name != "host_id")
      put(out, label_name(name), value);
  return out;
}

std::string alertmanager_key(const told_alert& x) {
  std::string out;
  for (const auto& [name, value] : alertmanager_labels(x))
    out += name + '\0' + value + '\0';
  return out;
}

std::string alertmanager_body(const notice_body& x,
                              const base::notify_receiver& to,
                              const std::string& pages,
                              int64_t now_ms) {
  auto all = base::json::array();
  for (const auto& alert : x.alerts) {
    base::json one{{"labels", alertmanager_labels(alert)},
                   {"annotations", annotations_of(alert, pages)},
                   {"startsAt", base::exact_utc(alert.since.ms)}};
    if (alert.status == "resolved")
      // An end that is not after the beginning would be none.
      one["endsAt"] = base::exact_utc(std::max(alert.ended.ms, alert.since.ms + 1));
    else if (alert.status == "test")
      one["endsAt"] = base::exact_utc(now_ms + sample_lasts_ms);
    else if (!is_of_another_system(alert))
      one["endsAt"] = base::exact_utc(now_ms + to.expire_after.ms);
    auto link = is_of_another_system(alert) ? alert.source : host_link(alert, pages);
    if (!link.empty())
      one["generatorURL"] = std::move(link);
    all.push_back(std::move(one));
  }
  return all.dump(-1, ' ', false, base::json::error_handler_t::replace);
}

} // namespace aops::notify
