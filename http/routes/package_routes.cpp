#include "http/routes/routes.hpp"
#include "messages/roles/package.hpp"

namespace aops::http {

std::vector<route> package_routes(const node_port& port) {
  using role = package_store_actor;
  auto name = actors::package_store_name;
  auto who = may::administrator;
  return {
    ask<role, package_piece, package_uploaded>(port,
                                               method::post,
                                               "/manage/package/upload",
                                               who,
                                               name,
                                               "Upload a piece of a package: tar.gz or zip."),
    ask<role, packages_query, packages_page>(
      port, method::post, "/manage/package/get", who, name, "List packages."),
    ask<role, packages_to_delete, done>(port,
                                        method::remove,
                                        "/manage/package/delete",
                                        who,
                                        name,
                                        "Delete packages; templates and tasks keep what they use."),
  };
}

} // namespace aops::http
