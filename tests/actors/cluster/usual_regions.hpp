#pragma once

#include "actors/cluster/cluster_services.hpp"
#include "messages/names.hpp"

namespace aops::tests {

/// The regions of a node of the product, as its cluster knows them.
inline std::vector<actors::cluster_region> usual_regions() {
  using namespace actors;
  return {{std::string{hosts_name}, std::string{host_prefix}, true},
          {std::string{jobs_name}, std::string{job_prefix}}};
}

} // namespace aops::tests
