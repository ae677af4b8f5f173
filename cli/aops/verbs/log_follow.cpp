#include "cli/aops/verbs/log_follow.hpp"

#include "cli/aops/net/event_stream.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"
#include "cli/aops/text/time_text.hpp"
#include "cli/aops/verbs/common.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace aops::cli {

namespace {

/// Connections without a sign of life before it is given up, each followed by a longer pause.
constexpr int most_idle_connections = 8;
/// Three heartbeats.
constexpr int line_silence_s = 45;

std::string in_url(std::string_view text) {
  std::string out;
  for (unsigned char c : text) {
    bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                    c == '-' || c == '_' || c == '.' || c == '~';
    out += is_plain ? std::string(1, static_cast<char>(c)) : fmt::format("%{:02X}", c);
  }
  return out;
}

/// One row of the terminal, or of a file.
std::string shown_row(const json& line) {
  auto program = text_of(line, "program");
  auto pid = text_of(line, "pid");
  auto who = program.empty() ? text_of(line, "source")
             : pid.empty()   ? program
                             : fmt::format("{}[{}]", program, pid);
  auto seconds = line.contains("time") && line["time"].is_number() ? line["time"].get<double>() : 0;
  return fmt::format("{} {} {}: {}",
                     readable_time(seconds),
                     printable(text_of(line, "host_name")),
                     printable(who),
                     printable(text_of(line, "message")));
}

class line_follower {
public:
  line_follower(session& s, const line_search& wanted) : s_(s) {
    path_ = "/logs/stream?query=" + in_url(wanted.query.value_or(""));
    if (wanted.host_list)
      path_ += "&host_list=" + in_url(joined(*wanted.host_list, ","));
  }

  void show(const json& line) {
    if (auto id = text_of(line, "line_id"); !id.empty())
      last_id_ = std::move(id);
    if (s_.wants_data())
      s_.io.out << line.dump(-1, ' ', false, json::error_handler_t::replace) << std::endl;
    else
      s_.io.out << shown_row(line) << std::endl;
  }

  int follow() {
    auto nodes = s_.new_nodes();
    if (!nodes)
      return s_.complain(nodes.error());
    event_stream events;
    for (int idle = 0; idle < most_idle_connections;) {
      events.reconnect();
      bool is_alive = false;
      auto take = [&](std::string_view bytes) {
        is_alive = true;
        for (const auto& e : events.feed(bytes))
          take_event(e);
        return !events.broken();
      };
      auto result = nodes->stream(path_, last_id_, line_silence_s, take);
      bool is_final = !result && !is_passing_trouble(result.error());
      if (is_final)
        return s_.complain(result.error());
      idle = is_alive ? 0 : idle + 1;
      if (idle == most_idle_connections && !result)
        return s_.complain(result.error());
      s_.io.pause(250 << std::min(idle, 4));
    }
    return s_.complain({ec::unreachable, tr("the stream tells nothing")});
  }

private:
  static bool is_passing_trouble(const error& e) {
    return e == ec::unreachable || e == ec::timed_out || e == ec::overloaded || e == ec::internal;
  }

  void take_event(const stream_event& e) {
    auto data = parse_json(e.data);
    if (!data)
      return;
    if (e.name == "line")
      return show(*data);
    if (e.name == "dropped") {
      auto count = data->find("count");
      bool is_known = count != data->end() && count->is_number_integer();
      s_.note(is_known ? tr("{} lines were left out: they came faster than they were read",
                            count->get<int64_t>())
                       : tr("lines of the time without a connection were left out"));
    } else if (e.name == "missing") {
      for (const auto& node : member(*data, "nodes"))
        if (node.is_string())
          s_.note(tr("node {} does not tell its lines", node.get<std::string>()));
    }
  }

  session& s_;
  std::string path_, last_id_;
};

} // namespace

int follow_lines(session& s, line_search wanted) {
  wanted.order.emplace("newest");
  auto before = s.fetch("/logs/search", wanted);
  if (!before)
    return s.complain(before.error());
  line_follower it{s, wanted};
  const auto& lines = member(*before, "lines");
  for (auto line = lines.rbegin(); line != lines.rend(); ++line)
    it.show(*line);
  return it.follow();
}

} // namespace aops::cli
