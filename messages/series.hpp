#pragma once

#include "messages/check.hpp"
#include "messages/wire.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// What is known of the series that rules name. Only between actors.
namespace aops {

/// What somebody's series tell of an item of a rule.
struct item_knowledge {
  bool fits = false;             ///< There is a series of it.
  std::vector<label_set> others; ///< Else labels of others of that name, a few.
  std::vector<std::string> near; ///< Else, without any of that name, names like it.
};
AOPS_WIRE(item_knowledge, fits, others, near)

/// Which of these items an owner's hosts have had series of, as far as they are stored.
struct stored_series_query {
  std::string owner;
  std::vector<data_item> items;
};
AOPS_WIRE(stored_series_query, owner, items)

struct stored_series_known {
  int64_t hosts = 0;                     ///< Looked at; 0: none ever answered.
  bool is_all = true;                    ///< These are all that ever answered.
  std::vector<std::string> online_hosts; ///< Ids of some of them.
  std::vector<item_knowledge> items;     ///< In the order asked.
};
AOPS_WIRE(stored_series_known, hosts, is_all, online_hosts, items)

/// The same of one host, whatever its exporter tells now.
struct host_series_query {
  std::string owner;
  std::vector<data_item> items;
};
AOPS_WIRE(host_series_query, owner, items)

struct host_series_known {
  std::vector<item_knowledge> items; ///< In the order asked.
};
AOPS_WIRE(host_series_known, items)

} // namespace aops
