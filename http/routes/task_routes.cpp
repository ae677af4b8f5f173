#include "http/routes/routes.hpp"
#include "messages/roles/task.hpp"

namespace aops::http {

std::vector<route> task_routes(const node_port& port) {
  using tasks = task_store_actor;
  auto task_store = actors::task_store_name;
  return {
    once_for_key(ask<tasks, deploy_task_to_generate, deploy_task_generated>(
      port,
      method::post,
      "/manage/task/generate",
      may::administrator,
      task_store,
      "Make a deployment task of templates, frozen as they are now.")),
    ask<tasks, deploy_tasks_query, deploy_tasks_page>(port,
                                                      method::post,
                                                      "/manage/task/get",
                                                      may::administrator,
                                                      task_store,
                                                      "List deployment tasks."),
    ask<tasks, deploy_tasks_to_delete, done>(port,
                                             method::remove,
                                             "/manage/task/delete",
                                             may::administrator,
                                             task_store,
                                             "Delete deployment tasks."),
  };
}

} // namespace aops::http
