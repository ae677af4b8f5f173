#include "cli/aops/command/reply.hpp"

#include "cli/aops/term/table.hpp"
#include "cli/aops/text/language.hpp"
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
    return tr_later("see the node's log");
  case 1001:
    return tr_later("try again later");
  case 1101:
    return tr_later("the node's database does not answer; see its log");
  case 1106:
    return tr_later("delete what depends on it first, for a group its hosts");
  case 1200:
    return tr_later("check user name and password");
  case 1201:
    return tr_later("run: aops login");
  case 1202:
    return tr_later("end the other session first (aops logout)");
  case 1203:
    return tr_later("give the right vault key with --key");
  case 1204:
    return tr_later("run: aops account --action change --password -");
  case 1205:
    return tr_later("choose another password");
  case 1206:
    return tr_later("choose 8 to 128 characters, neither the user name nor the default");
  case 1207:
    return tr_later("ask an administrator");
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

/// An element of such a list: a name, or an object with a name and a reason.
undone undone_element(const json& x, std::string_view missing) {
  if (!x.is_object())
    return {cell_text(x), missing};
  undone result{{}, missing, text_of(x, "reason")};
  for (const auto* key : {"host_name", "name", "host_id", "filePath", "hostId", "domainName"})
    if (result.name.empty())
      result.name = text_of(x, key);
  if (result.name.empty())
    result.name = cell_text(x);
  return result;
}

ec code_of(int return_code) {
  for (const auto& o : outcomes)
    if (o.return_code == return_code)
      return o.code == ec::unreachable || o.code == ec::cancelled ? ec::timed_out
                                                                  : o.code; // It did answer.
  return ec::internal;
}

int reply_code(const json& reply) {
  return static_cast<int>(std::min<uint64_t>(count_of(reply, "code"), 1'000'000));
}

} // namespace

bool succeeded(const json& reply) {
  return reply_code(reply) == code_ok || partly_succeeded(reply);
}

bool partly_succeeded(const json& reply) {
  constexpr int some_were_there = 202; // Of configuration tracing.
  return reply_code(reply) == code_partial || reply_code(reply) == some_were_there;
}

std::vector<undone> undone_of(const json& reply) {
  struct list {
    const char* key;
    std::string_view missing;
  };
  std::vector<undone> all;
  const auto& reasons = member(reply, "fail_reasons");
  for (auto [key, missing] : {list{"fail_list", {}},
                              list{"failList", {}},
                              list{"ignored_hosts", "host"},
                              list{"ignored_trees", "tree"},
                              list{"ignored_items", "rule"},
                              list{"ignored", "running task"}}) {
    const auto& names = member(reply, key);
    for (size_t i = 0; names.is_array() && i < names.size(); ++i) {
      all.push_back(undone_element(names[i], missing));
      if (auto& x = all.back(); x.reason.empty())
        x.reason = text_of(reasons, x.name);
    }
  }
  // Some replies list what was done, and give a reason for the rest.
  for (auto i = reasons.begin(); reasons.is_object() && i != reasons.end(); ++i)
    if (std::none_of(all.begin(), all.end(), [&](const undone& x) { return x.name == i.key(); }))
      all.push_back({i.key(), {}, text_of(reasons, i.key())});
  return all;
}

error reply_error(const json& reply, const std::vector<std::string>& names) {
  auto code = reply_code(reply);
  auto msg = text_of(reply, "msg");
  if (msg.empty())
    msg = aops::text_of(code);
  auto detail = first_text(reply);
  auto text = detail.empty() ? msg : detail;
  if (!names.empty())
    text += tr("; not done: {}", joined(names, ", "));
  if (auto advice = advice_for(code); !advice.empty())
    text += fmt::format("; {}", translated(advice));
  text += detail.empty() ? fmt::format(" ({})", code) : fmt::format(" ({} {})", code, msg);
  return {code_of(code), text};
}

error reply_error(const json& reply) {
  std::vector<std::string> names;
  for (const auto& x : undone_of(reply))
    names.push_back(x.name);
  return reply_error(reply, names);
}

} // namespace aops::cli
