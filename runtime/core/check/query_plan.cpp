#include "runtime/core/check/query_plan.hpp"

#include "runtime/core/check/own_series.hpp"
#include "runtime/core/promql/lexer.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aops::check {

namespace {

/// For how long the last point of a series counts, and the step of a subquery that names none.
constexpr int64_t query_lookback_ms = 300'000, query_step_ms = 60'000;

bool is_name(const promql::matcher& m) { return m.name() == promql::metric_name; }

/// How an item of a rule writes a matcher.
std::string text_of_matcher(const promql::matcher& m) {
  switch (m.kind()) {
  case promql::match_kind::equal:
    return "=" + m.value();
  case promql::match_kind::not_equal:
    return "!=" + m.value();
  case promql::match_kind::regex:
    return "=~" + m.value();
  case promql::match_kind::not_regex:
    break;
  }
  return "!~" + m.value();
}

/// The stored label that a query names: labels of the host are no labels of its series.
std::string_view stored_label(std::string_view name) {
  constexpr std::string_view prefix = "exported_";
  if (name.starts_with(prefix) && host_label_bit(name.substr(prefix.size())) != 0)
    return name.substr(prefix.size());
  return name;
}

class planner {
public:
  explicit planner(query_plan& to) : to_(to) {}

  expected<void> visit(const promql::node& x, int64_t reach_ms) {
    if (x.at != promql::at_point::none)
      return refuse(x, "`@` is a fixed time, and a rule is judged each round");
    if (x.offset_ms < 0)
      return refuse(x, "a negative offset looks ahead");
    if (x.kind == promql::node_kind::selector)
      return take(x, reach_ms + x.offset_ms + std::max(x.range_ms, int64_t{0}));
    if (x.kind == promql::node_kind::subquery)
      reach_ms += x.range_ms + x.offset_ms + (x.step_ms > 0 ? x.step_ms : query_step_ms);
    for (const auto& child : x.children)
      if (auto fine = visit(*child, reach_ms); !fine)
        return fine;
    return {};
  }

private:
  tl::unexpected<error> refuse(const promql::node& x, std::string_view why) const {
    return fail(ec::bad_request,
                fmt::format("{}: {}", promql::place(to_.query.text(), x.begin), why));
  }

  expected<void> take(const promql::node& x, int64_t reach_ms) {
    to_.lookback_ms =
      std::max(to_.lookback_ms, reach_ms + (x.range_ms > 0 ? 0 : query_lookback_ms));
    compiled_item out;
    for (const auto& m : x.matchers)
      if (is_name(m) && m.kind() == promql::match_kind::equal && out.item.name.empty())
        out.item.name = m.value();
      else if (is_name(m))
        return refuse(x, "the name of the metric must be written out");
    if (out.item.name.empty())
      return refuse(x, "the name of the metric must be written out");
    if (out.item.name != up_series && out.item.name != duration_series) {
      std::map<std::string, std::string> match;
      for (const auto& m : x.matchers)
        if (!is_name(m) && host_label_bit(m.name()) == 0)
          match.try_emplace(std::string{stored_label(m.name())}, text_of_matcher(m));
      auto compiled = selector::compile(match);
      if (!compiled)
        return refuse(x, compiled.error().detail);
      out.match = std::move(*compiled);
      out.item.match.emplace(std::move(match));
    }
    auto same = [&](const compiled_item& y) { return mean_the_same(y.item, out.item); };
    if (std::none_of(to_.items.begin(), to_.items.end(), same))
      to_.items.push_back(std::move(out));
    return {};
  }

  query_plan& to_;
};

/// Looks for what would join the series of several hosts.
class host_watch {
public:
  explicit host_watch(const promql::query& query) : query_(query) {}

  /// What is known of the values of a node.
  struct known {
    bool has_hosts = false; ///< They are of a host each.
    bool is_fixed = false;  ///< They are of no host, and the same everywhere.
  };

  std::string why;

  known visit(const promql::node& x) {
    switch (x.kind) {
    case promql::node_kind::number:
    case promql::node_kind::text:
      return {false, true};
    case promql::node_kind::selector:
      return {true, false};
    case promql::node_kind::aggregate:
      return aggregate(x);
    case promql::node_kind::binary:
      return binary(x);
    case promql::node_kind::call:
      return call(x);
    default:
      return visit(*x.children.front());
    }
  }

private:
  void refuse(const promql::node& x, std::string text) {
    if (why.empty())
      why = fmt::format("{}: {}", promql::place(query_.text(), x.begin), text);
  }

  static bool names_host(const std::vector<std::string>& names) {
    return std::any_of(names.begin(), names.end(), [](const std::string& name) {
      return tells_host(host_label_bit(name));
    });
  }

  known aggregate(const promql::node& x) {
    auto inner = visit(*x.children.front());
    if (x.children.size() > 1)
      visit(*x.children[1]);
    if (inner.is_fixed)
      return inner;
    bool joins = x.without ? names_host(x.grouping) : !names_host(x.grouping);
    if (joins)
      refuse(x,
             fmt::format("{} {} is over all hosts, and a node judges each host by itself: group by "
                         "instance, or keep the rule in Prometheus",
                         promql::to_string(x.aggregation),
                         x.without ? "without (instance)" : "without `by (instance)`"));
    return {true, false};
  }

