#include "runtime/base/thread.hpp"

#include <fmt/format.h>

#include <csignal>
#include <pthread.h>
#include <system_error>
#include <utility>

namespace aops::base {

expected<std::thread> start_thread(const char* name, std::function<void()> work) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  expected<std::thread> result;
  try {
    result = std::thread(std::move(work)); // It inherits the mask.
    pthread_setname_np(result->native_handle(), name);
  } catch (const std::system_error& e) {
    result = fail(ec::internal, fmt::format("thread {}: {}", name, e.what()));
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return result;
}

} // namespace aops::base
