#pragma once

#include <span>
#include <string>
#include <string_view>

/// The modules of Debian's package `ansible`, as `tools/ansible_modules` found them.
namespace aops::task {

/// A collection each: its name, then its modules, separated by blanks.
std::span<const std::string_view> module_lines();

/// Whether there is a module of this name, short or with its collection.
bool is_module(std::string_view name);

/// `, did you mean 'package'?`, or nothing: of its own collection, for a short name of the built-in
/// one.
std::string nearest_module(std::string_view name);

} // namespace aops::task
