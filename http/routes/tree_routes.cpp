#include "http/routes/routes.hpp"
#include "messages/names.hpp"
#include "messages/roles/diag.hpp"

namespace aops::http {

std::vector<route> tree_routes(const node_port& port) {
  using role = tree_store_actor;
  auto name = actors::tree_store_name;
  return {
    once_for_key(ask<role, trees_to_import, trees_imported>(
      port,
      method::post,
      "/diag/tree/import",
      may::administrator,
      name,
      "Import fault trees; an existing name is replaced.")),
    ask<role, trees_query, trees_found>(
      port, method::post, "/diag/tree/get", may::user, name, "List fault trees."),
    ask<role, trees_to_delete, done>(port,
                                     method::remove,
                                     "/diag/tree/delete",
                                     may::administrator,
                                     name,
                                     "Delete fault trees; their reports stay."),
  };
}

} // namespace aops::http
