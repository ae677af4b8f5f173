#pragma once

#include "runtime/io/ansible/play.hpp"

#include <fmt/format.h>

namespace aops::tests {

/// A host that is this machine.
inline ansible::target local_host(std::string id) {
  ansible::target host;
  host.id = id;
  host.name = "name-of-" + id;
  host.address = "127.0.0.1";
  host.vars =
    R"({"ansible_connection": "local", "ansible_python_interpreter": "/usr/bin/python3"})";
  return host;
}

/// A play of these tasks (JSON, comma separated) on local hosts.
inline ansible::play_order
local_play(std::string run, const std::string& tasks, std::vector<std::string> hosts = {"h1"}) {
  ansible::play_order order;
  order.run = std::move(run);
  order.playbook = fmt::format(R"([{{"name": "a play", "hosts": "all", "gather_facts": false,
         "tasks": [{}]}}])",
                               tasks);
  for (auto& id : hosts)
    order.hosts.push_back(local_host(id));
  order.timeout = std::chrono::minutes{2};
  return order;
}

/// An action that goes on for longer than any test.
inline constexpr const char* endless =
  R"({"name": "wait", "ansible.builtin.command": {"argv": ["sleep", "977"]}})";

} // namespace aops::tests
