#pragma once

#include "messages/describe.hpp"
#include "messages/error.hpp"
#include "messages/host_info.hpp"
#include "messages/values.hpp"

#include <map>
#include <string>
#include <vector>

/// What is done on hosts at once, beside deployment tasks. See docs/tasks.md.
namespace aops {

/// A host on which it was not done.
struct failed_host {
  std::string host_id, reason;
};
#define AOPS_FIELDS_failed_host(F)                                                                 \
  F(host_id, required(), "Identifier.")                                                            \
  F(reason, required(), "Why.")
AOPS_MESSAGE(failed_host)

/// Reply of POST /manage/host/info/refresh
struct host_infos_refreshed {
  int64_t code = 200; ///< 206 some failed, 1301 all.
  std::vector<std::string> succeed_list;
  std::vector<failed_host> fail_list;
};
#define AOPS_FIELDS_host_infos_refreshed(F)                                                        \
  F(code, internal(), "")                                                                          \
  F(succeed_list, required().additive(), "Ids of hosts that were collected.")                      \
  F(fail_list, required().additive(), "The others.")
AOPS_MESSAGE(host_infos_refreshed)

/// POST /manage/host/trust: a host that shows other SSH keys than it is known by.
struct host_to_trust {
  std::string host_id;
  maybe<std::string> fingerprint;
};
#define AOPS_FIELDS_host_to_trust(F)                                                               \
  F(host_id, required().text(1, 64), "Identifier.")                                                \
  F(fingerprint,                                                                                   \
    optional_field().text(1, 128),                                                                 \
    "`SHA256:…` of a key that it shows now: this one is accepted. Absent: they are only shown.")
AOPS_MESSAGE(host_to_trust)

struct host_keys_shown {
  std::string host_id;
  std::vector<std::string> known, shown;
  bool trusted = false;
};
#define AOPS_FIELDS_host_keys_shown(F)                                                             \
  F(host_id, required(), "Identifier.")                                                            \
  F(known, required(), "Fingerprints it is known by, as of before.")                               \
  F(shown, required(), "Fingerprints of the keys it shows now.")                                   \
  F(trusted, required(), "Whether it is known by the key of the fingerprint from now on.")
AOPS_MESSAGE(host_keys_shown)

// -- commands

/// One of the commands that may be run, with its arguments.
struct command_to_use {
  std::string command_id;
  maybe<std::map<std::string, std::string>> args;
};
#define AOPS_FIELDS_command_to_use(F)                                                              \
  F(command_id, required().text(1, 64), "Of those that may be run here.")                          \
  F(args, optional_field().items(0, 32).text(0, 1024).blank_ok(), "Its arguments by name.")
AOPS_MESSAGE(command_to_use)

/// POST /manage/config/execute
struct command_to_execute {
  std::vector<std::string> host_list;
  std::string command_id;
  maybe<std::map<std::string, std::string>> args;
  maybe<bool> follow{};
};
#define AOPS_FIELDS_command_to_execute(F)                                                          \
  F(host_list, required().items(1, 1000).text(1, 64), "Ids of hosts.")                             \
  F(command_id, required().text(1, 64), "Of those that may be run here.")                          \
  F(args, optional_field().items(0, 32).text(0, 1024).blank_ok(), "Its arguments by name.")        \
  F(follow,                                                                                        \
    optional_field(),                                                                              \
    "Whether it is answered when the command has begun; /manage/config/output/get tells the "      \
    "rest.")
AOPS_MESSAGE(command_to_execute)

struct executed_command {
  std::string host_id, state;
  maybe<int64_t> exit_status;
  std::string output, reason;
};
#define AOPS_FIELDS_executed_command(F)                                                            \
  F(host_id, required(), "Identifier.")                                                            \
  F(state, required(), "`ok`, `failed`, `unreachable` or `not_run`.")                              \
  F(exit_status, optional_field().additive(), "Of the command, when it ran.")                      \
  F(output, required(), "What it printed, cut; secrets are masked.")                               \
  F(reason, required().additive(), "Why it failed.")
AOPS_MESSAGE(executed_command)

struct command_executed {
  int64_t code = 200; ///< 206 some failed, 1301 all.
  std::vector<executed_command> resp;
  maybe<std::string> execution_id{};
};
#define AOPS_FIELDS_command_executed(F)                                                            \
  F(code, internal(), "")                                                                          \
  F(resp, required(), "Host by host, in the order asked.")                                         \
  F(execution_id, optional_field().additive(), "With `follow`: what to ask for its output by.")
AOPS_MESSAGE(command_executed)

/// POST /manage/config/output/get: what a command prints that is followed.
struct command_output_query {
  std::string execution_id;
  maybe<int64_t> after;
};
#define AOPS_FIELDS_command_output_query(F)                                                        \
  F(execution_id, required().text(1, 128), "Of the command.")                                      \
  F(after, optional_field().range(0, 1'000'000'000), "Only what has a greater number; default 0.")
AOPS_MESSAGE(command_output_query)

struct command_output {
  int64_t number = 0;
  std::string host_id, output;
};
#define AOPS_FIELDS_command_output(F)                                                              \
  F(number, required(), "Counts from 1.")                                                          \
  F(host_id, required(), "Of the host that told it; empty: nobody did, something is left out.")    \
  F(output, required(), "Whole lines, but for the last part; secrets are masked.")
AOPS_MESSAGE(command_output)

struct command_outputs {
  int64_t code = 200; ///< 206 some failed, 1301 all; 200 before the end.
  std::vector<command_output> outputs;
  int64_t next = 0;
  bool ended = false;
  std::vector<executed_command> resp;
};
#define AOPS_FIELDS_command_outputs(F)                                                             \
  F(code, internal(), "")                                                                          \
  F(outputs, required(), "In the order in which they came.")                                       \
  F(next, required(), "What to ask for next, as `after`.")                                         \
  F(ended, required(), "Whether this is all, and the command has ended everywhere.")               \
  F(resp, required(), "At the end: host by host, in the order asked.")
AOPS_MESSAGE(command_outputs)

/// POST /manage/config/command/get
struct commands_query {};
#define AOPS_FIELDS_commands_query(F)
AOPS_MESSAGE(commands_query)

struct allowed_command {
  std::string command_id, description;
  std::vector<std::string> argv;
  std::map<std::string, std::string> args;
};
#define AOPS_FIELDS_allowed_command(F)                                                             \
  F(command_id, required(), "Name.")                                                               \
  F(description, required(), "What it does.")                                                      \
  F(argv, required(), "The program and its arguments; `{name}` stands for an argument.")           \
  F(args, required(), "Regular expression that each argument matches, by name.")
AOPS_MESSAGE(allowed_command)

struct allowed_commands {
  std::vector<allowed_command> commands;
};
#define AOPS_FIELDS_allowed_commands(F) F(commands, required(), "By name.")
AOPS_MESSAGE(allowed_commands)

// -- configuration files

/// What a file is to be.
struct file_to_push {
  std::string host_id, path, content;
  maybe<std::string> mode, owner;
  maybe<command_to_use> validate, activate;
};
#define AOPS_FIELDS_file_to_push(F)                                                                \
  F(host_id, required().text(1, 64), "Identifier.")                                                \
  F(path, required().text(1, 4096), "Absolute path, without `..`.")                                \
  F(content, required().text(0, 1048576).blank_ok(), "Its content.")                               \
  F(mode, optional_field().text(3, 5), "Octal digits; absent: as it is, of a new file 0644.")      \
  F(owner, optional_field().text(1, 128), "`owner:group`; absent: as it is, of a new file root.")  \
  F(validate,                                                                                      \
    optional_field(),                                                                              \
    "Judges the file before it takes its place; `{file}` is where it stands then.")                \
  F(activate, optional_field(), "Puts it into effect; when it fails, what was there is back.")
AOPS_MESSAGE(file_to_push)

inline expected<void> validate_message(const file_to_push& x) {
  if (!is_plain_path(x.path))
    return fail(ec::bad_request, "path: must be the absolute path of a file, without `.` and `..`");
  if (x.mode && x.mode->find_first_not_of("01234567") != std::string::npos)
    return fail(ec::bad_request, "mode: must be octal digits, such as 0644");
  if (x.owner &&
      x.owner->find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                 "_.-:") != std::string::npos)
    return fail(ec::bad_request, "owner: must be `owner:group`");
  return {};
}

/// What the files of one host may hold together.
inline constexpr size_t most_pushed_bytes = size_t{1} << 20;

/// POST /manage/config/push
struct configs_to_push {
  std::vector<file_to_push> infos;
  maybe<std::string> username;
};
#define AOPS_FIELDS_configs_to_push(F)                                                             \
  F(infos, required().items(1, 1000), "Files, each of one host; those of a host in this order.")   \
  F(username, optional_field().text(1, 40), "Whose hosts they are; one's own name.")
AOPS_MESSAGE(configs_to_push)

inline expected<void> validate_message(const configs_to_push& x) {
  std::map<std::string, size_t> bytes;
  for (size_t i = 0; i < x.infos.size(); ++i)
    if ((bytes[x.infos[i].host_id] += x.infos[i].content.size()) > most_pushed_bytes)
      return fail(ec::bad_request,
                  "infos[" + std::to_string(i) +
                    "].content: the files of a host must not be longer than 1 MiB together");
  return {};
}

struct pushed_file {
  std::string host_id, path, state, backup, output, reason;
};
#define AOPS_FIELDS_pushed_file(F)                                                                 \
  F(host_id, required(), "Identifier.")                                                            \
  F(path, required(), "As asked.")                                                                 \
  F(state,                                                                                         \
    required(),                                                                                    \
    "`pushed`, `unchanged`, `refused` by the validation, `rolled_back`, or `failed`.")             \
  F(backup, required().additive(), "Where the host keeps what was there.")                         \
  F(output, required().additive(), "What validation and activation printed.")                      \
  F(reason, required().additive(), "Why it is not there.")
AOPS_MESSAGE(pushed_file)

struct configs_pushed {
  int64_t code = 200; ///< 206 some are not there, 1107 none is.
  std::vector<pushed_file> resp;
};
#define AOPS_FIELDS_configs_pushed(F)                                                              \
  F(code, internal(), "")                                                                          \
  F(resp, required(), "In the order asked.")
AOPS_MESSAGE(configs_pushed)

// -- between actors

/// A file of which something is known.
struct file_to_check {
  std::string path;
  std::string known; ///< `known_digest` of it; empty: nothing.
};
AOPS_WIRE(file_to_check, path, known)

struct host_files_to_check {
  std::string host_id;
  std::vector<file_to_check> files;
};
AOPS_WIRE(host_files_to_check, host_id, files)

/// Which files are not what is known of them? By one command a host.
struct files_to_check {
  std::vector<host_files_to_check> infos;
};
AOPS_WIRE(files_to_check, infos)

struct host_files_checked {
  host_configs_collected read;        ///< Those that are something else, or could not be read.
  std::vector<std::string> unchanged; ///< Paths of the others.
};
AOPS_WIRE(host_files_checked, read, unchanged)

struct files_checked {
  int64_t code = 200;
  std::vector<host_files_checked> resp; ///< In the order asked, each host once.
};
AOPS_WIRE(files_checked, code, resp)

} // namespace aops
