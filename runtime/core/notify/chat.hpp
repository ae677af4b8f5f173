#pragma once

#include "messages/alerts.hpp"

#include <string>
#include <string_view>

/// Messages in the forms that the incoming webhooks of chats take. What alerts say is shown as it
/// is: nothing in it formats, links or calls people.
namespace aops::notify {

/// Alerts that a message shows; of more it says how many.
inline constexpr size_t most_in_message = 20;

/// The body for `slack`, `feishu`, `dingtalk`, `wecom` or `mattermost`, no longer than the chat
/// takes.
/// @param pages `http.public_url`: messages link there. Empty: they do not.
std::string chat_body(std::string_view format, const notice_body& x, const std::string& pages);

/// Why a chat that answered HTTP 2xx did not take a message; empty when it did. Some tell it in
/// the body only. Never echoes what it answered.
std::string chat_refusal(std::string_view format, std::string_view answer);

} // namespace aops::notify
