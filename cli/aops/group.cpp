#include "cli/aops/common.hpp"

namespace aops::cli {

namespace {

int add(session& s) {
  auto names = at_least_one(s.args, "host_group_name", "add");
  if (!names)
    return s.complain(names.error());
  if (names->size() != 1)
    return s.complain({ec::bad_request, "add takes exactly one --host_group_name"});
  return s.show(
    s.post("/manage/host/group/add",
           {{"host_group_name", names->front()}, {"description", s.args.text("description")}}),
    {});
}

int remove(session& s) {
  auto names = at_least_one(s.args, "host_group_list", "delete");
  if (!names)
    return s.complain(names.error());
  return s.show(s.remove("/manage/host/group/delete", {{"host_group_list", *names}}), {});
}

int query(session& s) {
  if (s.args.has("host_group_name") || s.args.has("host_group_list"))
    return s.complain(
      {ec::bad_request,
       "query lists every group; it takes no --host_group_name or --host_group_list"});
  json body = json::object();
  add_sort(body, s.args);
  add_paging(body, s.args);
  return s.show(s.post("/manage/host/group/get", body),
                {view::kind::listing,
                 "host_group_infos",
                 {"host_group_name", "description", "host_count", "*"},
                 {}});
}

int run(session& s) {
  const auto& action = s.args.text("action");
  return action == "add" ? add(s) : action == "delete" ? remove(s) : query(s);
}

} // namespace

verb group_verb() {
  return {"group",
          "Add, delete, list host groups",
          {text_option("action", "WHAT", "What to do").one_of("add|delete|query").must(),
           text_option("host_group_name", "NAME", "add: the new group's name"),
           text_option("host_group_list", "NAMES", "delete: names, separated by commas"),
           text_option("description", "TEXT", "add: free text")
             .or_else("This is a host group.")
             .also("descriptipn"),
           text_option("sort", "FIELD", "query: order").one_of("host_group_name|host_count"),
           direction_option,
           page_option,
           per_page_option},
          {"action"},
          run,
          true,
          true,
          "  aops group --action add --host_group_name web --description \"web servers\"\n"
          "  aops group --action query --sort host_count --direction desc\n"
          "  aops group --action delete --host_group_list web,db\n"};
}

} // namespace aops::cli
