#include "cli/node/table_report.hpp"

#include <cstdio>

namespace aops::node {

void report_step(std::string_view step, std::string_view table, int64_t rows) {
  std::fprintf(stderr,
               "%.*s %.*s: %lld rows\n",
               static_cast<int>(step.size()),
               step.data(),
               static_cast<int>(table.size()),
               table.data(),
               static_cast<long long>(rows));
}

void print_tables(const std::vector<storage::copied_table>& tables) {
  int64_t rows = 0;
  std::printf("%-18s %12s  %s\n", "table", "rows", "sha256");
  for (const auto& x : tables) {
    std::printf(
      "%-18s %12lld  %.16s\n", x.name.c_str(), static_cast<long long>(x.rows), x.digest.c_str());
    rows += x.rows;
  }
  std::printf("%-18s %12lld\n", "all", static_cast<long long>(rows));
}

} // namespace aops::node
