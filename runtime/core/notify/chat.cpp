#include "runtime/core/notify/chat.hpp"

#include "runtime/base/fitting.hpp"
#include "runtime/base/json_codec.hpp"
#include "runtime/base/time_text.hpp"
#include "runtime/core/notify/body.hpp"
#include "runtime/core/notify/link.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace aops::notify {

namespace {

using base::json;

/// Bytes that one message of text may have: 2048 of WeCom, 20,000 of DingTalk and Feishu.
constexpr size_t most_wecom = 2000, most_dingtalk = 18'000, most_feishu = 16'000;
/// Of what is said of one alert.
constexpr size_t most_of_alert = 3000;

/// One alert as people read it.
struct paragraph {
  std::string title, text, link, link_name;
  std::string_view color;
};

void add_line(std::string& to, std::string_view line) {
  if (!line.empty())
    to.append(to.empty() ? "" : "\n").append(line);
}

std::string_view color_of(const told_alert& x) {
  return x.status == "resolved"     ? "#2e9e5b"
         : x.severity == "critical" ? "#d63232"
         : x.severity == "warning"  ? "#e8a33d"
                                    : "#4a90d9";
}

paragraph paragraph_of(const told_alert& x, const std::string& pages) {
  paragraph out;
  out.title = fmt::format("{}: {}", x.status, title_of(x));
  std::string text;
  add_line(text, x.description);
  if (x.value != "Abnormal" && !x.value.empty())
    add_line(text, x.value + (x.reason.empty() ? "" : ": " + x.reason));
  else
    add_line(text, x.reason);
  if (x.since.ms > 0)
    add_line(text, "since " + base::utc_text(x.since.ms));
  if (x.ended.ms > 0)
    add_line(text, "ended " + base::utc_text(x.ended.ms));
  if (!x.ended_as.empty())
    add_line(text, x.ended_as + (x.ended_reason.empty() ? "" : ": " + x.ended_reason));
  if (!x.cause.empty())
    add_line(text, "cause: " + x.cause);
  out.text = base::fitting(text, most_of_alert);
  out.link = link_of(x, pages);
  out.link_name = x.report_id.empty() ? "host" : "report";
  out.color = color_of(x);
  return out;
}

std::vector<paragraph> paragraphs_of(const notice_body& x, const std::string& pages) {
  std::vector<paragraph> out;
  for (const auto& alert : x.alerts)
    if (out.size() < most_in_message)
      out.push_back(paragraph_of(alert, pages));
  return out;
}

std::string rest_of(const notice_body& x) {
  return x.alerts.size() > most_in_message
           ? fmt::format("and {} more", x.alerts.size() - most_in_message)
           : std::string{};
}

std::string headline(const notice_body& x) {
  return x.alerts.size() == 1 ? fmt::format("{}: {}", x.status, title_of(x.alerts.front()))
                              : fmt::format("{}: {} alerts", x.status, x.alerts.size());
}

std::string plain_text(const notice_body& x, const std::string& pages, size_t most) {
  std::string out;
  for (const auto& p : paragraphs_of(x, pages)) {
    out += out.empty() ? "" : "\n\n";
    out += p.title;
    add_line(out, p.text);
    add_line(out, p.link);
  }
  add_line(out, rest_of(x));
  return std::string{base::fitting(out, most)};
}

/// Slack's own three characters; everything else stays as it is where markup is off.
std::string slack_text(std::string_view text) {
  std::string out;
  for (char c : text)
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else
      out += c;
  return out;
}

/// Markdown that shows the text as it is. An `@` is kept apart from the name that follows: nobody
/// is called.
std::string markdown_text(std::string_view text) {
  constexpr std::string_view special = "\\`*_[]()#|~<>!";
  std::string out;
  for (char c : text) {
    if (special.find(c) != special.npos)
      out += '\\';
    out += c;
    if (c == '@')
      out += "\u200B";
  }
  return out;
}

json slack(const notice_body& x, const std::string& pages) {
  auto attachments = json::array();
  for (const auto& p : paragraphs_of(x, pages)) {
    json one{{"color", p.color},
             {"fallback", slack_text(p.title)},
             {"title", slack_text(p.title)},
             {"text", slack_text(p.text)},
             {"mrkdwn_in", json::array()}};
    if (!p.link.empty())
      one["title_link"] = p.link;
    attachments.push_back(std::move(one));
  }
  auto text = slack_text(headline(x));
  add_line(text, rest_of(x));
  return {{"text", text}, {"mrkdwn", false}, {"attachments", std::move(attachments)}};
}

json mattermost(const notice_body& x, const std::string& pages) {
  auto attachments = json::array();
  for (const auto& p : paragraphs_of(x, pages)) {
    auto text = "**" + markdown_text(p.title) + "**";
    add_line(text, markdown_text(p.text));
    if (!p.link.empty())
      add_line(text, fmt::format("[{}]({})", p.link_name, p.link));
    attachments.push_back({{"color", p.color}, {"fallback", p.title}, {"text", std::move(text)}});
  }
  return {{"text", markdown_text(rest_of(x))}, {"attachments", std::move(attachments)}};
}

json feishu(const notice_body& x, const std::string& pages) {
  auto line = [](std::string_view text) {
    return json::array({{{"tag", "text"}, {"text", text}}});
  };
  auto content = json::array();
  size_t left = most_feishu;
  auto add = [&](const json& row, size_t bytes) {
    if (bytes > left)
      return;
    left -= bytes;
    content.push_back(row);
  };
  bool is_one = x.alerts.size() == 1; // Its title is that of the message.
  for (const auto& p : paragraphs_of(x, pages)) {
    if (!is_one)
      add(line(p.title), p.title.size());
    if (!p.text.empty())
      add(line(p.text), p.text.size());
    if (!p.link.empty())
      add(json::array({{{"tag", "a"}, {"text", p.link_name}, {"href", p.link}}}), p.link.size());
  }
  if (auto rest = rest_of(x); !rest.empty())
    content.push_back(line(rest));
  json post{{"title", std::string{base::fitting(headline(x), most_of_alert)}},
            {"content", std::move(content)}};
  return {{"msg_type", "post"}, {"content", {{"post", {{"zh_cn", std::move(post)}}}}}};
}

json body_of(std::string_view format, const notice_body& x, const std::string& pages) {
  if (format == "slack")
    return slack(x, pages);
  if (format == "mattermost")
    return mattermost(x, pages);
  if (format == "feishu")
    return feishu(x, pages);
  auto most = format == "wecom" ? most_wecom : most_dingtalk;
  return {{"msgtype", "text"}, {"text", {{"content", plain_text(x, pages, most)}}}};
}

} // namespace

std::string chat_body(std::string_view format, const notice_body& x, const std::string& pages) {
  return body_of(format, x, pages).dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string chat_refusal(std::string_view format, std::string_view answer) {
  // Of these HTTP says nothing.
  if (format != "feishu" && format != "dingtalk" && format != "wecom")
    return {};
  auto body = json::parse(answer, nullptr, false);
  if (!body.is_object())
    return "its answer is no JSON object";
  for (const auto* name : {"errcode", "code", "StatusCode"})
    if (auto it = body.find(name); it != body.end() && it->is_number_integer())
      return *it == 0 ? std::string{} : fmt::format("it answered {} {}", name, it->dump());
  return "its answer has no code";
}

} // namespace aops::notify
