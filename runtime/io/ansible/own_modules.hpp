#pragma once

#include <span>
#include <string_view>

namespace aops::ansible {

/// A module for Ansible that belongs to this program: a file of `modules/`.
struct own_module {
  std::string_view file, text;
};

std::span<const own_module> own_modules();

} // namespace aops::ansible
