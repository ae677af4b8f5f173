#pragma once

#include "actors/logs/line_document.hpp"
#include "actors/logs/opensearch_lines.hpp"
#include "runtime/io/opensearch/bulk.hpp"
#include "runtime/io/opensearch/line_stream.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>

namespace aops::actors {

/// Lines on their way to OpenSearch: a bounded queue, and one thread that stores them in bulks.
/// A batch is told of when all its lines are stored, or when its time is over. Any thread.
class line_bulks {
public:
  static expected<std::unique_ptr<line_bulks>> open(opensearch_lines_config config);
  ~line_bulks(); ///< What waits is answered ec::unreachable.

  /// As `line_store` has it. While the store is known to be away, ec::overloaded at once.
  expected<void> take(const std::string& host_id,
                      std::vector<logs::record> lines,
                      int64_t now_ns,
                      std::function<void(expected<lines_stored>)> then);

  /// The answer to a search; what this node stored is found by it. An empty one while there is no
  /// stream. Errors of `search_client`.
  expected<base::json>
  search(std::string body, std::chrono::milliseconds patience, size_t most_bytes) const;
  /// Whether the last error of this thread's `search` was that its answer was too long.
  static bool was_too_long();

  expected<void> tidy(int64_t now_ms);

private:
  using steady_time = std::chrono::steady_clock::time_point;
  struct batch {
    std::vector<line_to_keep> lines;
    std::vector<opensearch::bulk_document> documents;
    std::vector<bool> is_stored, was_known;
    size_t bytes = 0, open = 0; ///< Not stored yet.
    steady_time deadline;
    std::function<void(expected<lines_stored>)> then;
  };
  using batch_ptr = std::shared_ptr<batch>;
  struct place_in_batch {
    batch_ptr of;
    size_t number = 0;
    bool was_tried = false; ///< It may be there without our knowing.
  };

  struct copy_in_batch {
    place_in_batch copy, first;
  };

  explicit line_bulks(opensearch_lines_config config);

  void write_on();
  std::vector<batch_ptr> next_batches();
  void write(std::vector<batch_ptr> batches);
  expected<void> settle_known(std::vector<place_in_batch>& open);
  void settle_copies(std::vector<copy_in_batch>& copies, std::vector<place_in_batch>& open) const;
  expected<void> send(std::vector<place_in_batch>& open);
  void settle(const place_in_batch& x, bool is_known) const;
  static void tell(const batch_ptr& x, const error* why);
  expected<void> prepare();
  void note_away(const error& why);
  void note_back();
  bool pause(std::chrono::milliseconds how_long);

  const opensearch_lines_config config_;
  std::shared_ptr<opensearch::search_client> client_;
  opensearch::stream_settings stream_;
  const std::string run_; ///< Ids of lines without an offset begin with it.

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<batch_ptr> waiting_;
  size_t waiting_bytes_ = 0;
  uint64_t next_n_ = 0;
  bool is_stopped_ = false;
  std::optional<error> away_;                   ///< Why nothing can be stored at present.
  steady_time try_again_{};                     ///< Until then nothing is taken.
  mutable std::atomic<bool> has_unseen_{false}; ///< Stored, and perhaps not found yet.
  std::atomic<bool> is_prepared_{false};

  // Of the writing thread.
  std::unordered_map<uint64_t, int64_t> greatest_; ///< Offsets of sources: what is beyond is new.
  std::string index_;                              ///< That is written to.
  std::thread writer_;
};

} // namespace aops::actors
