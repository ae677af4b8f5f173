#pragma once

#include "messages/remote.hpp"
#include "messages/roles/role.hpp"
#include "messages/types/host_info.hpp"
#include "messages/types/remote.hpp"

#include <chrono>

namespace aops {

namespace actors {
inline constexpr std::string_view remote_name = "remote";

/// How long an answer of `remote` takes at most. Logging in to hosts takes as long as the slowest
/// of them; a command may take an hour.
inline constexpr std::chrono::minutes remote_reading_patience{10}, remote_acting_patience{70};

/// What is done on hosts ends so long before, or is not begun: who asked hears what became of it.
inline constexpr std::chrono::seconds remote_last_words{40};
} // namespace actors

/// REMOTE: what is read from hosts and done on them at once. All but the list of commands needs the
/// vault key of the caller's session (ec::vault_key); where another node has it, that one does the
/// work. ec::bad_request when a host is unknown, ec::overloaded when too much is under way.
using remote_actor = caf::typed_actor<
  // Collects hardware and system of hosts and keeps them; answered host by host.
  asks<host_infos_to_refresh, host_infos_refreshed>,
  // Reads files of hosts; answered file by file.
  asks<configs_to_collect, configs_collected>,
  // The same of files that are not what is known of them; nothing is brought of the others.
  asks<files_to_check, files_checked>,
  // Replaces files of hosts; answered file by file. ec::bad_request when a command is not allowed.
  asks<configs_to_push, configs_pushed>,
  // Runs a command of the allowed ones. ec::bad_request when it, or an argument, is not.
  asks<command_to_execute, command_executed>,
  // What a command printed that is followed, on whichever node it runs; only his who began it.
  asks<command_output_query, command_outputs>,
  // Which commands may be run.
  asks<commands_query, allowed_commands>,
  // Compares the SSH keys a host shows with those it is known by, and accepts the one of the given
  // fingerprint. ec::unreachable when it shows none, ec::bad_request when that is not among them.
  asks<host_to_trust, host_keys_shown>,
  caf::reacts_to<atom::ping>>;

} // namespace aops
