#include "cli/aops/text/json.hpp"

#include "cli/aops/text/language.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aops::cli {

namespace {

constexpr size_t deepest = 512;

/// Finds where and why a text cannot be taken; builds nothing. Printing is recursive, so depth is
/// limited here.
struct checker : nlohmann::json_sax<json> {
  size_t depth = 0, at = 0;
  bool too_deep = false;

  bool enter() {
    too_deep = ++depth > deepest;
    return !too_deep;
  }
  bool leave() {
    --depth;
    return true;
  }
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return enter(); }
  bool key(string_t&) override { return true; }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t) override { return enter(); }
  bool end_array() override { return leave(); }
  bool parse_error(std::size_t position,
                   const std::string&,
                   const nlohmann::detail::exception&) override {
    at = position;
    return false;
  }
};

} // namespace

expected<json> parse_json(std::string_view text) {
  checker check;
  if (json::sax_parse(text, &check))
    return json::parse(text, nullptr, false);
  if (check.too_deep)
    return fail(ec::bad_request, tr("JSON nested deeper than {} levels", deepest));
  auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(check.at, text.size()));
  auto line = 1 + std::count(text.begin(), end, '\n');
  return fail(ec::bad_request, tr("no valid JSON, line {}", line));
}

std::string to_line(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string to_lines(const json& value) {
  return value.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

const json& member(const json& object, std::string_view key) {
  static const json nothing;
  if (!object.is_object())
    return nothing;
  auto found = object.find(key);
  return found == object.end() ? nothing : *found;
}

std::string text_of(const json& object, std::string_view key) {
  const auto& value = member(object, key);
  return value.is_string() ? value.get<std::string>() : std::string{};
}

double number_of(const json& object, std::string_view key, double fallback) {
  const auto& value = member(object, key);
  return value.is_number() ? value.get<double>() : fallback;
}

uint64_t count_of(const json& object, std::string_view key) {
  constexpr double most = static_cast<double>(uint64_t{1} << 53);
  return static_cast<uint64_t>(std::clamp(number_of(object, key), 0.0, most));
}

} // namespace aops::cli
