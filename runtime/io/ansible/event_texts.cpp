#include "runtime/io/ansible/event_texts.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <ctime>

namespace aops::ansible {

using json = nlohmann::json;

namespace {

/// Discarded when it is no JSON.
json parsed(std::string_view line) {
  auto is_near = [](int depth, json::parse_event_t, json&) { return depth <= deepest_event; };
  return json::parse(line, is_near, false);
}

std::string last_line(std::string_view text) {
  auto end = text.find_last_not_of(" \t\r\n");
  if (end == std::string_view::npos)
    return {};
  text = text.substr(0, end + 1);
  auto begin = text.find_last_of("\r\n");
  return std::string{begin == std::string_view::npos ? text : text.substr(begin + 1)};
}

/// Python writes bytes that are no text as halves of surrogate pairs, which are no characters:
/// U+FFFD instead.
std::string whole_characters(std::string_view line) {
  auto half_at = [&](size_t at) -> char { // `h` high, `l` low, 0 none
    if (at + 6 > line.size() || line[at] != '\\' || line[at + 1] != 'u' ||
        (line[at + 2] != 'd' && line[at + 2] != 'D'))
      return 0;
    auto digit = line[at + 3];
    return digit >= '0' && digit <= '7'                                                 ? 0
           : digit == '8' || digit == '9' || (digit | 32) == 'a' || (digit | 32) == 'b' ? 'h'
                                                                                        : 'l';
  };
  std::string out;
  for (size_t i = 0; i < line.size();) {
    auto half = half_at(i);
    if (half == 'h' && half_at(i + 6) == 'l') {
      out += line.substr(i, 12);
      i += 12;
    } else if (half) {
      out += "\\ufffd";
      i += 6;
    } else if (line[i] == '\\') {
      out += line.substr(i, 2);
      i += 2;
    } else {
      out += line[i++];
    }
  }
  return out;
}

} // namespace

std::string cut_text(std::string text, size_t most) {
  constexpr size_t longest_note = 40;
  auto size = text.size();
  if (size > most) {
    auto at = most > longest_note ? most - longest_note : 0;
    while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80)
      --at; // Not inside of a character.
    text.resize(at);
    text += fmt::format("… ({} bytes more)", size - at);
  }
  return text;
}

json event_in(std::string_view line) {
  auto told = parsed(line);
  return told.is_discarded() ? parsed(whole_characters(line)) : told;
}

const json* member(const json& object, const char* name) {
  if (!object.is_object())
    return nullptr;
  auto it = object.find(name);
  return it == object.end() ? nullptr : &*it;
}

std::string text_of(const json& object, const char* name) {
  const auto* x = member(object, name);
  return x && x->is_string() ? x->get<std::string>() : std::string{};
}

bool flag_of(const json& object, const char* name) {
  const auto* x = member(object, name);
  return x && x->is_boolean() && x->get<bool>();
}

const json& data_of(const json& event) {
  static const json none = json::object();
  const auto* data = member(event, "event_data");
  return data && data->is_object() ? *data : none;
}

std::string plain(const json& x) {
  return x.is_string() ? x.get<std::string>()
                       : x.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<int64_t> time_of(const std::string& text) {
  std::tm day{};
  double seconds = 0;
  if (std::sscanf(text.c_str(),
                  "%4d-%2d-%2dT%2d:%2d:%lf",
                  &day.tm_year,
                  &day.tm_mon,
                  &day.tm_mday,
                  &day.tm_hour,
                  &day.tm_min,
                  &seconds) != 6 ||
      day.tm_year < 1970 || day.tm_year > 9999 || !(seconds >= 0 && seconds < 62))
    return std::nullopt;
  day.tm_year -= 1900;
  day.tm_mon -= 1;
  return static_cast<int64_t>(::timegm(&day)) * 1000 + std::llround(seconds * 1000);
}

std::string first_line(std::string_view text) {
  auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos)
    return {};
  auto end = text.find_first_of("\r\n", begin);
  return std::string{text.substr(begin, end == std::string_view::npos ? end : end - begin)};
}

namespace {

/// A command that failed says why in what it printed last; Ansible only says that it failed.
std::string reason_of_command(const json& result, std::string text) {
  for (const char* name : {"stderr", "stdout"})
    if (auto last = last_line(text_of(result, name)); !last.empty())
      return text + ": " + last;
  return text;
}

} // namespace

std::string message_of(const json& result) {
  for (const char* name : {"msg", "message"})
    if (const auto* x = member(result, name); x && !x->is_null())
      if (auto text = first_line(plain(*x)); !text.empty() && !text.starts_with("MODULE FAILURE"))
        return text == "non-zero return code" ? reason_of_command(result, text) : text;
  for (const char* name : {"module_stderr", "exception", "stderr", "reason", "skip_reason"})
    if (auto text = last_line(text_of(result, name)); !text.empty())
      return text;
  return {};
}

std::string output_of(const json& result) {
  std::string out;
  for (const char* name : {"stdout", "stderr", "module_stdout", "module_stderr"}) {
    auto text = text_of(result, name);
    if (text.empty())
      continue;
    if (!out.empty() && !out.ends_with('\n'))
      out += '\n';
    out += text;
  }
  if (out.empty())
    if (const auto* msg = member(result, "msg"); msg && !msg->is_null())
      if (auto text = plain(*msg); text.find('\n') != std::string::npos)
        out = text;
  return out;
}

std::string without_colours(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r')
      continue;
    if (text[i] != '\x1b') {
      out += text[i];
      continue;
    }
    if (i + 1 < text.size() && text[i + 1] == '[')
      for (i += 2; i < text.size() && (text[i] < '@' || text[i] > '~');)
        ++i;
  }
  return out;
}

} // namespace aops::ansible
