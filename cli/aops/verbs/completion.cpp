#include "cli/aops/command/session.hpp"
#include "cli/aops/term/table.hpp"
#include "cli/aops/text/text.hpp"
#include "cli/aops/verbs/verbs.hpp"
#include "messages/check.hpp"
#include "messages/diag.hpp"
#include "messages/host.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace aops::cli {

namespace {

/// No choice with a blank survives a word list.
bool are_words(const std::vector<std::string_view>& choices) {
  return !choices.empty() && std::none_of(choices.begin(), choices.end(), [](auto x) {
    return x.find(' ') != std::string_view::npos;
  });
}

/// What things of the node an option names; empty when it names none.
std::string_view names_kind(const option& o) {
  struct row {
    std::string_view option, kind;
  };
  for (auto [name, kind] : {row{"host_list", "hosts"},
                            row{"host", "hosts"},
                            row{"host_group_list", "groups"},
                            row{"host_group_name", "groups"},
                            row{"check_items", "rules"},
                            row{"tree_list", "trees"},
                            row{"task_id", "tasks"},
                            row{"cancel", "tasks"}})
    if (o.name == name)
      return kind;
  return {};
}

/// What the script sets for the value of an option; empty: nothing can be said.
std::string setting(const option& o) {
  if (o.kind == option_kind::boolean)
    return "words='True False'";
  if (are_words(o.choices))
    return fmt::format("words='{}'", fmt::join(o.choices, " "));
  if (auto kind = names_kind(o); !kind.empty())
    return fmt::format("names={}", kind);
  return o.value == "FILE" ? "files=1" : "";
}

/// After an action: what its words may be.
std::string action_case(const std::vector<option>& options, const verb& v, const action* chosen) {
  for (auto name : positionals_of(v, chosen))
    for (const auto& o : options)
      if (o.name == name && !setting(o).empty())
        return setting(o);
  return {};
}

/// The action and what means the same, as a pattern.
std::string spellings(const verb& v, const action& x) {
  std::string pattern{x.name};
  for (std::string_view word :
       {"query", "get", "list", "show", "delete", "remove", "add", "create", "import"})
    if (word != x.name && action_named(v, word) == x.name)
      pattern += fmt::format("|{}", word);
  return pattern;
}

std::string case_of(const verb& v) {
  std::string option_names, values, words;
  auto options = all_options(v);
  for (const auto& o : options) {
    option_names += fmt::format(" --{}", o.name);
    auto label = o.name == "output" ? std::string{"--output|-o"} : fmt::format("--{}", o.name);
    if (o.kind != option_kind::flag)
      values +=
        fmt::format("        {}) {} ;;\n", label, setting(o).empty() ? "return" : setting(o));
  }
  std::vector<std::string_view> actions;
  for (const auto& x : v.actions) {
    actions.push_back(x.name);
    if (auto what = action_case(options, v, &x); !what.empty())
      words += fmt::format("              {}) {} ;;\n", spellings(v, x), what);
  }
  std::string first;
  if (!actions.empty())
    first = fmt::format("words='{}'", fmt::join(actions, " "));
  if (auto what = action_case(options, v, nullptr); !what.empty() && (v.run || actions.empty()))
    first += (first.empty() ? "" : "; ") + what;
  auto all = option_names.substr(1) + " --help";
  return fmt::format("    {0})\n"
                     "      case \"$before\" in\n{1}"
                     "        *)\n"
                     "          case \"$current\" in\n"
                     "            -*) words='{2}' ;;\n"
                     "            *) case \"$action\" in\n{3}"
                     "              *) {4} ;;\n"
                     "            esac ;;\n"
                     "          esac ;;\n"
                     "      esac ;;\n",
                     v.name,
                     values,
                     all,
                     words,
                     first.empty() ? fmt::format("words='{}'", all) : first);
}

/// Words of the node are compared one by one: `compgen -W` would carry out what stands in them.
std::string script(const verb_list& all, bool for_zsh) {
  std::string verbs, cases;
  for (const auto& v : all) {
    verbs += fmt::format("{} ", v.name);
    cases += case_of(v);
  }
  return fmt::format(
    R"(# Completion of aops for {2}. Use it with: source <(aops completion {2})
{3}_aops() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}"
  local words='' files='' names='' action='' ahead='' name i
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ] || {{ [ "$COMP_CWORD" -eq 2 ] && [ "$before" = help ]; }}; then
    COMPREPLY=($(compgen -W '{0}help --help --version' -- "$current"))
    return
  fi
  if [ "$COMP_CWORD" -gt 2 ]; then
    case "${{COMP_WORDS[2]}}" in -*) ;; *) action="${{COMP_WORDS[2]}}" ;; esac
  fi
  for ((i = 2; i + 1 < COMP_CWORD; i++)); do
    if [ "${{COMP_WORDS[i]}}" = --action ]; then action="${{COMP_WORDS[i+1]}}"; fi
  done
  case "${{COMP_WORDS[1]}}" in
{1}  esac
  if [ -n "$files" ]; then
    COMPREPLY=($(compgen -f -- "$current"))
    return
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [ -n "$names" ] || return
  case "$current" in *,*) ahead="${{current%,*}},"; current="${{current##*,}}" ;; esac
  while IFS= read -r name; do
    case "$name" in "$current"*) COMPREPLY+=("$ahead$name") ;; esac
  done < <(aops completion --names "$names" 2>/dev/null)
}}
complete -o filenames -F _aops aops adoctor
)",
    verbs,
    cases,
    for_zsh ? "zsh" : "bash",
    for_zsh ? "whence compdef >/dev/null || { autoload -U +X compinit && compinit -i; }\n"
              "autoload -U +X bashcompinit && bashcompinit\n"
            : "");
}

