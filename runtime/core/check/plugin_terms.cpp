#include "runtime/core/check/plugin_terms.hpp"

#include "runtime/base/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace aops::check {

namespace {

constexpr int64_t one_hour_ms = 3600 * 1000;

bool parts_words(char c) { return c == ' ' || c == ',' || c == '\t' || c == '\n' || c == '\r'; }

bool is_parameter_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

tl::unexpected<error> bad_parameter(std::string_view name, std::string_view why) {
  return fail(ec::bad_request, fmt::format("{}: {}", name, why));
}

template <class T>
bool reads_wholly(std::string_view text, T& to) {
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), to);
  return fault == std::errc{} && end == text.data() + text.size();
}

/// Takes the parameters of `seasonal` one by one.
class seasonal_reader {
public:
  expected<void> take(const std::string& name, const std::string& text) {
    if (name == "season") {
      if (text != "week" && text != "day")
        return bad_parameter(name, "must be week or day");
      to.season_ms = (text == "week" ? 7 : 1) * 24 * one_hour_ms;
      return {};
    }
    if (name == "direction") {
      if (text != "both" && text != "above" && text != "below")
        return bad_parameter(name, "must be both, above or below");
      to.which = text == "both"    ? seasonal_terms::side::both
                 : text == "above" ? seasonal_terms::side::above
                                   : seasonal_terms::side::below;
      return {};
    }
    if (name == "cycles" || name == "min_cycles") {
      auto& count = name == "cycles" ? to.cycles : to.min_cycles;
      if (!reads_wholly(text, count) || count < 1 || count > 12)
        return bad_parameter(name, "must be a whole number, 1 to 12");
      return {};
    }
    if (name == "mads") {
      if (!reads_wholly(text, to.mads) || !(to.mads > 0 && to.mads <= 1000))
        return bad_parameter(name, "must be a number above 0, at most 1000");
      return {};
    }
    if (name == "floor") {
      if (!reads_wholly(text, to.floor) || !(to.floor >= 0 && to.floor <= 10))
        return bad_parameter(name, "must be a share of the expected value, 0 to 10");
      return {};
    }
    return bad_parameter(
      name, "unknown parameter; there are season, cycles, min_cycles, mads, floor and direction");
  }

  seasonal_terms to;
};

} // namespace

expected<plugin_parameters> read_parameters(std::string_view condition) {
  plugin_parameters out;
  while (true) {
    while (!condition.empty() && parts_words(condition.front()))
      condition.remove_prefix(1);
    if (condition.empty())
      return out;
    auto end = std::find_if(condition.begin(), condition.end(), parts_words);
    auto word = condition.substr(0, static_cast<size_t>(end - condition.begin()));
    condition.remove_prefix(word.size());
    auto equals = word.find('=');
    auto name = word.substr(0, equals);
    if (!is_parameter_name(name))
      return fail(ec::bad_request,
                  fmt::format("'{}' is no parameter: name=value, parted by blanks", word));
    if (equals == word.npos || equals + 1 == word.size())
      return bad_parameter(name, fmt::format("needs a value, {}=…", name));
    if (!out.emplace(name, word.substr(equals + 1)).second)
      return bad_parameter(name, "stands there twice");
    if (out.size() > most_parameters)
      return fail(ec::bad_request, fmt::format("more than {} parameters", most_parameters));
  }
}

int64_t seasonal_terms::lookback_ms() const { return cycles * season_ms + one_hour_ms; }

expected<seasonal_terms> read_seasonal(std::string_view condition) {
  auto words = read_parameters(condition);
  if (!words)
    return fail(words.error());
  seasonal_reader reader;
  for (const auto& [name, text] : *words)
    if (auto fine = reader.take(name, text); !fine)
      return fail(fine.error());
  if (words->contains("cycles") && !words->contains("min_cycles"))
    reader.to.min_cycles = std::min(reader.to.min_cycles, reader.to.cycles);
  if (reader.to.min_cycles > reader.to.cycles)
    return bad_parameter("min_cycles", "must be at most cycles");
  return reader.to;
}

expected<outside_terms> read_outside(std::string_view plugin, std::string_view condition) {
  auto words = read_parameters(condition);
  if (!words)
    return fail(words.error());
  outside_terms out;
  out.plugin = plugin;
  if (auto history = words->extract("history"); !history.empty()) {
    auto length = base::parse_duration(history.mapped());
    if (!length)
      return bad_parameter("history", length.error().detail);
    if (length->ms < 1000 || length->ms > most_outside_history_ms)
      return bad_parameter("history", "must be 1s to 24h");
    out.history_ms = length->ms;
  }
  out.parameters = std::move(*words);
  return out;
}

} // namespace aops::check
