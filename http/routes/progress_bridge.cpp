#include "http/routes/progress_bridge.hpp"

namespace aops::http {

progress_actor::behavior_type progress_bridge(progress_actor::pointer,
                                              std::shared_ptr<sse_hub> hub) {
  return {
    [hub](const job_progress& x) {
      bool ended = x.state == "done" || x.state == "failed" || x.state == "cancelled";
      hub->publish({x.job, x.finished, x.expected, x.last_number, ended, {}});
    },
    [](atom::ping) {},
  };
}

} // namespace aops::http
