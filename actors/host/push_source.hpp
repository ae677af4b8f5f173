#pragma once

#include "actors/host/live_source.hpp"
#include "messages/push.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace aops::actors {

/// A host that is pushed: its rounds are made of samples that senders bring.
class push_source : public live_source {
public:
  /// Keeps rows, of which there may be none, and numbers of series until their rounds are judged.
  /// `then` runs when these and all that was to be kept before are there, at once or later, and
  /// never when that never will be.
  using keeper = std::function<void(std::vector<sample_row>, std::function<void()> then)>;
  using taken = std::function<void(expected<samples_pushed>)>;

  /// What was kept before the start. @param judged_ms The committed cursor; 0: none.
  virtual void begin(int64_t judged_ms, const std::vector<sample_row>& rows) = 0;

  /// Takes samples in; answers when they are kept. ec::overloaded when too many rounds wait.
  virtual void push(const samples_to_push& x, taken then) = 0;
};

/// @param keep Called for one lot at a time.
std::unique_ptr<push_source> pushes_of(live_source::links links, push_source::keeper keep);

} // namespace aops::actors
