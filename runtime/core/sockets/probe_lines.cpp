#include "runtime/core/sockets/probe_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace aops::sockets {

namespace {

constexpr std::array<std::string_view, 3> link_tables{"ipvs_link", "nginx_link", "haproxy_link"};
/// Without them there is no link.
constexpr std::array<std::string_view, 5> link_fields{
  "client_ip", "virtual_ip", "virtual_port", "server_ip", "server_port"};
/// Of every record.
constexpr std::array<std::string_view, 4> own_names{
  "table_name", "machine_id", "hostname", "timestamp"};
/// Keys that are numbers whatever their kind.
constexpr std::array<std::string_view, 4> number_fields{
  "virtual_port", "server_port", "protocol", "is_l7"};

template <class List>
bool has(const List& list, std::string_view x) {
  return std::find(list.begin(), list.end(), x) != list.end();
}

bool is_figure(const probe_field& x) {
  return x.kind == field_kind::gauge || x.kind == field_kind::counter;
}

/// Names that are good in JSON and in Prometheus' text.
bool is_plain_name(std::string_view text) {
  auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !text.empty() && text.size() <= 64 && is_letter(text[0]) &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return is_letter(c) || (c >= '0' && c <= '9');
         });
}

/// A number as JSON has it; nothing for what is none.
std::optional<std::string> number_in_json(std::string_view text) {
  int64_t whole = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (problem == std::errc{} && end == text.data() + text.size())
    return fmt::format("{}", whole);
  double x = 0;
  auto [stop, fault] = std::from_chars(text.data(), text.data() + text.size(), x);
  if (fault != std::errc{} || stop != text.data() + text.size() || !std::isfinite(x))
    return {};
  return fmt::format("{}", x);
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F;
  });
}

} // namespace

expected<probe_field> read_probe_field(std::string_view text) {
  auto blank = text.find(' ');
  auto name = text.substr(0, blank);
  auto kind = blank == text.npos ? std::string_view{} : text.substr(blank + 1);
  if (!is_plain_name(name))
    return fail(ec::bad_request, "a field is `NAME KIND`, its name of letters, digits and `_`");
  constexpr std::array<std::string_view, 4> kinds{"key", "label", "gauge", "counter"};
  auto found = std::find(kinds.begin(), kinds.end(), kind);
  if (found == kinds.end())
    return fail(ec::bad_request,
                fmt::format("the kind of {} must be key, label, gauge or counter", name));
  return probe_field{std::string{name}, static_cast<field_kind>(found - kinds.begin())};
}

expected<void> check_probe_table(const probe_table& x) {
  auto wrong = [](std::string reason) { return fail(ec::bad_request, std::move(reason)); };
  if (!is_plain_name(x.name))
    return wrong("the name must be 1 to 64 letters, digits or `_`");
  if (x.fields.empty() || x.fields.size() > most_probe_fields)
    return wrong(fmt::format("there must be 1 to {} fields", most_probe_fields));
  for (const auto& f : x.fields)
    if (has(own_names, std::string_view{f.name}))
      return wrong(f.name + " is told by the agent itself");
  for (size_t i = 0; i < x.fields.size(); ++i)
    for (size_t k = 0; k < i; ++k)
      if (x.fields[i].name == x.fields[k].name)
        return wrong(fmt::format("{} stands there twice", x.fields[i].name));
  if (std::none_of(x.fields.begin(), x.fields.end(), [](const probe_field& f) {
        return f.kind == field_kind::key;
      }))
    return wrong("one field must be a key");
  if (has(link_tables, x.name))
    for (auto field : link_fields)
      if (std::none_of(
            x.fields.begin(), x.fields.end(), [&](const auto& f) { return f.name == field; }))
        return wrong(fmt::format("{} must have the field {}", x.name, field));
  return {};
}

void probe_lines::take(std::string_view piece, int64_t now_ms) {
  while (!piece.empty()) {
    auto end = piece.find('\n');
    auto part = piece.substr(0, end);
    piece.remove_prefix(end == piece.npos ? piece.size() : end + 1);
    if (!is_dropping_ && rest_.size() + part.size() > most_probe_line) {
      is_dropping_ = true;
      ++refused_;
      rest_.clear();
    }
    if (!is_dropping_)
      rest_ += part;
    if (end == part.npos)
      return;
    if (!is_dropping_)
      take_line(rest_, now_ms);
    rest_.clear();
    is_dropping_ = false;
  }
}

void probe_lines::take_line(std::string_view line, int64_t now_ms) {
  if (line.ends_with('\r'))
    line.remove_suffix(1);
  if (line.size() < 3 || line.front() != '|' || line.back() != '|')
    return;
  line = line.substr(1, line.size() - 2);
  std::vector<std::string_view> values;
  for (;;) {
    auto bar = line.find('|');
    values.push_back(line.substr(0, bar));
    if (bar == line.npos || values.size() > most_probe_fields + 1)
      break;
    line.remove_prefix(bar + 1);
  }
  auto table = std::find_if(
    tables_.begin(), tables_.end(), [&](const probe_table& x) { return x.name == values[0]; });
  if (table == tables_.end() || table->fields.size() + 1 != values.size()) {
    ++refused_;
    return;
  }
  kept now{now_ms, {}};
  now.what.table = table->name;
  now.what.is_link = has(link_tables, std::string_view{table->name});
  std::string key = table->name;
  for (size_t i = 0; i < table->fields.size(); ++i) {
    const auto& field = table->fields[i];
    auto value = values[i + 1];
    bool is_number =
      is_figure(field) || (now.what.is_link && has(number_fields, std::string_view{field.name}));
    auto number = is_number ? number_in_json(value) : std::nullopt;
    if ((is_number && !number) || !is_printable(value)) {
      ++refused_;
      return;
    }
    if (field.kind == field_kind::key)
      key.append(1, '|').append(value);
    if (is_number)
      now.what.numbers.push_back(
        {field.name, *number, !is_figure(field), field.kind == field_kind::counter});
    else
      now.what.texts.emplace_back(field.name, value);
  }
  if (kept_.size() >= most_probe_records && !kept_.contains(key)) {
    forget(now_ms);
    if (kept_.size() >= most_probe_records) {
      ++refused_;
      return;
    }
  }
  kept_[key] = std::move(now);
  ++taken_;
}

void probe_lines::forget(int64_t now_ms) {
  std::erase_if(kept_, [&](const auto& x) { return x.second.told_ms + probe_record_ms <= now_ms; });
}

void probe_lines::records(int64_t now_ms, std::vector<probe_record>& to) {
  forget(now_ms);
  for (const auto& [key, x] : kept_)
    to.push_back(x.what);
}

} // namespace aops::sockets
