#pragma once

#include "runtime/io/ansible/play.hpp"

namespace aops::ansible {

/// The files of one play, 0600 in a folder of 0700. Removed with this object.
class run_folder {
public:
  /// ec::bad_request when the order is wrong; ec::task_failed when files cannot be written, or a
  /// folder of this name is there.
  static expected<run_folder> make(const std::string& parent, const play_order& order);

  run_folder(run_folder&& other) noexcept;
  run_folder& operator=(run_folder&&) = delete;
  ~run_folder();

  const std::string& path() const { return path_; }
  /// The keys that ssh learnt of a host that had none.
  std::vector<std::string> learnt_keys(const target& host) const;

private:
  explicit run_folder(std::string path) : path_(std::move(path)) {}
  expected<void> fill(const play_order& order);

  std::string path_; ///< Empty: moved away.
};

/// Removes a run folder and what belongs to it elsewhere: folders of this user, never what a link
/// leads to. A failure is logged: it leaves secrets.
void remove_run_folder(const std::string& path);

} // namespace aops::ansible
