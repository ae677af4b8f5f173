#include "runtime/core/rulefile/template_text.hpp"

#include "runtime/core/rulefile/template_node.hpp"

#include <optional>

namespace aops::rulefile {

namespace {

using answer = expected<template_value>;

/// What templates may make: so long, in so many actions.
constexpr size_t most_bytes = 1 << 16;

class expansion {
public:
  explicit expansion(const template_data& data) : data_(data) {
    variables_ = {{"$labels", data.labels},
                  {"$externalLabels", data.external_labels},
                  {"$externalURL", data.external_url},
                  {"$value", data.value}};
  }

  expected<std::string> run(const std::vector<template_node>& nodes) {
    if (auto fine = write(nodes); !fine)
      return fail(fine.error());
    return std::move(out_);
  }

private:
  expected<void> write(const std::vector<template_node>& nodes) {
    for (const auto& n : nodes) {
      if (out_.size() > most_bytes)
        return fail(ec::bad_request, "the text is longer than 64 KiB");
      using kind = template_node::kind;
      if (n.what == kind::text) {
        out_ += n.text;
        continue;
      }
      auto known = variables_.size();
      auto value = evaluate(n.pipeline);
      if (!value)
        return fail(value.error());
      if (n.what == kind::print) {
        if (n.pipeline.variable.empty())
          out_ += printed(*value);
        continue;
      }
      bool holds = is_true(*value);
      auto outer = dot_;
      if (n.what == kind::with && holds)
        dot_ = *value;
      auto fine = write(holds ? n.then : n.otherwise);
      dot_ = outer;
      variables_.resize(known); // Those of a block end with it.
      if (!fine)
        return fine;
    }
    return {};
  }

  /// The innermost of this name; null when there is none.
  template_value* variable(const std::string& name) {
    for (size_t i = variables_.size(); i-- > 0;)
      if (variables_[i].first == name)
        return &variables_[i].second;
    return nullptr;
  }
  static answer undefined(const std::string& name) {
    return fail(ec::bad_request, "undefined variable \"" + name + "\"");
  }

  answer evaluate(const template_pipeline& p) {
    std::optional<template_value> last;
    for (const auto& c : p.commands) {
      auto value = evaluate(c, last);
      if (!value)
        return value;
      last = std::move(*value);
    }
    if (p.variable.empty())
      return std::move(*last);
    if (p.declares) {
      variables_.emplace_back(p.variable, *last);
    } else {
      auto* there = variable(p.variable);
      if (!there)
        return undefined(p.variable);
      *there = *last; // Also where it is of a block around this one.
    }
    return std::move(*last);
  }

  answer evaluate(const template_command& c, const std::optional<template_value>& last) {
    const auto& first = c.words[0];
    if (first.what != template_operand::kind::call) {
      if (last)
        return fail(ec::bad_request, "can't give argument to what is no function");
      return evaluate(first);
    }
    std::vector<template_value> arguments;
    bool is_and = first.name == "and", is_lazy = is_and || first.name == "or";
    auto take = [&](template_value x) {
      bool decides = is_lazy && is_true(x) != is_and;
      arguments.push_back(std::move(x));
      return decides;
    };
    for (size_t i = 1; i < c.words.size(); ++i) {
      auto value = evaluate(c.words[i]);
      if (!value)
        return value;
      if (take(std::move(*value)))
        return std::move(arguments.back());
    }
    if (last)
      take(*last);
    if (!is_lazy)
      return call_function(first.name, arguments, data_);
    if (arguments.empty())
      return fail(ec::bad_request, "wrong number of args for " + first.name);
    return std::move(arguments.back());
  }

  answer evaluate(const template_operand& x) {
    using kind = template_operand::kind;
    switch (x.what) {
    case kind::literal:
      return x.literal;
    case kind::variable: {
      if (const auto* there = variable(x.name))
        return fields(*there, x.fields, 0);
      return x.name == "$" ? of_data(x.fields) : undefined(x.name);
    }
    case kind::data:
      return dot_ ? fields(*dot_, x.fields, 0) : of_data(x.fields);
    case kind::call:
      return call_function(x.name, {}, data_);
    case kind::inner: {
      auto value = evaluate(*x.inner);
      return value ? fields(*value, x.fields, 0) : value;
    }
    }
    return template_value();
  }

  /// `.Labels.job`, `.Value`.
  answer of_data(const std::vector<std::string>& names) {
    if (names.empty())
      return fail(ec::bad_request, "not supported: `.` alone");
    if (names[0] == "Labels")
      return fields(data_.labels, names, 1);
    if (names[0] == "ExternalLabels")
      return fields(data_.external_labels, names, 1);
    if (names[0] == "ExternalURL")
      return fields(data_.external_url, names, 1);
    if (names[0] == "Value")
      return fields(data_.value, names, 1);
    return fail(ec::bad_request, "there is no field " + names[0]);
  }

  static answer fields(template_value x, const std::vector<std::string>& names, size_t from) {
    for (; from < names.size(); ++from) {
      const auto* map = std::get_if<text_map>(&x);
      if (!map)
        return fail(ec::bad_request, "can't evaluate field " + names[from]);
      auto found = map->find(names[from]);
      x = found == map->end() ? std::string() : std::string(found->second);
    }
    return x;
  }

  const template_data& data_;
  std::vector<std::pair<std::string, template_value>> variables_;
  std::optional<template_value> dot_; ///< Within `with`.
  std::string out_;
};

} // namespace

expected<template_text> template_text::parse(std::string_view text) {
  auto nodes = parse_template(text);
  if (!nodes)
    return fail(nodes.error());
  template_text out;
  out.nodes_ = std::make_shared<const std::vector<template_node>>(std::move(*nodes));
  return out;
}

expected<std::string> template_text::expand(const template_data& data) const {
  return nodes_ ? expansion(data).run(*nodes_) : std::string();
}

bool template_text::is_plain() const {
  if (nodes_)
    for (const auto& n : *nodes_)
      if (n.what != template_node::kind::text)
        return false;
  return true;
}

} // namespace aops::rulefile
