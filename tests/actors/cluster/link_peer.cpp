#include "tests/actors/cluster/link_fixture.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

/// A node in a process of its own, for tests that stop or kill one. Arguments: its id, then id and
/// address of the other node. Says `ready ADDRESS`; ends by a signal.
int main(int argc, char** argv) {
  if (argc != 4)
    return 2;
  aops::tests::link_node_options options;
  options.id = argv[1];
  aops::tests::link_node node{options};
  node.add_echo("host/x");
  node.own_all_slots(true);
  node.set_map({node.as_member(), {argv[2], 1, argv[3]}}, options.id);
  std::printf("ready %s\n", node.address().c_str());
  std::fflush(stdout);
  for (;;)
    std::this_thread::sleep_for(std::chrono::seconds{1});
}
