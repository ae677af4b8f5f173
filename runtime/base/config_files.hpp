#pragma once

#include "runtime/base/config.hpp"

#include <map>

namespace aops::base {

/// Where options got their values, by name: `FILE:LINE` or `--set`.
using option_origins = std::map<std::string, std::string>;

struct located_config {
  config values;
  option_origins where;
};

/// As `load_config`, and tells where each value came from.
expected<located_config> load_located_config(const std::string& file,
                                             const std::vector<std::string>& overrides = {});

/// ec::bad_request about an option: `FILE:LINE: section.key: reason`, or `configuration: ...` when
/// it has its default.
tl::unexpected<error>
blame(const option_origins& where, const std::string& name, std::string_view reason);

/// Opens every file that the configuration names and that is in force: those of TLS, of the store
/// and of the links when they are used; keys must belong to their certificates, a node's
/// certificate to the cluster's authority; the log must be writable. Makes nothing. Errors as those
/// of `blame`.
expected<void> check_files(const config& c, const option_origins& where);

/// The options that `check_files` opens when they are set.
std::vector<std::string> file_options();

} // namespace aops::base