/// Names of things at the node, a line each.
int print_names(session& s, std::string_view kind) {
  tasks_query newest;
  newest.sort = "time";
  newest.direction = "desc";
  newest.page = 1;
  newest.per_page = 50;
  const char *list = "host_infos", *key = "host_name";
  expected<json> reply = json();
  if (kind == "hosts") {
    reply = s.fetch("/manage/host/get", hosts_query{});
  } else if (kind == "groups") {
    reply = s.fetch("/manage/host/group/get", host_groups_query{});
    list = "host_group_infos", key = "host_group_name";
  } else if (kind == "rules") {
    reply = s.fetch("/check/rule/get", rules_query{});
    list = "check_items", key = "check_item";
  } else if (kind == "trees") {
    reply = s.fetch("/diag/tree/get", trees_query{});
    list = "trees", key = "tree_name";
  } else {
    reply = s.fetch("/diag/task/get", newest);
    list = "task_infos", key = "task_id";
  }
  if (!reply)
    return s.complain(reply.error());
  for (const auto& row : member(*reply, list))
    s.io.out << printable(text_of(row, key)) << '\n';
  return exit_done;
}

int run(session& s) {
  if (s.args.has("names"))
    return print_names(s, s.args.text("names"));
  bool for_zsh = s.args.text("shell") == "zsh";
  auto text = script(s.verbs, for_zsh);
  // There `words` is what is being completed.
  for (size_t at = 0; for_zsh && (at = text.find("words", at)) != text.npos; at += 8)
    text.replace(at, 5, "wordlist");
  s.io.out << text;
  return exit_done;
}

} // namespace

verb completion_verb() {
  return {.name = "completion",
          .summary = "Print a completion script for a shell",
          .run = run,
          .options = {{.name = "shell",
                       .value = "SHELL",
                       .help = "Which shell",
                       .choices = {"bash", "zsh"},
                       .fallback = "bash"},
                      {.name = "names",
                       .value = "KIND",
                       .help = "For the script: the names of such things at the node, a line each",
                       .choices = {"hosts", "groups", "rules", "trees", "tasks"}}},
          .positionals = {"shell"},
          .asks_node = false,
          .needs_token = false,
          .examples = "  source <(aops completion bash)\n"};
}

} // namespace aops::cli
