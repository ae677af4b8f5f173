#pragma once

#include "messages/alerts.hpp"
#include "runtime/base/config.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// Alerts in the form of Alertmanager's API, version 2.
namespace aops::notify {

/// Where alerts are posted at an Alertmanager.
/// @param url Its base, or that path already.
std::string alertmanager_url(std::string url);

/// The labels by which Alertmanager knows an alert, the same from its beginning to its end:
/// `alertname`, `host`, `host_id`, `severity`, those of the instance, those that its rule gives,
/// and `value` of what is not `Abnormal`. Of an alert of another system its own.
label_set alertmanager_labels(const told_alert& x);

/// A text that is the same of alerts that Alertmanager cannot tell apart.
std::string alertmanager_key(const told_alert& x);

/// The body: a list of alerts. One that lasts expires after `expire_after` without a repetition;
/// one that ended has its end; a sample ends after a minute. An alert of another system has no
/// end of ours, so that it is over when that system says so.
/// @param pages `http.public_url`.
std::string alertmanager_body(const notice_body& x,
                              const base::notify_receiver& to,
                              const std::string& pages,
                              int64_t now_ms);

} // namespace aops::notify
