#pragma once

#include "cli/aops/command/verb.hpp"

namespace aops::cli {

/// All commands of `aops`. A new one is a file with its table, declared below, and a line in
/// `verbs.cpp`.
const verb_list& all_verbs();

verb login_verb();
verb logout_verb();
verb context_verb();
verb account_verb();
verb certificate_verb();
verb user_verb();
verb session_verb();
verb token_verb();
verb audit_verb();
verb group_verb();
verb host_verb();
verb series_verb();
verb checkrule_verb();
verb eval_verb();
verb query_verb();
verb check_verb();
verb status_verb();
verb notify_verb();
verb kafka_verb();
verb faultree_verb();
verb diag_verb();
verb report_verb();
verb stat_verb();
verb template_verb();
verb package_verb();
verb task_verb();
verb schedule_verb();
verb silence_verb();
verb run_verb();
verb remote_verb();
verb tracing_verb();
verb host_log_verb();
verb topology_verb();
verb cluster_verb();
verb doctor_verb();
verb config_verb();
verb backup_verb();
verb completion_verb();
verb man_verb();

} // namespace aops::cli
