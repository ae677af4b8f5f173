#include "http/routes/routes.hpp"
#include "messages/roles/template.hpp"

namespace aops::http {

std::vector<route> template_routes(const node_port& port) {
  using role = template_store_actor;
  auto name = actors::template_store_name;
  auto who = may::administrator;
  return {
    once_for_key(ask<role, template_to_import, template_imported>(
      port, method::post, "/manage/template/import", who, name, "Import a template: a playbook.")),
    once_for_key(ask<role, template_package_to_import, template_imported>(
      port,
      method::post,
      "/manage/template/import/package",
      who,
      name,
      "Import a template from a package: its playbook, roles and files.")),
    ask<role, shipped_templates_to_import, shipped_templates_imported>(
      port,
      method::post,
      "/manage/template/import/shipped",
      who,
      name,
      "Import templates that come with aops, or their new versions."),
    ask<role, templates_query, templates_page>(
      port, method::post, "/manage/template/get", who, name, "List templates."),
    ask<role, template_versions_query, template_versions_page>(
      port, method::post, "/manage/template/version/get", who, name, "List versions of one."),
    only_reading(ask<role, template_diff_query, template_diff>(
      port, method::post, "/manage/template/diff", who, name, "Compare versions of a template.")),
    ask<role, templates_to_delete, done>(port,
                                         method::remove,
                                         "/manage/template/delete",
                                         who,
                                         name,
                                         "Delete templates; tasks keep what they froze."),
  };
}

} // namespace aops::http
