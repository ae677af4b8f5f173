#pragma once

#include "messages/values.hpp"
#include "runtime/core/task/parameters.hpp"

namespace aops::task {

/// How a template runs, beside its playbook.
struct template_settings {
  std::vector<parameter> parameters;
  bool declares_parameters = false;  ///< Even if there are none of them.
  std::optional<bool> is_idempotent; ///< Whether it may run again where it was cut off.
  std::vector<std::string> after;    ///< Templates that come before it, if any.
  std::optional<int64_t> timeout_ms;
  std::vector<std::string> families; ///< `debian`, `redhat`; empty: not said.
};

/// From an object with `parameters`, `idempotent`, `after`, `timeout`, `families`.
/// @param at Name of the object in `detail`; empty: its members stand for themselves.
/// @returns ec::bad_request with `path: reason`.
expected<template_settings> settings_of(const base::json& object, std::string_view at);

/// From the text that was stored, which `settings_text` made; empty: nothing was said.
/// ec::corrupt.
expected<template_settings> read_settings(std::string_view text);

/// Those members of an object that say something, as canonical JSON; empty when none does.
std::string settings_text(const base::json& object);

/// What templates of one task declare together.
struct declared_parameters {
  std::vector<parameter> all; ///< One of a name for each template that has it.
  bool only = false;          ///< Whether each says all that it takes: others are refused.
};

/// @param settings Of each template, as `read_settings` takes them. ec::corrupt.
expected<declared_parameters> declared_by(const std::vector<std::string>& settings);

/// What an archive says of itself in `aops.yml`.
struct manifest {
  std::string name, description, version;
  std::string playbook = "site.yml"; ///< A file of the archive.
  template_settings settings;
  std::string settings_text; ///< As `settings_text` has it.
};

/// @param at Name of the document in `detail`, such as `aops.yml`.
expected<manifest> manifest_of(const base::json& document, std::string_view at);

} // namespace aops::task
