#include "actors/logs/line_answers.hpp"

#include "messages/return_code.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

namespace aops::actors {

namespace {

constexpr int64_t ms_ns = 1'000'000, most_ms = INT64_MAX / ms_ns;

int64_t ns_of(moment x) { return std::clamp<int64_t>(x.ms, 0, most_ms) * ms_ns; }

/// The lines' own bytes, and some for what stands around them.
size_t bytes_of(const log_line& x) {
  size_t sum = 256 + x.message.size() + x.source.size() + x.program.size();
  for (const auto& [name, value] : x.fields)
    sum += name.size() + value.size() + 8;
  return sum;
}

log_line line_of(found_log_line x, const hosts_seen& hosts) {
  log_line out;
  out.line_id = to_text({{x.what.time_ns, x.n}, x.source, x.host_id});
  auto host = hosts.find(x.host_id);
  out.host_name = host == hosts.end() ? "" : host->second;
  out.host_id = std::move(x.host_id);
  out.time = {x.what.time_ns / ms_ns};
  out.time_ns = std::to_string(x.what.time_ns);
  out.source = std::move(x.what.source);
  out.severity = logs::severity_name(x.what.severity);
  out.facility = logs::facility_name(x.what.facility);
  out.program = std::move(x.what.program);
  out.pid = std::move(x.what.pid);
  out.message = std::move(x.what.message);
  if (x.what.offset != logs::no_offset)
    out.offset.emplace(x.what.offset);
  for (auto& [name, value] : x.what.fields)
    out.fields.emplace(std::move(name), std::move(value));
  out.is_cut = x.what.is_cut;
  return out;
}

expected<void> take_range(lines_wanted& out, const std::vector<moment>& range) {
  if (range.empty())
    return {};
  if (range.size() != 2)
    return fail(ec::bad_request, "time_range: must have two times, or none");
  if (range[0].ms > range[1].ms)
    return fail(ec::bad_request, "time_range: ends before it starts");
  out.start_ns = ns_of(range[0]);
  out.end_ns = range[1].ms >= most_ms ? INT64_MAX : ns_of(range[1]);
  return {};
}

expected<void> take_query(lines_wanted& out, const maybe<std::string>& text) {
  auto query = logs::line_query::parse(text.value_or(""));
  if (!query)
    return fail(std::move(query.error()));
  out.query = std::make_shared<const logs::line_query>(std::move(*query));
  return {};
}

/// In the order asked for.
struct line_order {
  bool newest_first = true;
  bool operator()(const log_line& a, const log_line& b) const {
    auto x = place_in(a), y = place_in(b);
    return newest_first ? x > y : x < y;
  }
  static line_place place_in(const log_line& x) {
    auto key = line_key_from(x.line_id);
    return key ? key->place : line_place{};
  }
};

/// By what a line is known again, whichever node keeps it; those without an offset are all
/// different.
std::string identity_of(const log_line& x) {
  return x.offset ? fmt::format("{}\n{}\n{}\n{}", x.host_id, x.source, *x.offset, x.message)
                  : x.line_id;
}

/// The lines of all nodes in order, each once, as far as every node told.
std::vector<log_line> joined_lines(std::vector<lines_found> parts, line_order order) {
  std::vector<log_line> all;
  const log_line* horizon = nullptr; // Beyond it a node has more than it told.
  for (const auto& part : parts)
    if (part.cut == "size" && !part.lines.empty() &&
        (!horizon || order(part.lines.back(), *horizon)))
      horizon = &part.lines.back();
  std::optional<log_line> end;
  if (horizon)
    end = *horizon;
  for (auto& part : parts)
    for (auto& x : part.lines)
      if (!end || !order(*end, x))
        all.push_back(std::move(x));
  std::stable_sort(all.begin(), all.end(), order);
  std::set<std::string> known;
  std::erase_if(all, [&](const log_line& x) { return !known.insert(identity_of(x)).second; });
  return all;
}

/// Sorts answers from what is missing. An error that is about the question is everybody's.
template <class T, class Reply>
expected<std::vector<T>> those_told(std::vector<told_by_node<T>> all, Reply& reply) {
  std::vector<T> out;
  for (auto& x : all) {
    if (x.told) { // Some lines of a node that tells may be damaged.
      for (auto& missing : x.told->missing)
        reply.missing.push_back(std::move(missing));
      if (x.told->code != code_ok)
        reply.code = x.told->code;
      out.push_back(std::move(*x.told));
      continue;
    }
    if (x.told.error() == ec::bad_request)
      return fail(std::move(x.told.error()));
    reply.missing.push_back({x.node, to_string(x.told.error())});
    reply.code = code_partial;
  }
  if (out.empty() && all.size() == 1) // A node by itself says what is wrong.
    return fail(std::move(all.front().told.error()));
  return out;
}

template <class T>
bool is_cut_by(const std::vector<T>& all, std::string_view why) {
  return std::any_of(all.begin(), all.end(), [&](const T& x) { return x.cut == why; });
}

} // namespace

std::string to_text(const line_key& x) {
  return fmt::format("{}-{}-{:016x}-{}", x.place.time_ns, x.place.n, x.source, x.host_id);
}

expected<line_key> line_key_from(std::string_view text) {
  line_key out;
  auto wrong = [] { return fail(ec::bad_request, "line_id: is none"); };
  auto end = text.data() + text.size();
  auto read = [&](auto& number, int base) {
    auto done = std::from_chars(text.data(), end, number, base);
    if (done.ec != std::errc{} || done.ptr == end || *done.ptr != '-')
      return false;
    text.remove_prefix(static_cast<size_t>(done.ptr - text.data()) + 1);
    return true;
  };
  if (!read(out.place.time_ns, 10) || out.place.time_ns < 0 || !read(out.place.n, 10) ||
      !read(out.source, 16) || text.empty())
    return wrong();
  out.host_id = text;
  return out;
}

std::string_view cut_name(line_cut x) {
  constexpr std::array<std::string_view, 4> names = {"", "limit", "time", "size"};
  return names[static_cast<size_t>(x)];
}

lines_found answer_of(lines_had had, const hosts_seen& hosts) {
  lines_found out;
  out.cut = cut_name(had.cut);
  size_t bytes = 0;
  for (auto& x : had.lines) {
    auto line = line_of(std::move(x), hosts);
    bytes += bytes_of(line);
    if (bytes > most_line_bytes && !out.lines.empty()) {
      out.cut = cut_name(line_cut::size);
      break;
    }
    out.lines.push_back(std::move(line));
  }
  return out;
}

expected<lines_wanted> wanted_by(const line_search& x) {
  lines_wanted out;
  if (auto read = take_query(out, x.query); !read)
    return fail(std::move(read.error()));
  if (auto read = take_range(out, x.time_range.value_or(std::vector<moment>{})); !read)
    return fail(std::move(read.error()));
  out.newest_first = x.order.value_or("newest") != "oldest";
  constexpr int64_t usual_limit = 100;
  out.limit = static_cast<size_t>(x.limit.value_or(usual_limit));
  if (!x.after_line)
    return out;
  auto key = line_key_from(*x.after_line);
  if (!key)
    return fail(ec::bad_request, "after_line: is no line_id");
  out.after = key->place;
  if (out.newest_first)
    out.end_ns = std::min(out.end_ns, key->place.time_ns + 1);
  else
    out.start_ns = std::max(out.start_ns, key->place.time_ns);
  return out;
}

expected<lines_wanted> wanted_by(const line_histogram_query& x) {
  lines_wanted out;
  if (auto read = take_query(out, x.query); !read)
    return fail(std::move(read.error()));
  if (auto read = take_range(out, x.time_range); !read)
    return fail(std::move(read.error()));
  return out;
}

logs::buckets buckets_for(const line_histogram_query& x) {
  constexpr int64_t usual_buckets = 60;
  return {ns_of(x.time_range.at(0)),
          ns_of(x.time_range.at(1)),
          static_cast<size_t>(x.buckets.value_or(usual_buckets))};
}

expected<lines_found> merged(const line_search& asked, std::vector<told_by_node<lines_found>> all) {
  auto wanted = wanted_by(asked);
  if (!wanted)
    return fail(std::move(wanted.error()));
  lines_found out;
  auto parts = those_told(std::move(all), out);
  if (!parts)
    return fail(std::move(parts.error()));
  for (const auto* why : {"limit", "size", "time"}) // The last one is the worst.
    if (is_cut_by(*parts, why))
      out.cut = why;
  out.lines = joined_lines(std::move(*parts), {wanted->newest_first});
  size_t bytes = 0, kept = 0;
  for (const auto& x : out.lines) {
    bytes += bytes_of(x);
    if (kept == wanted->limit || (bytes > 2 * most_line_bytes && kept > 0)) {
      if (out.cut.empty())
        out.cut = kept == wanted->limit ? "limit" : "size";
      break;
    }
    ++kept;
  }
  out.lines.resize(kept);
  return out;
}

expected<line_histogram> merged(std::vector<told_by_node<line_histogram>> all) {
  line_histogram out;
  auto parts = those_told(std::move(all), out);
  if (!parts)
    return fail(std::move(parts.error()));
  if (is_cut_by(*parts, "time"))
    out.cut = "time";
  for (auto& part : *parts) {
    out.total += part.total;
    if (out.buckets.empty()) {
      out.buckets = std::move(part.buckets);
      continue;
    }
    for (size_t i = 0; i < std::min(out.buckets.size(), part.buckets.size()); ++i)
      out.buckets[i].count += part.buckets[i].count;
  }
  return out;
}

expected<line_context> merged(const line_context_query& asked,
                              std::vector<told_by_node<line_context>> all) {
  line_context out;
  auto parts = those_told(std::move(all), out);
  if (!parts)
    return fail(std::move(parts.error()));
  for (const auto* why : {"size", "time"})
    if (is_cut_by(*parts, why))
      out.cut = why;
  std::vector<lines_found> lines;
  std::string wanted; // Of two copies of a line either may be the one that is shown.
  for (auto& part : *parts) {
    for (const auto& x : part.lines)
      if (x.line_id == asked.line_id)
        wanted = identity_of(x);
    lines.emplace_back().lines = std::move(part.lines);
  }
  if (wanted.empty())
    return fail(ec::not_found, "line_id: no such line");
  out.lines = joined_lines(std::move(lines), {false});
  auto it = std::find_if(out.lines.begin(), out.lines.end(), [&](const log_line& x) {
    return identity_of(x) == wanted;
  });
  if (it == out.lines.end())
    return fail(ec::not_found, "line_id: no such line");
  constexpr int64_t usual_lines = 10;
  auto before = asked.before.value_or(usual_lines), after = asked.after.value_or(usual_lines);
  auto place = it - out.lines.begin();
  auto end = std::min<int64_t>(place + after + 1, static_cast<int64_t>(out.lines.size()));
  out.lines.erase(out.lines.begin() + end, out.lines.end());
  out.lines.erase(out.lines.begin(), out.lines.begin() + std::max<int64_t>(place - before, 0));
  return out;
}

} // namespace aops::actors
