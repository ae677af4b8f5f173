#pragma once

#include "messages/error.hpp"
#include "messages/sample.hpp"
#include "messages/silence.hpp"
#include "runtime/base/time_zone.hpp"
#include "runtime/core/promql/matcher.hpp"
#include "runtime/core/task/cron.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

/// When nobody is told of alerts. See docs/notifications.md#silences.
namespace aops::notify {

/// The end of a silence that never ends.
inline constexpr int64_t endless_ms = std::numeric_limits<int64_t>::max() / 2;

/// How long each time of a silence that comes again may last.
inline constexpr int64_t most_window_s = int64_t{7} * 24 * 3600;

/// `NAME=VALUE`, `NAME!=VALUE`, `NAME=~REGEX`, `NAME!~REGEX`; a value may stand in double quotes.
/// A label that an alert lacks is an empty value. ec::bad_request without a field's name.
expected<promql::matcher> parse_label_matcher(std::string_view text);

/// What a silence looks at of an alert.
struct silence_subject {
  std::string_view host_id;
  int64_t group = 0;  ///< Key of its host's group.
  label_set labels{}; ///< As `alertmanager_labels` has them.
};

/// A silence, ready to be asked.
class silence {
public:
  struct stretch {
    int64_t from_ms = 0, until_ms = 0; ///< Without its end.
    friend bool operator==(const stretch&, const stretch&) = default;
  };

  /// ec::bad_request with the field's name: `matchers[1]: …`, `expression: …`, `time_zone: …`,
  /// `duration_s: …`.
  /// @param start_ms, end_ms Outside of them it is nothing.
  static expected<silence> of(const silence_terms& x, int64_t start_ms, int64_t end_ms);

  /// The stretch that a moment lies in. Of one that comes again before it is over, what is known
  /// without looking far ahead: it may go on afterwards.
  std::optional<stretch> at(int64_t ms) const;

  /// When it begins after a moment, at most so many times.
  std::vector<int64_t> next_begins(int64_t after_ms, size_t most) const;

  /// Whether it is about an alert, whenever that is.
  bool covers(const silence_subject& x) const;

private:
  struct recurrence {
    task::cron when;
    base::time_zone zone;
    int64_t lasts_ms = 0;
  };

  std::set<std::string, std::less<>> hosts_;
  std::set<int64_t> groups_;
  std::vector<promql::matcher> matchers_;
  int64_t start_ms_ = 0, end_ms_ = 0;
  std::optional<recurrence> again_;
};

/// What becomes of a notice that is due.
enum class hush : uint8_t {
  none,   ///< It is told as ever.
  hold,   ///< Not now.
  forget, ///< Never: nobody was told of its beginning.
  end,    ///< Its end, although nobody knows for sure whether its beginning was told.
};

/// What is known of a notice that a silence is about.
struct hushed_notice {
  int64_t times = 0;         ///< How often its beginning was told.
  int64_t attempts = 0;      ///< To tell it, that failed in a row.
  bool is_over = false;      ///< The alert has ended.
  bool was_held = false;     ///< From its beginning: nobody can have heard of it.
  int64_t known_ms = 0;      ///< Since when it could have been told.
  bool must_refresh = false; ///< The receiver takes silence for the end: Alertmanager.
};

/// @param silent The stretch of the silence in which the alert lasts or ended; nothing: none.
hush hush_of(const hushed_notice& x, const std::optional<silence::stretch>& silent);

/// Whether nobody can have been told of it before the silence began.
bool is_surely_untold(const hushed_notice& x, const silence::stretch& silent);

} // namespace aops::notify
