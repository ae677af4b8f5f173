#pragma once

#include "messages/error.hpp"
#include "messages/values.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// Playbooks run by Ansible in a process of its own. One play of a run is one such process: a step
/// on a batch of hosts.
namespace aops::ansible {

/// A host as Ansible reaches it, and what opens it. Secrets go into files of the run's folder,
/// which only this user reads, never into arguments or environment.
struct target {
  std::string id;   ///< Also its name in the inventory.
  std::string name; ///< What people call it: variable `aops_host_name`.
  std::string address;
  int64_t port = 22;
  std::string username;
  sealed_text password;      ///< Empty: none.
  sealed_text sudo_password; ///< Of `sudo`, or of root for `su`. Empty: none.
  bool uses_su = false;
  sealed_text private_key;            ///< OpenSSH or PEM text; empty: none.
  std::vector<std::string> host_keys; ///< `type base64` each; empty: not known yet.
  std::string vars = "{}";            ///< JSON object: variables of this host.
  std::vector<std::string> groups;    ///< Of the inventory.
};

/// What is to be run.
struct play_order {
  /// Names the folder, and marks what the play starts, here and on hosts: variable `AOPS_RUN` of
  /// its environment. 1 to 96 letters, digits and `-`; no two plays at once have the same.
  std::string run;
  std::string playbook; ///< JSON text of the list of plays.
  /// A folder with `roles/` and `files/` beside the playbook; empty: none. Read only.
  std::string package;
  std::shared_ptr<const void> package_hold; ///< Whoever may remove that folder waits for its end.
  std::string vars = "{}";                  ///< JSON object: extra variables; go before all others.
  std::vector<target> hosts;
  int64_t forks = 50;
  bool check = false, diff = false;
  std::chrono::milliseconds timeout{3'600'000};
  size_t event_bytes = 65'536;      ///< Of texts of one event; more is cut, and says so.
  bool keeps_results = false;       ///< Whether events have their `result`.
  bool masks_results = true;        ///< Whether secrets are masked in texts of `result`, too.
  bool has_own_modules = false;     ///< Whether it uses modules whose names begin with `aops_`.
  std::vector<sealed_text> secrets; ///< Further texts that no event may show.
};

/// What became of an action on a host, or of the play.
enum class event_kind : uint8_t {
  play_began, ///< `action` is its name.
  task_began, ///< An action begins; no host yet.
  host_began, ///< On a host.
  ok,
  failed, ///< `is_ignored` when the playbook goes on.
  unreachable,
  skipped,
  retried, ///< Not done yet: it is tried again.
  item,    ///< One element of a loop.
  stats,   ///< Of a host, at the end.
  output,  ///< What Ansible itself says: warnings, errors of the playbook.
};

/// In the order in which Ansible told them. Masked.
struct play_event {
  int64_t number = 0; ///< From 1.
  int64_t time_ms = 0;
  event_kind kind = event_kind::output;
  std::string host;   ///< Id; empty: all.
  std::string action; ///< Name of the task, or its module.
  std::string module;
  bool is_changed = false, is_ignored = false;
  int64_t duration_ms = 0;
  std::string message; ///< One line: why it failed, what it did.
  std::string output;  ///< Whole output, cut at `event_bytes`; differences of a dry run.
  std::optional<int64_t> exit_status; ///< Of a command that ran.
  /// With `keeps_results`, of an action that ended: what its module returned, a JSON object of at
  /// most 2 MB; else empty. Masked as `masks_results` says.
  std::string result;
};

/// `not_run` is also a host that had not come to its end when the play was ended.
enum class host_outcome : uint8_t { ok, failed, unreachable, not_run };

struct host_result {
  std::string host;
  host_outcome outcome = host_outcome::not_run;
  int64_t ok = 0, changed = 0, failed = 0, skipped = 0, ignored = 0;
  std::string action, message;        ///< Of the failure.
  std::vector<std::string> host_keys; ///< Seen at first use, to be kept.
};

/// How a play ended.
struct play_result {
  /// ec::timed_out; ec::cancelled; ec::fenced when the time passed until which it might run;
  /// ec::task_failed with what Ansible said when it could not run at all (broken playbook, missing
  /// program); hosts that failed are no error.
  expected<void> how;
  std::vector<host_result> hosts; ///< In the order of the order.
};

/// A play under way.
class play {
public:
  /// Has it ended, and all its processes, and does not wait for that: what it tells may still come.
  virtual ~play() = default;
  /// Ends every process of it: first asked, killed after a short while. `ended` follows.
  virtual void cancel() = 0;
  /// This node may act until then, on the steady clock of `std::chrono`: the guard, a process
  /// beside it, kills the play when it has not been told a later time by then; also when this node
  /// dies. No limit until first told.
  virtual void may_run_until(std::chrono::steady_clock::time_point until) = 0;
};

struct player_options {
  std::string directory; ///< Of run folders: 0700; each run's is removed when it ends.
  std::string runner = "ansible-runner", ansible = "ansible-playbook";
  std::string guard; ///< The program that guards: `aops-node`, called with `run-guard`.
};

/// Starts plays. Any thread.
class player {
public:
  virtual ~player() = default;

  /// Both are called on a thread of the player's own, in order, `ended` last and exactly once; hand
  /// on and return.
  /// Waits, half a minute at most, for plays on the same hosts that were let go of and end still
  /// (ec::conflict when they do not). ec::cancelled after `stop`.
  virtual expected<std::unique_ptr<play>>
  start(play_order order,
        std::function<void(std::vector<play_event>)> happened,
        std::function<void(play_result)> ended) = 0;

  /// Ends what runs of an earlier process of this node left behind, and removes their folders.
  /// @returns How many runs.
  virtual expected<size_t> clean_up() = 0;

  /// Ends all plays and waits for their end; starts no more.
  virtual void stop() {}
};

std::shared_ptr<player> make_player(player_options options);

/// The play that ends on hosts what plays left running there whose `run` begins so: when a play is
/// killed here, what it has begun on a host goes on. Its own name does not begin so.
/// @param runs Letters, digits and `-`; else ec::bad_request.
expected<play_order> remnants_order(std::string_view runs, std::vector<target> hosts);

/// The fingerprint of a key `type base64`, such as `SHA256:…`, as OpenSSH shows it; empty when it
/// is none.
std::string key_fingerprint(std::string_view host_key);

} // namespace aops::ansible
