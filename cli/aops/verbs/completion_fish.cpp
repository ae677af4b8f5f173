#include "cli/aops/verbs/completion_fish.hpp"

#include "cli/aops/text/language.hpp"
#include "cli/aops/verbs/completion_hints.hpp"

#include <fmt/format.h>

namespace aops::cli {

namespace {

constexpr std::string_view functions =
  R"(# Completion of aops for fish. Use it with: aops completion fish | source
function __aops_at --description 'Whether the command, and one of the actions, stand there'
    set -l words (commandline -opc)
    set -q words[2]; and test "$words[2]" = "$argv[1]"; or return 1
    set -e argv[1]
    set -q argv[1]; or return 0
    set -l action
    set -q words[3]; and not string match -q -- '-*' $words[3]; and set action $words[3]
    set -l at (contains -i -- --action $words); and set action $words[(math $at + 1)]
    contains -- "$action" $argv
end
function __aops_begins --description 'Whether a command is expected'
    set -l words (commandline -opc)
    test (count $words) -eq 1; and return 0
    test (count $words) -eq 2; and test "$words[2]" = help
end
function __aops_names --description 'Names of things at the node, behind the last comma of the word'
    set -l words (commandline -opc)
    set -l context $AOPS_CONTEXT
    set -l at (contains -i -- --context $words); and set context $words[(math $at + 1)]
    set -l ahead (commandline -ct | string replace -r -- '^--[a-zA-Z_-]+=' '' | string replace -r -- '[^,]*$' '')
    for name in (env AOPS_CONTEXT="$context" aops completion --names $argv[1] 2>/dev/null)
        echo -- $ahead$name
    end
end
complete -c aops -f
complete -c adoctor -w aops
)";

/// In single quotes.
std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'' || c == '\\')
      out += '\\';
    out += c;
  }
  return out + "'";
}

/// What `complete` is told of a value; files only where one is wanted.
std::string argument(const value_hint& hint) {
  if (!hint.words.empty())
    return fmt::format(" -a {}", in_quotes(fmt::format("{}", fmt::join(hint.words, " "))));
  if (!hint.names.empty())
    return fmt::format(" -a '(__aops_names {})'", hint.names);
  return hint.is_file ? " -F" : "";
}

std::string option_line(const verb& v, const option& o) {
  auto line = fmt::format("complete -c aops -n '__aops_at {}' -l {}", v.name, o.name);
  if (o.name == "output")
    line += " -s o";
  if (o.kind != option_kind::flag)
    line += (hint_of(v, o).is_file ? " -r" : " -x") + argument(hint_of(v, o));
  return line + fmt::format(" -d {}\n", in_quotes(translated(o.help)));
}

std::string lines_of(const verb& v) {
  auto text = fmt::format(
    "complete -c aops -n __aops_begins -a {} -d {}\n", v.name, in_quotes(translated(v.summary)));
  std::vector<std::string_view> actions;
  for (const auto& x : v.actions)
    actions.push_back(x.name);
  if (!actions.empty())
    text += fmt::format("complete -c aops -n '__aops_at {}; and test (count (commandline -opc)) "
                        "-eq 2' -a '{}'\n",
                        v.name,
                        fmt::join(actions, " "));
  for (const auto& x : v.actions)
    if (auto hint = hint_of_words(v, &x); !hint.is_empty())
      text += fmt::format("complete -c aops -n '__aops_at {} {}'{}\n",
                          v.name,
                          fmt::join(spellings(v, x), " "),
                          argument(hint));
  if (auto hint = hint_of_words(v, nullptr); v.run && !hint.is_empty())
    text += fmt::format("complete -c aops -n '__aops_at {}'{}\n", v.name, argument(hint));
  for (const auto& o : all_options(v))
    text += option_line(v, o);
  return text;
}

} // namespace

std::string fish_script(const verb_list& verbs) {
  std::string text{functions};
  for (const auto& v : verbs)
    text += lines_of(v);
  return text;
}

} // namespace aops::cli
