#include "runtime/core/fault/report.hpp"

#include "runtime/base/canonical_json.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/core/fault/report_parts.hpp"
#include "runtime/core/fault/stored_values.hpp"

#include <algorithm>

namespace aops::fault {
namespace {

struct span_of_time {
  int64_t first_ms = INT64_MAX, last_ms = INT64_MIN;
  bool is_empty() const { return first_ms > last_ms; }
};

/// First and last time of an item's results of one kind, clipped to the slice.
span_of_time extent_of(const item_data& item, leaf_state value, slice when) {
  span_of_time out;
  for (const auto& x : item.results) {
    if (x.value != value || !overlaps(x, when))
      continue;
    out.first_ms = std::min(out.first_ms, std::max(x.start_ms, when.start_ms));
    out.last_ms = std::max(out.last_ms, std::min(x.end_ms, when.end_ms));
  }
  return out;
}

void append_extent(std::string& out, span_of_time x) {
  if (x.is_empty())
    return;
  out += ",\"first\":";
  base::append_seconds(out, x.first_ms);
  out += ",\"last\":";
  base::append_seconds(out, x.last_ms);
}

std::string_view reason_of(leaf_state state, bool has_rule) {
  if (state == leaf_state::not_evaluated)
    return has_rule ? "Not evaluated" : "No rule";
  return leaf_message(state);
}

} // namespace

reporter::reporter(tree_ptr what, std::vector<item_rule> rules)
    : evaluator_(std::move(what)), rules_(std::move(rules)) {
  const auto& of = evaluator_.of();
  states_.resize(of.items().size());
  rules_.resize(of.items().size());
  for (size_t i = 0; i < rules_.size(); ++i) {
    append_text(items_.emplace_back(), of.items()[i]);
    append_text(conditions_.emplace_back(), rules_[i].condition);
  }
  {
    listing versions(rule_versions_, '{');
    for (auto i : of.sorted_items()) {
      if (!has_rule(i))
        continue;
      versions.next();
      rule_versions_.append(items_[i]).append(":");
      append_text(rule_versions_, rules_[i].digest);
    }
  }
  rule_versions_digest_ = base::sha256_hex(rule_versions_);
}

report reporter::make(slice when, std::span<const item_data> items) {
  for (size_t i = 0; i < states_.size(); ++i)
    states_[i] = state_in(items[i].results, when, items[i].is_covered && has_rule(i));
  return finish(when, items, {});
}

report reporter::unreadable(std::string_view reason) {
  std::fill(states_.begin(), states_.end(), leaf_state::internal_error);
  return finish({}, {}, reason);
}

report reporter::finish(slice when, std::span<const item_data> items, std::string_view error) {
  evaluator_.run(states_);
  report out;
  out.root = evaluator_.root_verdict();
  out.value = evaluator_.value();
  out.values = encode_values(evaluator_.of().facts(), evaluator_.values());
  out.content_hash = hash(when, items);
  auto& text = out.details;
  text.reserve(256 + canonical_.size()); // About as long as what was hashed.
  text.append("{\"verdict\":\"").append(to_string(out.root)).append("\",\"root_causes\":");
  write_root_causes(text);
  write_undecided(text);
  text += ",\"evidence\":";
  write_evidence(text, when, items);
  text += ",\"missing\":";
  write_missing(text, when, items);
  if (!error.empty()) {
    text += ",\"error\":";
    append_text(text, error);
  }
  text.append(",\"content_hash\":\"").append(out.content_hash).append("\"}");
  return out;
}

void reporter::write_root_causes(std::string& out) const {
  const auto& of = evaluator_.of();
  listing causes(out);
  for (auto cause : evaluator_.root_causes()) {
    const auto& node = of.nodes()[cause];
    causes.next();
    out += "{\"path\":";
    append_path(out, of, cause);
    out += ",\"description\":";
    append_text(out, node.description);
    out += ",\"advice\":";
    append_text(out, node.advice);
    out += ",\"evidence\":";
    {
      listing items(out);
      std::vector<uint32_t> shown;
      for (auto i = cause + 1; i < cause + node.extent; i += of.nodes()[i].extent) {
        const auto& child = of.nodes()[i];
        if (!child.is_leaf || !evaluator_.holds(i) ||
            std::count(shown.begin(), shown.end(), child.item))
          continue;
        shown.push_back(child.item);
        items.next();
        out += items_[child.item];
      }
    }
    if (evaluator_.node_verdict(cause) == verdict::unknown)
      out += ",\"certain\":false";
    out += '}';
  }
}

void reporter::write_undecided(std::string& out) {
  const auto& undecided = evaluator_.undecided();
  out += ",\"undecided\":";
  {
    listing sets(out);
    for (const auto& set : undecided.sets) {
      sets.next();
      listing items(out);
      for (auto item : set) {
        items.next();
        out += items_[item];
      }
    }
  }
  if (undecided.is_truncated)
    out += ",\"undecided_truncated\":true";
}

void reporter::write_evidence(std::string& out,
                              slice when,
                              std::span<const item_data> items) const {
  listing evidence(out);
  for (size_t i = 0; i < items.size(); ++i) {
    if (states_[i] != leaf_state::abnormal)
      continue;
    evidence.next();
    out += "{\"check_item\":";
    out += items_[i];
    out += ",\"condition\":";
    out += conditions_[i];
    append_extent(out, extent_of(items[i], leaf_state::abnormal, when));
    out += ",\"samples\":";
    append_samples(out, items[i], when, append_value);
    out += '}';
  }
}

void reporter::write_missing(std::string& out, slice when, std::span<const item_data> items) const {
  const auto& of = evaluator_.of();
  listing missing(out);
  for (size_t i = 0; i < states_.size(); ++i) {
    auto item = i < items.size() ? &items[i] : nullptr;
    auto reason = reason_of(states_[i], has_rule(i));
    if (reason.empty())
      continue;
    missing.next();
    out += "{\"check_item\":";
    out += items_[i];
    out.append(",\"reason\":\"").append(reason).append("\"");
    if (item != nullptr)
      append_extent(out, extent_of(*item, states_[i], when));
    out += '}';
  }
  for (uint32_t i = 0; i < of.nodes().size(); ++i) {
    if (!of.nodes()[i].is_leaf || of.nodes()[i].item < of.items().size())
      continue;
    missing.next();
    out += "{\"path\":";
    append_path(out, of, i);
    out += ",\"reason\":\"No facts of this host\"}";
  }
}

report failed_report(std::string_view reason) {
  report out;
  out.values = encode_values(std::nullopt, {});
  out.details =
    R"({"verdict":"unknown","root_causes":[],"undecided":[],"evidence":[],"missing":[],"error":)";
  append_text(out.details, reason);
  out.details += '}';
  return out;
}

expected<std::string> report_text(const tree_ptr& what, std::string_view values) {
  auto stored = decode_values(values);
  if (!stored)
    return fail(std::move(stored.error()));
  if (stored->nodes.empty())
    return "{}";
  if (!what)
    return fail(ec::corrupt, "the report's tree is missing");
  auto adapted = adapt(what, stored->facts.value_or(host_facts{}));
  if (!adapted)
    return fail(ec::corrupt, adapted.error().detail);
  return (*adapted)->text(stored->nodes);
}

} // namespace aops::fault
