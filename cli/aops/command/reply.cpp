#include "cli/aops/command/reply.hpp"

#include "cli/aops/term/table.hpp"
#include "cli/aops/text/text.hpp"
#include "messages/return_code.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aops::cli {

namespace {

/// What the user can do about a code; empty when `detail` says all there is.
std::string_view advice_for(int code) {
  switch (code) {
  case 500:
    return "see the node's log";
  case 1001:
    return "try again later";
  case 1101:
    return "the node's database does not answer; see its log";
  case 1106:
    return "delete what depends on it first, for a group its hosts";
  case 1200:
    return "check user name and password";
  case 1201:
    return "run: aops login";
  case 1202:
    return "end the other session first (aops logout)";
  case 1203:
    return "give the right vault key with --key";
  case 1204:
    return "run: aops account --action change --password -";
  case 1205:
    return "choose another password";
  case 1206:
    return "choose 8 to 128 characters, neither the user name nor the default";
  case 1207:
    return "ask an administrator";
  default:
    return {};
  }
}

std::string first_text(const json& reply) {
  for (const auto* key : {"detail", "message", "error"})
    if (auto text = text_of(reply, key); !text.empty())
      return text;
  return {};
}

/// The lists of a reply that name what was not done.
std::string left_undone(const json& reply) {
  std::vector<std::string> parts;
  for (const auto* key :
       {"fail_list", "ignored_hosts", "ignored_trees", "ignored_items", "ignored"})
    if (const auto& list = member(reply, key); list.is_array() && !list.empty())
      parts.push_back(fmt::format("{}: {}", key, cell_text(list)));
  return joined(parts, "; ");
}

ec code_of(int return_code) {
  for (const auto& o : outcomes)
    if (o.return_code == return_code)
      return o.code == ec::unreachable ? ec::timed_out : o.code; // The node did answer.
  return ec::internal;
}

int reply_code(const json& reply) {
  return static_cast<int>(std::min<uint64_t>(count_of(reply, "code"), 1'000'000));
}

} // namespace

bool succeeded(const json& reply) {
  return reply_code(reply) == code_ok || reply_code(reply) == code_partial;
}

bool partly_succeeded(const json& reply) { return reply_code(reply) == code_partial; }

error reply_error(const json& reply) {
  auto code = reply_code(reply);
  auto msg = text_of(reply, "msg");
  auto text = fmt::format("{} {}", code, msg.empty() ? std::string{aops::text_of(code)} : msg);
  if (auto detail = first_text(reply); !detail.empty())
    text += ": " + detail;
  if (auto undone = left_undone(reply); !undone.empty())
    text += "; " + undone;
  if (auto advice = advice_for(code); !advice.empty())
    text += fmt::format("; {}", advice);
  return {code_of(code), text};
}

} // namespace aops::cli
