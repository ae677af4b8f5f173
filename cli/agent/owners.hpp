#pragma once

#include "messages/error.hpp"
#include "runtime/core/sockets/link_table.hpp"
#include "runtime/core/sockets/socket_row.hpp"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace aops::agent {

/// What a search for owners may cost at one look.
struct search_limits {
  size_t links = 16'384;  ///< Descriptors of processes that are read.
  size_t folders = 2'048; ///< Processes whose descriptors are listed.
  size_t checks = 256;    ///< Owners looked at whether they are still the same.
  /// Looks for which a socket counts as one that nobody holds.
  uint64_t patience = 12;
};

/// Which process holds a socket. The kernel tells only the other way round, process by process and
/// descriptor by descriptor, so what was found is kept, and for a new socket those are asked first
/// who are likely to have it: who listens at its port, who talks to its peer already, processes
/// that are new, and then the rest.
class owners {
public:
  explicit owners(std::string proc = "/proc",
                  search_limits limits = {},
                  std::string passwd = "/etc/passwd")
      : proc_(std::move(proc)), passwd_(std::move(passwd)), limits_(limits) {}

  /// Brings what is known up to date.
  void look(std::span<const sockets::socket_row> rows);

  /// Null: nobody who may be seen, or not found yet. Valid until the next look.
  const sockets::process* of(uint32_t inode) const;

  size_t processes() const { return known_.size(); }
  /// Processes that do not show what they hold, at the last look at each.
  size_t hidden() const { return hidden_; }
  /// Sockets that nobody has who shows it: somebody does who is hidden, if anybody.
  size_t unseen() const { return unseen_; }
  /// Sockets of the last look whose owner was still to be searched for.
  size_t pending() const { return wanted_.size(); }
  /// Descriptors read so far.
  uint64_t links_read() const { return links_read_; }

private:
  struct known_process {
    sockets::process who;
    uint64_t start = 0;
    uint64_t asked = 0; ///< What it had at this look has been read; 0: never.
    uint64_t tried = 0; ///< The last look that read some of it.
    uint64_t began = 0; ///< The look that began what is read now.
    int cut_at = 0;     ///< The descriptor at which a limit ended that.
    bool is_hidden = false;
    /// Descriptors that are sockets, or were, and their inodes; in order.
    std::vector<std::pair<int, uint32_t>> held;
  };
  /// A socket nobody was found for.
  struct missing {
    uint64_t first = 0; ///< The look that saw it first.
    uint64_t since = 0; ///< The look since which it is searched for.
    uint64_t again = 0; ///< Nobody has it: not searched for before this look.
  };
  class search;

  void list_processes();
  void forget(int pid, known_process& x);
  void prune(std::span<const sockets::socket_row> rows);
  void check_some();
  void read_facts(int pid, known_process& x);
  void read_users();
  bool is_alive(uint32_t inode) const;
  void ask(int pid, known_process& x);
  void ask_quickly(int pid, known_process& x);
  bool note(int pid, std::string_view link, uint32_t& inode);
  void give_up_some();

  std::string proc_, passwd_;
  search_limits limits_;
  uint64_t look_ = 0;
  int checked_up_to_ = 0;
  std::map<int, known_process> known_; ///< What is in a map stays where it is.
  std::vector<uint32_t> alive_;        ///< Inodes of the last look, in order.
  std::unordered_map<uint32_t, int> holder_;
  std::unordered_map<uint32_t, missing> missing_;
  std::unordered_set<uint32_t> wanted_; ///< Searched for in this look.
  std::map<uint32_t, std::string> users_;
  int64_t users_changed_ = -1;
  size_t hidden_ = 0, unseen_ = 0, folders_left_ = 0;
  size_t links_left_ = 0, links_floor_ = 0; ///< No more are read when so many are left.
  uint64_t links_read_ = 0;
};

} // namespace aops::agent
