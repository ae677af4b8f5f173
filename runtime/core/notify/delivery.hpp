#pragma once

#include "messages/alerts.hpp"
#include "runtime/base/config.hpp"

#include <cstdint>
#include <string>

namespace aops::notify {

/// How far one alert has been told to one receiver.
struct standing {
  int64_t times = 0;    ///< How often its beginning was told.
  int64_t tried_ms = 0; ///< The first of the attempts that failed in a row; 0: none did.
  bool is_over = false; ///< The alert has ended.
};

/// What is next for an alert whose time has come.
enum class step : uint8_t {
  tell_beginning, ///< For the first time, also of an alert that is over by now; or again.
  tell_end,
  tell_cause, ///< What a diagnosis found, once.
  forget,     ///< Nothing is left to tell.
  give_up,    ///< It failed for too long.
};

step next_step(const standing& x, const base::notify_receiver& to, int64_t now_ms);

/// The same of a row of the outbox.
/// @param is_begun_again Another alert with the same labels has begun. Alertmanager cannot tell the
/// two apart: it is told of that one only, for the end of this one would end it.
step next_step(const told_alert& alert,
               const standing& x,
               const base::notify_receiver& to,
               bool is_begun_again,
               int64_t now_ms);

/// When the beginning is told again; far in the future when never.
int64_t repeat_at(const base::notify_receiver& to, int64_t now_ms);

/// Alerts of one moment that have the same key and status share a notice. Alertmanager is told of
/// all at once, but for those that it did not take: one of them may be to blame.
std::string group_key(const told_alert& x, const base::notify_receiver& to, int64_t attempts);

/// Identifies what is told of one alert: its beginning, each repetition, its end. The same after a
/// failed attempt, on whichever node.
std::string id_of(const told_alert& x, int64_t times);

/// Of a notice with several of these.
std::string id_of(const std::vector<std::string>& parts);

} // namespace aops::notify
