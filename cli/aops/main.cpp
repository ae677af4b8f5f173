#include "cli/aops/command/program.hpp"
#include "cli/aops/term/interrupt.hpp"
#include "cli/aops/verbs/verbs.hpp"

#include <csignal>
#include <filesystem>

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN); // A closed pipe is an error of the stream, told like any other.
  aops::cli::watch_interrupts();
  auto io = aops::cli::system_console();
  auto name = argc > 0 ? std::filesystem::path(argv[0]).filename().string() : "aops";
  return aops::cli::run_program(io, name, aops::cli::all_verbs(), {argv + (argc > 0), argv + argc});
}
