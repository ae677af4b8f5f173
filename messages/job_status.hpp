#pragma once

#include "messages/wire.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace aops {

/// Where a job stands. Text only at the borders: in the store and in replies.
enum class job_status : uint8_t {
  pending,         ///< Its turn has not come.
  running,         ///< Units are under way.
  waiting_for_key, ///< It needs what only its user can bring: it goes on when he resumes it.
  interrupted,     ///< Units that act may have begun and not ended; its user says whether to go on.
  done,
  failed,
  cancelled,
};

inline constexpr std::array<std::string_view, 7> job_status_texts = {
  "pending", "running", "waiting_for_key", "interrupted", "done", "failed", "cancelled"};

constexpr std::string_view text_of(job_status x) {
  return job_status_texts.at(static_cast<size_t>(x));
}

/// Nothing for any other text.
constexpr std::optional<job_status> job_status_of(std::string_view text) {
  for (size_t i = 0; i < job_status_texts.size(); ++i)
    if (job_status_texts.at(i) == text)
      return static_cast<job_status>(i);
  return std::nullopt;
}

/// Whether it has ended for good.
constexpr bool is_final(job_status x) { return x >= job_status::done; }

/// Whether it waits for its user: not in the run queue until he resumes it.
constexpr bool is_waiting_for_user(job_status x) {
  return x == job_status::waiting_for_key || x == job_status::interrupted;
}

/// Names a kind of job. No closed list: a kind is declared once, by the folder that knows it, and a
/// node runs those it was given.
struct kind_name {
  std::string text;
  friend bool operator==(const kind_name&, const kind_name&) = default;
  friend auto operator<=>(const kind_name&, const kind_name&) = default;
};
AOPS_WIRE(kind_name, text)

} // namespace aops
