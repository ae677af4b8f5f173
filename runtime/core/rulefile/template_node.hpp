#pragma once

#include "runtime/core/rulefile/template_text.hpp"

namespace aops::rulefile {

struct template_pipeline;

/// An operand of a command: a literal, a variable or `.` with fields, a call, a pipeline in
/// parentheses with fields.
struct template_operand {
  enum class kind : uint8_t { literal, variable, data, call, inner } what = kind::literal;
  template_value literal;
  std::string name; ///< Of a variable, with its `$`; of a function.
  std::vector<std::string> fields;
  std::shared_ptr<template_pipeline> inner;
};

/// A function with its arguments, or one operand alone.
struct template_command {
  std::vector<template_operand> words;
};

/// Each command's value is the last argument of the next.
struct template_pipeline {
  std::string variable; ///< Set to the value, which is then not printed; empty: none.
  bool declares = true; ///< By `:=`; else by `=`, and the variable is there already.
  std::vector<template_command> commands;
};

struct template_node {
  enum class kind : uint8_t { text, print, choose, with } what = kind::text;
  std::string text;
  template_pipeline pipeline;
  std::vector<template_node> then, otherwise;
};

/// Whether a function of this name may be called.
bool is_template_function(std::string_view name);
/// Functions of Prometheus that are left out: they ask for other series.
bool is_left_out(std::string_view name);

/// `ec::bad_request` when the function fails, or has other arguments.
expected<template_value> call_function(const std::string& name,
                                       const std::vector<template_value>& arguments,
                                       const template_data& data);

expected<std::vector<template_node>> parse_template(std::string_view text);

/// As `{{ }}` prints it.
std::string printed(const template_value& x);
/// As `printf` of Go does it.
std::string printed(std::string_view format, const std::vector<template_value>& arguments);
/// As Go's `%.4g`.
std::string four_digits(double x);
bool is_true(const template_value& x);

} // namespace aops::rulefile
