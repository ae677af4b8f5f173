#include "runtime/core/sockets/link_table.hpp"

#include "runtime/base/address.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <tuple>

namespace aops::sockets {

namespace {

void note_pid(std::vector<int>& pids, int pid) {
  auto at = std::lower_bound(pids.begin(), pids.end(), pid);
  if ((at == pids.end() || *at != pid) && pids.size() < most_pids)
    pids.insert(at, pid);
}

/// Whom the address of a listening socket takes.
bool listens_for(const socket_row& listener, const ip& address) {
  if (!listener.local.is_wildcard())
    return listener.local == address;
  if (listener.local.is_v4())
    return address.is_v4();
  return !address.is_v4() || !listener.is_v6_only;
}

bool is_more(const tcp_link& a, const tcp_link& b) {
  return std::tie(b.link_count, a.process_name, a.is_server, a.client, a.server, a.server_port) <
         std::tie(a.link_count, b.process_name, b.is_server, b.client, b.server, b.server_port);
}

} // namespace

exclusions::exclusions(const std::vector<std::string>& all) {
  for (const auto& x : all)
    (base::is_network(x) ? networks_ : names_).push_back(x);
}

bool exclusions::names(std::string_view process_name) const {
  return std::any_of(names_.begin(), names_.end(), [&](std::string_view x) {
    if (x.ends_with('*'))
      return process_name.starts_with(x.substr(0, x.size() - 1));
    return process_name == x;
  });
}

bool exclusions::covers(const ip& peer) const {
  return !networks_.empty() && base::is_in_networks(to_string(peer), networks_);
}

size_t link_table::link_hash::operator()(const link_key& x) const {
  uint64_t words[5];
  std::memcpy(words, x.client.bytes.data(), 16);
  std::memcpy(words + 2, x.server.bytes.data(), 16);
  words[4] = uint64_t{x.name} << 32U | uint64_t{x.port} << 1U | (x.is_server ? 1U : 0U);
  uint64_t hash = 0;
  for (auto word : words)
    hash = (hash ^ word) * 0x9E3779B97F4A7C15U ^ hash >> 29U;
  return hash ^ hash >> 32U;
}

/// One look at all sockets.
class link_table::look {
public:
  look(link_table& table, const owner_of& owner, batch& into)
      : table_(table), owner_(owner), into_(into) {}

  void run(std::span<const socket_row> rows) {
    seen.reserve(rows.size());
    for (const auto& row : rows)
      if (row.state == state_listen)
        add_listener(row);
    std::stable_sort(listeners_.begin(), listeners_.end(), [](const auto& a, const auto& b) {
      return a.row->local_port < b.row->local_port;
    });
    for (const auto& row : rows)
      if (is_connected(row))
        add_connection(row);
    finish();
  }

  std::vector<known_before> seen;
  size_t without_owner = 0;

private:
  struct listener {
    const socket_row* row;
    const process* owner;
  };

  static bool is_connected(const socket_row& row) {
    return row.state != state_listen && row.state != state_time_wait &&
           row.state != state_syn_recv && row.remote_port != 0;
  }

  void add_listener(const socket_row& row) {
    const auto* owner = owner_(row.inode);
    listeners_.push_back({&row, owner});
    if (owner && table_.skip_.names(owner->name))
      return;
    auto& port = ports_[{owner ? owner->name : std::string{}, row.local, row.local_port}];
    if (owner) {
      note_pid(port, owner->pid);
      add_process(*owner);
    }
  }

  const listener* listener_of(const socket_row& row) const {
    auto [from, to] =
      std::equal_range(listeners_.begin(), listeners_.end(), row.local_port, by_port{});
    for (auto it = from; it != to; ++it)
      if (listens_for(*it->row, row.local))
        return &*it;
    return nullptr;
  }

  struct by_port {
    bool operator()(const listener& a, uint16_t b) const { return a.row->local_port < b; }
    bool operator()(uint16_t a, const listener& b) const { return a < b.row->local_port; }
  };

  void add_connection(const socket_row& row) {
    const auto* before = table_.before(row.cookie);
    const auto* taker = listener_of(row);
    // Who once served still does when nobody listens there any more.
    bool is_server = taker != nullptr || (before && before->is_server);
    const auto* owner = row.inode != 0 ? owner_(row.inode) : nullptr;
    // Nobody has accepted it yet.
    if (!owner && row.inode == 0 && row.state == state_established && taker)
      owner = taker->owner;
    if (row.cookie != 0) {
      auto& now = seen.emplace_back(known_before{row.cookie, row.totals, row.known, is_server});
      // What moves until its owner is found counts when he is.
      if (!owner && !table_.is_first_) {
        now.totals = before ? before->totals : decltype(now.totals){};
        now.known = before ? before->known : 0;
      }
    }
    if (!owner) {
      if (row.inode != 0)
        ++without_owner;
      return;
    }
    auto name = number_of_name(owner->name);
    if (name == none)
      return;
    link_key key{name,
                 is_server ? row.local_port : row.remote_port,
                 is_server,
                 is_server ? row.remote : row.local,
                 is_server ? row.local : row.remote};
    auto found = link_of(key);
    if (found == none)
      return;
    count(found, row, before);
    note_pid(all_[found].pids, owner->pid);
    if (owner != last_owner_)
      add_process(*owner);
    last_owner_ = owner;
  }

