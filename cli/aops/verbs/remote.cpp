#include "messages/remote.hpp"

#include "cli/aops/term/interrupt.hpp"
#include "cli/aops/text/files.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"
#include "cli/aops/verbs/common.hpp"
#include "cli/aops/verbs/verbs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

namespace aops::cli {

namespace {

/// Seconds; a node answers within 70 minutes.
constexpr std::string_view longer_than_a_node = "4260";

/// Puts the name of each host beside its id.
void add_names(session& s, expected<json>& reply, const char* list) {
  if (!reply || !reply->contains(list))
    return;
  const auto& names = s.host_names();
  for (auto& row : (*reply)[list])
    if (auto name = names.find(text_of(row, "host_id")); name != names.end())
      row["host_name"] = name->second;
}

/// `NAME=VALUE` each.
expected<std::map<std::string, std::string>> arguments_in(const std::vector<std::string>& words) {
  std::map<std::string, std::string> out;
  for (const auto& word : words) {
    auto equals = word.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(ec::bad_request, tr("{}: must be NAME=VALUE", word));
    out[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return out;
}

/// `ID NAME=VALUE…` of an option; nothing when it is absent.
expected<maybe<command_to_use>> command_of(session& s, std::string_view option) {
  if (!s.args.has(option))
    return maybe<command_to_use>{};
  std::vector<std::string> words;
  std::istringstream text{s.args.text(option)};
  for (std::string word; text >> word;)
    words.push_back(word);
  if (words.empty())
    return fail(ec::bad_request, tr("--{} names no command", option));
  command_to_use out{words.front(), {}};
  auto args = arguments_in({words.begin() + 1, words.end()});
  if (!args)
    return fail(args.error());
  if (!args->empty())
    out.args = *args;
  return maybe<command_to_use>{out};
}

// -- what is done

int facts(session& s) {
  host_infos_to_refresh x;
  if (s.args.has("host_list")) {
    auto ids = hosts_of(s);
    if (!ids)
      return s.complain(ids.error());
    x.host_list = *ids;
  }
  return s.show(s.post("/manage/host/info/refresh", x), {});
}

/// What a host's folder is called: its name where that can be a folder's.
std::string folder_of(const std::map<std::string, std::string>& names, const std::string& id) {
  auto name = names.find(id);
  if (name == names.end() || name->second.find('/') != std::string::npos ||
      name->second.starts_with('.'))
    return id;
  return name->second;
}

/// Writes what was read below a folder: HOST/PATH.
expected<size_t> write_files(session& s, const json& reply, const std::string& folder) {
  size_t n = 0;
  const auto& names = s.host_names();
  for (const auto& host : member(reply, "resp"))
    for (const auto& file : member(host, "infos")) {
      auto path = text_of(file, "path");
      if (!is_plain_path(path))
        continue; // Not one that was asked for.
      auto place = folder + "/" + folder_of(names, text_of(host, "host_id")) + path;
      if (auto written = write_file(place, text_of(file, "content"), 0600, true); !written)
        return fail(written.error());
      ++n;
    }
  return n;
}

int collect(session& s) {
  auto ids = hosts_of(s);
  if (!ids)
    return s.complain(ids.error());
  auto paths = at_least_one(s.args, "path_list", "collect");
  if (!paths)
    return s.complain(paths.error());
  configs_to_collect x;
  for (const auto& id : *ids)
    x.infos.push_back({id, *paths});
  auto reply = s.post("/manage/config/collect", x);
  if (!s.args.has("export") || !reply || !reply->contains("resp"))
    return s.show(reply, {view::kind::whole, {}, {}, {}});
  auto written = write_files(s, *reply, s.args.text("export"));
  if (!written)
    return s.complain(written.error());
  s.note(tr("{} files written to {}", *written, s.args.text("export")));
  for (const auto& host : member(*reply, "resp"))
    for (const auto& file : member(host, "fail_reasons"))
      s.note(fmt::format(
        "{}: {}: {}", text_of(host, "host_id"), text_of(file, "path"), text_of(file, "reason")));
  return s.judge(*reply);
}

int push(session& s) {
  auto ids = hosts_of(s);
  if (!ids)
    return s.complain(ids.error());
  auto text = read_file(s.args.text("file"));
  if (!text)
    return s.complain(text.error());
  auto validate = command_of(s, "validate");
  auto activate = command_of(s, "activate");
  for (const auto* command : {&validate, &activate})
    if (!*command)
      return s.complain(command->error());
  configs_to_push x;
  for (const auto& id : *ids) {
    file_to_push file{id, s.args.text("path"), *text, {}, {}, *validate, *activate};
    if (s.args.has("mode"))
      file.mode = s.args.text("mode");
    if (s.args.has("owner"))
      file.owner = s.args.text("owner");
    x.infos.push_back(std::move(file));
  }
  auto reply = s.post("/manage/config/push", x);
  add_names(s, reply, "resp");
  return s.show(
    reply,
    {view::kind::listing, "resp", {"host_name", "path", "state", "reason", "backup", "*"}, {}});
}

/// Between two looks at what a command printed.
constexpr int look_again_ms = 300;

/// What hosts print, as lines that name them.
class printed_lines {
public:
  explicit printed_lines(session& s) : s_(s), names_(s.host_names()) {}

  void take(const json& part) {
    auto host = text_of(part, "host_id");
    auto& open = open_[host];
    open += text_of(part, "output");
    size_t begin = 0;
    for (size_t end; (end = open.find('\n', begin)) != std::string::npos; begin = end + 1)
      print(host, open.substr(begin, end - begin));
    open.erase(0, begin);
    s_.io.out << std::flush;
  }

  void end() {
    for (const auto& [host, text] : open_)
      if (!text.empty())
        print(host, text);
    s_.io.out << std::flush;
  }

private:
  void print(const std::string& host, const std::string& line) {
    auto name = names_.find(host);
    const auto& called = name == names_.end() ? host : name->second;
    s_.io.out << printable(called) << (called.empty() ? "" : ": ") << printable(line) << '\n';
  }

  session& s_;
  const std::map<std::string, std::string>& names_;
  std::map<std::string, std::string> open_; ///< Lines without their ends.
};

/// Tells what a command prints until it has ended everywhere; then how.
int follow(session& s, const std::string& id) {
  printed_lines lines(s);
  command_output_query query{id, {}};
  at_interrupt goodbye([&s] { s.note(tr("the command goes on; what it did will be in the log")); });
  while (true) {
    auto reply = s.post("/manage/config/output/get", query);
    if (!reply || !reply->contains("outputs"))
      return s.show(reply, {});
    if (s.wants_table())
      for (const auto& part : member(*reply, "outputs"))
        lines.take(part);
    query.after = static_cast<int64_t>(count_of(*reply, "next"));
    if (reply->value("ended", false)) {
      lines.end();
      reply->erase("outputs");
      add_names(s, reply, "resp");
      return s.show(
        reply, {view::kind::listing, "resp", {"host_name", "state", "exit_status", "reason"}, {}});
    }
    if (member(*reply, "outputs").empty())
      s.io.pause(look_again_ms);
  }
}

int run_command(session& s) {
  auto ids = hosts_of(s);
  if (!ids)
    return s.complain(ids.error());
  auto words = s.args.list("args");
  if (!words)
    return s.complain(words.error());
  auto args = arguments_in(*words);
  if (!args)
    return s.complain(args.error());
  command_to_execute x{*ids, s.args.text("command"), {}};
  if (!args->empty())
    x.args = *args;
  if (s.args.on("follow"))
    x.follow = true;
  auto reply = s.post("/manage/config/execute", x);
  if (s.args.on("follow") && reply && succeeded(*reply))
    return follow(s, text_of(*reply, "execution_id"));
  add_names(s, reply, "resp");
  return s.show(reply,
                {view::kind::listing,
                 "resp",
                 {"host_name", "state", "exit_status", "output", "reason", "*"},
                 {}});
}

int commands(session& s) {
  return s.show(
    s.post("/manage/config/command/get", commands_query{}),
    {view::kind::listing, "commands", {"command_id", "description", "argv", "args"}, {}});
}

} // namespace

verb remote_verb() {
  return {.name = "remote",
          .summary = "On hosts: collect facts and files, replace files, run allowed commands",
          .actions = {{.name = "facts", .run = facts, .positionals = {"host_list"}},
                      {.name = "collect",
                       .run = collect,
                       .positionals = {"host_list", "path_list"},
                       .needs = {"host_list", "path_list"}},
                      {.name = "push",
                       .run = push,
                       .positionals = {"file", "path", "host_list"},
                       .needs = {"host_list", "file", "path"}},
                      {.name = "run",
                       .run = run_command,
                       .positionals = {"host_list", "command", "args"},
                       .needs = {"host_list", "command"}},
                      {.name = "commands", .run = commands, .lists = true}},
          .options =
            {{.name = "host_list",
              .value = "HOSTS",
              .help = "Ids or names, separated by commas; facts: all hosts without it"},
             {.name = "path_list",
              .value = "PATHS",
              .help = "collect: absolute paths, separated by commas"},
             {.name = "export",
              .value = "FOLDER",
              .help = "collect: write the files there, as HOST/PATH"},
             {.name = "file", .value = "FILE", .help = "push: what the file is to be"},
             {.name = "path", .value = "PATH", .help = "push: where it stands on the hosts"},
             {.name = "mode", .value = "MODE", .help = "push: octal digits; else as it is"},
             {.name = "owner", .value = "OWNER:GROUP", .help = "push: whose; else as it is"},
             {.name = "validate",
              .value = "COMMAND",
              .help = "push: allowed command that judges it first: 'ID NAME=VALUE'"},
             {.name = "activate",
              .value = "COMMAND",
              .help = "push: allowed command that puts it into effect; as --validate"},
             {.name = "command", .value = "ID", .help = "run: one of `aops remote commands`"},
             {.name = "args", .value = "NAME=VALUE", .help = "run: its arguments", .is_list = true},
             {.name = "follow",
              .help = "run: tell what it prints while it runs",
              .kind = option_kind::flag},
             {.name = "timeout",
              .value = "SPAN",
              .help = "How long to wait for an answer",
              .fallback = longer_than_a_node,
              .kind = option_kind::span,
              .is_extra = true}},
          .positionals = {"action"},
          .examples =
            "  aops remote facts\n"
            "  aops remote collect web1,web2 /etc/hosts,/etc/fstab --export conf\n"
            "  aops remote push nginx.conf /etc/nginx/nginx.conf web1 --validate nginx-test\n"
            "  aops remote run web1,web2 restart unit=nginx\n"
            "  aops remote run web1 update --follow\n"};
}

} // namespace aops::cli
