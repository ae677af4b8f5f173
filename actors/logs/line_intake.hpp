#pragma once

#include "actors/logs/host_logs.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

/// From lines that were read to lines that are stored, whatever way they came. On threads for that.
namespace aops::actors {

/// What taking lines in needs, on a thread for that.
struct intake_tools {
  store_ptr store;
  std::shared_ptr<host_token_cache> tokens;
  std::shared_ptr<line_store_place> place;
  std::shared_ptr<line_taps> taps;
  std::shared_ptr<bytes_held> held; ///< Until they are stored.
};

/// Stores lines of a host, shows them to those who listen, and then tells.
void keep_lines(const intake_tools& with,
                const std::string& host,
                std::vector<logs::record> lines,
                std::function<void(expected<lines_taken>)> then);

} // namespace aops::actors
