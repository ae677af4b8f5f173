#pragma once

#include "actors/supervisor/supervisor.hpp"
#include "messages/error.hpp"

#include <caf/response_promise.hpp>

#include <list>
#include <optional>
#include <unordered_map>

namespace aops::actors {

/// The children of one supervisor and what becomes of them. Lives in the supervisor's state; each
/// public function is one event of its mailbox.
class supervision {
public:
  supervision(supervisor_pointer self, supervisor_config config);
  ~supervision();
  supervision(const supervision&) = delete;
  supervision& operator=(const supervision&) = delete;

  expected<void> begin(std::vector<child_spec> specs);
  void on_down(const caf::down_msg& x);
  void on_timer(const supervisor_timer& x);
  void shut_down(caf::error reason);

  caf::result<caf::actor> start_child(child_spec spec);
  caf::result<void> stop_child(const std::string& name);
  caf::result<caf::actor> resolve(const std::string& name) const;
  caf::result<void> ready();
  caf::result<tree_status> tree(const get_tree& x);

private:
  struct child {
    child(child_spec s, uint64_t n, restart_limit limit)
        : spec(std::move(s)), number(n), window(limit) {}
    child_spec spec;
    uint64_t number;         ///< Identity in timers and responses; never used again.
    uint64_t generation = 0; ///< Grows whenever open timers and responses become void.
    caf::actor actor;        ///< Empty: it does not live.
    child_state state = child_state::starting;
    bool is_dynamic = false; ///< Came by `start_child`.
    bool is_waiting = false; ///< Its turn to start has not come.
    bool is_marked = false;  ///< Goes down with a group restart or with the supervisor.
    bool is_awaited = false; ///< Counted in `open_stops_`.
    size_t failures = 0;     ///< In a row.
    int64_t restarts = 0;
    std::optional<int64_t> up_since_ms; ///< Of this incarnation.
    restart_window window;              ///< Used with `give_up::leave_child`.
    std::string last_reason;
    std::optional<caf::error> verdict; ///< Why we killed it while it started.
    std::vector<caf::response_promise> start_waiters, stop_waiters;
  };
  using children = std::list<child>; // Handles into it stay valid; in order of start.
  enum class phase : uint8_t { normal, group_stops, group_waits, shuts_down };

  // One incarnation: start, up, end. `c` may be gone after these.
  void start(child& c);
  void shake_hands(child& c);
  void started(child& c);
  void not_ready(child& c, const caf::error& e);
  void stop(child& c);
  void stopped(child& c);
  void ended(child& c, const caf::error& reason);
  void restart_later(child& c, const std::string& reason);
  void past_limit(child& c, const std::string& reason);

  // Order.
  void advance();
  void start_waiting_dynamics();
  void settle();
  void restart_group(child& c, int64_t delay_ms);
  void stop_marked();
  void all_stopped();
  void resume_group();

  // Book-keeping.
  child& add(child_spec spec);
  void forget(child& c);
  child* find(uint64_t number, uint64_t generation);
  child* find(const std::string& name) const;
  void release(child& c);        ///< The actor of `c` is no more.
  void withdraw(const child& c); ///< Nobody should find it by name.
  void set_timer(supervisor_timer::kind what, uint64_t number, uint64_t generation, int64_t ms);
  int64_t now_ms() const;
  tree_status row_of(const child& c) const;
  /// Pages that show the tree hear that a child failed or runs again.
  void tell_tree() const;

  supervisor_pointer self_;
  supervisor_config config_;
  jitter_source jitter_;
  restart_window window_;
  restart_pacer pacer_;
  children children_; ///< Those given at the start first.
  std::unordered_map<std::string, children::iterator> by_name_;
  std::unordered_map<uint64_t, children::iterator> by_number_;
  std::unordered_map<caf::actor_id, children::iterator> by_actor_;
  phase phase_ = phase::normal;
  bool is_settled_ = false; ///< All children given at the start are up, or down for good.
  uint64_t next_number_ = 1;
  uint64_t group_generation_ = 0;
  int64_t group_delay_ms_ = 0;
  size_t open_stops_ = 0; ///< Marked children whose end is being waited for.
  caf::error end_reason_;
  std::vector<caf::response_promise> ready_waiters_;
};

} // namespace aops::actors
