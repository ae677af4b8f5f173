#include "runtime/base/canonical_json.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/core/fault/report.hpp"
#include "runtime/core/fault/report_parts.hpp"

#include <algorithm>
#include <tuple>

// The content hash of a report: SHA-256 over canonical JSON, so everything here is written with
// members in canonical order.
namespace aops::fault {
namespace {

/// RFC 8785 knows doubles only; larger integers travel as texts so that different data never hash
/// the same.
void append_exact(std::string& out, const evidence_sample& x) {
  constexpr auto exact = int64_t{1} << 53;
  auto value = std::get_if<number>(&x.value);
  bool is_large = value != nullptr && value->is_integer() &&
                  (value->integer() > exact || value->integer() < -exact);
  if (is_large)
    out.append("\"").append(std::to_string(value->integer())).append("\"");
  else
    append_value(out, x);
}

/// The results of an item inside the slice; neighbours of one kind and instance that touch are one,
/// so that it does not matter how they were cut when they were stored.
template <class IsMeant>
void clip(const item_data& item, IsMeant is_meant, slice when, std::vector<result>& out) {
  out.clear();
  for (const auto& x : item.results)
    if (overlaps(x, when) && is_meant(x))
      out.push_back({std::max(x.start_ms, when.start_ms),
                     std::min(x.end_ms, when.end_ms),
                     x.value,
                     x.instance,
                     {}});
  std::sort(out.begin(), out.end(), [](const result& a, const result& b) {
    return std::tie(a.instance, a.value, a.start_ms, a.end_ms) <
           std::tie(b.instance, b.value, b.start_ms, b.end_ms);
  });
  size_t kept = 0;
  for (const auto& x : out) {
    if (kept > 0 && out[kept - 1].value == x.value && out[kept - 1].instance == x.instance &&
        x.start_ms <= out[kept - 1].end_ms)
      out[kept - 1].end_ms = std::max(out[kept - 1].end_ms, x.end_ms);
    else
      out[kept++] = x;
  }
  out.resize(kept);
}

void append_facts(std::string& out, const std::optional<host_facts>& facts) {
  if (!facts) {
    out += "null";
    return;
  }
  out += "{\"cpu\":";
  if (facts->core_count)
    base::append_canonical_number(out, int64_t{*facts->core_count});
  else
    out += "null";
  out += ",\"disk\":";
  {
    listing disks(out);
    for (const auto& disk : facts->disks) {
      disks.next();
      append_text(out, disk);
    }
  }
  if (!facts->instances.empty()) {
    out += ",\"instances\":";
    listing rules(out);
    for (const auto& [of, values] : facts->instances) {
      rules.next();
      listing texts(out);
      texts.next();
      append_text(out, of.check_item);
      texts.next();
      append_text(out, of.label);
      for (const auto& value : values) {
        texts.next();
        append_text(out, value);
      }
    }
  }
  out += '}';
}

} // namespace

void reporter::hash_data(slice when, std::span<const item_data> items) {
  constexpr std::string_view names[] = {
    "normal", "abnormal", "no_data", "internal_error", "not_evaluated"};
  const auto& of = evaluator_.of();
  listing data(canonical_, '{');
  for (auto i : of.sorted_items()) {
    if (states_[i] == leaf_state::normal)
      continue;
    data.next();
    canonical_.append(items_[i]).append(":{\"results\":");
    item_data none;
    const auto& item = i < items.size() ? items[i] : none;
    clip(
      item, [&](const result& x) { return is_meant(i, item, x); }, when, clipped_);
    {
      listing results(canonical_);
      for (const auto& x : clipped_) {
        results.next();
        canonical_ += '[';
        base::append_seconds(canonical_, x.start_ms);
        canonical_ += ',';
        base::append_seconds(canonical_, x.end_ms);
        canonical_.append(",\"").append(result_text(x.value)).append("\"");
        if (x.instance > 0) {
          canonical_ += ',';
          append_text(canonical_, item.instances[x.instance - 1].text);
        }
        canonical_ += ']';
      }
    }
    canonical_ += ",\"samples\":";
    append_samples(canonical_, item, 0, when, append_exact);
    if (auto shown = instances_in(i, leaf_state::abnormal, when, item);
        !shown.empty() && shown.back() > 0) {
      canonical_ += ",\"samples_of\":";
      listing instances(canonical_);
      for (auto k : shown) {
        if (k == 0)
          continue;
        instances.next();
        append_samples(canonical_, item, k, when, append_exact);
      }
    }
    canonical_.append(",\"state\":\"").append(names[static_cast<size_t>(states_[i])]).append("\"}");
  }
}

std::string reporter::hash(slice when, std::span<const item_data> items) {
  const auto& of = evaluator_.of();
  auto& out = canonical_;
  out = "{\"data\":";
  hash_data(when, items);
  out += ",\"facts\":";
  append_facts(out, of.facts());
  out += ",\"outcome\":{\"root_causes\":";
  {
    listing causes(out);
    for (auto cause : evaluator_.root_causes()) {
      causes.next();
      append_path(out, of, cause);
    }
  }
  write_undecided(out);
  out += ",\"values\":\"";
  for (auto x : evaluator_.values())
    out += "0123456789abcdef"[x & 15];
  out.append("\",\"verdict\":\"")
    .append(to_string(evaluator_.root_verdict()))
    .append("\"},\"rules\":\"")
    .append(rule_versions_digest_);
  out.append("\",\"tree\":\"").append(of.digest()).append("\"}");
  return base::sha256_hex(out);
}

} // namespace aops::fault
