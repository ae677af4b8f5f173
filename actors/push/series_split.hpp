#pragma once

#include "messages/account.hpp"
#include "messages/host.hpp"
#include "messages/push.hpp"
#include "runtime/core/push/write_request.hpp"

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

/// Which series is whose. Pure.
namespace aops::actors {

/// The hosts of an owner by what series call them.
class host_index {
public:
  /// @param default_port The exporter's, of hosts that name none.
  host_index(std::vector<host_record> hosts, int64_t default_port);

  /// By id; null when there is none.
  const host_record* of_id(const std::string& id) const;
  /// By address and port, by an address that one host alone has, or by name; else null.
  const host_record* of_instance(const std::string& instance) const;

private:
  std::vector<host_record> hosts_;
  std::unordered_map<std::string, size_t> by_id_, by_place_, by_name_;
  std::unordered_map<std::string, size_t> by_address_; ///< `npos`: of several.
};

/// A request, taken apart.
struct split_write {
  std::map<std::string, samples_to_push> parts; ///< By host.
  int64_t refused = 0;                          ///< Samples.
  std::vector<std::string> causes;
};

/// Adds samples that are refused, and why, unless it is among a few causes already.
void refuse_samples(split_write& to, int64_t samples, std::string cause);

/// With the token of a host: all of it is its own, and what says that it is another host's is
/// refused.
split_write split_for_host(push::write_request x, const host_record& host, const host_index& hosts);

/// Whether each series is of one of these hosts.
bool knows_all(const push::write_request& x, const host_index& hosts);

/// Each series goes to the host of the caller that its label `host_id` names, else `instance`.
split_write split_for_caller(push::write_request x, const caller& who, const host_index& hosts);

} // namespace aops::actors
