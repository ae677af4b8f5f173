#include "runtime/base/memory.hpp"

#include <algorithm>
#include <fstream>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

namespace aops::base {

heap_figures heap() {
  auto x = mallinfo2();
  std::ifstream file{"/proc/self/statm"};
  size_t size = 0, resident = 0, from_files = 0;
  file >> size >> resident >> from_files;
  auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  return {x.uordblks + x.hblkhd, (resident - from_files) * page};
}

void share_arenas() {
  ::mallopt(M_ARENA_MAX, static_cast<int>(std::max(2u, std::thread::hardware_concurrency())));
}

bool has_slack(const heap_figures& x) {
  return x.used > 0 && x.resident > x.used + std::max(usual_slack_bytes, x.used / 5);
}

void keep_memory_private() {
  // The limit alone does not hold for handlers that the kernel pipes cores to.
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
}

bool give_back_memory() { return has_slack(heap()) && malloc_trim(0) != 0; }

} // namespace aops::base
