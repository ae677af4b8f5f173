#include "http/sse/sse_core.hpp"

#include <algorithm>
#include <charconv>

namespace aops::http {

namespace {

/// How far a stream of many topics has come in one of them.
struct position {
  int64_t after = 0;
  bool is_over = false;
};

/// `12.0!.5`: a number for each topic, with a mark where nothing will follow.
std::string text_of(const std::vector<position>& all) {
  std::string text;
  for (const auto& p : all) {
    if (!text.empty())
      text += '.';
    text += std::to_string(p.after);
    if (p.is_over)
      text += '!';
  }
  return text;
}

expected<std::vector<position>> positions_of(std::string_view text, size_t topics) {
  std::vector<position> all(topics);
  if (text.empty())
    return all;
  auto refused = fail(ec::bad_request, "Last-Event-ID: must be the id of an event of these topics");
  for (auto& p : all) {
    auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), p.after);
    if (problem != std::errc{} || p.after < 0)
      return refused;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    if ((p.is_over = text.starts_with('!')))
      text.remove_prefix(1);
    bool is_last = &p == &all.back();
    if (is_last ? !text.empty() : !text.starts_with('.'))
      return refused;
    if (!is_last)
      text.remove_prefix(1);
  }
  return all;
}

/// Makes events of one topic: their data says which, and ids say where all topics stand.
sse_framing
framing_of(const sse_topic& topic, std::shared_ptr<std::vector<position>> all, size_t index) {
  auto begin =
    "{\"topic\":" + json(topic.name).dump(-1, ' ', false, json::error_handler_t::replace);
  return [begin, progress = topic.progress, all = std::move(all), index](
           std::string_view name, std::optional<int64_t> seq, std::string_view data) {
    if (name == "progress")
      name = progress;
    auto& here = (*all)[index];
    here.after = seq.value_or(here.after);
    here.is_over = here.is_over || name == "done" || name == "gone";
    auto separator = data == "{}" ? "" : ",";
    return sse_event(name,
                     seq || here.is_over ? text_of(*all) : std::string{},
                     begin + separator + std::string{data.substr(1)});
  };
}

} // namespace

expected<stream> sse_hub::open(const stream_request& asked, const std::vector<sse_topic>& topics) {
  auto at = positions_of(asked.last_event_id, topics.size());
  if (!at)
    return fail(std::move(at.error()));
  if (std::all_of(at->begin(), at->end(), [](const position& p) { return p.is_over; }))
    return stream{};
  auto seat = std::make_shared<place>(core_);
  if (!*seat)
    return fail(ec::overloaded, "too many event streams");
  auto all = std::make_shared<std::vector<position>>(std::move(*at));
  auto out = std::make_shared<writer>(core_, std::move(seat), asked);
  for (size_t i = 0; i < topics.size(); ++i) {
    if ((*all)[i].is_over)
      continue;
    auto frame = framing_of(topics[i], all, i);
    auto news = core_->source.find(asked.context, topics[i].job);
    if (news) {
      news->job = topics[i].job;
      out->add(std::make_unique<reader>(
        core_, asked.context, std::move(*news), (*all)[i].after, std::move(frame)));
    } else if (news.error() == ec::not_found) {
      out->add(frame("gone", {}, "{}"));
    } else {
      return fail(std::move(news.error()));
    }
  }
  stream live;
  live.pump = [out](stream_sink& sink) { return out->pump(sink); };
  return live;
}

} // namespace aops::http
