#include "cli/aops/text/language.hpp"
#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/verbs.hpp"
#include "messages/host.hpp"

#include <algorithm>

namespace aops::cli {

namespace {

int add_group(session& s) {
  auto name = exactly_one(s.args, "host_group_name", "add");
  if (!name)
    return s.complain(name.error());
  return s.show(
    s.post("/manage/host/group/add",
           host_group_to_add{.host_group_name = *name, .description = s.args.text("description")}),
    {});
}

int update_group(session& s) {
  auto name = exactly_one(s.args, "host_group_name", "update");
  if (!name)
    return s.complain(name.error());
  host_group_to_update x;
  x.host_group_name = *name;
  if (s.args.has("new_name"))
    x.new_name = s.args.text("new_name");
  if (s.args.has("description"))
    x.description = s.args.text("description");
  if (!x.new_name && !x.description)
    return s.misuse(tr("update needs --new_name or --description"));
  return s.show(s.post("/manage/host/group/update", x), {});
}

/// Tells which of the words no group has, as name or id; the node passes over them.
void find_missing_groups(session& s, const std::vector<std::string>& words) {
  auto reply = s.fetch("/manage/host/group/get", host_groups_query{});
  if (!reply)
    return; // Deleting tells what is the matter.
  std::vector<std::string> names, ids;
  for (const auto& row : member(*reply, "host_group_infos")) {
    names.push_back(text_of(row, "host_group_name"));
    ids.push_back(text_of(row, "host_group_id"));
  }
  for (const auto& word : words)
    if (std::find(names.begin(), names.end(), word) == names.end() &&
        std::find(ids.begin(), ids.end(), word) == ids.end())
      s.missing("group", word, names);
}

int remove_group(session& s) {
  auto names = at_least_one(s.args, "host_group_list", "delete");
  if (!names)
    return s.complain(names.error());
  find_missing_groups(s, *names);
  return s.show(s.remove("/manage/host/group/delete", host_groups_to_delete{*names}), {});
}

int query_groups(session& s) {
  if (s.args.has("host_group_name") || s.args.has("host_group_list"))
    return s.misuse(
      tr("query lists every group; it takes no --host_group_name or --host_group_list"));
  host_groups_query groups;
  add_sort(groups, s.args);
  add_paging(groups, s.args);
  return s.show(s.post("/manage/host/group/get", groups),
                {view::kind::listing,
                 "host_group_infos",
                 {"host_group_name", "description", "host_count", "*"},
                 {}});
}

} // namespace

verb group_verb() {
  return {.name = "group",
          .summary = "Add, change, delete, list host groups",
          .actions = {{.name = "add",
                       .run = add_group,
                       .positionals = {"host_group_name"},
                       .needs = {"host_group_name"}},
                      {.name = "update",
                       .run = update_group,
                       .positionals = {"host_group_name", "new_name"},
                       .needs = {"host_group_name"}},
                      {.name = "delete",
                       .run = remove_group,
                       .positionals = {"host_group_list"},
                       .needs = {"host_group_list"}},
                      {.name = "query", .run = query_groups, .lists = true}},
          .options = {{.name = "host_group_name",
                       .value = "NAME",
                       .help = "add: the new group's name; update: name or id of the group"},
                      {.name = "new_name",
                       .value = "NEW",
                       .help = "update: its name from now on",
                       .is_extra = true},
                      {.name = "host_group_list",
                       .value = "NAMES",
                       .help = "delete: names, separated by commas"},
                      {.name = "description",
                       .value = "TEXT",
                       .help = "add, update: free text",
                       .fallback = "This is a host group.",
                       .alias = "descriptipn"},
                      {.name = "sort",
                       .value = "FIELD",
                       .help = "query: order",
                       .choices = {"host_group_name", "host_count"}},
                      direction_option,
                      page_option,
                      per_page_option},
          .positionals = {"action"},
          .examples = "  aops group add web --description \"web servers\"\n"
                      "  aops group list --sort host_count --direction desc\n"
                      "  aops group update web --new_name front\n"
                      "  aops group delete front db\n"};
}

} // namespace aops::cli
