#pragma once

#include "messages/error.hpp"
#include "runtime/base/config.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// What is wrong with a configuration, for people and programs.
namespace aops::base {

struct config_fault {
  std::string file; ///< Or `--set`; empty: it is the default that does not do.
  int64_t line = 0; ///< 0: none.
  std::string key;  ///< `section.key`; empty: the file as a whole.
  std::string reason, remedy;
};

/// The faults that loading or checking a configuration ended with: a line each, as `blame` writes
/// them. Each has a remedy.
std::vector<config_fault> faults_of(const error& e);

/// `FILE:LINE: key: reason`, and the remedy on a line of its own.
std::string shown(const config_fault& x);

/// `{"faults": [{"file", "line", "key", "reason", "remedy"}]}`, what there is of each.
std::string faults_json(const std::vector<config_fault>& all);

/// The whole configuration in the same form, without faults; passwords are `<sealed>`.
std::string to_json(const config& c);

} // namespace aops::base
