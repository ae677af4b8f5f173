#include "runtime/io/storage/deploy_task_repository.hpp"

#include "runtime/base/json_codec.hpp"
#include "runtime/io/storage/host_repository.hpp"
#include "runtime/io/storage/named_rows.hpp"
#include "runtime/io/storage/package_repository.hpp"
#include "runtime/io/storage/schedule_repository.hpp"
#include "runtime/io/storage/steps.hpp"
#include "runtime/io/storage/template_repository.hpp"

#include <unordered_map>

namespace aops::storage {

namespace {

using base::json;

std::string written(const std::vector<deploy_step>& steps) {
  auto list = json::array();
  for (const auto& x : steps)
    list.push_back(base::encode(x));
  return list.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// What does not decode any more is left out: a list shows the rest.
std::vector<deploy_step> read_steps(std::string_view text) {
  std::vector<deploy_step> out;
  auto list = json::parse(text, nullptr, false);
  if (list.is_array())
    for (const auto& x : list)
      if (auto step = base::decode<deploy_step>(x))
        out.push_back(std::move(*step));
  return out;
}

tl::unexpected<error> unknown(std::string_view list, size_t i, std::string_view what) {
  std::string at{list};
  return fail(ec::bad_request, at + "[" + std::to_string(i) + "]: no such " + std::string{what});
}

} // namespace

expected<void> deploy_task_repository::freeze_templates(int64_t task, const new_deploy_task& x) {
  auto templates = template_repository{db_}.to_freeze(x.owner, x.templates);
  if (!templates)
    return fail(std::move(templates.error()));
  for (size_t i = 0; i < x.templates.size(); ++i) {
    auto found = templates->find(x.templates[i]);
    if (found == templates->end())
      return unknown("template_name", i, "template");
    if (found->second.archive != 0) { // The template may go this moment, and its archive with it.
      auto is_there = package_repository{db_}.hold(found->second.archive);
      if (!is_there)
        return fail(std::move(is_there.error()));
      if (!*is_there)
        return unknown("template_name", i, "template");
    }
    auto added = db_.run("insert into deploy_task_template (task, position, template_name, "
                         "content, settings, archive, version) values (?, ?, ?, ?, ?, ?, ?)",
                         task,
                         i,
                         found->first,
                         found->second.content,
                         found->second.settings,
                         found->second.archive,
                         found->second.version);
    if (!added)
      return fail(std::move(added.error()));
  }
  return {};
}

expected<void> deploy_task_repository::add_hosts(int64_t task, const new_deploy_task& x) {
  auto known = host_repository{db_}.known(x.owner, x.hosts);
  if (!known)
    return fail(std::move(known.error()));
  std::unordered_map<std::string_view, bool> there;
  for (const auto& host : *known)
    there.emplace(host.host_id, true);
  for (size_t i = 0; i < x.hosts.size(); ++i)
    if (!there.contains(x.hosts[i]))
      return unknown("host_list", i, "host");
  std::vector<parameter> rows;
  for (size_t i = 0; i < known->size(); ++i) {
    rows.emplace_back(task);
    rows.emplace_back(i);
    rows.emplace_back((*known)[i].host_id);
    rows.emplace_back((*known)[i].host_name);
  }
  if (rows.empty())
    return {};
  return only(db_.run_many("insert into deploy_task_host (task, position, host_id, host_name) "
                           "values (?, ?, ?, ?)",
                           4,
                           rows));
}

expected<void> deploy_task_repository::add_groups(int64_t task, const new_deploy_task& x) {
  for (size_t i = 0; i < x.groups.size(); ++i) {
    auto group = db_.integer("select n from host_group where owner = ? and name = ?" +
                               std::string{db_.sql().for_update()},
                             x.owner,
                             x.groups[i]);
    if (!group)
      return fail(std::move(group.error()));
    if (!*group)
      return unknown("host_group_list", i, "group");
    auto added = db_.run(
      db_.sql().insert_ignore("deploy_task_group", {"task", "host_group"}, {}), task, **group);
    if (!added)
      return fail(std::move(added.error()));
  }
  return {};
}

expected<void> deploy_task_repository::add(const new_deploy_task& x) {
  auto added = db_.run("insert into deploy_task (id, owner, username, task_name, description, "
                       "steps, vars, created_ms) values (?, ?, ?, ?, ?, ?, ?, ?)",
                       x.id,
                       x.owner,
                       x.user,
                       x.task_name,
                       x.description,
                       written(x.steps),
                       x.vars,
                       x.created_ms);
  if (!added && added.error() == ec::conflict)
    return fail(ec::conflict, "task_id: exists already");
  if (!added)
    return fail(std::move(added.error()));
  auto task = db_.last_id();
  return in_order([&] { return freeze_templates(task, x); },
                  [&] { return add_hosts(task, x); },
                  [&] { return add_groups(task, x); });
}

/// Templates, hosts and groups of tasks, each in one query for many.
expected<void> deploy_task_repository::add_parts(std::vector<listed_task>& tasks) {
  std::unordered_map<int64_t, deploy_task_info*> by_key;
  std::vector<int64_t> keys;
  for (auto& x : tasks) {
    by_key.emplace(x.key, &x.info);
    keys.push_back(x.key);
  }
  return for_parts(keys, [&](const std::vector<int64_t>& part) -> expected<void> {
    filter matching("1 = 1");
    matching.in("x.task", part);
    auto each = [&](const std::string& query, const std::string& order, auto read) {
      return only(db_.list_with(
        query + " where " + matching.where() + order, matching.values(), [&](const row& r) {
          read(*by_key.at(r.integer(0)), r);
          return true;
        }));
    };
    return in_order(
      [&] {
        return each(
          "select x.task, x.template_name from deploy_task_template x",
          " order by x.task, x.position",
          [](deploy_task_info& task, const row& r) { task.template_name.push_back(r.string(1)); });
      },
      [&] {
        return each("select x.task, x.host_name, x.host_id from deploy_task_host x",
                    " order by x.task, x.position",
                    [](deploy_task_info& task, const row& r) {
                      task.host_list.push_back({r.string(1), r.string(2)});
                    });
      },
      [&] {
        return each("select x.task, g.name from deploy_task_group x "
                    "join host_group g on g.n = x.host_group",
                    " order by x.task, g.name",
                    [](deploy_task_info& task, const row& r) {
                      task.host_group_list.push_back(r.string(1));
                    });
      });
  });
}

expected<deploy_tasks_page> deploy_task_repository::page(std::string_view owner,
                                                         const deploy_tasks_query& q) {
  snapshot view{db_};
  if (!view)
    return fail(view.error());
  auto p = paging_of(q);
  filter matching("owner = ?", owner);
  also_either(matching, "id", "task_name", q.task_list);
  auto window = window_of(db_, p, "deploy_task", matching);
  if (!window)
    return fail(std::move(window.error()));
  static constexpr sort_choice choices[] = {{"task_name", "task_name"}};
  auto rows =
    db_.list_with("select n, id, task_name, description, steps, vars from deploy_task "
                  "where " +
                    matching.where() + order_by(p, choices, "n", "n") + " limit ? offset ?",
                  matching.values_and(window->limit, window->offset),
                  [](const row& r) {
                    listed_task x{r.integer(0), {}};
                    x.info.task_id = r.string(1);
                    x.info.task_name = r.string(2);
                    x.info.description = r.string(3);
                    x.info.steps = read_steps(r.text(4));
                    if (!r.text(5).empty())
                      x.info.vars.text = r.string(5);
                    return x;
                  });
  if (!rows)
    return fail(std::move(rows.error()));
  if (auto added = add_parts(*rows); !added)
    return fail(std::move(added.error()));
  deploy_tasks_page out;
  set_totals(out, window->total, p);
  for (auto& x : *rows)
    out.task_infos.push_back(std::move(x.info));
  return out;
}

expected<int64_t> deploy_task_repository::remove(std::string_view owner,
                                                 const std::vector<std::string>& tasks) {
  return remove_named(db_, "deploy_task", "task_name", owner, tasks, [&](int64_t key) {
    return in_order([&] { return schedule_repository{db_}.remove_of(key); },
                    [&] { return db_.run("delete from deploy_task_template where task = ?", key); },
                    [&] { return db_.run("delete from deploy_task_host where task = ?", key); },
                    [&] { return db_.run("delete from deploy_task_group where task = ?", key); },
                    [&] { return db_.run("delete from deploy_task where n = ?", key); });
  });
}

expected<std::optional<task_to_run>> deploy_task_repository::to_run(std::string_view owner,
                                                                    std::string_view id) {
  task_to_run out;
  int64_t key = 0;
  auto task = db_.first(
    "select n, id, task_name, steps, vars from deploy_task where owner = ? and id = ?",
    [&](const row& r) {
      key = r.integer(0);
      out.id = r.string(1);
      out.task_name = r.string(2);
      out.steps = read_steps(r.text(3));
      out.vars = r.string(4);
      return true;
    },
    owner,
    id);
  if (!task)
    return fail(std::move(task.error()));
  if (!*task)
    return std::optional<task_to_run>{};
  auto templates = db_.list(
    "select t.template_name, c.digest from deploy_task_template t join content c on c.n = "
    "t.content "
    "where t.task = ? order by t.position",
    [](const row& r) {
      return task_to_run::frozen{r.string(0), r.string(1)};
    },
    key);
  if (!templates)
    return fail(std::move(templates.error()));
  auto hosts = db_.list(
    "select h.id, h.name, g.name from host h join host_group g on g.n = h.host_group left join "
    "deploy_task_host t on t.task = ? and t.host_id = h.id where h.owner = ? and (t.task is not "
    "null or h.host_group in (select host_group from deploy_task_group where task = ?)) order by "
    "case when t.task is null then 1 else 0 end, t.position, g.name, h.name, h.n",
    [](const row& r) {
      return task_to_run::host{r.string(0), r.string(1), r.string(2)};
    },
    key,
    owner,
    key);
  if (!hosts)
    return fail(std::move(hosts.error()));
  out.templates = std::move(*templates);
  out.hosts = std::move(*hosts);
  return std::optional<task_to_run>{std::move(out)};
}

} // namespace aops::storage
