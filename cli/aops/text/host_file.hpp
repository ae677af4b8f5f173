#pragma once

#include "cli/aops/text/json.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace aops::cli {

/// `web1.example.org`, `192.0.2.7:9200`, `2001:db8::1`, `[2001:db8::1]:9200`: the address, without
/// brackets, and the port when there is one, as it stands there. What an address may be is the
/// node's to judge; `ec::bad_request` for a port that is no number from 1 to 65535.
expected<std::pair<std::string, std::optional<int64_t>>> split_address(std::string_view text);

/// The hosts of a file as items of the request that adds them: CSV with a header when the name ends
/// in `.csv`, else YAML or JSON, a list, `host_list: [...]`, or `host_infos` as the node shows
/// them. Of each: `host_name` (or `name`), `public_ip` (or `address`, perhaps with a port), and as
/// wanted `exporter_port` (`port`), `host_group_name` (`group`), `ssh_port`, `management`; what the
/// node shows beside these is passed over. `ec::bad_request` names file and line, or the number of
/// the host.
expected<json> read_hosts(const std::string& name, std::string_view text);

} // namespace aops::cli
