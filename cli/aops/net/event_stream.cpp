#include "cli/aops/net/event_stream.hpp"

namespace aops::cli {

namespace {
constexpr size_t longest = size_t{1} << 20;
}

std::vector<stream_event> event_stream::feed(std::string_view bytes) {
  std::vector<stream_event> events;
  for (char c : bytes) {
    if (broken_)
      break;
    bool second_half_of_a_line_end = after_return_ && c == '\n';
    after_return_ = c == '\r';
    if (second_half_of_a_line_end)
      continue;
    if (c == '\r' || c == '\n') {
      end_line(events);
      continue;
    }
    line_ += c;
    broken_ = line_.size() + data_.size() > longest;
  }
  return events;
}

void event_stream::end_line(std::vector<stream_event>& events) {
  if (at_start_ && line_.starts_with("\xEF\xBB\xBF"))
    line_.erase(0, 3);
  at_start_ = false;
  if (line_.empty()) {
    if (has_data_)
      events.push_back({name_.empty() ? "message" : name_, data_, last_id_});
    name_.clear();
    data_.clear();
    has_data_ = false;
    return;
  }
  std::string_view line = line_;
  auto colon = line.find(':');
  auto value = colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
  if (value.starts_with(' '))
    value.remove_prefix(1);
  take_field(line.substr(0, colon), value);
  line_.clear();
}

void event_stream::take_field(std::string_view name, std::string_view value) {
  if (name == "event") {
    name_ = value;
  } else if (name == "data") {
    if (has_data_)
      data_ += '\n';
    data_ += value;
    has_data_ = true;
  } else if (name == "id" && value.find('\0') == std::string_view::npos) {
    last_id_ = value;
  }
}

void event_stream::reconnect() {
  line_.clear();
  data_.clear();
  name_.clear();
  has_data_ = after_return_ = broken_ = false;
  at_start_ = true;
}

} // namespace aops::cli
