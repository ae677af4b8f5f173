#pragma once

#include "messages/error.hpp"
#include "runtime/base/descriptor.hpp"

#include <mutex>
#include <string>
#include <sys/types.h>
#include <vector>

namespace aops::ansible {

/// A program under a guard of its own. Orders may be given from any thread.
class guarded_process {
public:
  struct program {
    std::string guard, folder; ///< The folder is removed when this process dies.
    std::vector<std::string> argv, environment;
  };
  /// ec::task_failed when the guard cannot be started.
  expected<void> start(const program& what);

  void order(const std::string& line); ///< Without the line end; lost when the guard is gone.
  int output() const { return output_.get(); }
  int errors() const { return errors_.get(); }
  int news() const { return news_.get(); } ///< At its end the guard is gone.

  /// Waits for the guard's end; it is killed when that does not come soon.
  void bury();

private:
  std::mutex mutex_;
  base::descriptor orders_, output_, errors_, news_;
  pid_t guard_ = -1;
};

} // namespace aops::ansible
