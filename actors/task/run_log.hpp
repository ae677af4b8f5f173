#pragma once

#include "messages/run.hpp"
#include "runtime/io/ansible/play.hpp"
#include "runtime/io/storage/run_repository.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aops::actors {

/// Numbers the events of a run and gathers them into rows. Bounded: of a run that tells too much
/// the output of events is dropped first, then the events themselves, and it says so.
class run_log {
public:
  /// What is kept of one run without loss, and what waits for the store.
  static constexpr int64_t most_kept = int64_t{64} << 20;
  static constexpr size_t most_waiting = size_t{32} << 20;
  static constexpr size_t most_in_row = 500, row_bytes = size_t{256} << 10;

  void begin_after(int64_t number, int64_t bytes) {
    last_ = number;
    bytes_ = bytes;
  }

  void run_is(int64_t now_ms, std::string_view state, std::string_view message);
  void
  step_is(int64_t now_ms, std::string_view step, std::string_view state, std::string_view message);
  void host_is(int64_t now_ms,
               std::string_view step,
               std::string_view host,
               std::string_view state,
               std::string_view message);
  void add(std::string_view step, const std::vector<ansible::play_event>& events);

  bool is_empty() const { return rows_.empty(); }
  size_t waiting_events() const { return waiting_events_; }
  int64_t bytes() const { return bytes_; }
  /// What waits; it is the caller's now.
  std::vector<storage::run_events> take();

private:
  enum class room : uint8_t { all, no_output, none };
  room left() const;
  run_event next(int64_t now_ms, std::string_view type);
  void put(const run_event& x);

  int64_t last_ = 0, bytes_ = 0;
  size_t waiting_bytes_ = 0, waiting_events_ = 0;
  bool is_loss_told_ = false;
  std::vector<storage::run_events> rows_; ///< Bodies lack the closing bracket.
  size_t in_row_ = 0;
};

} // namespace aops::actors
