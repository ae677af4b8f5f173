#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace aops::schedule {

/// Which job runs next: at most `limit` at once; among those that wait, owners take turns, so that
/// one owner's hundred jobs do not hold up another's one. Each job once. Pure.
class fair_queue {
public:
  explicit fair_queue(size_t limit) : limit_(limit) {}

  /// False when the job waits or runs already.
  bool add(const std::string& owner, const std::string& job);
  /// The next job to run; it runs from then on.
  std::optional<std::string> next();
  /// It runs no more, or is not wanted any more.
  void ended(const std::string& job);

  bool has(const std::string& job) const { return known_.contains(job); }
  size_t running() const { return running_.size(); }
  size_t waiting() const { return known_.size() - running_.size(); }
  size_t waiting_of(const std::string& owner) const;

private:
  size_t limit_;
  std::map<std::string, std::deque<std::string>> waiting_; ///< By owner, in order of arrival.
  std::string last_owner_;                                 ///< Whose turn it was.
  std::set<std::string> running_, known_;
};

} // namespace aops::schedule
