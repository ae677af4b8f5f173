#include "runtime/core/notify/body.hpp"

#include "runtime/base/json_codec.hpp"
#include "runtime/base/time_text.hpp"
#include "runtime/core/notify/alertmanager.hpp"
#include "runtime/core/notify/chat.hpp"

#include <fmt/format.h>

#include <kainjow/mustache.hpp>
#include <stdexcept>

namespace aops::notify {

namespace {

using kainjow::mustache::data;
using kainjow::mustache::mustache;

/// As the inside of a JSON text.
std::string escaped_json(const std::string& text) {
  auto quoted = base::json(text).dump(-1, ' ', false, base::json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

std::string time_text(moment t) { return t.ms == 0 ? std::string{} : base::utc_text(t.ms); }

/// Everything the JSON document has, and what templates want beside it.
data data_of(const told_alert& x) {
  data out;
  const auto fields = base::encode(x);
  for (const auto& [name, value] : fields.items()) {
    if (value.is_string())
      out.set(name, value.get<std::string>());
    else if (value.is_number())
      out.set(name, value.dump());
  }
  data labels{data::type::list};
  for (const auto& [name, value] : x.labels) {
    data pair;
    pair.set("name", name);
    pair.set("value", value);
    labels << pair;
  }
  out.set("labels", labels);
  out.set("title", title_of(x));
  out.set("since_time", time_text(x.since));
  out.set("ended_time", time_text(x.ended));
  out.set("is_firing", x.status != "resolved");
  out.set("is_resolved", x.status == "resolved");
  return out;
}

} // namespace

struct body_writer::pattern {
  mustache text;
};

expected<body_writer> body_writer::of(const base::notify_receiver& to, std::string pages) {
  body_writer out;
  out.to_ = to;
  out.pages_ = std::move(pages);
  if (to.body.empty())
    return out;
  try {
    auto made = std::make_shared<pattern>(pattern{mustache{to.body}});
    if (!made->text.is_valid())
      return fail(ec::bad_request, made->text.error_message());
    if (to.content_type.find("json") != std::string::npos)
      made->text.set_custom_escape(escaped_json);
    else if (to.content_type.find("html") == std::string::npos)
      made->text.set_custom_escape([](const std::string& plain) { return plain; });
    out.pattern_ = std::move(made);
  } catch (const std::exception& e) {
    return fail(ec::bad_request, e.what());
  }
  return out;
}

expected<std::string> body_writer::write(const notice_body& x, int64_t now_ms) const {
  std::string text;
  if (to_.format == "alertmanager") {
    text = alertmanager_body(x, to_, pages_, now_ms);
  } else if (to_.format != "json") {
    text = chat_body(to_.format, x, pages_);
  } else if (!pattern_) {
    text = base::encode(x).dump(-1, ' ', false, base::json::error_handler_t::replace);
  } else {
    try {
      // The first alert's members stand at the top, too: most notices have one.
      data all = x.alerts.empty() ? data{} : data_of(x.alerts.front());
      all.set("id", x.id);
      all.set("receiver", x.receiver);
      all.set("status", x.status);
      all.set("count", std::to_string(x.alerts.size()));
      data alerts{data::type::list};
      for (size_t i = 0; i < x.alerts.size(); ++i) {
        auto one = data_of(x.alerts[i]);
        one.set("is_last", i + 1 == x.alerts.size());
        alerts << one;
      }
      all.set("alerts", alerts);
      pattern_->text.render(all, [&](const std::string& part) {
        text += part;
        if (text.size() > most_bytes) // A template may multiply what it is given.
          throw std::length_error{"too long"};
      });
      if (!pattern_->text.is_valid())
        return fail(ec::bad_request, pattern_->text.error_message());
    } catch (const std::length_error&) { // Told below.
    } catch (const std::exception& e) {
      return fail(ec::bad_request, e.what());
    }
  }
  if (text.size() > most_bytes)
    return fail(ec::bad_request, fmt::format("the body has more than {} bytes", most_bytes));
  return text;
}

std::string title_of(const told_alert& x) {
  std::string labels;
  for (const auto& [name, value] : x.labels)
    labels += fmt::format("{}{}=\"{}\"", labels.empty() ? "" : ",", name, value);
  return fmt::format("{}  {}  {}{}",
                     x.severity,
                     x.host_name,
                     x.check_item,
                     labels.empty() ? "" : "{" + labels + "}");
}

notice_body sample_notice(const std::string& receiver, const std::string& id, int64_t now_ms) {
  told_alert x;
  x.alert_id = id;
  x.status = "test";
  x.host_name = "sample-host";
  x.public_ip = "192.0.2.1";
  x.check_item = "sample-rule";
  x.labels = {{"mountpoint", "/var"}};
  x.severity = "info";
  x.value = "Abnormal";
  x.description = "A test of this receiver; nothing is wrong.";
  x.since.ms = now_ms;
  return {id, receiver, "test", {x}};
}

} // namespace aops::notify
