#include "cli/aops/command/session.hpp"
#include "cli/aops/verbs/verbs.hpp"

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

bool is_file(const option& o) { return o.value == "FILE"; }

std::string case_of(const verb& v) {
  std::string names, values;
  auto options = all_options(v);
  for (const auto& o : options) {
    names += fmt::format(" --{}", o.name);
    auto label = o.name == "output" ? std::string{"--output|-o"} : fmt::format("--{}", o.name);
    if (o.kind == option_kind::boolean)
      values += fmt::format("        {}) words='True False' ;;\n", label);
    else if (are_words(o.choices))
      values += fmt::format("        {}) words='{}' ;;\n", label, fmt::join(o.choices, " "));
    else if (is_file(o))
      values += fmt::format("        {}) files=1 ;;\n", label);
    else if (o.kind != option_kind::flag)
      values += fmt::format("        {}) return ;;\n", label);
  }
  return fmt::format(
    "    {})\n      case \"$before\" in\n{}        *) words='{} --help' ;;\n      esac ;;\n",
    v.name,
    values,
    names.substr(names.empty() ? 0 : 1));
}

std::string bash_script(const verb_list& all) {
  std::string verbs, cases;
  for (const auto& v : all) {
    verbs += fmt::format("{} ", v.name);
    cases += case_of(v);
  }
  return fmt::format(R"(# Completion of aops for bash. Use it with: source <(aops completion bash)
_aops() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}" words='' files=''
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '{}--help --version' -- "$current"))
    return
  fi
  case "${{COMP_WORDS[1]}}" in
{}  esac
  if [ -n "$files" ]; then
    COMPREPLY=($(compgen -f -- "$current"))
  else
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  fi
}}
complete -o filenames -F _aops aops adoctor
)",
                     verbs,
                     cases);
}

int run(session& s) {
  s.io.out << bash_script(s.verbs);
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
                       .choices = {"bash"},
                       .fallback = "bash"}},
          .positionals = {"shell"},
          .asks_node = false,
          .needs_token = false,
          .examples = "  source <(aops completion bash)\n"};
}

} // namespace aops::cli
