#include "http/routes/routes.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace aops::http {

namespace {

using renaming = std::pair<std::string_view, std::string_view>;

/// Where the record of what was done says it otherwise than the path.
constexpr std::array renamed = {
  renaming{"manage.logout", "account.logout"},
  renaming{"account.certificate", "vault.enter"},
  renaming{"account.certificate.change", "vault.change"},
  renaming{"account.role.change", "user.role"},
  renaming{"account.grant.change", "user.grant"},
  renaming{"diag.execute", "diagnosis.execute"},
};

constexpr std::array areas = {"/manage/", "/check/", "/diag/"};
constexpr std::array within = {
  "account.user.", "account.session.", "account.token.", "account.view.", "host.group."};

} // namespace

std::string action_name(std::string_view path) {
  for (std::string_view area : areas)
    if (path.starts_with(area) && path.find('/', area.size()) != path.npos)
      path.remove_prefix(area.size() - 1);
  std::string name{path.substr(path.starts_with('/') ? 1 : 0)};
  std::replace(name.begin(), name.end(), '/', '.');
  for (const auto& [from, to] : renamed)
    if (name == from)
      return std::string{to};
  for (std::string_view prefix : within)
    if (name.starts_with(prefix))
      return name.substr(name.find('.') + 1);
  return name;
}

} // namespace aops::http
