#pragma once

#include "actors/tracing/tracing_turns.hpp"

namespace aops::actors {

/// One look at the hosts of a plan, part by part. Lives as long as something of it is under way;
/// its members are the actor's, but for those of the one part that is judged.
class look_under_way : public std::enable_shared_from_this<look_under_way> {
public:
  using on_end = std::function<void(expected<std::shared_ptr<look_result>>)>;

  /// @param how Of what class it is; when it is awaited no more, no further host is asked.
  look_under_way(tracing_pointer self,
                 caller who,
                 base::ticket how,
                 plan_ptr plan,
                 look_manner manner,
                 on_end end);

  void go(); ///< From the next part on.

private:
  void ask_hosts(expected<part_asked> asked);
  void judge(read_files files);
  bool was_synced() const; ///< Since the hosts of this part were asked.
  void keep(expected<seen_part> seen);

  tracing_pointer self_;
  store_ptr store_;
  trace_models_ptr models_;
  caller who_;
  base::ticket how_;
  plan_ptr plan_;
  std::vector<look_part> parts_;
  look_manner manner_;
  on_end end_;
  size_t next_ = 0;
  int64_t asked_ms_ = 0; ///< When the hosts of the part were asked, on the steady clock.
  std::shared_ptr<const part_asked> asked_; ///< Of the part that is looked at.
  std::shared_ptr<look_result> found_ = std::make_shared<look_result>();
};

/// Looks in the turn that was taken, and ends it; `then` gets what was found.
void look(tracing_pointer self,
          const caller& who,
          const base::ticket& how,
          plan_ptr plan,
          look_manner manner,
          look_under_way::on_end then);

} // namespace aops::actors
