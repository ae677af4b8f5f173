#include "actors/topology/windows_kept.hpp"

#include "actors/topology/link_rows.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/metrics.hpp"
#include "runtime/core/topology/window_codec.hpp"

#include <algorithm>
#include <utility>

namespace aops::actors {

namespace {

/// Of a message between nodes, which may be a mebibyte.
constexpr size_t room_of_answer = 700'000, room_of_window = 650'000;
constexpr int64_t seen_every_ms = topology::stored_behind_ms / 2;
/// Of one host: links whose beginnings are stored. So many at once, and so many a second.
constexpr double most_begun = 4096, begun_per_s = 1;
constexpr size_t most_news = 10'000, news_at_once = 256;

void count_unrecorded(size_t n) {
  static auto unrecorded =
    metrics::counter_of("aops_topology_unrecorded_total", "Links whose beginning was not stored.");
  unrecorded.add(static_cast<double>(n));
}

} // namespace

topology::topology_rules rules_of(const base::config& c) {
  const auto& t = c.topology;
  topology::topology_rules out;
  out.stale_ms = t.stale.ms;
  out.window_ms = t.window.ms;
  out.keep_ms = t.keep.ms;
  out.most_links = static_cast<size_t>(t.max_links);
  out.thresholds.hysteresis = t.hysteresis;
  for (const auto& text : t.thresholds)
    if (auto read = base::parse_threshold(text)) // The configuration was checked.
      out.thresholds.all.push_back(std::move(*read));
  return out;
}

windows_kept::windows_kept(store_ptr store)
    : store_(std::move(store)), rules_(rules_of(*store_->config)), life_(base::random_hex(8)) {}

expected<bool> windows_kept::take(const std::string& host_id, topology::batch told) {
  auto now = now_ms();
  if (world_.links() + told.links.size() > most_links)
    return fail(ec::overloaded, "the node keeps as many links as it may");
  auto before = world_.find(host_id);
  auto change = topology::advance(before.get(), host_id, std::move(told), now, rules_);
  auto& own = own_[host_id];
  bool goes_on = own.window && state_of(*own.window, rules_, now) == topology::host_state::live;
  own.is_stored = own.is_stored && goes_on;
  by_version_.erase(own.version);
  own.version = ++version_;
  by_version_.emplace(own.version, host_id);
  own.window = change.after;
  bool is_back = own.state != topology::host_state::live;
  own.state = topology::host_state::live;
  world_.put(change.after);
  note_news(own, change);
  return change.is_visible || is_back;
}

void windows_kept::note_news(own_host& to, const topology::window_change& change) {
  const auto& w = *change.after;
  {
    std::lock_guard guard{shared_->mutex};
    if (shared_->not_stored.erase(w.host_id) > 0)
      to.is_stored = false;
  }
  if (to.is_stored && change.began.empty() && change.ended.empty())
    return;
  storage::topology_news news;
  news.host = row_of(w);
  news.is_all = !to.is_stored;
  to.budget = to.budget_ms == 0
                ? most_begun
                : std::min(most_begun,
                           to.budget + begun_per_s *
                                         static_cast<double>(w.received_ms - to.budget_ms) / 1000);
  to.budget_ms = w.received_ms;
  size_t unrecorded = 0;
  auto add = [&](const topology::window_link& x) {
    if (!news.is_all && to.budget < 1) {
      ++unrecorded;
      return;
    }
    to.budget = std::max(0.0, to.budget - 1);
    news.began.push_back(row_of(w.host_id, x));
  };
  if (news.is_all) {
    for (const auto& x : w.links)
      if (x.last_ms == w.received_ms)
        add(x);
  } else {
    for (const auto* x : change.began)
      add(*x);
    for (const auto& x : change.ended)
      news.ended.emplace_back(topology::key_of(x.record.ends), x.last_ms);
  }
  count_unrecorded(unrecorded);
  if (news_.size() >= most_news) { // The store does not keep up: all is told once more later.
    to.is_stored = false;
    return;
  }
  to.is_stored = true;
  to.stored_seen_ms = w.received_ms;
  news_.push_back(std::move(news));
}

void windows_kept::store_news() {
  auto all = std::exchange(news_, {});
  for (size_t i = 0; i < all.size(); i += news_at_once) {
    auto end = std::min(i + news_at_once, all.size());
    auto some = std::make_shared<std::vector<storage::topology_news>>(
      std::make_move_iterator(all.begin() + static_cast<ptrdiff_t>(i)),
      std::make_move_iterator(all.begin() + static_cast<ptrdiff_t>(end)));
    size_t rows = 0;
    for (const auto& x : *some)
      rows += 1 + x.began.size() + x.ended.size();
    write(
      *store_,
      unawaited(base::urgency::live),
      {},
      [some, silence = topology::silence_of(rules_)](storage::database& db) -> expected<void> {
        storage::topology_repository to{db};
        for (const auto& x : *some)
          if (auto kept = to.keep(x, silence); !kept)
            return kept;
        return {};
      },
      [some, shared = shared_](const expected<void>& how) {
        if (how)
          return;
        log::warn("links-not-stored", "links of hosts: {}", to_string(how.error()));
        std::lock_guard guard{shared->mutex};
        for (const auto& x : *some)
          shared->not_stored.insert(x.host.host_id);
      },
      rows);
  }
}

void windows_kept::note_seen() {
  auto seen = std::make_shared<std::vector<std::pair<std::string, int64_t>>>();
  for (auto& [id, x] : own_)
    if (auto behind = x.window->received_ms - x.stored_seen_ms;
        x.is_stored &&
        (behind >= seen_every_ms || (behind > 0 && x.state != topology::host_state::live))) {
      seen->emplace_back(id, x.window->received_ms);
      x.stored_seen_ms = x.window->received_ms;
    }
  if (seen->empty())
    return;
  // What is lost here is told anew half a minute later.
  write(
    *store_,
    unawaited(base::urgency::live),
    {},
    [seen](storage::database& db) { return storage::topology_repository{db}.note_seen(*seen); },
    [](const expected<void>&) {},
    seen->size());
}

node_windows windows_kept::told_since(const node_windows_query& q) const {
  node_windows out;
  out.life = life_;
  auto mine =
    std::find_if(q.had.begin(), q.had.end(), [&](const windows_had& x) { return x.life == life_; });
  out.version = mine == q.had.end() ? 0 : mine->version;
  size_t bytes = 0;
  for (auto it = by_version_.upper_bound(out.version); it != by_version_.end(); ++it) {
    auto told = encode_window(*own_.at(it->second).window, room_of_window);
    if (!out.windows.empty() && bytes + told.size() > room_of_answer) {
      out.is_all = false;
      break;
    }
    bytes += told.size();
    out.version = it->first;
    out.windows.push_back({it->second, std::move(told)});
  }
  return out;
}

void windows_kept::merge(const std::string& node, const node_windows& told) {
  for (const auto& x : told.windows) {
    auto window = topology::decode_window(x.bytes);
    if (!window || window->host_id != x.host_id) {
      log::warn("window-unread", "the window of a host that node {} told does not read", node);
      continue;
    }
    if (world_.links() + window->links.size() <= most_links)
      world_.put(std::make_shared<topology::host_window>(std::move(*window)));
  }
  std::lock_guard guard{shared_->mutex};
  auto& had = shared_->had[node];
  if (had.life != told.life || had.version < told.version)
    had = {node, told.life, told.version};
}

std::vector<windows_had> windows_kept::had() const {
  std::lock_guard guard{shared_->mutex};
  std::vector<windows_had> out;
  for (const auto& [node, x] : shared_->had)
    out.push_back(x);
  return out;
}

/// What it told says nothing any more; that it told is still known.
void windows_kept::drop_links(const topology::host_window& of) {
  auto shell = of;
  shell.links.clear();
  shell.listening.clear();
  shell.processes.clear();
  world_.put(std::make_shared<topology::host_window>(std::move(shell)));
}

bool windows_kept::tidy() {
  auto now = now_ms();
  bool is_visible = false;
  std::vector<topology::window_ptr> silent;
  std::vector<std::string> old;
  for (const auto& [id, x] : world_.all()) {
    if (now - x.window->received_ms >= rules_.keep_ms)
      old.push_back(id);
    else if (!x.window->links.empty() &&
             state_of(*x.window, rules_, now) == topology::host_state::silent)
      silent.push_back(x.window);
  }
  for (const auto& x : silent)
    drop_links(*x);
  for (const auto& id : old)
    world_.remove(id);
  for (auto it = own_.begin(); it != own_.end();) {
    auto& x = it->second;
    auto state = state_of(*x.window, rules_, now);
    is_visible |= state != x.state;
    x.state = state;
    if (state == topology::host_state::silent) {
      by_version_.erase(x.version);
      it = own_.erase(it);
    } else {
      ++it;
    }
  }
  store_news();
  note_seen();
  count();
  return is_visible;
}

void windows_kept::count() const {
  static auto hosts =
    metrics::gauge_of("aops_topology_hosts", "Hosts whose agents tell this node.");
  static auto links =
    metrics::gauge_of("aops_topology_links", "Links in memory, as hosts of all nodes told them.");
  hosts.set(static_cast<double>(own_.size()));
  links.set(static_cast<double>(world_.links()));
}

} // namespace aops::actors
