#include "cli/vectors/promql.hpp"
#include "cli/vectors/vectors.hpp"

#include <algorithm>
#include <fstream>
#include <initializer_list>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>

namespace {

using aops::vectors::json;
using aops::vectors::judgement;

/// The judge for this sort of vector; null when it is of none.
judgement (*judge_of(const json& vector))(const json&) {
  if (!vector.is_object() || !vector.contains("id") || !vector.contains("expected"))
    return nullptr;
  if (vector.contains("condition") && vector.contains("series"))
    return aops::vectors::judge_expression;
  auto kind =
    vector.contains("kind") && vector["kind"].is_string() ? vector["kind"].get<std::string>() : "";
  auto is_one_of = [&](std::initializer_list<std::string_view> kinds) {
    return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
  };
  if (is_one_of({"align", "dedup", "lookback", "check_run"}))
    return aops::vectors::judge_check_run;
  if (is_one_of({"condition", "diagnose", "report", "slices", "jobs", "excel"}))
    return aops::vectors::judge_diagnosis;
  return nullptr;
}

/// The judgement of one vector; one whose members are not of golden form fails with the reason.
judgement judge(const json& vector, judgement (*judge)(const json&)) {
  try {
    return judge(vector);
  } catch (const json::exception& e) {
    return {false, "a vector of golden form", e.what()};
  }
}

int complain(const std::string& what) {
  std::cerr << "aops-vectors: " << what << '\n';
  return 2;
}

/// `aops-vectors promql FILE...`: the same exit codes. Each skip is printed with its reason.
int run_promql(int count, char** files) {
  size_t failed = 0;
  for (int i = 0; i < count; ++i) {
    const std::string file = files[i];
    std::ifstream in(file);
    std::string script{std::istreambuf_iterator<char>(in), {}};
    if (!in)
      return complain(file + ": cannot be read");
    auto outcome = aops::vectors::run_promql_script(script);
    for (const auto& n : outcome.notes)
      std::cout << file << ':' << n.line << ": " << (n.skipped ? "skipped" : "failed") << ": "
                << n.reason << "\n  " << n.query << '\n';
    std::cout << file << ": " << outcome.passed << " passed, " << outcome.failed << " failed, "
              << outcome.skipped << " skipped\n";
    failed += outcome.failed;
  }
  return failed == 0 ? 0 : 1;
}

} // namespace

/// `aops-vectors FILE.jsonl`: 0 all passed, 1 some failed, 2 bad usage or unreadable file.
int main(int argc, char** argv) {
  constexpr std::string_view usage = "usage: aops-vectors FILE.jsonl\n"
                                     "       aops-vectors promql FILE.test...\n"
                                     "Replays golden vectors (expressions, check runs, diagnosis), "
                                     "one JSON object per line, or test "
                                     "scripts of PromQL.\n";
  if (argc == 2 && (std::string_view(argv[1]) == "--help" || std::string_view(argv[1]) == "-h")) {
    std::cout << usage;
    return 0;
  }
  if (argc > 2 && std::string_view(argv[1]) == "promql")
    return run_promql(argc - 2, argv + 2);
  if (argc != 2) {
    std::cerr << usage;
    return 2;
  }
  const std::string file = argv[1];
  std::ifstream in(file);
  if (!in)
    return complain(file + ": cannot be read");
  size_t passed = 0, failed = 0, number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos)
      continue;
    auto where = file + ":" + std::to_string(number) + ": ";
    auto vector = json::parse(line, nullptr, false);
    if (vector.is_discarded())
      return complain(where + "not a JSON object");
    auto judge_this = judge_of(vector);
    if (!judge_this)
      return complain(where + "not a vector of golden form");
    auto result = judge(vector, judge_this);
    ++(result.passed ? passed : failed);
    if (!result.passed)
      std::cout << vector["id"].dump() << "\n  expected " << result.expected << "\n  got      "
                << result.got << '\n';
  }
  if (in.bad())
    return complain(file + ": reading failed at line " + std::to_string(number + 1));
  std::cout << passed << " passed, " << failed << " failed\n";
  return failed == 0 ? 0 : 1;
}
