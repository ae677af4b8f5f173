#pragma once

#include "messages/roles/role.hpp"
#include "messages/tracing.hpp"
#include "messages/types/tracing.hpp"

#include <chrono>

namespace aops {

namespace actors {
inline constexpr std::string_view tracing_name = "tracing";

/// How long an answer takes at most that asks hosts, and one that changes them.
inline constexpr std::chrono::minutes tracing_reading_patience{11}, tracing_acting_patience{82};
} // namespace actors

/// TRACING: domains, their hosts and files, what is expected of these and what they are. `code` of
/// replies is that of the contract. Whatever asks hosts needs the vault key of the caller's session
/// (ec::vault_key); users that are no administrators get what was found last.
using tracing_actor = caf::typed_actor<
  // Makes domains. 400 when a name is wrong or taken, 1000 when all are wrong; the others are made.
  asks<domains_to_create, tracing_done>,
  // Names of all domains.
  asks<domains_query, traced_domains>,
  // Deletes domains with all that is theirs. 400 when one is unknown, 1000 when all are wrong.
  asks<domains_to_delete, tracing_done>,
  // Adds known hosts to a domain. 202 when some were there, 400 when none is new.
  asks<hosts_to_trace, tracing_done>,
  // Hosts of a domain. 400 when it is unknown.
  asks<traced_hosts_query, traced_hosts>,
  // Takes hosts out of a domain. 400 when one is no member; the others are taken out.
  asks<hosts_to_untrace, tracing_done>,
  // Stores what files should be: as given, or as they are on a host. 206 when some could not be,
  // 400 when none, 500 when the hosts could not be read.
  asks<items_to_trace, tracing_done>,
  // What files of a domain should be. 400 when it is unknown.
  asks<traced_items_query, traced_items>,
  // Files are traced no more; their history stays. 400 when one is not traced.
  asks<items_to_untrace, tracing_done>,
  // Changes of files of a domain. 400 when some have none, 500 when none has.
  asks<item_history_query, item_history>,
  // Changes of all files.
  asks<full_history_query, full_history>,
  // What files of hosts are. 400 when there is nothing to read, 404 when reading is refused, 500
  // when no host could be read.
  asks<real_configs_query, real_configs>,
  // Whether files of hosts are what they should be. 404 when there is nothing to compare.
  asks<domain_status_query, domain_status>,
  // Makes files of hosts what they should be. 206 when some are not, 500 when none is, 404 when the
  // domain is unknown, 400 when there is nothing to do.
  asks<configs_to_sync, configs_synced>,
  // What files should be, byte for byte, now or at a change. ec::bad_request.
  asks<trace_texts_query, trace_texts>,
  // What differs between two changes, or between what is expected and what was read.
  // ec::bad_request.
  asks<trace_diff_query, trace_diff>,
  // Figures of all domains.
  asks<trace_summary_query, trace_summary>,
  // Changes that were seen on hosts.
  asks<trace_edits_query, trace_edits>,
  // Models of files.
  asks<trace_models_query, trace_models>,
  // Takes what a host tells of its own files, and says which are traced and of which it is to send
  // what they say. ec::session_invalid when nobody has the token, ec::bad_request, ec::overloaded.
  answers<told_files_to_take, told_files_taken>,
  caf::reacts_to<atom::ping>>;

} // namespace aops
