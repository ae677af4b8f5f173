#include "cli/agent/owners.hpp"

#include "cli/agent/socket_source.hpp"
#include "runtime/base/descriptor.hpp"
#include "runtime/core/sockets/proc_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <set>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>
#include <utility>

namespace aops::agent {

namespace {

/// Descriptors that are no sockets, one after the other, before a list of all is the better way.
constexpr int most_others = 32;
constexpr size_t most_users_text = size_t{1} << 20U, most_status_text = 8192;

using open_folder = std::unique_ptr<DIR, int (*)(DIR*)>;

/// The number that a name is; -1: it is none.
int number_named(const char* name) {
  int number = -1;
  auto* end = name + std::strlen(name);
  auto [stop, problem] = std::from_chars(name, end, number);
  return problem == std::errc{} && stop == end ? number : -1;
}

/// In order.
std::vector<int> numbers_in(DIR* folder) {
  std::vector<int> out;
  while (auto* entry = ::readdir(folder))
    if (int number = number_named(entry->d_name); number >= 0)
      out.push_back(number);
  std::sort(out.begin(), out.end());
  return out;
}

/// The last part of the program's path.
std::string program_name(const std::string& link) {
  char path[4096];
  auto n = ::readlink(link.c_str(), path, sizeof path);
  if (n <= 0)
    return {};
  std::string_view text(path, static_cast<size_t>(n));
  constexpr std::string_view gone = " (deleted)";
  if (text.ends_with(gone))
    text.remove_suffix(gone.size());
  return std::string{text.substr(text.rfind('/') + 1)};
}

} // namespace

bool owners::is_alive(uint32_t inode) const {
  return std::binary_search(alive_.begin(), alive_.end(), inode);
}

const sockets::process* owners::of(uint32_t inode) const {
  auto holder = holder_.find(inode);
  if (holder == holder_.end())
    return nullptr;
  auto found = known_.find(holder->second);
  return found == known_.end() ? nullptr : &found->second.who;
}

void owners::list_processes() {
  open_folder folder{::opendir(proc_.c_str()), &::closedir};
  if (!folder)
    return;
  auto there = numbers_in(folder.get());
  for (auto it = known_.begin(); it != known_.end();) {
    if (std::binary_search(there.begin(), there.end(), it->first)) {
      ++it;
      continue;
    }
    forget(it->first, it->second);
    it = known_.erase(it);
  }
  for (int pid : there)
    known_.try_emplace(pid);
}

/// Somebody else may have what it held.
void owners::forget(int pid, known_process& x) {
  for (auto [fd, inode] : x.held)
    if (auto it = holder_.find(inode); it != holder_.end() && it->second == pid)
      holder_.erase(it);
  x = known_process{};
}

void owners::prune(std::span<const sockets::socket_row> rows) {
  alive_.clear();
  for (const auto& row : rows)
    if (row.inode != 0)
      alive_.push_back(row.inode);
  std::sort(alive_.begin(), alive_.end());
  std::erase_if(holder_, [&](const auto& x) { return !is_alive(x.first); });
  std::erase_if(missing_, [&](const auto& x) { return !is_alive(x.first); });
}

/// A number may have gone to another process, and a process may have become another program.
void owners::check_some() {
  auto left = std::min(limits_.checks, known_.size());
  auto it = known_.upper_bound(checked_up_to_);
  for (size_t steps = known_.size(); steps > 0 && left > 0; --steps, ++it) {
    if (it == known_.end())
      it = known_.begin();
    checked_up_to_ = it->first;
    auto& x = it->second;
    if (x.who.pid == 0)
      continue;
    --left;
    auto text = read_some(fmt::format("{}/{}/stat", proc_, it->first), most_status_text);
    auto now = text ? sockets::read_stat(*text) : std::nullopt;
    if (!now || now->start != x.start)
      forget(it->first, x);
    else if (now->name != x.who.name)
      read_facts(it->first, x);
  }
}

void owners::read_users() {
  struct stat about {};
  if (::stat(passwd_.c_str(), &about) != 0 || about.st_mtime == users_changed_)
    return;
  users_changed_ = about.st_mtime;
  if (auto text = read_some(passwd_, most_users_text))
    users_ = sockets::user_names(*text);
}

void owners::read_facts(int pid, known_process& x) {
  auto folder = fmt::format("{}/{}", proc_, pid);
  auto stat = read_some(folder + "/stat", most_status_text);
  auto line = stat ? sockets::read_stat(*stat) : std::nullopt;
  x.who.pid = pid;
  if (line) {
    x.who.name = line->name;
    x.start = line->start;
  }
  if (auto status = read_some(folder + "/status", most_status_text))
    if (auto uid = sockets::effective_user(*status)) {
      auto known = users_.find(*uid);
      x.who.user = known == users_.end() ? fmt::format("{}", *uid) : known->second;
    }
  x.who.command = program_name(folder + "/exe");
  if (x.who.command.empty())
    x.who.command = x.who.name;
}

/// Whether a descriptor is one of the sockets that are looked for; then this process holds it.
bool owners::note(int pid, std::string_view link, uint32_t& inode) {
  auto found = sockets::inode_of_socket(link);
  if (!found || !is_alive(*found))
    return false;
  inode = *found;
  holder_.try_emplace(inode, pid);
  missing_.erase(inode);
  wanted_.erase(inode);
  return true;
}

/// A new descriptor has the lowest number that is free: that of a socket that is gone, or the next
/// one. So most are found without a list of all.
void owners::ask_quickly(int pid, known_process& x) {
  enum class kind { none, other, wanted };
  auto read = [&](int fd, uint32_t& inode) {
    if (links_left_ <= links_floor_)
      return kind::none;
    --links_left_;
    char link[64];
    auto n = ::readlink(fmt::format("{}/{}/fd/{}", proc_, pid, fd).c_str(), link, sizeof link);
    if (n < 0)
      return kind::none;
    ++links_read_;
    return note(pid, {link, static_cast<size_t>(n)}, inode) ? kind::wanted : kind::other;
  };
  for (auto& [fd, inode] : x.held)
    if (!wanted_.empty() && !is_alive(inode))
      read(fd, inode);
  if (x.held.empty())
    return;
  int next = x.held.back().first + 1;
  for (int others = 0; !wanted_.empty() && others < most_others; ++next) {
    uint32_t inode = 0;
    auto found = read(next, inode);
    if (found == kind::none)
      return;
    others = found == kind::other ? others + 1 : 0;
    if (found == kind::wanted)
      x.held.emplace_back(next, inode);
  }
}

void owners::ask(int pid, known_process& x) {
  if (x.tried == look_ || folders_left_ == 0 || links_left_ <= links_floor_)
    return;
  --folders_left_;
  x.tried = look_;
  if (x.cut_at == 0)
    x.began = look_;
  auto path = fmt::format("{}/{}/fd", proc_, pid);
  open_folder folder{::opendir(path.c_str()), &::closedir};
  x.is_hidden = !folder && errno == EACCES;
  if (!folder) {
    x.asked = look_;
    return;
  }
  std::vector<std::pair<int, uint32_t>> held;
  int from = std::exchange(x.cut_at, 0);
  bool is_cut = false, is_refused = false;
  for (int fd : numbers_in(folder.get())) {
    auto old = std::lower_bound(x.held.begin(), x.held.end(), std::pair{fd, uint32_t{0}});
    // What was a socket that is still there is that socket.
    if (old != x.held.end() && old->first == fd && is_alive(old->second)) {
      held.push_back(*old);
      continue;
    }
    if (fd < from)
      continue; // It was read at the look before.
    if (is_cut || links_left_ <= links_floor_) {
      if (!std::exchange(is_cut, true))
        x.cut_at = fd;
      continue;
    }
    --links_left_;
    ++links_read_;
    char link[64];
    auto n = ::readlinkat(::dirfd(folder.get()), fmt::format_int(fd).c_str(), link, sizeof link);
    if (n < 0) {
      is_refused = is_refused || errno == EACCES;
      continue;
    }
    if (uint32_t inode = 0; note(pid, {link, static_cast<size_t>(n)}, inode))
      held.emplace_back(fd, inode);
  }
  // One that just ended refuses, too, and then has nothing left to show.
  if (is_refused) {
    ::rewinddir(folder.get());
    x.is_hidden = !numbers_in(folder.get()).empty();
  }
  held.shrink_to_fit();
  x.held = std::move(held); // In order, as the descriptors came.
  if (!x.held.empty() && x.who.pid == 0)
    read_facts(pid, x);
  if (!is_cut)
    x.asked = x.began;
}

/// Asks processes, those first who are likely to have what is wanted. Part of the limit is kept for
/// the others, so that everybody has a turn.
class owners::search {
public:
  search(owners& all, std::span<const sockets::socket_row> rows) : all_(all), rows_(rows) {
    for (auto inode : all.wanted_)
      if (auto since = all.missing_[inode].since; since < all.look_)
        newest_ = std::max(newest_, since);
  }

