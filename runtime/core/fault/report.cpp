#include "runtime/core/fault/report.hpp"

#include "runtime/base/canonical_json.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/core/fault/report_parts.hpp"
#include "runtime/core/fault/stored_values.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace aops::fault {
namespace {

struct span_of_time {
  int64_t first_ms = INT64_MAX, last_ms = INT64_MIN;
  bool is_empty() const { return first_ms > last_ms; }
};

/// First and last time of those results of one kind that are meant, clipped to the slice.
template <class IsMeant>
span_of_time extent_of(const item_data& item, leaf_state value, slice when, IsMeant is_meant) {
  span_of_time out;
  for (const auto& x : item.results) {
    if (x.value != value || !overlaps(x, when) || !is_meant(x))
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

void append_texts(std::string& out,
                  std::string_view member,
                  const std::vector<std::string_view>& texts) {
  out += member;
  listing list(out);
  for (auto text : texts) {
    list.next();
    append_text(out, text);
  }
}

void append_labels(std::string& out, const label_set& labels) {
  listing members(out, '{');
  for (const auto& [name, value] : labels) {
    members.next();
    append_text(out, name);
    out += ':';
    append_text(out, value);
  }
}

void append_number(std::string& out, const number& x) { append_value(out, evidence_sample{0, x}); }

/// `,"judged":[{"part":"rate(10s)","values":[[time,value],…]}]`: what was judged, over the slice.
void append_judged(std::string& out,
                   std::span<const judged_part> parts,
                   uint32_t instance,
                   slice when) {
  auto is_meant = [&](const judged_part& x) { return x.instance == instance; };
  if (std::none_of(parts.begin(), parts.end(), is_meant))
    return;
  out += ",\"judged\":";
  listing list(out);
  for (const auto& part : parts) {
    if (!is_meant(part))
      continue;
    list.next();
    out += "{\"part\":";
    append_text(out, part.text);
    out += ",\"values\":";
    auto before = [](const auto& x, int64_t t) { return x.first < t; };
    auto first = std::lower_bound(part.values.begin(), part.values.end(), when.start_ms, before);
    auto last = std::lower_bound(first, part.values.end(), when.end_ms + 1, before);
    auto count = static_cast<size_t>(last - first);
    auto shown = std::min(count, max_judged_values);
    {
      listing values(out);
      for (size_t i = 0; i < shown; ++i) {
        auto step = shown > 1 ? i * (count - 1) / (shown - 1) : 0; // The first and the last, too.
        const auto& [time_ms, value] = first[static_cast<std::ptrdiff_t>(step)];
        values.next();
        out += '[';
        base::append_seconds(out, time_ms);
        out += ',';
        append_number(out, value);
        out += ']';
      }
    }
    out += '}';
  }
}

/// `,"host_id":…,"host_name":…,"path":[…]` of a host that the judged one depended on.
void append_upstream(std::string& out,
                     std::span<const upstream_link> all,
                     std::string_view host_id) {
  auto found = std::find_if(
    all.begin(), all.end(), [&](const upstream_link& x) { return x.host_id == host_id; });
  if (host_id.empty() || found == all.end())
    return;
  out += ",\"host_id\":";
  append_text(out, found->host_id);
  out += ",\"host_name\":";
  append_text(out, found->host_name);
  append_texts(out, ",\"path\":", {found->path.begin(), found->path.end()});
}

/// Of the first abnormal result of an instance that has one.
std::string_view reason_in(const item_data& item, uint32_t instance, slice when) {
  for (const auto& x : item.results)
    if (x.instance == instance && x.value == leaf_state::abnormal && overlaps(x, when) &&
        !x.reason.empty())
      return x.reason;
  return {};
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
  selected_.resize(rules_.size());
  auto before = [](const std::string* a, const std::string* b) { return base::utf16_less(*a, *b); };
  std::map<const std::string*, size_t, decltype(before)> by_rule(before);
  for (size_t i = 0; i < rules_.size(); ++i) {
    const auto& asked = of.asked()[i];
    append_text(items_.emplace_back(), asked.text);
    append_text(check_items_.emplace_back(), asked.check_item);
    append_text(conditions_.emplace_back(), rules_[i].condition);
    if (has_rule(i))
      by_rule.emplace(&asked.check_item, i);
  }
  {
    listing versions(rule_versions_, '{');
    for (auto [name, i] : by_rule) {
      versions.next();
      rule_versions_.append(check_items_[i]).append(":");
      append_text(rule_versions_, rules_[i].digest);
    }
  }
  rule_versions_digest_ = base::sha256_hex(rule_versions_);
}

report reporter::make(slice when, std::span<const item_data> items) {
  for (size_t i = 0; i < states_.size(); ++i)
    states_[i] = state_of_item(i, when, items[i]);
  return finish(when, items, {});
}

leaf_state reporter::state_of_item(size_t i, slice when, const item_data& item) {
  const auto& asked = evaluator_.of().asked()[i];
  auto is_covered = item.is_covered && has_rule(i);
  auto& selected = selected_[i];
  if (asked.is_plain()) {
    selected.which.clear();
    return state_in(item.results, when, is_covered);
  }
  if (selected.which.empty() || selected.of != item.instances.data() ||
      selected.count != item.instances.size())
    selected = {
      item.instances.data(), item.instances.size(), selected_instances(asked, item.instances)};
  if (asked.is_upstream)
    return state_of_upstream(selected.which, item.instances, item.results, when, is_covered);
  return state_of_instances(asked, selected.which, item.results, item.present, when, is_covered);
}

std::vector<uint32_t>
reporter::instances_in(size_t i, leaf_state state, slice when, const item_data& item) const {
  std::vector<uint32_t> out;
  for (const auto& x : item.results)
    if (x.value == state && overlaps(x, when) && is_meant(i, item, x))
      out.push_back(x.instance);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
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
  write_root_causes(text, when, items);
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

void reporter::write_root_causes(std::string& out,
                                 slice when,
                                 std::span<const item_data> items) const {
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
    std::vector<uint32_t> leaves; // What its true leaves ask, each once.
    for (auto i = cause + 1; i < cause + node.extent; i += of.nodes()[i].extent)
      if (const auto& child = of.nodes()[i]; child.is_leaf && evaluator_.holds(i) &&
                                             !std::count(leaves.begin(), leaves.end(), child.item))
        leaves.push_back(child.item);
    {
      listing names(out);
      std::vector<std::string_view> shown;
      for (auto item : leaves)
        if (!std::count(shown.begin(), shown.end(), check_items_[item])) {
          shown.push_back(check_items_[item]);
          names.next();
          out += check_items_[item];
        }
    }
    write_cause_instances(out, leaves, when, items);
    if (evaluator_.node_verdict(cause) == verdict::unknown)
      out += ",\"certain\":false";
    out += '}';
  }
}

/// `,"instances":[…]`, or nothing where no rule has any.
void reporter::write_cause_instances(std::string& out,
                                     const std::vector<uint32_t>& leaves,
                                     slice when,
                                     std::span<const item_data> items) const {
  std::vector<std::string_view> shown;
  for (auto item : leaves) {
    if (item >= items.size())
      continue;
    for (auto k : instances_in(item, leaf_state::abnormal, when, items[item]))
      if (k > 0 && shown.size() < max_shown_instances)
        if (std::string_view text = items[item].instances[k - 1].text;
            !std::count(shown.begin(), shown.end(), text))
          shown.push_back(text);
  }
  if (!shown.empty())
    append_texts(out, ",\"instances\":", shown);
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
  std::set<std::tuple<std::string_view, bool, uint32_t>> shown; // Leaves may share instances.
  for (size_t i = 0; i < items.size(); ++i) {
    if (states_[i] != leaf_state::abnormal)
      continue;
    auto found = instances_in(i, leaf_state::abnormal, when, items[i]);
    auto left_out = found.size() > max_shown_instances ? found.size() - max_shown_instances : 0;
    found.resize(found.size() - left_out);
    for (auto k : found) {
      bool is_upstream = evaluator_.of().asked()[i].is_upstream;
      if (!shown.emplace(check_items_[i], is_upstream, k).second)
        continue;
      evidence.next();
      out += "{\"check_item\":";
      out += check_items_[i];
      out += ",\"condition\":";
      // What was found tells more than the rule where the rule is not at hand.
      auto reason = is_upstream ? reason_in(items[i], k, when) : std::string_view{};
      if (reason.empty())
        out += conditions_[i];
      else
        append_text(out, reason);
      append_extent(out, extent_of(items[i], leaf_state::abnormal, when, [&](const result& x) {
                      return x.instance == k;
                    }));
      out += ",\"samples\":";
      append_samples(out, items[i], k, when, append_value);
      append_judged(out, items[i].judged, k, when);
      if (k > 0) {
        const auto& instance = items[i].instances[k - 1];
        out += ",\"instance\":";
        append_text(out, instance.text);
        out += ",\"labels\":";
        append_labels(out, instance.labels);
        append_upstream(out, items[i].upstream, instance.host_id);
      }
      if (auto more = std::exchange(left_out, 0); more > 0)
        out.append(",\"more_instances\":").append(std::to_string(more));
      out += '}';
    }
  }
}

void reporter::write_missing(std::string& out, slice when, std::span<const item_data> items) const {
  const auto& of = evaluator_.of();
  listing missing(out);
  for (size_t i = 0; i < states_.size(); ++i) {
    auto reason = reason_of(states_[i], has_rule(i));
    if (reason.empty())
      continue;
    missing.next();
    out += "{\"check_item\":";
    out += check_items_[i];
    out.append(",\"reason\":\"").append(reason).append("\"");
    if (i < items.size())
      write_missing_rows(out, i, when, items[i]);
    if (!of.asked()[i].is_plain())
      out.append(",\"leaf\":").append(items_[i]);
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

/// When nothing was known of an item, of which of its instances, and why.
void reporter::write_missing_rows(std::string& out,
                                  size_t i,
                                  slice when,
                                  const item_data& item) const {
  auto found = instances_in(i, states_[i], when, item);
  auto is_meant = [&](const result& x) {
    return std::binary_search(found.begin(), found.end(), x.instance);
  };
  append_extent(out, extent_of(item, states_[i], when, is_meant));
  for (const auto& x : item.results)
    if (x.value == states_[i] && overlaps(x, when) && is_meant(x) && !x.reason.empty()) {
      out += ",\"detail\":";
      append_text(out, x.reason);
      break;
    }
  std::vector<std::string_view> shown;
  for (auto k : found)
    if (k > 0 && shown.size() < max_shown_instances)
      shown.push_back(item.instances[k - 1].text);
  if (!shown.empty())
    append_texts(out, ",\"instances\":", shown);
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
