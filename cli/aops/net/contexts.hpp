#pragma once

#include "cli/aops/net/context.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Several remembered sessions side by side, each with a name, one of them in use. `default` is the
/// file of `context_path`, the others lie in `contexts` beside it, and `current` names the one in
/// use.
namespace aops::cli {

inline constexpr std::string_view default_context = "default";

/// Where they lie.
class context_folder {
public:
  /// Beside `context_path`; `ec::bad_request` as there.
  static expected<context_folder> of(const environment& env);

  std::string file_of(std::string_view name) const;
  /// Those that there are, by name.
  std::vector<std::string> names() const;
  bool has(std::string_view name) const;

  /// The one in use: `default` until another one was chosen. It may be there no more.
  expected<std::string> used() const;
  expected<void> use(std::string_view name) const;

  expected<void> remove(std::string_view name) const;
  expected<void> rename(std::string_view from, std::string_view to) const;

private:
  explicit context_folder(std::string path) : path_(std::move(path)) {}
  std::string used_file() const;
  std::string path_;
};

/// Letters, digits, `.`, `_`, `-`, at most 64, the first no dot and no dash; else
/// `ec::bad_request`.
expected<void> check_context_name(std::string_view name);

} // namespace aops::cli
