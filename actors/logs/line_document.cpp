#include "actors/logs/line_document.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/base/time_text.hpp"

#include <fmt/format.h>

#include <charconv>
#include <set>

namespace aops::actors {

namespace {

using base::json;

constexpr size_t id_digits = 32;
constexpr int64_t ns_of_second = 1'000'000'000, ns_of_ms = 1'000'000;

/// `2026-03-01T08:15:00.123456789Z`
std::string nanosecond_text(int64_t time_ns) {
  constexpr size_t until_seconds = 19;
  auto text = base::exact_utc(time_ns / ns_of_second * 1000);
  return fmt::format("{}.{:09}Z", text.substr(0, until_seconds), time_ns % ns_of_second);
}

std::string text_member_of(const json& x, const char* name) {
  auto it = x.find(name);
  return it != x.end() && it->is_string() ? it->get<std::string>() : std::string{};
}

int64_t number_member_of(const json& x, const char* name, int64_t otherwise) {
  auto it = x.find(name);
  return it != x.end() && it->is_number_integer() ? it->get<int64_t>() : otherwise;
}

json keyword(int ignore_above) { return {{"type", "keyword"}, {"ignore_above", ignore_above}}; }
json without_values(std::string_view type) { return {{"type", type}, {"doc_values", false}}; }

} // namespace

uint64_t line_source_hash(std::string_view host, std::string_view source) {
  auto digest = base::sha256(fmt::format("{}\n{}", host, source));
  uint64_t out = 0;
  for (size_t i = 0; i < sizeof out; ++i)
    out = out << 8 | digest[i];
  return out;
}

std::string document_id_of(const line_to_keep& x) {
  if (x.what.offset == logs::no_offset)
    return {};
  auto what =
    fmt::format("{}\n{}\n{}\n{}", x.host_id, x.what.source, x.what.offset, x.what.message);
  return base::sha256_hex(what).substr(0, id_digits);
}

std::string document_of(const line_to_keep& x) {
  const auto& line = x.what;
  json out = {{"@timestamp", nanosecond_text(line.time_ns)},
              {"time_ns", line.time_ns},
              {"n", static_cast<int64_t>(x.n)},
              {"host_id", x.host_id},
              {"source_hash", fmt::format("{:016x}", x.source)},
              {"message", line.message}};
  auto put = [&](const char* name, const std::string& text) {
    if (!text.empty())
      out[name] = text;
  };
  put("source", line.source);
  put("program", line.program);
  put("pid", line.pid);
  if (line.offset != logs::no_offset)
    out["offset"] = line.offset;
  if (line.severity != logs::no_severity)
    out["severity"] = line.severity;
  if (line.facility != logs::no_facility)
    out["facility"] = line.facility;
  if (line.is_cut)
    out["is_cut"] = true;
  for (const auto& [name, value] : line.fields) {
    out["fields"][name] = value;
    if (name == "data_item")
      out["data_item"] = value;
  }
  std::set<std::string> words;
  logs::words_of_line(line, [&](std::string_view word) { words.emplace(word); });
  out["words"] = words;
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

expected<found_log_line> line_in_document(const json& x) {
  found_log_line out;
  uint64_t hash = 0;
  if (!x.is_object())
    return fail(ec::corrupt, "a line does not read");
  auto digits = text_member_of(x, "source_hash");
  auto read = std::from_chars(digits.data(), digits.data() + digits.size(), hash, 16);
  out.host_id = text_member_of(x, "host_id");
  out.what.time_ns = number_member_of(x, "time_ns", 0);
  out.n = static_cast<uint64_t>(number_member_of(x, "n", 0));
  if (read.ec != std::errc{} || out.host_id.empty() || out.what.time_ns <= 0 || out.n == 0)
    return fail(ec::corrupt, "a line does not read");
  out.source = hash;
  out.what.source = text_member_of(x, "source");
  out.what.offset = number_member_of(x, "offset", logs::no_offset);
  out.what.severity = static_cast<uint8_t>(number_member_of(x, "severity", logs::no_severity));
  out.what.facility = static_cast<uint8_t>(number_member_of(x, "facility", logs::no_facility));
  out.what.program = text_member_of(x, "program");
  out.what.pid = text_member_of(x, "pid");
  out.what.message = text_member_of(x, "message");
  if (auto fields = x.find("fields"); fields != x.end() && fields->is_object())
    for (const auto& [name, value] : fields->items())
      if (value.is_string())
        out.what.fields.emplace_back(name, value.get<std::string>());
  auto cut = x.find("is_cut");
  out.what.is_cut = cut != x.end() && cut->is_boolean() && cut->get<bool>();
  return out;
}

std::string shape_of_documents(int64_t replicas) {
  json properties = {
    {"@timestamp", {{"type", "date_nanos"}}},
    {"data_item", keyword(256)},
    {"message", {{"type", "text"}, {"norms", false}}},
    {"host_id", keyword(256)},
    {"source", keyword(512)},
    {"source_hash", keyword(16)},
    {"program", keyword(256)},
    {"pid", keyword(32)},
    {"severity", {{"type", "byte"}}},
    {"facility", {{"type", "byte"}}},
    {"time_ns", {{"type", "long"}}},
    {"n", {{"type", "long"}}},
    {"words", without_values("keyword")},
  };
  json shape = {
    {"settings",
     {{"index",
       {{"number_of_shards", 1},
        {"number_of_replicas", replicas},
        {"refresh_interval", "1s"},
        {"codec", "best_compression"}}}}},
    // Words are found, not told: they follow from the line.
    {"mappings",
     {{"dynamic", false}, {"_source", {{"excludes", {"words"}}}}, {"properties", properties}}}};
  return shape.dump();
}

} // namespace aops::actors
