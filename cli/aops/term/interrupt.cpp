#include "cli/aops/term/interrupt.hpp"

#include <csignal>
#include <cstdlib>
#include <mutex>
#include <pthread.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace aops::cli {

namespace {

constexpr int interrupted = 130;

struct registry {
  std::mutex mutex;
  std::vector<std::function<void()>> last_words;
};

registry& all() {
  static auto* one = new registry; // Needed until the very end.
  return *one;
}

void end_at(sigset_t set) {
  int signal = 0;
  while (sigwait(&set, &signal) != 0) {
  }
  std::lock_guard lock(all().mutex);
  // The terminal has echoed `^C` where the line ends.
  if (::isatty(STDERR_FILENO) == 1 && ::write(STDERR_FILENO, "\n", 1) != 1)
    std::_Exit(interrupted);
  for (auto words = all().last_words.rbegin(); words != all().last_words.rend(); ++words)
    (*words)();
  std::_Exit(interrupted);
}

} // namespace

void watch_interrupts() {
  struct sigaction now {};
  if (::sigaction(SIGINT, nullptr, &now) != 0 || now.sa_handler == SIG_IGN)
    return;
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::thread(end_at, set).detach();
}

at_interrupt::at_interrupt(std::function<void()> last_words) {
  std::lock_guard lock(all().mutex);
  all().last_words.push_back(std::move(last_words));
}

at_interrupt::~at_interrupt() {
  std::lock_guard lock(all().mutex);
  all().last_words.pop_back();
}

} // namespace aops::cli
