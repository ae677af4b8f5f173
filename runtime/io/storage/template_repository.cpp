#include "runtime/io/storage/template_repository.hpp"

#include "runtime/base/canonical_json.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/json_codec.hpp"
#include "runtime/io/storage/content_repository.hpp"
#include "runtime/io/storage/filter.hpp"
#include "runtime/io/storage/package_repository.hpp"
#include "runtime/io/storage/steps.hpp"

namespace aops::storage {

/// The row that is there.
struct template_repository::current {
  int64_t key = 0;
  frozen_keys keys;
  std::string description, shipped;
};

namespace {

/// Settings of a template as the answer shows them; what does not decode is left out.
void show_settings(template_info& out, std::string_view text) {
  auto settings = base::json::parse(text, nullptr, false);
  if (!settings.is_object())
    return;
  if (auto i = settings.find("parameters"); i != settings.end())
    out.parameters.text = i->dump();
  if (auto i = settings.find("idempotent"); i != settings.end() && i->is_boolean())
    out.idempotent = i->get<bool>();
  if (auto i = settings.find("after"); i != settings.end() && i->is_array())
    for (const auto& name : *i)
      if (name.is_string())
        out.after.push_back(name.get<std::string>());
  if (auto i = settings.find("timeout"); i != settings.end())
    out.timeout = i->is_string() ? i->get<std::string>() : i->dump();
}

constexpr std::string_view with_settings = " left join content s on s.n = t.settings ";

} // namespace

expected<frozen_keys> template_repository::intern(const new_template& x) {
  auto document = base::parse_json(x.content.text);
  if (!document)
    return fail(ec::bad_request, "template_content: " + document.error().detail);
  if (x.archive != 0) { // It may have gone since it was looked at.
    auto is_there = package_repository{db_}.hold(x.archive);
    if (!is_there)
      return fail(std::move(is_there.error()));
    if (!*is_there)
      return fail(ec::bad_request, "package_name: no such package");
  }
  content_repository contents{db_};
  auto content =
    contents.intern(base::sha256_hex(base::canonical_json(*document)), "template", x.content.text);
  if (!content)
    return fail(std::move(content.error()));
  frozen_keys out{*content, 0, x.archive, 1};
  if (!x.settings.empty()) {
    auto settings = contents.intern(base::sha256_hex(x.settings), "settings", x.settings);
    if (!settings)
      return fail(std::move(settings.error()));
    out.settings = *settings;
  }
  return out;
}

expected<int64_t>
template_repository::add(std::string_view owner, const new_template& x, int64_t now_ms) {
  auto keys = intern(x);
  if (!keys)
    return fail(std::move(keys.error()));
  auto old = db_.first(
    "select n, content, settings, archive, version, description, shipped from deploy_template "
    "where owner = ? and template_name = ?" +
      std::string{db_.sql().for_update()},
    [](const row& r) {
      return current{r.integer(0),
                     {r.integer(1), r.integer(2), r.integer(3), r.integer(4)},
                     r.string(5),
                     r.string(6)};
    },
    owner,
    x.name);
  if (!old)
    return fail(std::move(old.error()));
  if (*old && !x.replace)
    return fail(ec::conflict, "template_name: exists already");
  if (*old) {
    const auto& was = (*old)->keys;
    bool is_same = was.content == keys->content && was.settings == keys->settings &&
                   was.archive == keys->archive && (*old)->description == x.description &&
                   (*old)->shipped.empty() == x.shipped.empty();
    if (is_same)
      return was.version;
    if (auto done = replace(**old, x, *keys, now_ms); !done)
      return fail(std::move(done.error()));
    return was.version + 1;
  }
  auto added =
    db_.run("insert into deploy_template (owner, username, template_name, content, settings, "
            "archive, package_name, package_version, shipped, description, version, created_ms) "
            "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?)",
            owner,
            x.user,
            x.name,
            keys->content,
            keys->settings,
            keys->archive,
            x.package_name,
            x.package_version,
            x.shipped,
            x.description,
            now_ms);
  if (!added && added.error() == ec::conflict)
    return fail(ec::conflict, "template_name: exists already");
  return added.map([](int64_t) { return int64_t{1}; });
}

expected<void> template_repository::replace(const current& old,
                                            const new_template& x,
                                            const frozen_keys& keys,
                                            int64_t now_ms) {
  return in_order(
    [&] {
      return db_.run("insert into deploy_template_version (template, version, username, content, "
                     "settings, archive, package_name, package_version, description, created_ms) "
                     "select n, version, username, content, settings, archive, package_name, "
                     "package_version, description, created_ms from deploy_template where n = ?",
                     old.key);
    },
    [&] {
      return db_.run("delete from deploy_template_version where template = ? and version <= ?",
                     old.key,
                     old.keys.version - most_versions);
    },
    [&] {
      return db_.run("update deploy_template set version = ?, username = ?, content = ?, "
                     "settings = ?, archive = ?, package_name = ?, package_version = ?, "
                     "shipped = ?, description = ?, created_ms = ? where n = ?",
                     old.keys.version + 1,
                     x.user,
                     keys.content,
                     keys.settings,
                     keys.archive,
                     x.package_name,
                     x.package_version,
                     x.shipped,
                     x.description,
                     now_ms,
                     old.key);
    });
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
  auto rows = db_.list_with("select t.template_name, c.body, t.description, t.version, s.body, "
                            "t.package_name, t.package_version from deploy_template t "
                            "join content c on c.n = t.content" +
                              std::string{with_settings} + "where " + matching.where() +
                              order_by(p, choices, "t.n", "t.n") + " limit ? offset ?",
                            matching.values_and(window->limit, window->offset),
                            [](const row& r) {
                              template_info x;
                              x.template_name = r.string(0);
                              x.template_content.text = r.string(1);
                              x.description = r.string(2);
                              x.version = r.integer(3);
                              show_settings(x, r.text(4));
                              x.package_name = r.string(5);
                              x.package_version = r.string(6);
                              return x;
                            });
  if (!rows)
    return fail(std::move(rows.error()));
  templates_page out;
  set_totals(out, window->total, p);
  out.template_infos = std::move(*rows);
  return out;
}

expected<template_versions_page> template_repository::versions(std::string_view owner,
                                                               const template_versions_query& q) {
  snapshot view{db_};
  if (!view)
    return fail(view.error());
  auto key = db_.integer(
    "select n from deploy_template where owner = ? and template_name = ?", owner, q.template_name);
  if (!key)
    return fail(std::move(key.error()));
  if (!*key)
    return fail(ec::bad_request, "template_name: no such template");
  auto total = db_.count("select count(*) from deploy_template_version where template = ?", **key);
  if (!total)
    return fail(std::move(total.error()));
  paging p;
  if (q.page && q.per_page) {
    p.page = *q.page;
    p.per_page = *q.per_page;
  }
  auto window = window_of(p, *total + 1);
  if (!window)
    return fail(std::move(window.error()));
  auto rows = db_.list(
    "select version, created_ms, username, description, package_name, package_version from "
    "(select version, created_ms, username, description, package_name, package_version from "
    "deploy_template where n = ? union all select version, created_ms, username, description, "
    "package_name, package_version from deploy_template_version where template = ?) v "
    "order by version desc limit ? offset ?",
    [](const row& r) {
      return template_version{
        r.integer(0), moment{r.integer(1)}, r.string(2), r.string(3), r.string(4), r.string(5)};
    },
    **key,
    **key,
    window->limit,
    window->offset);
  if (!rows)
    return fail(std::move(rows.error()));
  template_versions_page out;
  set_totals(out, window->total, p);
  out.versions = std::move(*rows);
  return out;
}

expected<std::optional<whole_template>>
template_repository::whole(std::string_view owner, std::string_view name, int64_t version) {
  auto read = [](const row& r) {
    return whole_template{
      r.integer(0), r.string(1), r.string(2), r.string(3), r.string(4), r.string(5), r.string(6)};
  };
  const std::string shown =
    "select t.version, c.body, s.body, t.description, t.package_name, t.package_version, "
    "a.listing from ";
  const std::string joined = " join content c on c.n = t.content" + std::string{with_settings} +
                             "left join package_archive a on a.n = t.archive where ";
  auto now = db_.first(shown + "deploy_template t" + joined + "t.owner = ? and t.template_name = ?",
                       read,
                       owner,
                       name);
  if (!now || !*now || version == 0 || (*now)->version == version)
    return now;
  return db_.first(shown + "deploy_template_version t join deploy_template d on d.n = t.template" +
                     joined + "d.owner = ? and d.template_name = ? and t.version = ?",
                   read,
                   owner,
                   name,
                   version);
}

expected<by_text<origin>> template_repository::shipped(std::string_view owner,
                                                       const std::vector<std::string>& names) {
  by_text<origin> out;
  auto done = for_parts(names, [&](const std::vector<std::string>& part) -> expected<void> {
    filter matching("owner = ?", owner);
    matching.in("template_name", part);
    return only(db_.list_with(
      "select template_name, shipped, version from deploy_template where " + matching.where(),
      matching.values(),
      [&](const row& r) {
        return out.emplace(r.string(0), origin{r.string(1), r.integer(2)}).second;
      }));
  });
  if (!done)
    return fail(std::move(done.error()));
  return out;
}

expected<int64_t> template_repository::remove(std::string_view owner,
                                              const std::vector<std::string>& names) {
  int64_t removed = 0;
  auto done = for_parts(names, [&](const std::vector<std::string>& part) -> expected<void> {
    filter matching("owner = ?", owner);
    matching.in("template_name", part);
    return in_order(
      [&] {
        return db_.run_with("delete from deploy_template_version where template in (select n from "
                            "deploy_template where " +
                              matching.where() + ")",
                            matching.values());
      },
      [&] {
        return db_
          .run_with("delete from deploy_template where " + matching.where(), matching.values())
          .map([&](int64_t rows) { removed += rows; });
      });
  });
  if (!done)
    return fail(std::move(done.error()));
  return removed;
}

expected<by_text<frozen_keys>>
template_repository::to_freeze(std::string_view owner, const std::vector<std::string>& names) {
  by_text<frozen_keys> out;
  auto done = for_parts(names, [&](const std::vector<std::string>& part) -> expected<void> {
    filter matching("owner = ?", owner);
    matching.in("template_name", part);
    return only(db_.list_with(
      "select template_name, content, settings, archive, version from deploy_template where " +
        matching.where(),
      matching.values(),
      [&](const row& r) {
        return out
          .emplace(r.string(0), frozen_keys{r.integer(1), r.integer(2), r.integer(3), r.integer(4)})
          .second;
      }));
  });
  if (!done)
    return fail(std::move(done.error()));
  return out;
}

expected<std::vector<std::string>>
template_repository::settings(std::string_view owner, const std::vector<std::string>& names) {
  std::vector<std::string> out;
  auto done = for_parts(names, [&](const std::vector<std::string>& part) -> expected<void> {
    filter matching("t.owner = ?", owner);
    matching.in("t.template_name", part);
    auto rows = db_.list_with("select s.body from deploy_template t" + std::string{with_settings} +
                                "where " + matching.where(),
                              matching.values(),
                              [](const row& r) { return r.string(0); });
    if (!rows)
      return fail(std::move(rows.error()));
    out.insert(out.end(), rows->begin(), rows->end());
    return {};
  });
  if (!done)
    return fail(std::move(done.error()));
  return out;
}

expected<std::vector<frozen_template>> template_repository::frozen_of(std::string_view owner,
                                                                      std::string_view task) {
  return db_.list(
    "select t.template_name, t.version, c.body, s.body, a.digest from deploy_task d "
    "join deploy_task_template t on t.task = d.n join content c on c.n = t.content" +
      std::string{with_settings} +
      "left join package_archive a on a.n = t.archive where d.owner = ? and d.id = ? "
      "order by t.position",
    [](const row& r) {
      return frozen_template{r.string(0), r.integer(1), r.string(2), r.string(3), r.string(4)};
    },
    owner,
    task);
}

} // namespace aops::storage
