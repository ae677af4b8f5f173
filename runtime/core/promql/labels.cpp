#include "runtime/core/promql/labels.hpp"

#include "runtime/base/utf8.hpp"

#include <algorithm>
#include <array>

namespace aops::promql {

namespace {

auto place_of(const labels& x, std::string_view name) {
  return std::lower_bound(
    x.begin(), x.end(), name, [](const auto& l, std::string_view n) { return l.first < n; });
}

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string shown_name(std::string_view name) {
  return is_plain_name(name) ? std::string(name) : in_quotes(name);
}

std::string joined(const labels& x, bool with_name) {
  std::string out;
  for (const auto& [name, value] : x) {
    if (!with_name && name == metric_name)
      continue;
    out += (out.empty() ? "" : ", ") + shown_name(name) + "=" + in_quotes(value);
  }
  return "{" + out + "}";
}

} // namespace

labels make_labels(labels raw) {
  std::stable_sort(
    raw.begin(), raw.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  labels out;
  for (auto& l : raw) {
    if (!out.empty() && out.back().first == l.first)
      out.back().second = std::move(l.second);
    else
      out.push_back(std::move(l));
  }
  std::erase_if(out, [](const auto& l) { return l.second.empty(); });
  return out;
}

std::string_view value_of(const labels& x, std::string_view name) {
  auto at = place_of(x, name);
  return at != x.end() && at->first == name ? std::string_view(at->second) : std::string_view();
}

void set_label(labels& x, std::string_view name, std::string_view value) {
  auto at = x.begin() + (place_of(x, name) - x.cbegin());
  bool there = at != x.end() && at->first == name;
  if (value.empty()) {
    if (there)
      x.erase(at);
  } else if (there) {
    at->second = value;
  } else {
    x.insert(at, {std::string(name), std::string(value)});
  }
}

labels without(const labels& x, const std::vector<std::string>& names) {
  labels out;
  for (const auto& l : x)
    if (!holds(names, l.first))
      out.push_back(l);
  return out;
}

labels only(const labels& x, const std::vector<std::string>& names) {
  labels out;
  for (const auto& l : x)
    if (holds(names, l.first))
      out.push_back(l);
  return out;
}

labels without_metric(const labels& x) {
  static const std::vector<std::string> names = {"__name__", "__type__", "__unit__"};
  return without(x, names);
}

std::string to_string(const labels& x) {
  auto name = value_of(x, metric_name);
  if (!is_plain_name(name, true))
    return to_braces(x);
  bool bare = x.size() == 1;
  return std::string(name) + (bare ? "" : joined(x, false));
}

std::string to_braces(const labels& x) { return joined(x, true); }

std::string in_quotes(std::string_view text) {
  static constexpr std::array<char, 17> digits = {"0123456789abcdef"};
  std::string out = "\"";
  for (size_t i = 0; i < text.size();) {
    auto c = static_cast<unsigned char>(text[i]);
    size_t length = base::utf8_length(text.substr(i));
    if (c == '"' || c == '\\') {
      out += {'\\', text[i]};
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (length == 0 || c < 0x20 || c == 0x7f) {
      out += {'\\', 'x', digits[c >> 4], digits[c & 15]};
    } else {
      out += text.substr(i, length);
    }
    i += length == 0 ? 1 : length;
  }
  return out + '"';
}

bool is_plain_name(std::string_view name, bool colon) {
  auto fits = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (colon && c == ':');
  };
  if (name.empty() || !fits(name[0]))
    return false;
  return std::all_of(
    name.begin(), name.end(), [&](char c) { return fits(c) || (c >= '0' && c <= '9'); });
}

bool is_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    size_t length = base::utf8_length(text.substr(i));
    if (length == 0)
      return false;
    i += length;
  }
  return true;
}

size_t label_table::hash::operator()(const labels& x) const {
  size_t h = 1469598103934665603ULL;
  for (const auto& [name, value] : x) {
    h = (h ^ std::hash<std::string>{}(name)) * 1099511628211ULL;
    h = (h ^ std::hash<std::string>{}(value)) * 1099511628211ULL;
  }
  return h;
}

label_id label_table::intern(labels x) {
  auto [at, is_new] = ids_.try_emplace(std::move(x), static_cast<label_id>(sets_.size()));
  if (is_new)
    sets_.push_back(&at->first);
  return at->second;
}

} // namespace aops::promql
