#pragma once

#include "tests/cli/aops/support/canned_node.hpp"

#include <cstdlib>
#include <ctime>

namespace aops::cli::tests {

inline constexpr const char* id1 = "00000000000000000000000000000001";

/// Somebody logged in at a canned node, in UTC.
struct command_fixture : test_console {
  command_fixture() {
    ::setenv("TZ", "UTC0", 1);
    ::tzset();
    variables["AOPS_URL"] = node.url();
    variables["AOPS_ACCESS_TOKEN"] = "t";
  }
  canned_node node;
  bool told(std::string_view what) const { return err.str().find(what) != std::string::npos; }
  bool shown(std::string_view what) const { return out.str().find(what) != std::string::npos; }
  json sent(const std::string& path) const { return node.last(path).body; }
  void know_hosts() {
    node.answer(
      "/manage/host/get",
      {{"total_count", 1},
       {"total_page", 1},
       {"host_infos",
        json::array({{{"host_id", id1}, {"host_name", "web1"}, {"public_ip", "192.0.2.7"}}})}});
  }
};

} // namespace aops::cli::tests
