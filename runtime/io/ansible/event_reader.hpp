#pragma once

#include "runtime/base/json_library.hpp"
#include "runtime/base/secret_mask.hpp"
#include "runtime/io/ansible/event_line.hpp"
#include "runtime/io/ansible/play.hpp"

#include <limits>
#include <map>

namespace aops::ansible {

/// No line of events is longer; what is gets lost, and that is told.
inline constexpr size_t longest_event_line = 16 << 20;

/// Makes play_events of the lines that ansible-runner writes with `--json`. Any bytes will do: what
/// hosts print may stand between the lines and look like them. An event is taken when it names the
/// playbook as the first one did, whose name is random and not told to hosts; else it is output.
class event_reader {
public:
  /// @param order Outlives it: hosts, secrets, limits.
  explicit event_reader(const play_order& order);

  /// Takes what was read next. @returns Events of the lines that are whole by now.
  std::vector<play_event> read(std::string_view bytes);

  /// What became of the hosts, as far as was told; in the order of the order.
  /// @param sure Number of an event. What failed after it may have failed because the play was
  /// ended, as when its ssh went first: such a host did not come to its end.
  std::vector<host_result> results(int64_t sure = std::numeric_limits<int64_t>::max()) const;
  /// Number of the last event.
  int64_t told() const { return number_; }
  /// Whether the play came to its end.
  bool has_stats() const { return has_stats_; }
  /// What Ansible said when it did not. Masked.
  const std::string& complaint() const { return complaint_; }

  void mask(std::string& text) const { mask_.apply(text); }

private:
  void read_line(std::string_view line, std::vector<play_event>& out);
  void take(const nlohmann::json& line, std::vector<play_event>& out);
  bool is_of_this_play(std::string_view event, const nlohmann::json& data);
  void take_result(const nlohmann::json& data, play_event& event);
  std::string kept_result(const nlohmann::json& result) const;
  void take_stats(const nlohmann::json& data, const play_event& like, std::vector<play_event>& out);
  void note(const play_event& event);
  void say(std::string message, std::vector<play_event>& out);
  void emit(play_event event, std::vector<play_event>& out);
  std::string shown(std::string text, size_t most) const;

  const play_order& order_;
  base::secret_mask mask_;
  event_line_parser lines_;
  std::map<std::string, host_result, std::less<>> hosts_;
  std::map<std::string, int64_t, std::less<>> failed_at_; ///< Host: number of that event.
  std::map<std::string, const target*, std::less<>> targets_;
  std::map<std::string, std::string, std::less<>> differences_; ///< Not yet told, by host.
  std::string open_line_, complaint_;
  std::string playbook_;  ///< Its name in events; empty: none was told yet, nor any host reached.
  size_t lost_bytes_ = 0; ///< Of the open line, which is too long.
  int64_t number_ = 0, latest_ms_ = 0;
  bool has_stats_ = false;
};

} // namespace aops::ansible