  /// `none`: the peer is not told.
  uint32_t link_of(const link_key& key) {
    auto [it, is_new] = links_.try_emplace(key, none);
    if (!is_new || table_.skip_.covers(key.is_server ? key.client : key.server))
      return it->second;
    it->second = static_cast<uint32_t>(all_.size());
    rtts_.push_back(0);
    auto& made = all_.emplace_back();
    made.process_name = names_[key.name];
    made.is_server = key.is_server;
    made.client = key.client;
    made.server = key.server;
    made.server_port = key.port;
    return it->second;
  }

  void count(uint32_t number, const socket_row& row, const known_before* before) {
    auto& to = all_[number];
    ++to.link_count;
    for (uint8_t i = 0; i < counters; ++i) {
      auto c = static_cast<counter>(i);
      if (!row.knows(c) || (!before && table_.is_first_))
        continue;
      auto old = before && (before->known >> i & 1U) != 0 ? before->totals[i] : 0;
      // What goes back began anew.
      to.totals[i] += row.totals[i] >= old ? row.totals[i] - old : row.totals[i];
      to.known = static_cast<uint8_t>(to.known | 1U << i);
    }
    if (row.knows_lost) {
      to.knows_lost = true;
      to.lost += row.lost;
    }
    if (row.knows_rtt) {
      ++rtts_[number];
      to.knows_rtt = true;
      to.rtt_us += row.rtt_us; // The sum until the end, when it becomes the mean.
      to.rtt_max_us = std::max<uint64_t>(to.rtt_max_us, row.rtt_us);
    }
  }

  void add_process(const process& x) { note_pid(processes_[{x.name, x.user, x.command}], x.pid); }

  uint32_t number_of_name(const std::string& name) {
    if (name == last_name_)
      return last_number_;
    auto [it, is_new] = numbers_.try_emplace(name, none);
    if (is_new && !table_.skip_.names(name)) {
      it->second = static_cast<uint32_t>(names_.size());
      names_.push_back(name);
    }
    last_name_ = name;
    last_number_ = it->second;
    return last_number_;
  }

  void finish() {
    for (size_t i = 0; i < all_.size(); ++i)
      if (all_[i].knows_rtt)
        all_[i].rtt_us /= rtts_[i];
    auto kept = std::min(all_.size(), most_links);
    into_.is_cut = into_.is_cut || kept < all_.size();
    std::partial_sort(
      all_.begin(), all_.begin() + static_cast<std::ptrdiff_t>(kept), all_.end(), is_more);
    all_.resize(kept);
    into_.links = std::move(all_);
    for (auto& [key, pids] : ports_) {
      if (into_.ports.size() == most_listening) {
        into_.is_cut = true;
        break;
      }
      const auto& [name, address, port] = key;
      into_.ports.push_back({name, std::move(pids), address, port});
    }
    for (auto& [key, pids] : processes_) {
      if (into_.processes.size() == most_processes) {
        into_.is_cut = true;
        break;
      }
      const auto& [name, user, command] = key;
      into_.processes.push_back({name, user, command, std::move(pids)});
    }
  }

  static constexpr uint32_t none = UINT32_MAX;

  link_table& table_;
  const owner_of& owner_;
  batch& into_;
  std::vector<listener> listeners_; ///< By port.
  std::unordered_map<link_key, uint32_t, link_hash> links_;
  std::vector<tcp_link> all_;
  std::vector<uint64_t> rtts_; ///< How many round trips each has.
  std::unordered_map<std::string, uint32_t> numbers_;
  std::vector<std::string> names_;
  std::string last_name_;
  uint32_t last_number_ = none;
  const process* last_owner_ = nullptr;
  std::map<std::tuple<std::string, ip, uint16_t>, std::vector<int>> ports_;
  std::map<std::tuple<std::string, std::string, std::string>, std::vector<int>> processes_;
};

const link_table::known_before* link_table::before(uint64_t cookie) const {
  auto it =
    std::lower_bound(before_.begin(), before_.end(), cookie, [](const known_before& a, uint64_t b) {
      return a.cookie < b;
    });
  return it != before_.end() && it->cookie == cookie ? &*it : nullptr;
}

void link_table::next(std::span<const socket_row> rows, const owner_of& owner, batch& into) {
  into.links.clear();
  into.ports.clear();
  into.processes.clear();
  look now{*this, owner, into};
  now.run(rows);
  std::sort(now.seen.begin(), now.seen.end(), [](const auto& a, const auto& b) {
    return a.cookie < b.cookie;
  });
  before_ = std::move(now.seen);
  without_owner_ = now.without_owner;
  is_first_ = false;
  if (keeps_sums_)
    keep_sums(into.links);
}

void link_table::keep_sums(std::vector<tcp_link>& links) {
  decltype(sums_) kept;
  kept.reserve(links.size());
  std::string key;
  for (auto& x : links) {
    key.assign(x.process_name).push_back(x.is_server ? '<' : '>');
    for (const auto* address : {&x.client, &x.server})
      key.append(reinterpret_cast<const char*>(address->bytes.data()), address->bytes.size());
    key.append(reinterpret_cast<const char*>(&x.server_port), sizeof x.server_port);
    auto old = sums_.find(key);
    if (old != sums_.end())
      x.sums = old->second;
    for (size_t i = 0; i < counters; ++i)
      x.sums[i] += x.totals[i];
    kept.emplace(key, x.sums);
  }
  sums_ = std::move(kept);
}

} // namespace aops::sockets
