#pragma once

#include "cli/aops/text/json.hpp"

namespace aops::cli::tests {

/// A report of `/diag/report/get`: the CPU is the cause, the disk's item has no data.
inline json sample_report() {
  json busy = {{"node name", "busy"}, {"value", true}, {"check item", "cpu_busy"}, {"msg", ""}};
  json full = {
    {"node name", "full"}, {"value", nullptr}, {"check item", "disk_full"}, {"msg", "No data"}};
  json cpu = {{"node name", "cpu <hot>"},
              {"value", true},
              {"condition", "busy"},
              {"description", "the CPU is overloaded"},
              {"advice", "stop the biggest process"},
              {"children", json::array({busy})}};
  json disk = {{"node name", "disk"},
               {"value", false},
               {"condition", "full"},
               {"description", ""},
               {"advice", ""},
               {"children", json::array({full})}};
  json root = {{"node name", "slow"},
               {"value", true},
               {"condition", "cpu <hot> || disk"},
               {"description", ""},
               {"advice", ""},
               {"children", json::array({cpu, disk})}};
  return {{"host_id", "00000000000000000000000000000001"},
          {"tree_name", "slow_host"},
          {"task_id", "00000000000000000000000000000010"},
          {"report_id", "00000000000000000000000000000100"},
          {"start", 1709290800},
          {"end", 1709290860},
          {"report", root},
          {"verdict", "true"},
          {"root_causes",
           json::array({{{"path", json::array({"slow", "cpu <hot>"})},
                         {"description", "the CPU is overloaded"},
                         {"advice", "stop the biggest process"},
                         {"evidence", json::array({"cpu_busy"})},
                         {"certain", true}}})},
          {"undecided", json::array({json::array({"disk_full", "disk_slow"})})},
          {"evidence",
           json::array({{{"check_item", "cpu_busy"},
                         {"condition", "max(1m) > 80"},
                         {"first", 1709290815},
                         {"last", 1709290845},
                         {"samples",
                          json::array({json::array({1709290815, 96.5}),
                                       json::array({1709290830, 97}),
                                       json::array({1709290845, 98}),
                                       json::array({1709290860, 99})})},
                         {"judged",
                          json::array({{{"part", "max(1m)"},
                                        {"values",
                                         json::array({json::array({1709290815, 96.5}),
                                                      json::array({1709290860, 99})})}}})}}})},
          {"missing", json::array({{{"check_item", "disk_full"}, {"reason", "No data"}}})},
          {"tree_version", "v1"},
          {"rule_versions", json::object()},
          {"content_hash", "ab54a98ceb1f0ad2ab54a98ceb1f0ad2"}};
}

} // namespace aops::cli::tests
