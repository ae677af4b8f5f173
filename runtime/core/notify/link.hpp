#pragma once

#include "messages/alerts.hpp"

#include <string>

namespace aops::notify {

/// Where people see more of an alert: its report, else its host.
/// @param pages `http.public_url`. Empty: nowhere, so is the link.
std::string link_of(const told_alert& x, const std::string& pages);

/// Of its host.
std::string host_link(const told_alert& x, const std::string& pages);

} // namespace aops::notify
