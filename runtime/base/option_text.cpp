#include "runtime/base/config_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace aops::base {

namespace {

template <class... Fs>
struct one_of : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
one_of(Fs...) -> one_of<Fs...>; // Clang 14, which builds the fuzz targets, does not deduce it.

tl::unexpected<error> wrong(std::string reason) { return fail(ec::bad_request, std::move(reason)); }

/// Takes the value of an `expected`, or passes its error on.
template <class T>
expected<void> put(expected<T> from, T& to) {
  if (!from)
    return fail(std::move(from.error()));
  to = std::move(*from);
  return {};
}

expected<bool> parse_bool(std::string_view text) {
  if (text == "true" || text == "on" || text == "yes")
    return true;
  if (text == "false" || text == "off" || text == "no")
    return false;
  return wrong("must be true or false");
}

expected<double> parse_real(std::string_view text) {
  double x = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), x);
  if (problem != std::errc{} || end != text.data() + text.size() || !std::isfinite(x))
    return wrong("must be a number");
  return x;
}

expected<std::vector<std::string>> parse_list(std::string_view text) {
  std::vector<std::string> all;
  while (!text.empty()) {
    auto comma = std::min(text.find(','), text.size());
    if (comma > 0)
      all.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return all;
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\')
      out += '\\';
    if (static_cast<unsigned char>(c) < 0x20)
      out += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    else
      out += c;
  }
  return out + '"';
}

bool is_in_range(double x, const option& o) { return x >= o.min && x <= o.max; }
bool has_range(const option& o) { return o.min != std::numeric_limits<double>::lowest(); }

/// The value as a number, for its range; texts have none.
std::optional<double> magnitude(const option& o) {
  return std::visit(
    one_of{[](int64_t* x) { return std::optional{static_cast<double>(*x)}; },
           [](double* x) { return std::optional{*x}; },
           [](duration* x) { return std::optional{static_cast<double>(x->ms)}; },
           [](byte_size* x) { return std::optional{static_cast<double>(x->bytes)}; },
           [](auto*) { return std::optional<double>{}; }},
    o.value);
}

/// A bound of the range as a user would write it.
std::string bound_text(double bound, const option& o) {
  if (std::holds_alternative<duration*>(o.value))
    return to_string(duration{static_cast<int64_t>(bound)});
  if (std::holds_alternative<byte_size*>(o.value))
    return to_string(byte_size{static_cast<int64_t>(bound)});
  return fmt::format("{}", bound);
}

std::string range_text(const option& o) {
  return fmt::format("{} to {}", bound_text(o.min, o), bound_text(o.max, o));
}

std::string choices_text(std::string_view choices) {
  std::string out{choices};
  for (size_t bar; (bar = out.find('|')) != out.npos;)
    out.replace(bar, 1, ", ");
  return out;
}

} // namespace

std::string option::name() const {
  return section.empty() ? std::string{key} : fmt::format("{}.{}", section, key);
}

expected<void> set_option(const option& o, std::string_view text) {
  return std::visit(
    one_of{[&](bool* x) { return put(parse_bool(text), *x); },
           [&](int64_t* x) { return put(parse_integer(text), *x); },
           [&](double* x) { return put(parse_real(text), *x); },
           [&](std::string* x) { return put(expected<std::string>{std::string{text}}, *x); },
           [&](std::vector<std::string>* x) { return put(parse_list(text), *x); },
           [&](sealed_text* x) {
             return put(expected<sealed_text>{sealed_text{std::string{text}}}, *x);
           },
           [&](sealed_list* x) { return put(parse_list(text), x->texts); },
           [&](duration* x) { return put(parse_duration(text), *x); },
           [&](byte_size* x) { return put(parse_byte_size(text), *x); },
           [&](endpoint* x) {
             if (text.empty() && o.may_be_empty)
               return put(expected<endpoint>{endpoint{}}, *x);
             return put(parse_endpoint(text), *x);
           }},
    o.value);
}

expected<void> check_option(const option& o) {
  if (auto x = magnitude(o); x && !is_in_range(*x, o))
    return wrong("must be from " + range_text(o));
  if (o.choices.empty())
    return {};
  const auto& text = *std::get<std::string*>(o.value);
  for (auto rest = o.choices; !rest.empty();) {
    auto bar = std::min(rest.find('|'), rest.size());
    if (rest.substr(0, bar) == text)
      return {};
    rest.remove_prefix(std::min(bar + 1, rest.size()));
  }
  return wrong("must be one of: " + choices_text(o.choices));
}

std::string toml_value(const option& o) {
  auto list = [](const std::vector<std::string>& items) {
    std::vector<std::string> texts;
    std::transform(items.begin(), items.end(), std::back_inserter(texts), in_quotes);
    return fmt::format("[{}]", fmt::join(texts, ", "));
  };
  return std::visit(
    one_of{[](bool* x) -> std::string { return *x ? "true" : "false"; },
           [](int64_t* x) { return fmt::format("{}", *x); },
           [](double* x) { return fmt::format("{}", *x); },
           [](std::string* x) { return in_quotes(*x); },
           [&](std::vector<std::string>* x) { return list(*x); },
           [](sealed_text* x) { return in_quotes(x->text.empty() ? "" : to_string(*x)); },
           [](sealed_list* x) -> std::string { return x->texts.empty() ? "[]" : "[\"<sealed>\"]"; },
           [](endpoint* x) { return in_quotes(x->host.empty() ? "" : to_string(*x)); },
           [](auto* x) { return in_quotes(to_string(*x)); }},
    o.value);
}

std::string unit_text(const option& o) {
  if (!o.choices.empty())
    return choices_text(o.choices);
  auto kind = std::visit(one_of{[](bool*) { return "true or false"; },
                                [](int64_t*) { return "integer"; },
                                [](double*) { return "number"; },
                                [](std::vector<std::string>*) { return "list of texts"; },
                                [](sealed_list*) { return "list of texts"; },
                                [](duration*) { return "duration"; },
                                [](byte_size*) { return "size"; },
                                [](auto*) { return ""; }},
                         o.value);
  return has_range(o) ? fmt::format("{}, {}", kind, range_text(o)) : std::string{kind};
}

} // namespace aops::base
