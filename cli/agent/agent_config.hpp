#pragma once

#include "runtime/base/config_files.hpp"
#include "runtime/base/config_options.hpp"
#include "runtime/core/sockets/probe_lines.hpp"

#include <string>
#include <vector>

namespace aops::agent {

/// An external probe: one `[[probe]]` of the configuration.
struct probe_config {
  std::string name;
  std::vector<std::string> command; ///< Program and parameters; no shell.
  std::string meta;                 ///< File that says what its lines mean.
  std::string enabled = "on";       ///< `on`, `off`, `auto`.
  std::vector<std::string> check;   ///< With `auto`: prints how often what is probed is there.
  std::vector<sockets::probe_table> tables; ///< Of `meta`, once read.
};

/// What a user can set; what each option means stands in `options_of` (agent_config.cpp).
struct agent_config {
  std::vector<std::string> url;
  std::string token_file, ca;
  base::duration period = base::seconds(5), timeout = base::seconds(10);
  std::vector<std::string> exclude = {"aops-agent"};
  base::endpoint listen; ///< Without a host: no exporter.
  std::string machine_id, hostname;
  std::string log_level = "info";
  std::vector<probe_config> probes;
};

/// How many probes there may be.
inline constexpr size_t most_probes = 32;

std::vector<base::option> options_of(agent_config& c);
std::vector<base::option> options_of(probe_config& c);

/// Reads the file and then what the command line gives, `key=value` each.
/// @param file Empty: defaults only.
/// ec::bad_request with all faults, a line each: `FILE:LINE: key: reason`, or `--key: reason`.
expected<agent_config> load_agent_config(const std::string& file,
                                         const std::vector<std::string>& overrides);

/// `etc/agent.toml`: every option with its meaning and default.
std::string default_agent_toml();

/// The first line of a file that only its owner may read. ec::bad_request when it is none; the text
/// never has the token.
expected<std::string> read_token(const std::string& file);

/// Where batches go to.
struct node_address {
  bool tls = true;
  std::string host; ///< Without the brackets of an IPv6 address.
  int port = 443;
  std::string prefix; ///< Before the path of batches; no slash at the end.
  std::string text;   ///< As it is shown.
};

/// `https://HOST[:PORT][/PREFIX]`; `http://` for this very machine only, a token is a secret.
/// ec::bad_request with the reason.
expected<node_address> parse_node_address(std::string_view url);

} // namespace aops::agent
