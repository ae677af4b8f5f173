#include "cli/aops/net/contexts.hpp"

#include "cli/aops/text/files.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"

#include <algorithm>
#include <filesystem>

namespace aops::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view suffix = ".json";

auto refuse(const std::string& file, const std::error_code& why) {
  return fail(ec::bad_request, fmt::format("{}: {}", file, why.message()));
}

} // namespace

expected<void> check_context_name(std::string_view name) {
  constexpr size_t longest = 64;
  auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  auto is_fine = [&](char c) { return is_letter(c) || c == '-' || c == '.'; };
  bool is_name = !name.empty() && name.size() <= longest && is_letter(name.front()) &&
                 std::all_of(name.begin(), name.end(), is_fine);
  if (is_name)
    return {};
  return fail(ec::bad_request,
              tr("`{}` is no name of a context: letters, digits, `.`, `_` and `-`, at most {}",
                 name,
                 longest));
}

expected<context_folder> context_folder::of(const environment& env) {
  auto file = context_path(env);
  if (!file)
    return fail(file.error());
  return context_folder{fs::path(*file).parent_path().string()};
}

std::string context_folder::file_of(std::string_view name) const {
  return name == default_context ? path_ + "/context.json"
                                 : fmt::format("{}/contexts/{}{}", path_, name, suffix);
}

std::string context_folder::used_file() const { return path_ + "/current"; }

bool context_folder::has(std::string_view name) const {
  std::error_code problem;
  return check_context_name(name) && fs::exists(file_of(name), problem);
}

std::vector<std::string> context_folder::names() const {
  std::vector<std::string> all;
  std::error_code problem;
  if (has(default_context))
    all.emplace_back(default_context);
  for (fs::directory_iterator it{path_ + "/contexts", problem}, end; !problem && it != end;
       it.increment(problem)) {
    auto file = it->path().filename().string();
    if (auto name = file.substr(0, file.size() - std::min(file.size(), suffix.size()));
        file.ends_with(suffix) && check_context_name(name) && name != default_context)
      all.push_back(name);
  }
  std::sort(all.begin(), all.end());
  return all;
}

expected<std::string> context_folder::used() const {
  std::error_code problem;
  if (!fs::exists(used_file(), problem))
    return std::string{default_context};
  auto text = read_file(used_file());
  if (!text)
    return text;
  auto name = trimmed(*text);
  if (!check_context_name(name))
    return fail(ec::bad_request,
                tr("{} holds no name of a context; run: aops context use NAME", used_file()));
  return name;
}

expected<void> context_folder::use(std::string_view name) const {
  return write_file(used_file(), fmt::format("{}\n", name), 0600, true);
}

expected<void> context_folder::remove(std::string_view name) const {
  auto in_use = used();
  std::error_code problem;
  fs::remove(file_of(name), problem);
  if (problem)
    return refuse(file_of(name), problem);
  if (in_use && *in_use == name)
    fs::remove(used_file(), problem);
  return {};
}

expected<void> context_folder::rename(std::string_view from, std::string_view to) const {
  auto in_use = used();
  auto known = load_context(file_of(from));
  if (!known)
    return fail(known.error());
  if (auto done = save_context(file_of(to), *known); !done)
    return done;
  if (in_use && *in_use == from)
    if (auto done = use(to); !done)
      return done;
  std::error_code problem;
  fs::remove(file_of(from), problem);
  return problem ? expected<void>{refuse(file_of(from), problem)} : expected<void>{};
}

} // namespace aops::cli
