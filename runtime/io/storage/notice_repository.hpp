#pragma once

#include "messages/alerts.hpp"
#include "runtime/base/config.hpp"
#include "runtime/io/storage/database.hpp"

#include <limits>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace aops::storage {

class filter;

/// Whether a receiver is told of alerts of a severity and an owner.
bool wants(const base::notify_receiver& to, std::string_view severity, std::string_view owner);

/// The beginning of a text that fits into so many bytes, whole characters.
std::string_view fitting(std::string_view text, size_t most = 256);

struct new_notice {
  std::string receiver;
  uint16_t slot = 0;
  told_alert body;
  int64_t due_ms = 0;
  int64_t times = 0; ///< How often its beginning was told.
};

/// Due for what is not told again while it lasts: beyond any time that is looked at.
inline constexpr int64_t not_again_ms = std::numeric_limits<int64_t>::max() / 2;

/// A row of the outbox that is there.
struct known_notice {
  int64_t key = 0, times = 0;
};

struct notice_end {
  std::string alert;
  int64_t time_ms = 0;
  std::pair<std::string, std::string> then; ///< Value and reason that follow; empty: all is well.
};

/// What has to be told to one receiver of one alert.
struct notice {
  int64_t key = 0;
  std::string receiver;
  uint16_t slot = 0;
  told_alert body;
  int64_t times = 0, attempts = 0, tried_ms = 0, due_ms = 0;
  bool was_held = false; ///< By silences from its beginning: nobody can have heard of it.
  /// It has ended, and the same instance of its rule is an alert of the same kind again.
  bool is_begun_again = false;
};

/// The outbox: what receivers are to be told. Rows come and end in the transactions of
/// `alert_repository`.
class notice_repository {
public:
  explicit notice_repository(database& db) : db_(db) {}

  /// Those that are there already stay as they are. In a transaction.
  expected<void> add(const std::vector<new_notice>& all);

  /// What is there of these alerts, by alert and receiver.
  expected<std::map<std::pair<std::string, std::string>, known_notice>>
  of_alerts(const std::vector<std::string>& ids);

  /// Their alerts are over: that is due now. In a transaction.
  expected<void> end(const std::vector<notice_end>& all);

  /// Adds what is missing for alerts of these slots that a receiver was not there for.
  /// @returns How many. In a transaction.
  expected<int64_t> adopt(std::span<const base::notify_receiver> tell,
                          std::span<const uint16_t> slots,
                          int64_t now_ms);

  /// What is due for these receivers in these slots, the oldest first. One that cannot be read any
  /// more comes without an alert id.
  expected<std::vector<notice>> due(const std::vector<std::string>& receivers,
                                    std::span<const uint16_t> slots,
                                    int64_t now_ms,
                                    int64_t limit);

  /// The beginning was told (again). @param next_ms When it is told again while the alert lasts.
  expected<void> told(int64_t key, int64_t next_ms);

  /// The end was told, or nobody wants to hear it.
  expected<void> forget(int64_t key);

  /// A silence keeps it from being told. Nothing happens when that one has ended meanwhile.
  /// @param is_untold Nobody can have heard of it. In a transaction.
  expected<void>
  hold(int64_t key, std::string_view silence, bool is_untold, int64_t now_ms, int64_t next_ms);

  /// An attempt failed.
  expected<void> failed(int64_t key, int64_t now_ms, int64_t next_ms);

  /// Drops the oldest of those that have yet to be told to a receiver until `most` are left.
  /// @returns How many. In a transaction.
  expected<int64_t> trim(std::string_view receiver, std::span<const uint16_t> slots, int64_t most);

  /// Drops what is there for receivers that no longer exist. @returns How many.
  expected<int64_t> forget_others(const std::vector<std::string>& receivers,
                                  std::span<const uint16_t> slots);

  /// How many have yet to be told, by receiver.
  expected<std::vector<std::pair<std::string, int64_t>>> waiting(std::span<const uint16_t> slots);

private:
  expected<void> note_begun_again(std::vector<notice>& all);
  database& db_;
};

/// `column in (slots)`; nothing when they are all.
void in_slots(filter& to, std::string_view column, std::span<const uint16_t> slots);

} // namespace aops::storage
