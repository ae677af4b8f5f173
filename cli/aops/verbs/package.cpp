#include "messages/package.hpp"

#include "cli/aops/text/language.hpp"
#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/package_upload.hpp"
#include "cli/aops/verbs/verbs.hpp"

namespace aops::cli {

namespace {

int upload_file(session& s) {
  const auto& path = s.args.text("file");
  auto content = archive_at(path);
  if (!content)
    return s.complain(content.error());
  upload x;
  x.package_name = s.args.has("package_name") ? s.args.text("package_name") : package_stem(path);
  x.version = s.args.text("package_version");
  x.description = s.args.text("description");
  x.content = std::move(*content);
  if (auto sent = upload_package(s, x); !sent)
    return s.complain(sent.error());
  packages_query query;
  query.package_list = {x.package_name};
  return s.show(s.post("/manage/package/get", query), {});
}

int query_packages(session& s) {
  auto names = s.args.list("package_list");
  if (!names)
    return s.complain(names.error());
  packages_query query;
  query.package_list = *names;
  if (s.args.has("search"))
    query.search = s.args.text("search");
  add_sort(query, s.args);
  add_paging(query, s.args);
  return s.show(s.post("/manage/package/get", query),
                {view::kind::whole,
                 "package_infos",
                 {"package_name", "version", "bytes", "files", "created", "username", "*"},
                 {}});
}

int remove_package(session& s) {
  auto names = at_least_one(s.args, "package_list", "delete");
  if (!names)
    return s.complain(names.error());
  packages_query query; // The node passes over unknown ones.
  query.package_list = *names;
  if (auto known = s.fetch("/manage/package/get", query))
    s.find_missing("package", *names, member(*known, "package_infos"), "package_name");
  packages_to_delete x;
  for (const auto& name : *names) {
    package_key key{name};
    if (s.args.has("package_version"))
      key.version = s.args.text("package_version");
    x.package_list.push_back(std::move(key));
  }
  return s.show(s.remove("/manage/package/delete", x), {});
}

} // namespace

verb package_verb() {
  return {.name = "package",
          .summary = "Upload, list, delete packages: roles, files and software of templates",
          .actions = {{.name = "upload",
                       .run = upload_file,
                       .positionals = {"file", "package_name"},
                       .needs = {"file"}},
                      {.name = "query",
                       .run = query_packages,
                       .positionals = {"package_list"},
                       .lists = true},
                      {.name = "delete",
                       .run = remove_package,
                       .positionals = {"package_list"},
                       .needs = {"package_list"}}},
          .options = {{.name = "file",
                       .value = "FILE",
                       .help = "upload: an archive, tar.gz or zip, or a folder that is packed"},
                      {.name = "package_name",
                       .value = "NAME",
                       .help = "upload: its name, else that of the file"},
                      {.name = "package_version",
                       .value = "VERSION",
                       .help = "upload, delete: the package's version"},
                      {.name = "package_list",
                       .value = "NAMES",
                       .help = "delete, query: names, separated by commas"},
                      {.name = "search", .value = "TEXT", .help = "query: a part of the name"},
                      {.name = "description", .value = "TEXT", .help = "upload: free text"},
                      {.name = "sort",
                       .value = "FIELD",
                       .help = "query: order",
                       .choices = {"package_name", "bytes", "created"}},
                      direction_option,
                      page_option,
                      per_page_option},
          .positionals = {"action"},
          .examples = "  aops package upload kafka-3.6.tar.gz --package_version 3.6\n"
                      "  aops package list --sort bytes\n"
                      "  aops package delete kafka-3.6\n"};
}

} // namespace aops::cli
