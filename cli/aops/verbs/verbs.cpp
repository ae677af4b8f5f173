#include "cli/aops/verbs/verbs.hpp"

namespace aops::cli {

const verb_list& all_verbs() {
  static const verb_list verbs = {
    login_verb(),  logout_verb(),   context_verb(),    account_verb(),  certificate_verb(),
    user_verb(),   session_verb(),  token_verb(),      audit_verb(),    group_verb(),
    host_verb(),   series_verb(),   checkrule_verb(),  eval_verb(),     query_verb(),
    check_verb(),  status_verb(),   faultree_verb(),   diag_verb(),     report_verb(),
    stat_verb(),   template_verb(), package_verb(),    task_verb(),     schedule_verb(),
    run_verb(),    remote_verb(),   tracing_verb(),    host_log_verb(), topology_verb(),
    notify_verb(), silence_verb(),  kafka_verb(),      cluster_verb(),  doctor_verb(),
    config_verb(), backup_verb(),   completion_verb(), man_verb(),
  };
  return verbs;
}

} // namespace aops::cli
