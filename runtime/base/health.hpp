#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace aops::base {

/// What this process cannot do at present, in words for `/readyz`. Those who notice say so, and say
/// when it is over. Any thread.
class health {
public:
  /// @param subject Such as `store`, `prometheus`; one problem each, the latest counts.
  void impaired(std::string_view subject, std::string problem) {
    std::lock_guard guard{mutex_};
    problems_.insert_or_assign(std::string{subject}, std::move(problem));
  }

  void recovered(std::string_view subject) {
    std::lock_guard guard{mutex_};
    if (auto i = problems_.find(subject); i != problems_.end())
      problems_.erase(i);
  }

  /// `subject: problem`, by subject.
  std::vector<std::string> problems() const {
    std::lock_guard guard{mutex_};
    std::vector<std::string> out;
    for (const auto& [subject, problem] : problems_)
      out.push_back(subject + ": " + problem);
    return out;
  }

private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> problems_;
};

} // namespace aops::base
