#include "cli/node/check_config.hpp"

#include "cli/node/keep_list.hpp"

namespace aops::node {

expected<void> check_config(const base::located_config& config) {
  if (auto good = base::check_files(config.values, config.where); !good)
    return good;
  if (auto list = load_keep_list(config.values.scrape.keep_list); !list)
    return base::blame(config.where, "scrape.keep_list", list.error().detail);
  return {};
}

} // namespace aops::node
