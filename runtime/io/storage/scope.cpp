#include "runtime/io/storage/scope.hpp"

namespace aops::storage {

namespace {

constexpr std::string_view granted =
  "(select t.host_group from group_grant t join account u on u.n = t.account where "
  "u.username = ?)";

} // namespace

void scope::limit_groups(filter& to, std::string_view group) const {
  if (!is_limited())
    return;
  std::string condition{group};
  to.also(condition.append(" in ").append(granted), viewer_);
}

void scope::limit_ids(filter& to, std::string_view id) const {
  if (!is_limited())
    return;
  std::string condition{id};
  condition.append(" in (select v.id from host v where v.owner = ? and v.host_group in ");
  to.also(condition.append(granted).append(")"), owner_, viewer_);
}

void scope::limit_users(filter& to, std::string_view user) const {
  if (!is_limited())
    return;
  std::string condition{user};
  to.also(condition.append(" = ?"), viewer_);
}

} // namespace aops::storage
