#pragma once

#include "cli/agent/agent_config.hpp"
#include "cli/agent/owners.hpp"
#include "cli/agent/socket_source.hpp"
#include "runtime/core/sockets/batch.hpp"
#include "runtime/core/sockets/link_table.hpp"

#include <string>
#include <vector>

namespace aops::agent {

/// What one look found, beside what is sent.
struct look_facts {
  size_t sockets = 0, without_owner = 0;
  size_t processes = 0, hidden = 0; ///< Hidden: they do not show what they hold.
  size_t unseen = 0;                ///< Sockets that only a hidden one may have.
  size_t pending = 0;               ///< Sockets whose owner is still searched for.
  bool has_figures = true;
};

/// Looks at this host.
class collector {
public:
  /// @param is_thorough Finds every owner at the first look, whatever it costs.
  /// ec::bad_request when nobody says who this host is.
  static expected<collector> make(const agent_config& config, bool is_thorough);

  /// @param now_ms Of the wall clock. @param steady_ms Of one that never goes backwards.
  /// ec::timed_out, ec::not_found: the kernel does not tell; the next look may.
  expected<sockets::batch> look(int64_t now_ms, int64_t steady_ms);

  const look_facts& facts() const { return facts_; }

private:
  collector(const agent_config& config, std::string machine_id, bool is_thorough);

  std::string machine_id_, hostname_;
  int64_t period_ms_, before_ms_ = -1;
  socket_source source_;
  owners owners_;
  sockets::link_table links_;
  look_facts facts_;
};

} // namespace aops::agent
