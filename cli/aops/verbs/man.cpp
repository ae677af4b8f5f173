#include "cli/aops/command/man_page.hpp"
#include "cli/aops/command/session.hpp"
#include "cli/aops/text/files.hpp"
#include "cli/aops/verbs/verbs.hpp"

#include <filesystem>

namespace aops::cli {

namespace {

int write_pages(session& s) {
  const auto& folder = s.args.text("folder");
  std::error_code problem;
  std::filesystem::create_directories(folder, problem); // Whatever is wrong, writing tells it.
  auto write = [&](std::string_view name, const std::string& page) {
    auto file = std::filesystem::path{folder} / fmt::format("{}.1", name);
    return write_file(file.string(), page, 0644);
  };
  if (auto done = write("aops", man_overview(s.verbs)); !done)
    return s.complain(done.error());
  for (const auto& v : s.verbs)
    if (auto done = write(fmt::format("aops-{}", v.name), man_page(v)); !done)
      return s.complain(done.error());
  return exit_done;
}

} // namespace

verb man_verb() {
  return {.name = "man",
          .summary = "Write the manual pages into a folder",
          .run = write_pages,
          .options = {{.name = "folder",
                       .value = "FOLDER",
                       .help = "Where to: aops.1, aops-host.1 and so on",
                       .is_required = true}},
          .positionals = {"folder"},
          .asks_node = false,
          .needs_token = false,
          .examples = "  aops man /usr/local/share/man/man1\n"
                      "  LC_ALL=zh_CN.UTF-8 aops man /usr/local/share/man/zh_CN/man1\n"};
}

} // namespace aops::cli