  known binary(const promql::node& x) {
    auto left = visit(*x.children[0]), right = visit(*x.children[1]);
    if (left.is_fixed && right.is_fixed)
      return left;
    bool are_vectors = x.children[0]->type == promql::value_type::vector &&
                       x.children[1]->type == promql::value_type::vector;
    bool joins = x.matching.on ? !names_host(x.matching.names) : names_host(x.matching.names);
    if (are_vectors && left.has_hosts && right.has_hosts && joins)
      refuse(x,
             fmt::format("{} does not match by instance, so that it would match other hosts",
                         promql::to_string(x.op)));
    return {true, false};
  }

  known call(const promql::node& x) {
    std::string_view name = x.function->name;
    known out{false, true};
    for (const auto& child : x.children) {
      auto inner = visit(*child);
      out.has_hosts |= inner.has_hosts;
      out.is_fixed &= inner.is_fixed;
    }
    if (!out.has_hosts)
      return out;
    if (name == "absent" || name == "absent_over_time" || name == "scalar")
      refuse(x, fmt::format("{} is over all hosts, and a node judges each host by itself", name));
    bool relabels = name == "label_replace" || name == "label_join";
    if (relabels && tells_host(host_label_bit(promql::bare(*x.children[1]).text)))
      refuse(x, fmt::format("{} changes which host a value is of", name));
    return out;
  }

  const promql::query& query_;
};

host_label_mask mask_of(const std::vector<std::string>& names) {
  host_label_mask out = 0;
  for (const auto& name : names)
    out |= host_label_bit(name);
  return out;
}

} // namespace

expected<query_plan> plan_query(const std::string& condition) {
  auto query = promql::query::parse(condition);
  if (!query)
    return fail(query.error());
  query_plan out;
  out.query = std::move(*query);
  auto type = out.query.root().type;
  if (type != promql::value_type::vector && type != promql::value_type::scalar)
    return fail(
      ec::bad_request,
      fmt::format("1:1: is a {}, no instant vector and no scalar", promql::to_string(type)));
  if (auto fine = planner(out).visit(out.query.root(), 0); !fine)
    return fail(fine.error());
  if (out.items.empty())
    return fail(ec::bad_request, "1:1: names no series");
  return out;
}

std::vector<data_item> items_of(const check_rule& rule) {
  if (!is_query(rule))
    return rule.data_list;
  std::vector<data_item> out;
  if (auto plan = plan_query(rule.condition))
    for (auto& x : plan->items)
      out.push_back(std::move(x.item));
  return out;
}

std::string why_not_per_host(const promql::query& query) {
  host_watch watch(query);
  watch.visit(query.root());
  return watch.why;
}

host_label_mask host_labels_of(const promql::node& x, const recorded_names& recorded) {
  auto of = [&](size_t i) { return host_labels_of(*x.children[i], recorded); };
  switch (x.kind) {
  case promql::node_kind::number:
  case promql::node_kind::text:
    return 0;
  case promql::node_kind::selector: {
    for (const auto& m : x.matchers)
      if (is_name(m))
        if (auto found = recorded.find(m.value()); found != recorded.end())
          return found->second;
    return all_host_labels;
  }
  case promql::node_kind::aggregate: {
    auto named = mask_of(x.grouping);
    bool keeps_all =
      x.aggregation == promql::aggregation::topk || x.aggregation == promql::aggregation::bottomk;
    auto inner = of(0);
    return keeps_all   ? inner
           : x.without ? static_cast<host_label_mask>(inner & ~named)
                       : static_cast<host_label_mask>(inner & named);
  }
  case promql::node_kind::binary: {
    auto left = of(0), right = of(1);
    if (x.children[0]->type == promql::value_type::scalar)
      return right;
    if (x.children[1]->type == promql::value_type::scalar || promql::is_set(x.op))
      return left;
    auto named = mask_of(x.matching.names), included = mask_of(x.matching.include);
    switch (x.matching.card) {
    case promql::cardinality::many_to_one:
      return static_cast<host_label_mask>(left | (right & included));
    case promql::cardinality::one_to_many:
      return static_cast<host_label_mask>(right | (left & included));
    default:
      return static_cast<host_label_mask>(x.matching.on ? left & named : left & ~named);
    }
  }
  case promql::node_kind::call: {
    std::string_view name = x.function->name;
    if (name == "absent" || name == "absent_over_time" || name == "vector" ||
        x.type == promql::value_type::scalar)
      return 0;
    for (size_t i = 0; i < x.children.size(); ++i)
      if (auto type = x.children[i]->type;
          type == promql::value_type::vector || type == promql::value_type::matrix)
        return of(i);
    return 0;
  }
  default:
    return of(0);
  }
}

} // namespace aops::check
