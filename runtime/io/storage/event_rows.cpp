#include "runtime/io/storage/event_rows.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/base/json_codec.hpp"

namespace aops::storage {

namespace {

using base::json;

/// One that nobody has had: the row stands for what happened once.
std::string new_event_id() { return base::random_hex(16); }

template <class Event>
outbox_event row_of(const Event& x, std::string_view topic, std::string key) {
  outbox_event out;
  out.event_id = x.event_id;
  out.topic = topic;
  out.message_key = std::move(key);
  out.body = base::encode(x).dump(-1, ' ', false, json::error_handler_t::replace);
  return out;
}

std::string text_in(const json& document, const char* name) {
  auto found = document.find(name);
  return found != document.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

json_text part_of(const json& document, const char* name) {
  auto found = document.find(name);
  return {found == document.end() ? "[]" : found->dump()};
}

} // namespace

outbox_event event_of(const report_to_store& x,
                      std::string_view task,
                      std::string_view owner,
                      int64_t number,
                      const event_topics& topics) {
  auto detail = json::parse(x.detail, nullptr, false);
  if (!detail.is_object())
    detail = json::object();
  report_event out;
  out.event_id = x.report_id;
  out.report_id = x.report_id;
  out.task_id = task;
  out.owner = owner;
  out.host_id = x.host_id;
  out.tree_name = x.tree_name;
  out.start = {x.start_ms};
  out.end = {x.end_ms};
  out.number = number;
  out.verdict = text_in(detail, "verdict");
  out.error = x.error;
  out.root_causes = part_of(detail, "root_causes");
  out.undecided = part_of(detail, "undecided");
  out.tree_version = x.tree_digest;
  out.content_hash = x.content_hash;
  return row_of(out, topics.reports, out.task_id);
}

outbox_event event_of(const job_progress& x,
                      std::string_view kind,
                      std::string_view owner,
                      const event_topics& topics) {
  task_progress_event out;
  out.event_id = new_event_id();
  out.task_id = x.job;
  out.kind = kind;
  out.owner = owner;
  out.state = text_of(x.state);
  out.progress = x.finished;
  out.expected_report_num = x.expected;
  out.failed = x.failed;
  return row_of(out, topics.progress, out.task_id);
}

outbox_event event_of(check_result_event x, const event_topics& topics) {
  x.event_id = new_event_id();
  return row_of(x, topics.results, x.host_id);
}

} // namespace aops::storage
