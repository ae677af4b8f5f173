#pragma once

#include "runtime/io/ansible/play.hpp"

/// What stands in the files of a run folder. Pure.
namespace aops::ansible {

/// Whether a folder's name can stand in every file and command line as it is.
bool is_plain_folder(std::string_view folder);

/// The settings of Ansible in that folder.
std::string ansible_settings(const std::string& folder, const std::string& sockets);

/// Those of ssh, whatever the machine's own are.
std::string ssh_settings();

/// The hosts and how they are reached, JSON. Holds secrets.
expected<std::string> inventory(const play_order& order, const std::string& folder);

/// The playbook, in which every play has the variable `AOPS_RUN` in its environment.
/// ec::bad_request when it is no list of plays.
expected<std::string> marked_playbook(const play_order& order);

/// ec::bad_request with what is wrong: names that cannot be file names, no hosts.
expected<void> check_order(const play_order& order);

/// Every text of the order that no event may show.
std::vector<std::string_view> secrets_of(const play_order& order);

} // namespace aops::ansible
