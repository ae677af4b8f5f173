#pragma once

#include "cli/aops/term/palette.hpp"
#include "cli/aops/text/json.hpp"

#include <string>

/// What is wrong now, as lines of text.
namespace aops::cli {

/// `2 hosts online, 1 offline; 1 critical, 3 warning`, from `/check/status/count`.
std::string status_summary(const json& counts, const palette& colours);

/// `critical  web2  disk-full{mountpoint="/var"}  since 5m`, of a row of `/check/status/get`.
std::string alert_line(const json& row, int64_t now_s, const palette& colours);

/// `No data   web3  5 rules  since 10m  exporter refused the connection`, of a silent host.
std::string silent_line(const json& host, int64_t now_s, const palette& colours);

/// `40s`, `5m`, `2h`, `3d`: how long ago, the largest unit that is not 0.
std::string age_text(double since_s, int64_t now_s);

} // namespace aops::cli
