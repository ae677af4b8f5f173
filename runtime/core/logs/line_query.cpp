#include "runtime/core/logs/line_query.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/core/logs/line_query_node.hpp"
#include "runtime/core/logs/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace aops::logs {

namespace {

using node = line_query::node;

/// Ahead of what no word of a line begins with.
constexpr std::string_view mark = "__";

std::string in_lower(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

constexpr std::array<std::pair<std::string_view, node::field>, 7> field_names = {{
  {"message", node::field::message},
  {"source", node::field::source},
  {"program", node::field::program},
  {"pid", node::field::pid},
  {"host", node::field::host},
  {"facility", node::field::facility},
  {"severity", node::field::severity},
}};
constexpr std::string_view named_prefix = "fields.";

class query_parser {
public:
  explicit query_parser(std::string_view text) : text_(text) {}

  expected<node> parse() {
    auto all = any_of(0);
    if (!all)
      return all;
    if (skip(); place_ < text_.size())
      return wrong("`)` closes nothing");
    return all;
  }

private:
  tl::unexpected<error> wrong(std::string_view why) const { return wrong_at(place_, why); }
  static tl::unexpected<error> wrong_at(size_t place, std::string_view why) {
    return fail(ec::bad_request, fmt::format("query: column {}: {}", place + 1, why));
  }

  void skip() {
    while (place_ < text_.size() && is_blank(text_[place_]))
      ++place_;
  }
  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

  bool at_end() {
    skip();
    return place_ == text_.size() || text_[place_] == ')';
  }

  /// Takes a word such as `AND` when it stands here by itself.
  bool take_word(std::string_view word) {
    skip();
    if (!text_.substr(place_).starts_with(word))
      return false;
    auto next = place_ + word.size();
    if (next < text_.size() && !is_blank(text_[next]) && text_[next] != '(' && text_[next] != '"')
      return false;
    place_ = next;
    return true;
  }

  expected<node> any_of(size_t depth) {
    return joined(
      node::kind::any, [&] { return all_of(depth); }, [&] { return take_word("OR"); });
  }

  expected<node> all_of(size_t depth) {
    auto goes_on = [&] {
      if (at_end())
        return false;
      auto before = place_;
      if (take_word("OR")) {
        place_ = before;
        return false;
      }
      take_word("AND");
      return true;
    };
    return joined(
      node::kind::all, [&] { return one(depth); }, goes_on);
  }

  template <class Part, class More>
  expected<node> joined(node::kind what, Part part, More more) {
    auto first = part();
    if (!first)
      return first;
    node out;
    out.what = what;
    out.parts.push_back(std::move(*first));
    while (more()) {
      auto next = part();
      if (!next)
        return next;
      out.parts.push_back(std::move(*next));
    }
    if (out.parts.size() == 1) {
      node only = std::move(out.parts.front());
      return only;
    }
    return out;
  }

  expected<node> one(size_t depth) {
    if (depth >= most_query_depth)
      return wrong("nests too deep");
    if (at_end())
      return wrong("a word is missing here");
    bool is_dash =
      text_[place_] == '-' && place_ + 1 < text_.size() && !is_blank(text_[place_ + 1]);
    if (is_dash)
      ++place_;
    if (is_dash || take_word("NOT")) {
      auto inner = one(depth + 1);
      if (!inner)
        return inner;
      node out;
      out.what = node::kind::not_;
      out.parts.push_back(std::move(*inner));
      return out;
    }
    if (text_[place_] != '(')
      return term();
    auto opened = place_++;
    auto inner = any_of(depth + 1);
    if (!inner)
      return inner;
    skip();
    if (place_ == text_.size())
      return wrong_at(opened, "`(` is not closed");
    ++place_;
    return inner;
  }

  expected<node> term() {
    auto begin = place_;
    if (++terms_ > most_terms)
      return wrong("too many words");
    for (std::string_view operator_ : {"AND", "OR"})
      if (take_word(operator_))
        return wrong_at(begin, fmt::format("`{}` joins nothing", operator_));
    node out;
    take_field(out);
    auto text_place = place_;
    std::string raw;
    bool is_quoted = place_ < text_.size() && text_[place_] == '"';
    if (is_quoted) {
      if (auto read = quoted(raw); !read)
        return fail(std::move(read.error()));
    } else {
      while (place_ < text_.size() && !is_blank(text_[place_]) && text_[place_] != ')' &&
             text_[place_] != '(' && text_[place_] != '"')
        raw += text_[place_++];
    }
    if (!is_quoted && raw.size() > 1 && raw.back() == '*') {
      raw.pop_back();
      out.may_go_on = true;
    }
    if (raw.empty())
      return wrong_at(text_place, "a word is missing here");
    return finished(std::move(out), raw, text_place);
  }

  void take_field(node& out) {
    auto rest = text_.substr(place_);
    auto end = rest.find_first_of(": \t\r\n\"()");
    if (end == rest.npos || rest[end] != ':')
      return;
    auto name = rest.substr(0, end);
    if (name.starts_with(named_prefix) && name.size() > named_prefix.size()) {
      out.where = node::field::named;
      out.name = name.substr(named_prefix.size());
    } else {
      auto it = std::find_if(
        field_names.begin(), field_names.end(), [&](const auto& x) { return x.first == name; });
      if (it == field_names.end())
        return; // `12:30` and the like are words.
      out.where = it->second;
    }
    place_ += end + 1;
  }

  expected<void> quoted(std::string& out) {
    auto opened = place_++;
    while (place_ < text_.size() && text_[place_] != '"') {
      if (text_[place_] == '\\' && place_ + 1 < text_.size())
        ++place_;
      out += text_[place_++];
    }
    if (place_ == text_.size())
      return wrong_at(opened, "the quotation does not end");
    ++place_;
    return {};
  }

  static expected<node> finished(node out, std::string raw, size_t place) {
    if (out.where == node::field::severity) {
      bool and_worse = raw.size() > 1 && raw.back() == '+';
      if (and_worse)
        raw.pop_back();
      out.mildest = severity_of(raw);
      if (out.mildest == no_severity)
        return wrong_at(place,
                        "must be one of emerg, alert, crit, err, warning, notice, info, debug");
      out.worst = and_worse ? 0 : out.mildest;
    } else if (out.where == node::field::facility) {
      out.number = facility_of(raw);
      if (out.number == no_facility)
        return wrong_at(place, "must be a facility of syslog, kern to local7");
    }
    out.text = in_lower(raw);
    return out;
  }

  std::string_view text_;
  size_t place_ = 0, terms_ = 0;
};

bool term_matches(const node& x, const line_view& line) {
  const auto& r = line.what;
  auto in = [&](std::string_view text) { return has_words(text, x.text, x.may_go_on); };
  switch (x.where) {
  case node::field::message:
    return in(r.message);
  case node::field::source:
    return in(r.source);
  case node::field::program:
    return in(r.program);
  case node::field::pid:
    return r.pid == x.text;
  case node::field::host:
    return in(line.host_id) || in(line.host_name);
  case node::field::facility:
    return r.facility == x.number;
  case node::field::severity:
    return r.severity >= x.worst && r.severity <= x.mildest;
  case node::field::named:
    return std::any_of(r.fields.begin(), r.fields.end(), [&](const auto& f) {
      return f.first == x.name && in(f.second);
    });
  case node::field::any:
    break;
  }
  return in(r.message) || in(r.source) || in(r.program) ||
         std::any_of(r.fields.begin(), r.fields.end(), [&](const auto& f) { return in(f.second); });
}

bool node_matches(const node& x, const line_view& line) {
  auto part_matches = [&](const node& part) { return node_matches(part, line); };
  switch (x.what) {
  case node::kind::all:
    return std::all_of(x.parts.begin(), x.parts.end(), part_matches);
  case node::kind::any:
    return std::any_of(x.parts.begin(), x.parts.end(), part_matches);
  case node::kind::not_:
    return !part_matches(x.parts.front());
  case node::kind::term:
    break;
  }
  return term_matches(x, line);
}

/// The character that ends before a place.
std::string_view before(std::string_view text, size_t place) {
  auto begin = place;
  do
    --begin;
  while (begin > 0 && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80 &&
         place - begin < 4);
  return text.substr(begin, place - begin);
}

bool is_of_word(std::string_view text) {
  size_t length = 1;
  return letter_at(text, length) == letter::of_word;
}

} // namespace

line_query::line_query() = default;
line_query::~line_query() = default;
line_query::line_query(line_query&&) noexcept = default;
line_query& line_query::operator=(line_query&&) noexcept = default;

expected<line_query> line_query::parse(std::string_view text) {
  if (text.size() > most_query_bytes)
    return fail(ec::bad_request, fmt::format("query: longer than {} bytes", most_query_bytes));
  line_query out;
  if (text.find_first_not_of(" \t\r\n") == text.npos)
    return out;
  auto root = query_parser{text}.parse();
  if (!root)
    return fail(std::move(root.error()));
  out.root_ = std::make_unique<node>(std::move(*root));
  return out;
}

bool line_query::matches(const line_view& line) const {
  return !root_ || node_matches(*root_, line);
}

bool has_words(std::string_view text, std::string_view needle, bool may_go_on) {
  if (needle.empty() || needle.size() > text.size())
    return false;
  const bool begins_word = is_of_word(needle),
             ends_word = !may_go_on && is_of_word(before(needle, needle.size()));
  const auto last = text.size() - needle.size();
  for (size_t i = 0; i <= last; ++i) {
    if (lower(text[i]) != needle[0])
      continue;
    size_t k = 1;
    while (k < needle.size() && lower(text[i + k]) == needle[k])
      ++k;
    if (k < needle.size())
      continue;
    if (begins_word && i > 0 && is_of_word(before(text, i)))
      continue;
    if (ends_word && i + k < text.size() && is_of_word(text.substr(i + k)))
      continue;
    return true;
  }
  return false;
}

void words_of_line(const record& x, const std::function<void(std::string_view)>& take) {
  index_words(x.message, take);
  index_words(x.source, take);
  index_words(x.program, take);
  for (const auto& [name, value] : x.fields)
    index_words(value, take);
  if (x.severity != no_severity)
    take(severity_word(x.severity));
}

std::string severity_word(uint8_t severity) { return fmt::format("{}s{}", mark, severity); }

std::string host_word(std::string_view host_id) {
  return fmt::format("{}h{}", mark, base::sha256_hex(host_id).substr(0, 16));
}

} // namespace aops::logs
