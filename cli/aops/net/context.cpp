#include "cli/aops/net/context.hpp"

#include "cli/aops/text/files.hpp"
#include "cli/aops/text/json.hpp"
#include "cli/aops/text/language.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace aops::cli {

namespace fs = std::filesystem;

expected<std::string> context_path(const environment& env) {
  if (auto base = env("XDG_CONFIG_HOME"); base && base->starts_with('/'))
    return *base + "/aops/context.json";
  if (auto home = env("HOME"); home && !home->empty())
    return *home + "/.config/aops/context.json";
  return fail(ec::bad_request,
              tr("neither XDG_CONFIG_HOME nor HOME is set: nowhere to keep the session"));
}

expected<context> load_context(const std::string& path) {
  std::error_code problem;
  auto status = fs::status(path, problem);
  if (!fs::exists(status))
    return context{};
  constexpr auto others = fs::perms::group_all | fs::perms::others_all;
  if ((status.permissions() & others) != fs::perms::none)
    return fail(
      ec::bad_request,
      tr("{} holds a session token and others may read it; run: chmod 600 {}", path, path));
  auto text = read_file(path);
  if (!text)
    return fail(text.error());
  auto content = parse_json(*text);
  if (!content)
    return fail(ec::bad_request,
                tr("{}: {}; delete it and log in again", path, content.error().detail));
  context known{text_of(*content, "url"),
                text_of(*content, "username"),
                text_of(*content, "access_token"),
                text_of(*content, "fingerprint"),
                text_of(*content, "cacert")};
  for (const auto& other : member(*content, "others"))
    if (auto url = text_of(other, "url"); !url.empty())
      known.others.push_back({url, text_of(other, "fingerprint")});
  return known;
}

expected<void> save_context(const std::string& path, const context& what) {
  json content = {{"url", what.url}};
  auto add = [&](const char* key, const std::string& value) {
    if (!value.empty())
      content[key] = value;
  };
  add("username", what.username);
  add("access_token", what.access_token);
  add("fingerprint", what.fingerprint);
  add("cacert", what.cacert);
  for (const auto& other : what.others) {
    json row = {{"url", other.url}};
    if (!other.fingerprint.empty())
      row["fingerprint"] = other.fingerprint;
    content["others"].push_back(std::move(row));
  }
  return write_file(path, to_lines(content), 0600, true);
}

} // namespace aops::cli
