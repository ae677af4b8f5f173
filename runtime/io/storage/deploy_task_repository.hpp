#pragma once

#include "messages/task.hpp"
#include "runtime/io/storage/database.hpp"

namespace aops::storage {

/// A deployment task to store.
struct new_deploy_task {
  std::string id, owner, user, task_name, description;
  std::vector<std::string> templates; ///< Names, in order.
  std::vector<std::string> hosts;     ///< Ids.
  std::vector<std::string> groups;    ///< Names.
  std::vector<deploy_step> steps;
  std::string vars; ///< JSON text, or empty.
  int64_t created_ms = 0;
};

/// What a run of a task is made of.
struct task_to_run {
  std::string id, task_name, vars; ///< JSON text, or empty.
  std::vector<deploy_step> steps;
  struct host {
    std::string id, name, group;
  };
  std::vector<host> hosts; ///< Those it names, then those of its groups.
  struct frozen {
    std::string name, digest;
  };
  std::vector<frozen> templates;
};

/// Keeps deployment tasks, each with its templates as they were when it was made. Groups are meant
/// with the hosts they have when the task runs.
class deploy_task_repository {
public:
  explicit deploy_task_repository(database& db) : db_(db) {}

  /// ec::bad_request names a template, host or group that the owner does not have; ec::conflict
  /// when the id is taken. In a transaction.
  expected<void> add(const new_deploy_task& x);

  expected<deploy_tasks_page> page(std::string_view owner, const deploy_tasks_query& q);

  /// By id or name, with their schedules; unknown ones are ignored. In a transaction. @returns
  /// Tasks deleted.
  expected<int64_t> remove(std::string_view owner, const std::vector<std::string>& tasks);

  /// With the hosts it has now; nothing when the owner has no such task.
  expected<std::optional<task_to_run>> to_run(std::string_view owner, std::string_view id);

private:
  struct listed_task {
    int64_t key;
    deploy_task_info info;
  };
  expected<void> add_parts(std::vector<listed_task>& tasks);
  expected<void> freeze_templates(int64_t task, const new_deploy_task& x);
  expected<void> add_hosts(int64_t task, const new_deploy_task& x);
  expected<void> add_groups(int64_t task, const new_deploy_task& x);
  database& db_;
};

} // namespace aops::storage
