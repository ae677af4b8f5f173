#pragma once

#include "runtime/base/descriptor.hpp"
#include "runtime/base/thread.hpp"
#include "runtime/io/logs/line_shelf.hpp"
#include "runtime/io/logs/shelf_file.hpp"

#include <condition_variable>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>

/// The shelf itself: what its parts share.
namespace aops::logs {

/// A file as all threads know it.
struct shelf_part {
  std::string path;
  int64_t created_ns = 0; ///< By the clock of this machine.
  bool has_blocks = false;
  int64_t first_ns = 0, last_ns = 0; ///< Of its blocks.
};

using tail_batch = std::shared_ptr<const std::vector<kept_line>>;

struct batch_waiting {
  std::string host;
  std::vector<new_line> lines;
  int64_t now_ns = 0;
  size_t bytes = 0;
  std::function<void(expected<batch_kept>)> then;
};

/// Greatest known offsets of sources: what is beyond is new.
class known_offsets {
public:
  static constexpr size_t most = 1'000'000;
  void note(uint64_t source, int64_t offset);
  bool is_beyond(uint64_t source, int64_t offset) const;

private:
  std::unordered_map<uint64_t, int64_t> greatest_;
  bool has_all_ = true; ///< Else a source that is not here may be known all the same.
};

class embedded_shelf final : public line_shelf {
public:
  explicit embedded_shelf(shelf_config config) : config_(std::move(config)) {}
  ~embedded_shelf() override;

  expected<void> open(int64_t now_ns);

  bool take(std::string host,
            std::vector<new_line> lines,
            int64_t now_ns,
            std::function<void(expected<batch_kept>)> then) override;
  expected<bool> scan(const shelf_scan& what, line_visitor& visitor) override;
  expected<size_t> tidy(int64_t now_ns) override;
  figures standing() const override;

private:
  // -- shelf_parts.cpp
  expected<void> lock_folder();
  expected<void> load_parts();
  expected<void> load_tail();
  expected<void> begin_part(int64_t now_ns);
  bool is_part_over(int64_t now_ns) const;
  int64_t bytes_of_files() const;

  // -- shelf_writing.cpp
  void write_on();
  void write_batches(std::deque<batch_waiting> batches);
  expected<void> store_batches(std::deque<batch_waiting>& batches,
                               std::vector<batch_kept>& kept,
                               std::vector<tail_batch>& added);
  expected<void> seal();
  expected<bool> is_known(const kept_line& x, size_t& looks);
  bool is_in_tail(const kept_line& x) const;
  expected<bool>
  is_in_block(const shelf_part& part, int64_t block, const kept_line& x, size_t& looks);
  expected<sqlite_file*> file_of(const shelf_part& part);
  void hold_tail(const tail_batch& x);
  void note_places(const tail_batch& x);
  void load_batch(const tail_batch& x);

  // -- shelf_reading.cpp
  expected<bool> scan_part(const shelf_part& part,
                           const shelf_scan& what,
                           uint64_t tail_from,
                           line_visitor& visitor);

  const shelf_config config_;
  base::descriptor lock_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<batch_waiting> waiting_;
  size_t waiting_bytes_ = 0;
  bool is_stopped_ = false;
  std::vector<std::shared_ptr<const shelf_part>> parts_; ///< Oldest first; the last is written to.
  std::vector<tail_batch> tail_;
  size_t tail_lines_ = 0, tail_bytes_ = 0;
  uint64_t tail_from_ = 1; ///< Lines from this number on are in the tail.

  // Of the writing thread, and of `tidy`, under this.
  std::mutex writing_;
  std::unique_ptr<sqlite_file> file_;
  uint64_t next_ = 1;
  known_offsets offsets_;
  std::unordered_multimap<uint64_t, std::pair<tail_batch, size_t>> tail_places_;
  struct looked_at {
    std::string path;
    int64_t block = 0;
    std::vector<kept_line> lines;
  };
  std::map<std::string, std::unique_ptr<sqlite_file>> older_; ///< Opened to look for lines.
  std::list<looked_at> looked_at_; ///< Blocks in which lines were looked for, newest first.
  std::thread writer_;
};

} // namespace aops::logs
