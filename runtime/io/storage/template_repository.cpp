#include "runtime/io/storage/template_repository.hpp"

#include "runtime/base/canonical_json.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/json_codec.hpp"
#include "runtime/io/storage/content_repository.hpp"
#include "runtime/io/storage/filter.hpp"
#include "runtime/io/storage/steps.hpp"

namespace aops::storage {

expected<void>
template_repository::add(std::string_view owner, const template_to_import& x, int64_t now_ms) {
  auto document = base::parse_json(x.template_content.text);
  if (!document)
    return fail(ec::bad_request, "template_content: " + document.error().detail);
  auto key = content_repository{db_}.intern(
    base::sha256_hex(base::canonical_json(*document)), "template", x.template_content.text);
  if (!key)
    return fail(std::move(key.error()));
  auto added = db_.run("insert into deploy_template (owner, template_name, content, description, "
                       "created_ms) values (?, ?, ?, ?, ?)",
                       owner,
                       x.template_name,
                       *key,
                       x.description,
                       now_ms);
  if (!added && added.error() == ec::conflict)
    return fail(ec::conflict, "template_name: exists already");
  return only(std::move(added));
}

expected<templates_page> template_repository::page(std::string_view owner,
                                                   const templates_query& q) {
  snapshot view{db_};
  if (!view)
    return fail(view.error());
  auto p = paging_of(q);
  filter matching("t.owner = ?", owner);
  matching.in("t.template_name", q.template_list);
  auto window = window_of(db_, p, "deploy_template t", matching);
  if (!window)
    return fail(std::move(window.error()));
  static constexpr sort_choice choices[] = {{"template_name", "t.template_name"}};
  auto rows =
    db_.list_with("select t.template_name, c.body, t.description from deploy_template t "
                  "join content c on c.n = t.content where " +
                    matching.where() + order_by(p, choices, "t.n", "t.n") + " limit ? offset ?",
                  matching.values_and(window->limit, window->offset),
                  [](const row& r) {
                    return template_info{r.string(0), json_text{r.string(1)}, r.string(2)};
                  });
  if (!rows)
    return fail(std::move(rows.error()));
  templates_page out;
  set_totals(out, window->total, p);
  out.template_infos = std::move(*rows);
  return out;
}

expected<int64_t> template_repository::remove(std::string_view owner,
                                              const std::vector<std::string>& names) {
  int64_t removed = 0;
  auto done = for_parts(names, [&](const std::vector<std::string>& part) -> expected<void> {
    filter matching("owner = ?", owner);
    matching.in("template_name", part);
    return db_.run_with("delete from deploy_template where " + matching.where(), matching.values())
      .map([&](int64_t rows) { removed += rows; });
  });
  if (!done)
    return fail(std::move(done.error()));
  return removed;
}

expected<by_text<int64_t>> template_repository::contents(std::string_view owner,
                                                         const std::vector<std::string>& names) {
  by_text<int64_t> out;
  auto done = for_parts(names, [&](const std::vector<std::string>& part) -> expected<void> {
    filter matching("owner = ?", owner);
    matching.in("template_name", part);
    auto rows =
      db_.list_with("select template_name, content from deploy_template where " + matching.where(),
                    matching.values(),
                    [&](const row& r) { return out.emplace(r.string(0), r.integer(1)).second; });
    if (!rows)
      return fail(std::move(rows.error()));
    return {};
  });
  if (!done)
    return fail(std::move(done.error()));
  return out;
}

} // namespace aops::storage
