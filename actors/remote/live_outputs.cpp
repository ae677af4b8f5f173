#include "actors/remote/live_outputs.hpp"

#include "runtime/base/ids.hpp"

#include <algorithm>

namespace aops::actors {

namespace {

constexpr char separator = '.';

} // namespace

std::string live_outputs::node_of(const std::string& id) {
  auto end = id.find(separator);
  return end == std::string::npos ? std::string{} : id.substr(0, end);
}

/// With the lock held.
void live_outputs::forget(int64_t now_ms) {
  std::erase_if(commands_, [&](const auto& x) {
    return x.second.how && x.second.ended_ms + kept_ms <= now_ms;
  });
  while (commands_.size() >= most_commands) {
    auto oldest = commands_.end();
    for (auto it = commands_.begin(); it != commands_.end(); ++it)
      if (it->second.how &&
          (oldest == commands_.end() || it->second.ended_ms < oldest->second.ended_ms))
        oldest = it;
    if (oldest == commands_.end())
      return;
    commands_.erase(oldest);
  }
}

expected<std::string> live_outputs::begin(const std::string& user, int64_t now_ms) {
  std::lock_guard lock{mutex_};
  forget(now_ms);
  if (commands_.size() >= most_commands)
    return fail(ec::overloaded, "too many commands are followed");
  auto id = node_ + separator + base::new_id(now_ms);
  commands_[id].user = user;
  return id;
}

void live_outputs::tell(const std::string& id, const std::string& host, const std::string& text) {
  std::lock_guard lock{mutex_};
  auto it = commands_.find(id);
  if (it == commands_.end() || text.empty() || it->second.bytes > most_bytes)
    return;
  auto& x = it->second;
  x.bytes += text.size();
  auto number = static_cast<int64_t>(x.told.size()) + 1;
  if (x.bytes > most_bytes)
    x.told.push_back({number, {}, "... (what follows is too much and is left out)\n"});
  else
    x.told.push_back({number, host, text});
}

void live_outputs::end(const std::string& id, command_executed how, int64_t now_ms) {
  std::lock_guard lock{mutex_};
  auto it = commands_.find(id);
  if (it == commands_.end())
    return;
  it->second.how = std::move(how);
  it->second.ended_ms = now_ms;
}

expected<command_outputs>
live_outputs::read(const std::string& id, const std::string& user, int64_t after) const {
  std::lock_guard lock{mutex_};
  auto it = commands_.find(id);
  if (it == commands_.end() || it->second.user != user)
    return fail(ec::bad_request, "execution_id: no such command is followed here any more");
  const auto& x = it->second;
  command_outputs out;
  out.next = std::max<int64_t>(after, 0);
  size_t bytes = 0;
  for (auto i = static_cast<size_t>(out.next); i < x.told.size() && bytes < page_bytes; ++i) {
    out.outputs.push_back(x.told[i]);
    out.next = x.told[i].number;
    bytes += x.told[i].output.size();
  }
  out.ended = x.how.has_value() && static_cast<size_t>(out.next) >= x.told.size();
  if (!out.ended)
    return out;
  out.code = x.how->code;
  out.resp = x.how->resp;
  return out;
}

std::string live_outputs::of_host(const std::string& id, const std::string& host) const {
  std::lock_guard lock{mutex_};
  std::string out;
  if (auto it = commands_.find(id); it != commands_.end())
    for (const auto& x : it->second.told)
      if (x.host_id == host || x.host_id.empty())
        out += x.output;
  return out;
}

} // namespace aops::actors
