#include "cli/aops/command/session.hpp"
#include "cli/aops/verbs/completion_fish.hpp"
#include "cli/aops/verbs/completion_hints.hpp"
#include "cli/aops/verbs/verbs.hpp"

#include <fmt/format.h>

#include <ostream>

namespace aops::cli {

namespace {

/// What the script sets for the value of an option; empty: nothing can be said.
std::string setting(const value_hint& hint) {
  if (!hint.words.empty())
    return fmt::format("words='{}'", fmt::join(hint.words, " "));
  if (!hint.names.empty())
    return fmt::format("names={}", hint.names);
  return hint.is_file ? "files=1" : "";
}

std::string case_of(const verb& v) {
  std::string option_names, values, words;
  auto options = all_options(v);
  for (const auto& o : options) {
    option_names += fmt::format(" --{}", o.name);
    auto label = o.name == "output" ? std::string{"--output|-o"} : fmt::format("--{}", o.name);
    auto what = setting(hint_of(v, o));
    if (o.kind != option_kind::flag)
      values += fmt::format("        {}) {} ;;\n", label, what.empty() ? "return" : what);
  }
  std::vector<std::string_view> actions;
  for (const auto& x : v.actions) {
    actions.push_back(x.name);
    if (auto what = setting(hint_of_words(v, &x)); !what.empty())
      words += fmt::format("              {}) {} ;;\n", fmt::join(spellings(v, x), "|"), what);
  }
  std::string first;
  if (!actions.empty())
    first = fmt::format("words='{}'", fmt::join(actions, " "));
  if (auto what = setting(hint_of_words(v, nullptr)); !what.empty() && (v.run || actions.empty()))
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
  local words='' files='' names='' action='' ahead='' context="${{AOPS_CONTEXT-}}" name i
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
    if [ "${{COMP_WORDS[i]}}" = --context ]; then context="${{COMP_WORDS[i+1]}}"; fi
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
  done < <(AOPS_CONTEXT="$context" aops completion --names "$names" 2>/dev/null)
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

int run_completion(session& s) {
  if (s.args.has("names"))
    return print_names(s, s.args.text("names"));
  if (s.args.text("shell") == "fish") {
    s.io.out << fish_script(s.verbs);
    return exit_done;
  }
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
          .run = run_completion,
          .options = {{.name = "shell",
                       .value = "SHELL",
                       .help = "Which shell",
                       .choices = {"bash", "zsh", "fish"},
                       .fallback = "bash"},
                      {.name = "names",
                       .value = "KIND",
                       .help = "For the script: the names of such things at the node, a line each",
                       .choices = kinds_of_names()}},
          .positionals = {"shell"},
          .asks_node = false,
          .needs_token = false,
          .examples = "  source <(aops completion bash)\n"
                      "  aops completion fish > ~/.config/fish/completions/aops.fish\n"};
}

} // namespace aops::cli
