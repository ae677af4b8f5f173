#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace aops::task {

/// The variables that the `{{ … }}` of a text read, each as often as it stands there: first names
/// only, neither attributes, filters, tests, functions nor names of arguments. Expressions that
/// care for what is not defined (`default`, `defined`), and texts with statements (`{% … %}`), have
/// none.
std::vector<std::string> names_read(std::string_view text);

} // namespace aops::task
