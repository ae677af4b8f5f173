#include "http/routes/routes.hpp"
#include "messages/roles/task.hpp"
#include "messages/roles/template.hpp"

namespace aops::http {

std::vector<route> task_routes(const node_port& port) {
  using templates = template_store_actor;
  using tasks = task_store_actor;
  auto template_store = actors::template_store_name;
  auto task_store = actors::task_store_name;
  return {
    once_for_key(ask<templates, template_to_import, done>(port,
                                                          method::post,
                                                          "/manage/template/import",
                                                          may::administrator,
                                                          template_store,
                                                          "Import a template: a playbook.")),
    ask<templates, templates_query, templates_page>(port,
                                                    method::post,
                                                    "/manage/template/get",
                                                    may::administrator,
                                                    template_store,
                                                    "List templates."),
    ask<templates, templates_to_delete, done>(port,
                                              method::remove,
                                              "/manage/template/delete",
                                              may::administrator,
                                              template_store,
                                              "Delete templates; tasks keep what they froze."),
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
