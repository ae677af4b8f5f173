#pragma once

#include "messages/error.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace aops::rulefile {

using text_map = std::map<std::string, std::string>;

/// A value within a template.
using template_value = std::variant<std::monostate, bool, int64_t, double, std::string, text_map>;

/// What a template is about.
struct template_data {
  text_map labels;
  double value = 0;
  text_map external_labels;
  std::string external_url;
};

struct template_node;

/// A text with actions between `{{` and `}}`, as Go's text/template has them: variables, fields,
/// pipelines, calls, `if`, `with`, comments, `-` beside a brace. Without `range`, `define`, and
/// functions that query. See docs/reference/rule-files.md#templates.
class template_text {
public:
  /// `ec::bad_request` with what does not read, or is not supported.
  static expected<template_text> parse(std::string_view text);

  /// `ec::bad_request` when a call fails.
  expected<std::string> expand(const template_data& data) const;

  /// Whether it says the same whatever it is about.
  bool is_plain() const;

private:
  std::shared_ptr<const std::vector<template_node>> nodes_;
};

} // namespace aops::rulefile