  void run() {
    all_.links_floor_ = all_.limits_.links / 2;
    auto likely = find_likely();
    for (int pid : likely)
      if (!all_.wanted_.empty())
        all_.ask_quickly(pid, all_.known_[pid]);
    all_.links_floor_ = 0;
    ask_those([](const known_process& x) { return x.tried == 0; });
    // Many that are new are gone before anybody could be asked: only for one that stays it is worth
    // while to ask everybody.
    if (newest_ == 0)
      return;
    all_.links_floor_ = all_.links_left_ / 2;
    for (int pid : likely)
      ask(pid, all_.known_[pid]);
    ask_those([](const known_process& x) { return !x.held.empty(); });
    all_.links_floor_ = 0;
    ask_those([this](const known_process& x) {
      return !x.is_hidden || x.tried + all_.limits_.patience <= all_.look_;
    });
  }

private:
  using peer = std::pair<sockets::ip, uint16_t>;

  void ask(int pid, known_process& x) {
    // One that was asked since has none of them.
    if (!all_.wanted_.empty() && (x.tried == 0 || x.asked < newest_))
      all_.ask(pid, x);
  }

  /// Those of whom we know least first. The first process of a machine holds sockets for others,
  /// who count.
  template <class Condition>
  void ask_those(Condition is_meant) {
    std::vector<std::tuple<uint64_t, bool, int>> order;
    for (const auto& [pid, x] : all_.known_)
      if (x.tried < all_.look_ && is_meant(x))
        order.emplace_back(x.tried, pid == 1, pid);
    std::sort(order.begin(), order.end());
    for (auto [tried, is_first, pid] : order)
      ask(pid, all_.known_[pid]);
  }

