#include "cli/node/node.hpp"
#include "tests/path/greeting/kind/greeting.hpp"

#include <cstdio>

/// A node of the product that knows one kind of job more. `greeting_node SECTION.KEY=VALUE…`
int main(int argc, char** argv) {
  using namespace aops;
  auto config = base::load_config({}, {argv + 1, argv + argc});
  if (!config) {
    std::fprintf(stderr, "%s\n", config.error().detail.c_str());
    return node::exit_usage;
  }
  auto lists = node::product_lists();
  lists.messages.push_back(tests::add_greeting_types);
  lists.migrations.push_back(tests::greeting_migration);
  lists.stores.push_back(tests::greeting_store_child);
  lists.kinds.push_back(tests::greeting_kind());
  lists.routes.push_back(tests::greeting_routes);
  return node::run(std::make_shared<const base::config>(std::move(*config)), {}, std::move(lists));
}
