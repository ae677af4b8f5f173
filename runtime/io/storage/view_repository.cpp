#include "runtime/io/storage/view_repository.hpp"

#include "runtime/io/storage/steps.hpp"

#include <fmt/format.h>

namespace aops::storage {

expected<views_found> view_repository::of(std::string_view user, std::string_view kind) {
  return db_
    .list(
      "select view_name, content, changed_ms from user_view where username = ? and kind = ? "
      "order by view_name",
      [](const row& r) {
        return view_info{r.string(0), json_text{r.string(1)}, moment{r.integer(2)}};
      },
      user,
      kind)
    .map([](std::vector<view_info> all) { return views_found{std::move(all)}; });
}

expected<void> view_repository::save(std::string_view user, const view_to_save& x, int64_t now_ms) {
  if (x.content.text.size() > most_bytes)
    return fail(ec::bad_request, fmt::format("content: must be at most {} bytes", most_bytes));
  auto others = db_.count("select count(*) from user_view where username = ? and not (kind = ? and "
                          "view_name = ?)",
                          user,
                          x.kind,
                          x.view_name);
  if (!others)
    return fail(std::move(others.error()));
  if (*others >= most_views)
    return fail(
      ec::bad_request,
      fmt::format("view_name: a user keeps at most {} views; delete some first", most_views));
  return only(db_.run(
    db_.sql().upsert("user_view", {"username", "kind", "view_name"}, {"content", "changed_ms"}),
    user,
    x.kind,
    x.view_name,
    x.content.text,
    now_ms));
}

expected<void> view_repository::remove(std::string_view user,
                                       std::string_view kind,
                                       const std::vector<std::string>& names) {
  return for_each(names, [&](const std::string& name) -> expected<void> {
    return only(db_.run(
      "delete from user_view where username = ? and kind = ? and view_name = ?", user, kind, name));
  });
}

} // namespace aops::storage