  /// Who listens where a wanted one was accepted, and who talks to the same peer; those with most
  /// of them first.
  std::vector<int> find_likely() const {
    std::set<uint16_t> ports;
    std::set<peer> peers;
    for (const auto& row : rows_)
      if (row.inode != 0 && all_.wanted_.contains(row.inode)) {
        ports.insert(row.local_port);
        peers.emplace(row.remote, row.remote_port);
      }
    std::map<int, size_t> likely;
    for (const auto& row : rows_)
      if (row.state == sockets::state_listen ? ports.contains(row.local_port)
                                             : peers.contains({row.remote, row.remote_port}))
        if (auto holder = all_.holder_.find(row.inode); holder != all_.holder_.end())
          ++likely[holder->second];
    std::vector<std::pair<size_t, int>> order;
    for (auto [pid, count] : likely)
      order.emplace_back(count, pid);
    std::sort(order.rbegin(), order.rend());
    std::vector<int> out;
    for (auto [count, pid] : order)
      if (all_.known_.contains(pid))
        out.push_back(pid);
    return out;
  }

  owners& all_;
  std::span<const sockets::socket_row> rows_;
  uint64_t newest_ = 0; ///< The last look, before this one, that saw a wanted one first; 0: none.
};

/// What everybody was asked for since it was first seen belongs to nobody who may be seen.
void owners::give_up_some() {
  uint64_t oldest = look_;
  for (const auto& [pid, x] : known_)
    if (!x.is_hidden)
      oldest = std::min(oldest, x.asked);
  for (auto it = wanted_.begin(); it != wanted_.end();) {
    auto& one = missing_[*it];
    if (one.since > oldest) {
      ++it;
      continue;
    }
    one.again = look_ + limits_.patience;
    one.since = one.again; // Then everybody is asked once more.
    it = wanted_.erase(it);
  }
}

void owners::look(std::span<const sockets::socket_row> rows) {
  ++look_;
  links_left_ = limits_.links;
  folders_left_ = limits_.folders;
  list_processes();
  prune(rows);
  check_some();
  wanted_.clear();
  for (const auto& row : rows) {
    if (row.inode == 0 || holder_.contains(row.inode))
      continue;
    auto [it, is_new] = missing_.try_emplace(row.inode, missing{look_, look_, 0});
    if (it->second.again <= look_)
      wanted_.insert(row.inode);
  }
  if (!wanted_.empty()) {
    read_users();
    search{*this, rows}.run();
    give_up_some();
  }
  hidden_ = static_cast<size_t>(
    std::count_if(known_.begin(), known_.end(), [](const auto& x) { return x.second.is_hidden; }));
  // One that is new may be gone already.
  unseen_ = static_cast<size_t>(std::count_if(missing_.begin(), missing_.end(), [&](const auto& x) {
    return x.second.again > look_ && x.second.first < look_;
  }));
}

} // namespace aops::agent
