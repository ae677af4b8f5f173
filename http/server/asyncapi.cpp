#include "http/server/asyncapi.hpp"

#include "messages/kafka.hpp"
#include "runtime/base/json_codec.hpp"

#include <algorithm>

namespace aops::http {

namespace {

using nlohmann::json;

json refer(const std::string& path) { return {{"$ref", "#/" + path}}; }

json text_schema(std::string_view doc) { return {{"type", "string"}, {"description", doc}}; }

/// Grows the document channel by channel.
class document {
public:
  /// @param action What this application does there: `send`, `receive`.
  template <described T>
  void add(const std::string& topic, const char* action, const std::string& summary, json headers) {
    std::string name{name_of(static_cast<const T*>(nullptr))};
    if (!messages_.contains(name)) {
      messages_[name] = {{"name", name},
                         {"contentType", "application/json"},
                         {"summary", summary},
                         {"payload", base::schema_of<T>(&schemas_)}};
      if (!headers.empty())
        messages_[name]["headers"] = {{"type", "object"}, {"properties", std::move(headers)}};
    }
    add_channel(topic, name, action, summary);
  }

  /// What could not be used keeps its own form.
  void add_dead_letters(const std::string& topic, const std::string& suffix) {
    if (!messages_.contains("dead_letter")) {
      json headers = {
        {"aops-reason", text_schema("Why it cannot be used.")},
        {"aops-detail", text_schema("What exactly.")},
        {"aops-topic", text_schema("Where it stood.")},
        {"aops-partition", text_schema("Its partition, a decimal number.")},
        {"aops-offset", text_schema("Its offset, a decimal number.")},
        {"aops-time", text_schema("Its own time, milliseconds since 1970-01-01 UTC.")},
        {"event-id", text_schema("The same however often it is read.")}};
      messages_["dead_letter"] = {
        {"name", "dead_letter"},
        {"summary", "A message that could not be used, as it was; its own headers come first."},
        {"headers", {{"type", "object"}, {"properties", std::move(headers)}}},
        {"payload", json::object()}};
    }
    add_channel(
      topic + suffix, "dead_letter", "send", "Messages of " + topic + " that could not be used.");
  }

  json finish(const std::string& version) {
    return {{"asyncapi", "3.0.0"},
            {"info",
             {{"title", "aops"},
              {"version", version},
              {"description",
               "Requests for checks and diagnoses by a message queue, and the events that follow. "
               "Events are published in transactions: read them with isolation level "
               "read_committed, and each comes once."}}},
            {"defaultContentType", "application/json"},
            {"channels", std::move(channels_)},
            {"operations", std::move(operations_)},
            {"components", {{"messages", std::move(messages_)}, {"schemas", std::move(schemas_)}}}};
  }

private:
  void add_channel(const std::string& topic,
                   const std::string& message,
                   const char* action,
                   const std::string& summary) {
    auto id = topic;
    std::replace_if(
      id.begin(), id.end(), [](unsigned char c) { return !std::isalnum(c) && c != '_'; }, '_');
    channels_[id] = {{"address", topic},
                     {"messages", {{message, refer("components/messages/" + message)}}}};
    operations_[std::string{action} + '_' + id] = {
      {"action", action},
      {"channel", refer("channels/" + id)},
      {"summary", summary},
      {"messages", json::array({refer("channels/" + id + "/messages/" + message)})}};
  }

  json channels_ = json::object(), operations_ = json::object();
  json messages_ = json::object(), schemas_ = json::object();
};

} // namespace

json asyncapi_of(const base::config& c, const std::string& version) {
  const auto& k = c.kafka;
  document out;
  for (const auto& topic : k.check_topics)
    out.add<check_request>(topic, "receive", "A request for a check.", {});
  for (const auto& topic : k.diag_topics)
    out.add<diagnosis_request>(topic, "receive", "A request for a diagnosis.", {});
  json event = {{"event-id", text_schema("The same however often it is read.")}};
  out.add<check_result_event>(
    k.result_topic, "send", "A check result comes, ends, or is taken back. Key: the host.", event);
  out.add<task_progress_event>(k.progress_topic, "send", "A task got on. Key: the task.", event);
  out.add<report_event>(
    k.report_topic, "send", "A report of a diagnosis is stored. Key: the task.", event);
  for (const auto* some : {&k.check_topics, &k.diag_topics})
    for (const auto& topic : *some)
      out.add_dead_letters(topic, k.dlq_suffix);
  return out.finish(version);
}

} // namespace aops::http
