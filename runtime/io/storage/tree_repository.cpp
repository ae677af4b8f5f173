#include "runtime/io/storage/tree_repository.hpp"

#include "runtime/base/json_codec.hpp"
#include "runtime/io/storage/content_repository.hpp"
#include "runtime/io/storage/filter.hpp"
#include "runtime/io/storage/steps.hpp"

#include <unordered_map>

namespace aops::storage {

namespace {

std::vector<std::string> tags_of(std::string_view text) {
  auto list = base::json::parse(text, nullptr, false);
  std::vector<std::string> out;
  if (list.is_array())
    for (const auto& tag : list)
      if (tag.is_string())
        out.push_back(tag.get<std::string>());
  return out;
}

} // namespace

expected<bool>
tree_repository::upsert(std::string_view owner, const tree_to_import& tree, int64_t now_ms) {
  auto digest = tree_digest(tree.tree_content.text);
  if (!digest)
    return fail(std::move(digest.error()));
  auto key = content_repository{db_}.intern(*digest, "tree", tree.tree_content.text);
  if (!key)
    return fail(std::move(key.error()));
  auto tags = base::json(tree.tag).dump(-1, ' ', false, base::json::error_handler_t::replace);
  auto update = [&] {
    return db_.run("update diag_tree set content = ?, description = ?, tags = ?, updated_ms = ? "
                   "where owner = ? and tree_name = ?",
                   *key,
                   tree.description,
                   tags,
                   now_ms,
                   owner,
                   tree.tree_name);
  };
  auto insert = [&] {
    return db_.run("insert into diag_tree (owner, tree_name, content, description, tags, "
                   "created_ms, updated_ms) values (?, ?, ?, ?, ?, ?, ?)",
                   owner,
                   tree.tree_name,
                   *key,
                   tree.description,
                   tags,
                   now_ms,
                   now_ms);
  };
  return update_or_insert(update, insert);
}

expected<std::vector<tree_info>> tree_repository::list(std::string_view owner,
                                                       const std::vector<std::string>& names) {
  if (auto fair = check_length("tree_list", names.size()); !fair)
    return fail(std::move(fair.error()));
  filter matching("t.owner = ?", owner);
  matching.in("t.tree_name", names);
  return db_.list_with(
    "select t.tree_name, c.body, t.description, t.tags from diag_tree t "
    "join content c on c.n = t.content where " +
      matching.where() + " order by t.tree_name",
    matching.values(),
    [](const row& r) {
      return tree_info{r.string(0), json_text{r.string(1)}, r.string(2), tags_of(r.text(3))};
    });
}

expected<std::vector<tree_content>>
tree_repository::contents(std::string_view owner, const std::vector<std::string>& names) {
  std::unordered_map<std::string, tree_content> found;
  auto done = for_parts(names, [&](const std::vector<std::string>& part) -> expected<void> {
    filter matching("t.owner = ?", owner);
    matching.in("t.tree_name", part);
    auto rows = db_.list_with("select t.tree_name, c.digest, c.body from diag_tree t "
                              "join content c on c.n = t.content where " +
                                matching.where(),
                              matching.values(),
                              [](const row& r) {
                                return tree_content{r.string(0), r.string(1), r.string(2)};
                              });
    if (!rows)
      return fail(std::move(rows.error()));
    for (auto& x : *rows)
      found.emplace(x.tree_name, std::move(x));
    return {};
  });
  if (!done)
    return fail(std::move(done.error()));
  return in_order_of(names, std::move(found));
}

expected<std::vector<tree_content>>
tree_repository::mentioning(std::string_view owner, const std::string& name, int64_t limit) {
  auto quoted = nlohmann::json(name).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return db_.list(
    "select t.tree_name, c.digest, c.body from diag_tree t join content c on "
    "c.n = t.content where t.owner = ? and (t.tree_name = ? or instr(c.body, ?) > 0) "
    "order by t.tree_name limit ?",
    [](const row& r) {
      return tree_content{r.string(0), r.string(1), r.string(2)};
    },
    owner,
    name,
    quoted,
    limit);
}

expected<int64_t> tree_repository::remove(std::string_view owner,
                                          const std::vector<std::string>& names) {
  int64_t removed = 0;
  auto done = for_each(names, [&](const std::string& name) {
    return db_.run("delete from diag_tree where owner = ? and tree_name = ?", owner, name)
      .map([&](int64_t rows) { removed += rows; });
  });
  if (!done)
    return fail(std::move(done.error()));
  return removed;
}

} // namespace aops::storage
