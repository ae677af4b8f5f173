#include "messages/check.hpp"
#include "runtime/base/json_codec.hpp"
#include "runtime/core/check/live.hpp"
#include "runtime/core/check/rule_set.hpp"
#include "runtime/core/check/run.hpp"

#include <cstdlib>

/// Rule JSON text: decoded, validated, and when legal judged live and over stored rounds. Nothing
/// may crash, and a legal rule must compile.

using namespace aops;
using namespace aops::check;

namespace {

constexpr int64_t period = 15'000;

void judge(const check_rule& rule) {
  auto rules = rule_set::build({{rule, {}, 0}});
  if (!rules->rules().front()->program)
    std::abort();
  host_checker host(period, "h1");
  std::vector<std::string> groups =
    rule.host_group_list ? *rule.host_group_list : std::vector<std::string>();
  host.set_rules(rules, groups, 0);
  stored_history stored(rules->rules(), host.kept().bound());
  for (int64_t n = 0; n < 8; ++n) {
    check::round r{host.offset_ms() + n * period, n != 5, 0.1 * static_cast<double>(n), {}};
    for (const auto& s : host.kept().bound())
      if ((n + s.slot) % 4 != 0)
        r.samples.push_back(
          {s.slot, n % 2 ? number::of(n * 7) : number::of(0.5 * static_cast<double>(n))});
    auto result = r.answered ? host.on_samples(r.time_ms, r.samples, r.duration_s)
                             : host.on_failure(r.time_ms, r.duration_s);
    for (const auto& change : result.changes)
      if (change.check_item != rule.check_item)
        std::abort();
    stored.add(r);
  }
  const auto& compiled = rules->rules().front();
  for (auto basis : {time_basis::stored_grid, time_basis::delivered})
    run_rule(compiled, {0, 8 * period, period, basis, 0}, stored.data_for(*compiled));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  auto rule = base::decode_text<check_rule>({reinterpret_cast<const char*>(bytes), size});
  if (!rule)
    return 0;
  if (auto legal = validate(*rule); legal)
    judge(*rule);
  else if (legal.error().detail.empty())
    std::abort();
  digest_of(*rule);
  return 0;
}
