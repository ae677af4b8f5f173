#include "actors/logs/line_taps.hpp"

#include "actors/logs/line_answers.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/core/check/log_lines.hpp"

#include <algorithm>

namespace aops::actors {

namespace {

constexpr size_t run_digits = 8;
constexpr int64_t shortest_keep_ms = 10'000, longest_keep_ms = 4 * 3600 * 1000LL;
constexpr int64_t most_lines_of_answer = 5'000;

size_t held_bytes(const logs::record& x) {
  size_t sum = sizeof(found_log_line) + x.message.size() + x.source.size() + x.program.size();
  for (const auto& [name, value] : x.fields)
    sum += name.size() + value.size() + 64;
  return sum;
}

/// What `log` items are judged by.
label_set labels_of(const logs::record& x) {
  label_set out;
  for (const auto& [name, value] : x.fields)
    out.emplace(name, value);
  auto put = [&](const char* name, std::string_view value) {
    if (!value.empty())
      out[name] = value;
  };
  put("source", x.source);
  put("program", x.program);
  put("pid", x.pid);
  put("facility", logs::facility_name(x.facility));
  put("severity", logs::severity_name(x.severity));
  put("message", x.message);
  return out;
}

} // namespace

std::string line_taps::key_of(const node_lines_to_follow& x) {
  return x.who.owner + '\n' + x.who.user + '\n' + x.what.tap;
}

bool line_taps::wants(const std::string& host_id) const {
  std::lock_guard guard{mutex_};
  return std::any_of(taps_.begin(), taps_.end(), [&](const auto& x) {
    return x.second.what->hosts->contains(host_id);
  });
}

bool line_taps::terms::take(const std::string& host, const logs::record& line) const {
  auto seen = hosts->find(host);
  if (seen == hosts->end() || !query->matches({line, host, seen->second}))
    return false;
  if (logs.empty())
    return true;
  auto labels = labels_of(line);
  return std::any_of(logs.begin(), logs.end(), [&](const wanted_log& x) {
    return check::is_of_log(x.name, labels) && (!x.match || x.match->matches(labels));
  });
}

void line_taps::drop_first(tap& t) {
  bytes_ -= t.lines.front().bytes;
  t.bytes -= t.lines.front().bytes;
  t.lines.pop_front();
}

void line_taps::hold(tap& t, found_log_line line) {
  auto bytes = held_bytes(line.what);
  t.lines.push_back({t.next++, bytes, std::move(line)});
  t.bytes += bytes;
  bytes_ += bytes;
  while (t.lines.size() > most_lines_of_tap || t.bytes > most_bytes_of_tap ||
         (bytes_ > most_bytes && !t.lines.empty())) {
    drop_first(t);
    ++t.dropped;
  }
}

void line_taps::add(const std::string& host_id,
                    const std::vector<logs::record>& lines,
                    const std::vector<stored_place>& places) {
  std::vector<std::pair<std::string, std::shared_ptr<const terms>>> who;
  {
    std::lock_guard guard{mutex_};
    for (const auto& [key, t] : taps_)
      if (t.what->hosts->contains(host_id))
        who.emplace_back(key, t.what);
  }
  for (const auto& [key, what] : who) {
    std::vector<found_log_line> found; // Not with the lock held: others wait for it.
    for (size_t i = 0; i < std::min(lines.size(), places.size()); ++i) {
      const auto& at = places[i];
      if (at.place.n == 0 || !what->take(host_id, lines[i]))
        continue;
      found.push_back({at.place.n, at.source, host_id, lines[i]});
      found.back().what.time_ns = at.place.time_ns;
    }
    if (found.empty())
      continue;
    std::lock_guard guard{mutex_};
    if (auto known = taps_.find(key); known != taps_.end())
      for (auto& x : found)
        hold(known->second, std::move(x));
  }
}

void line_taps::came_unheard(const std::string& host_id) {
  std::lock_guard guard{mutex_};
  for (auto& [key, t] : taps_)
    if (!t.what->items.empty() && t.what->hosts->contains(host_id))
      t.run = base::random_hex(run_digits);
}

bool line_taps::needs_hosts(const node_lines_to_follow& x, int64_t now_ms) const {
  if (!x.what.items.empty()) // Its owner's own business: it names its host.
    return false;
  std::lock_guard guard{mutex_};
  auto known = taps_.find(key_of(x));
  return known == taps_.end() || known->second.hosts_ms + hosts_good_ms <= now_ms;
}

expected<line_taps::tap> line_taps::begin(const node_lines_to_follow& x) {
  tap t;
  t.run = base::random_hex(run_digits);
  auto query = logs::line_query::parse(x.what.query.value_or(""));
  if (!query)
    return fail(std::move(query.error()));
  terms what;
  what.query = std::make_shared<const logs::line_query>(std::move(*query));
  what.hosts = std::make_shared<const hosts_seen>();
  t.what = std::make_shared<const terms>(std::move(what));
  t.keep_ms = std::clamp(x.what.keep_ms, shortest_keep_ms, longest_keep_ms);
  return t;
}

std::shared_ptr<const line_taps::terms> line_taps::logs_wanted(terms what,
                                                               const lines_to_follow& x) {
  hosts_seen own;
  for (const auto& id : x.host_list)
    own.emplace(id, std::string{});
  what.hosts = std::make_shared<const hosts_seen>(std::move(own));
  what.items = x.items;
  what.logs.clear();
  for (const auto& item : x.items) {
    wanted_log log{item.name, nullptr};
    if (item.match)
      if (auto match = check::selector::compile(*item.match))
        log.match = *match;
    what.logs.push_back(std::move(log));
  }
  return std::make_shared<const terms>(std::move(what));
}

expected<node_lines_followed> line_taps::take(const node_lines_to_follow& x,
                                              const std::string& node,
                                              std::shared_ptr<const hosts_seen> hosts,
                                              int64_t now_ms) {
  std::lock_guard guard{mutex_};
  auto known = taps_.find(key_of(x));
  if (known == taps_.end()) {
    if (taps_.size() >= most_taps)
      return fail(ec::overloaded, "too many follow lines");
    auto made = begin(x);
    if (!made)
      return fail(std::move(made.error()));
    known = taps_.emplace(key_of(x), std::move(*made)).first;
  }
  auto& t = known->second;
  t.asked_ms = now_ms;
  if (hosts) {
    auto what = *t.what;
    what.hosts = std::move(hosts);
    t.what = std::make_shared<const terms>(std::move(what));
    t.hosts_ms = now_ms;
  }
  if (!x.what.items.empty() && t.what->items != x.what.items)
    t.what = logs_wanted(*t.what, x.what);
  auto place = std::find_if(x.what.places.begin(), x.what.places.end(), [&](const tap_place& p) {
    return p.node == node && p.run == t.run;
  });
  auto after = place == x.what.places.end() ? uint64_t{0} : place->next;
  while (!t.lines.empty() && t.lines.front().number <= after)
    drop_first(t);
  node_lines_followed out;
  out.dropped = std::exchange(t.dropped, 0);
  out.place = {node, t.run, after};
  lines_had had;
  auto most = static_cast<size_t>(std::clamp<int64_t>(x.what.most_lines, 1, most_lines_of_answer));
  for (const auto& held : t.lines) {
    if (had.lines.size() == most)
      break;
    had.lines.push_back(held.line);
  }
  auto first = t.lines.empty() ? t.next : t.lines.front().number;
  auto told = answer_of(std::move(had), *t.what->hosts);
  out.lines = std::move(told.lines);
  // Numbers of what is held have no gap.
  out.place.next = out.lines.empty() ? std::max(after, first - 1) : first + out.lines.size() - 1;
  return out;
}

void line_taps::tidy(int64_t now_ms) {
  std::lock_guard guard{mutex_};
  for (auto it = taps_.begin(); it != taps_.end();) {
    if (it->second.asked_ms + it->second.keep_ms > now_ms) {
      ++it;
      continue;
    }
    bytes_ -= it->second.bytes;
    it = taps_.erase(it);
  }
}

} // namespace aops::actors
