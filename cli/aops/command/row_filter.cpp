#include "cli/aops/command/row_filter.hpp"

#include "cli/aops/term/table.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"
#include "cli/aops/text/time_text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <re2/re2.h>
#include <set>

namespace aops::cli {

namespace {

std::optional<double> number_in(std::string_view text) {
  double number = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  bool is_whole = problem == std::errc{} && end == text.data() + text.size();
  return is_whole && std::isfinite(number) ? std::optional<double>{number} : std::nullopt;
}

std::string plain_text(const json& value) {
  return value.is_null()     ? std::string{}
         : value.is_string() ? value.get<std::string>()
                             : to_line(value);
}

} // namespace

/// Reads an expression from the left.
class filter_parser {
public:
  using term = row_filter::term;
  using how = row_filter::how;

  explicit filter_parser(std::string_view text) : text_(text) {}

  expected<row_filter> read() {
    row_filter filter;
    do {
      auto next = read_term();
      if (!next)
        return fail(next.error());
      filter.terms_.push_back(std::move(*next));
    } while (take(","));
    return filter;
  }

private:
  bool take(std::string_view word) {
    bool there = text_.substr(at_).starts_with(word);
    at_ += there ? word.size() : 0;
    return there;
  }

  tl::unexpected<error> refuse(const std::string& why) const {
    return fail(ec::bad_request, tr("--filter, character {}: {}", at_ + 1, why));
  }

  expected<term> read_term() {
    auto end = std::min(text_.find_first_of("=!~<>,", at_), text_.size());
    auto field = trimmed(text_.substr(at_, end - at_));
    if (field.empty())
      return refuse(tr("here a field is expected, as in status=offline"));
    at_ = end;
    term x;
    for (size_t begin = 0; begin <= field.size();) {
      auto dot = std::min(field.find('.', begin), field.size());
      x.path.push_back(field.substr(begin, dot - begin));
      begin = dot + 1;
    }
    auto op = read_operator();
    if (!op)
      return refuse(tr("behind `{}` one of = != ~ !~ < <= > >= is expected", field));
    x.op = *op;
    auto value = read_value();
    if (!value)
      return fail(value.error());
    x.value = std::move(*value);
    return prepared(std::move(x));
  }

  std::optional<how> read_operator() {
    struct row {
      std::string_view word;
      how op;
    };
    for (auto [word, op] : {row{"!=", how::unequal},
                            row{"!~", how::mismatches},
                            row{"<=", how::at_most},
                            row{">=", how::at_least},
                            row{"=", how::equal},
                            row{"~", how::matches},
                            row{"<", how::less},
                            row{">", how::more}})
      if (take(word))
        return op;
    return std::nullopt;
  }

  expected<std::string> read_value() {
    if (!take("\"")) {
      auto end = std::min(text_.find(',', at_), text_.size());
      auto value = trimmed(text_.substr(at_, end - at_));
      at_ = end;
      return value;
    }
    std::string value;
    while (at_ < text_.size() && text_[at_] != '"') {
      bool is_escaped =
        text_.substr(at_).starts_with("\\\"") || text_.substr(at_).starts_with("\\\\");
      at_ += is_escaped;
      value += text_[at_++];
    }
    if (!take("\""))
      return refuse(tr("the quote is never closed"));
    if (at_ < text_.size() && text_[at_] != ',')
      return refuse(tr("behind the quote a comma is expected"));
    return value;
  }

  expected<term> prepared(term x) const {
    if (x.op == how::matches || x.op == how::mismatches) {
      RE2::Options options;
      options.set_log_errors(false);
      options.set_max_mem(1 << 20);
      x.pattern = std::make_shared<const RE2>(x.value, options);
      if (!x.pattern->ok())
        return refuse(tr("`{}` is no regular expression: {}", x.value, x.pattern->error()));
    } else if (auto number = number_in(x.value)) {
      x.number = *number;
      x.is_number = true;
    } else if (is_time_column(x.path.back()) && x.op >= how::less) {
      auto time = parse_time(x.value);
      if (!time)
        return refuse(time.error().detail);
      x.number = static_cast<double>(*time);
      x.is_number = true;
    }
    return x;
  }

  std::string_view text_;
  size_t at_ = 0;
};

expected<row_filter> row_filter::parse(std::string_view text) { return filter_parser(text).read(); }

bool row_filter::holds_for_one(const term& x, const json& value) {
  auto text = plain_text(value);
  if (x.pattern)
    return RE2::PartialMatch(text, *x.pattern);
  auto own = value.is_number() ? std::optional<double>{value.get<double>()} : number_in(text);
  bool by_number = x.is_number && own;
  if (x.op == how::equal || x.op == how::unequal)
    return by_number            ? *own == x.number
           : value.is_boolean() ? text == lower_case(x.value)
                                : text == x.value;
  if (x.is_number && !own)
    return false;
  auto order = by_number ? (*own < x.number ? -1 : *own > x.number ? 1 : 0) : text.compare(x.value);
  switch (x.op) {
  case how::less:
    return order < 0;
  case how::at_most:
    return order <= 0;
  case how::more:
    return order > 0;
  default:
    return order >= 0;
  }
}

bool row_filter::holds(const term& x, const json& row) {
  const json* value = &row;
  for (const auto& name : x.path)
    value = &member(*value, name);
  bool wanted = x.op != how::unequal && x.op != how::mismatches;
  bool found = value->is_array() && !value->empty()
                 ? std::any_of(value->begin(),
                               value->end(),
                               [&](const json& element) { return holds_for_one(x, element); })
                 : holds_for_one(x, value->is_array() ? json{} : *value);
  return found == wanted;
}

expected<json> row_filter::choose(const json& rows, const std::vector<std::string>& known) const {
  std::set<std::string> fields(known.begin(), known.end());
  for (const auto& row : rows)
    for (auto i = row.begin(); row.is_object() && i != row.end(); ++i)
      fields.insert(i.key());
  fields.erase("*");
  for (const auto& x : terms_) {
    if (rows.empty() || fields.contains(x.path.front()))
      continue;
    std::vector<std::string> all(fields.begin(), fields.end());
    auto near = nearest(x.path.front(), all);
    return fail(
      ec::bad_request,
      near.empty()
        ? tr("--filter: no field is called {}; there are {}", x.path.front(), joined(all, ", "))
        : tr("--filter: no field is called {}; did you mean {}?", x.path.front(), near));
  }
  json chosen = json::array();
  for (const auto& row : rows)
    if (std::all_of(terms_.begin(), terms_.end(), [&](const term& x) { return holds(x, row); }))
      chosen.push_back(row);
  return chosen;
}

} // namespace aops::cli
