#include "runtime/io/ansible/guard.hpp"
#include "tests/io/ansible/plays.hpp"

#include <cstdio>
#include <string_view>
#include <unistd.h>

using namespace aops;

/// A guard; or what a node does: starts an endless play in a folder and says when its action began.
int main(int argc, char** argv) {
  if (argc > 1 && std::string_view{argv[1]} == ansible::guard_mode)
    return ansible::run_guard(argc, argv);
  ansible::player_options options;
  options.directory = argv[1];
  auto player = ansible::make_player(options);
  auto play = player->start(
    tests::local_play("killed", tests::endless),
    [](const std::vector<ansible::play_event>& events) {
      for (const auto& event : events)
        if (event.kind == ansible::event_kind::host_began) {
          std::puts("began");
          std::fflush(stdout);
        }
    },
    [](const ansible::play_result&) {});
  if (!play)
    return 1;
  for (;;)
    ::pause();
}
