#pragma once

#include "messages/host_info.hpp"
#include "messages/remote.hpp"
#include "runtime/core/task/allowed_commands.hpp"

#include <string>
#include <vector>

/// The plays that read from hosts and change them at once: their playbooks, what their hosts are
/// given, and what comes of what they tell. Pure.
namespace aops::task {

std::string facts_playbook();

// -- configuration files

/// @param limit Bytes of a file that are read at most.
std::string collect_playbook(int64_t limit);
/// Of a file that is what is known of it the host tells just that.
std::string collect_vars(const std::vector<file_to_check>& files);

/// What is known of a file, in 64 digits: of its mode, `owner:group` and bytes.
std::string known_digest(std::string_view mode, std::string_view owner, std::string_view content);

/// Takes what a host's play told: files that were read, those that were not, and those that are
/// what is known. Of each that was asked for what is told first; nothing of others.
/// @returns Those it has told nothing of yet: to be asked for again.
std::vector<file_to_check> take_collected(std::string_view result,
                                          const std::vector<file_to_check>& asked,
                                          host_files_checked& to);

/// A file with its commands.
struct prepared_file {
  const file_to_push* file = nullptr;
  std::optional<command_line> validate, activate;
};

std::string push_playbook();
std::string push_vars(const std::vector<prepared_file>& files);

/// What became of a host's files, in their order; `reason` for those it told nothing of.
std::vector<pushed_file> take_pushed(std::string_view result,
                                     const std::vector<prepared_file>& files,
                                     const std::string& reason);

// -- commands

/// @param follow Letters, digits and `-`, of this execution alone: what it prints is told while it
/// runs, each part by an action that is retried. Empty: at its end.
std::string command_playbook(const command_line& command, std::string_view follow = {});

// -- how long they may take

/// Seconds for what is not a command itself: logging in, becoming root, starting a module.
inline constexpr int64_t login_seconds = 60;

/// Seconds that a play may take on so many hosts, so many of them at once, when an action takes
/// `seconds` on a host: longer than they all take one after the other.
constexpr int64_t play_seconds(size_t hosts, int64_t forks, int64_t seconds) {
  auto at_once = forks > 0 ? static_cast<size_t>(forks) : size_t{1};
  auto rounds = static_cast<int64_t>((hosts + at_once - 1) / at_once);
  return (rounds > 0 ? rounds : 1) * (seconds + login_seconds);
}

/// What the commands of a host's files take at most: a file that is put back is activated twice.
int64_t push_seconds(const std::vector<prepared_file>& files);

} // namespace aops::task
