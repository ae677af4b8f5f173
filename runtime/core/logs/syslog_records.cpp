#include "runtime/core/logs/syslog_records.hpp"

#include <charconv>

namespace aops::logs {

namespace {

constexpr std::string_view token_element = "aops@32473";
constexpr std::string_view no_value = "-";
constexpr int most_priority = 191;
/// Digits of the length of a message.
constexpr size_t most_length_digits = 9;

class syslog_reader {
public:
  explicit syslog_reader(std::string_view text) : text_(text) {}

  expected<syslog_message> read() {
    if (!read_priority())
      return wrong("PRI");
    if (!take("1 "))
      return wrong("VERSION");
    auto time = word();
    if (!time)
      return wrong("TIMESTAMP");
    if (*time != no_value && (out_.what.time_ns = time_of_text(*time)) == 0)
      return wrong("TIMESTAMP");
    auto host = word(), program = word(), pid = word(), id = word();
    if (!host || !program || !pid || !id)
      return wrong("HEADER");
    auto told = [](std::string_view x) { return std::string{x == no_value ? "" : x}; };
    out_.what.source = "syslog:" + told(*host);
    out_.what.program = told(*program);
    out_.what.pid = told(*pid);
    if (*host != no_value)
      out_.what.fields.emplace_back("hostname", *host);
    if (*id != no_value)
      out_.what.fields.emplace_back("msgid", *id);
    if (!read_elements())
      return wrong("STRUCTURED-DATA");
    if (!text_.empty() && !take(" "))
      return wrong("MSG");
    take("\xEF\xBB\xBF"); // The mark of UTF-8.
    while (!text_.empty() && (text_.back() == '\n' || text_.back() == '\r' || text_.back() == '\0'))
      text_.remove_suffix(1);
    out_.what.message = text_;
    fit(out_.what);
    return std::move(out_);
  }

private:
  static tl::unexpected<error> wrong(std::string_view what) {
    return fail(ec::bad_request, "no message of RFC 5424: " + std::string{what});
  }

  bool take(std::string_view what) {
    if (!text_.starts_with(what))
      return false;
    text_.remove_prefix(what.size());
    return true;
  }

  bool read_priority() {
    int priority = 0;
    if (!take("<"))
      return false;
    auto read =
      std::from_chars(text_.data(), text_.data() + std::min<size_t>(3, text_.size()), priority);
    if (read.ec != std::errc{} || priority < 0 || priority > most_priority)
      return false;
    text_.remove_prefix(static_cast<size_t>(read.ptr - text_.data()));
    out_.what.severity = static_cast<uint8_t>(priority % 8);
    out_.what.facility = static_cast<uint8_t>(priority / 8);
    return take(">");
  }

  /// Up to a blank, which must follow.
  std::optional<std::string_view> word() {
    auto end = text_.find(' ');
    if (end == text_.npos || end == 0)
      return std::nullopt;
    auto out = text_.substr(0, end);
    text_.remove_prefix(end + 1);
    return out;
  }

  bool read_elements() {
    if (take(no_value))
      return true;
    if (!text_.starts_with('['))
      return false;
    while (take("["))
      if (!read_element())
        return false;
    return true;
  }

  bool read_element() {
    auto end = text_.find_first_of(" ]=\"");
    if (end == text_.npos || end == 0 || text_[end] == '=' || text_[end] == '"')
      return false;
    auto id = text_.substr(0, end);
    text_.remove_prefix(end);
    while (take(" ")) {
      auto is = text_.find_first_of("= ]\"");
      if (is == text_.npos || is == 0 || text_[is] != '=')
        return false;
      auto name = text_.substr(0, is);
      text_.remove_prefix(is + 1);
      std::string value;
      if (!read_value(value))
        return false;
      if (id != token_element)
        out_.what.fields.emplace_back(std::string{id} + "." + std::string{name}, std::move(value));
      else if (name == "token")
        out_.token = std::move(value);
      else if (name == "source") // The file from which a collector read the line.
        out_.what.source = std::move(value);
      else if (name == "data_item")
        out_.what.fields.emplace_back(name, std::move(value));
    }
    return take("]");
  }

  bool read_value(std::string& to) {
    if (!take("\""))
      return false;
    for (size_t i = 0; i < text_.size(); ++i) {
      if (text_[i] == '"') {
        text_.remove_prefix(i + 1);
        return true;
      }
      bool is_escaped = text_[i] == '\\' && i + 1 < text_.size() &&
                        (text_[i + 1] == '"' || text_[i + 1] == '\\' || text_[i + 1] == ']');
      if (is_escaped)
        ++i;
      to += text_[i];
    }
    return false;
  }

  std::string_view text_;
  syslog_message out_;
};

} // namespace

expected<syslog_message> read_syslog(std::string_view message) {
  return syslog_reader{message}.read();
}

std::optional<std::string> syslog_frames::next() {
  while (!is_broken_ && place_ < held_.size()) {
    std::string_view all{held_};
    all.remove_prefix(place_);
    size_t begin = 0, end = 0, after = 0;
    if (all[0] >= '1' && all[0] <= '9') { // Octet counting.
      size_t length = 0;
      auto blank = all.find(' ');
      if (blank == all.npos && all.size() <= most_length_digits)
        break;
      auto read = std::from_chars(all.data(), all.data() + std::min(blank, all.size()), length);
      is_broken_ = blank == all.npos || blank > most_length_digits || read.ec != std::errc{} ||
                   read.ptr != all.data() + blank || length > most_syslog_bytes;
      if (is_broken_ || all.size() < blank + 1 + length)
        break;
      begin = blank + 1;
      end = after = begin + length;
    } else {
      end = all.find_first_of(std::string_view{"\n\0", 2});
      is_broken_ = std::min(end, all.size()) > most_syslog_bytes;
      if (is_broken_ || end == all.npos)
        break;
      after = end + 1;
    }
    std::string out{all.substr(begin, end - begin)};
    place_ += after;
    if (!out.empty())
      return out;
  }
  held_.erase(0, place_);
  place_ = 0;
  return std::nullopt;
}

std::optional<std::string> syslog_frames::rest() {
  auto left = std::string{held_.substr(place_)};
  held_.clear();
  place_ = 0;
  bool is_counted = !left.empty() && left[0] >= '1' && left[0] <= '9';
  if (left.empty() || is_counted || is_broken_)
    return std::nullopt;
  return left;
}

} // namespace aops::logs
