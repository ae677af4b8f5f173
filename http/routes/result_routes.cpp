#include "http/routes/routes.hpp"
#include "messages/names.hpp"
#include "messages/roles/check.hpp"
#include "messages/time_ranges.hpp"

namespace aops::http {

std::vector<route> result_routes(const node_port& port) {
  using role = result_store_actor;
  auto name = actors::result_store_name;
  return {
    ask<role, results_query, results_page>(port,
                                           method::post,
                                           "/check/result/get",
                                           may::user,
                                           name,
                                           "List check results that overlap a time range."),
    ask<role, result_count_query, result_counts_page>(port,
                                                      method::post,
                                                      "/check/result/count",
                                                      may::user,
                                                      name,
                                                      "Count `Abnormal` results per host."),
  };
}

} // namespace aops::http
