#include "actors/host/rule_instances.hpp"

#include <algorithm>

namespace aops::actors {

rule_instances::rule_instances(const check_rule& rule) {
  if (rule.data_list.empty())
    return;
  main_ = rule.data_list.front();
  if (main_.match)
    if (auto compiled = check::selector::compile(*main_.match))
      match_ = *compiled;
}

std::optional<label_set> rule_instances::instance_of(const label_set& series) const {
  if (main_.name.empty())
    return std::nullopt;
  if (!main_.match)
    return series == main_.label ? std::optional<label_set>{label_set{}} : std::nullopt;
  if (!match_ || !match_->matches(series))
    return std::nullopt;
  if (main_.agg.empty())
    return series;
  label_set out;
  if (main_.by)
    for (const auto& name : *main_.by)
      if (auto found = series.find(name); found != series.end())
        out.insert(*found);
  return out;
}

number rule_instances::value_of(const std::vector<number>& samples) const {
  auto as_real = [](const number& x) {
    return x.is_integer() ? static_cast<double>(x.integer()) : x.real();
  };
  auto before = [&](const number& a, const number& b) { return as_real(a) < as_real(b); };
  if (main_.agg == "count")
    return number::of(static_cast<int64_t>(samples.size()));
  if (main_.agg == "min")
    return *std::min_element(samples.begin(), samples.end(), before);
  if (main_.agg == "max")
    return *std::max_element(samples.begin(), samples.end(), before);
  if (main_.agg.empty())
    return samples.front();
  double sum = 0;
  for (const auto& x : samples)
    sum += as_real(x);
  return number::of(main_.agg == "avg" ? sum / static_cast<double>(samples.size()) : sum);
}

} // namespace aops::actors
