#include "cli/aops/command/man_page.hpp"

#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aops::cli {

namespace {

/// A text as roff shows it; never a request of its own.
std::string plain(std::string_view text) {
  std::string out;
  bool begins_line = true;
  for (char c : text) {
    if (begins_line && (c == '.' || c == '\''))
      out += "\\&";
    begins_line = c == '\n';
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if (c == '\'')
      out += "\\(aq";
    else if (c == '`')
      out += "\\(ga";
    else if (c == '^')
      out += "\\(ha";
    else if (c == '~')
      out += "\\(ti";
    else
      out += c;
  }
  return out;
}

std::string bold(std::string_view text) { return fmt::format("\\fB{}\\fR", plain(text)); }
std::string slanted(std::string_view text) { return fmt::format("\\fI{}\\fR", plain(text)); }

std::string section(const std::string& title) { return fmt::format(".SH \"{}\"\n", title); }

std::string entry(const std::string& head, std::string_view text) {
  return fmt::format(".TP\n{}\n{}\n", head, plain(text));
}

std::string head_of(std::string_view name, std::string_view summary) {
  std::string title{name};
  std::transform(title.begin(), title.end(), title.begin(), [](unsigned char c) {
    return static_cast<char>(std::toupper(c));
  });
  return fmt::format(".TH {} 1 \"\" \"aops {}\" \"aops\"\n", plain(title), AOPS_VERSION) +
         section(tr("NAME")) + fmt::format("{} \\- {}\n", plain(name), plain(translated(summary)));
}

std::string words_of(const verb& what, const action* chosen) {
  std::string text;
  auto options = all_options(what);
  for (auto name : positionals_of(what, chosen))
    for (const auto& o : options)
      if (o.name == name)
        text += fmt::format(" [{}{}]", slanted(o.value), o.is_list ? "..." : "");
  return text;
}

std::string usage_of(const verb& what) {
  std::string text;
  auto line = [&](const action* chosen) {
    auto words = chosen ? fmt::format(" {}", chosen->name) : std::string{};
    text += fmt::format("{}{}{} [{}]\n",
                        text.empty() ? "" : ".br\n",
                        bold(fmt::format("aops {}{}", what.name, words)),
                        words_of(what, chosen),
                        slanted("OPTIONS"));
  };
  if (what.run)
    line(nullptr);
  for (const auto& x : what.actions)
    line(&x);
  return text;
}

std::string option_entry(const option& o) {
  auto head = bold(fmt::format("{}--{}", o.name == "output" ? "-o, " : "", o.name));
  if (!o.value.empty())
    head += " " + slanted(o.value);
  return entry(head, help_of(o));
}

/// The lines as they stand; two blanks before them are the help's.
std::string examples_of(const verb& what) {
  std::string text = ".EX\n";
  for (size_t at = 0; at < what.examples.size();) {
    auto end = std::min(what.examples.find('\n', at), what.examples.size());
    auto line = what.examples.substr(at, end - at);
    text += plain(line.starts_with("  ") ? line.substr(2) : line) + "\n";
    at = end + 1;
  }
  return text + ".EE\n";
}

struct exit_row {
  int code;
  std::string_view meaning;
};

constexpr exit_row exits[] = {{0, tr_later("done")},
                              {1, tr_later("failed, in part or whole; a name that nothing has")},
                              {2, tr_later("wrong command line")},
                              {3, tr_later("the node, or all of them, was not reached")},
                              {4, tr_later("eval, checkrule test: there was no data at all")},
                              {10, tr_later("with --exit_code: something was found")},
                              {130, tr_later("interrupted by Ctrl-C")}};

std::string exit_section() {
  auto text = section(tr("EXIT STATUS"));
  for (const auto& [code, meaning] : exits)
    text += entry(bold(std::to_string(code)), translated(meaning));
  return text;
}

struct variable_row {
  std::string_view name, meaning;
};

constexpr variable_row variables[] = {
  {"AOPS_URL", tr_later("Addresses of the node, for --url")},
  {"AOPS_CONTEXT", tr_later("Which remembered session, for --context")},
  {"AOPS_ACCESS_TOKEN", tr_later("Session token, for --access_token")},
  {"AOPS_CACERT", tr_later("Certificates to trust, for --cacert")},
  {"AOPS_USERNAME, AOPS_PASSWORD, AOPS_NEW_PASSWORD", tr_later("For aops login")},
  {"NO_COLOR", tr_later("No colours")},
  {"LC_ALL, LC_MESSAGES, LANG", tr_later("English, or Chinese where it begins with zh")}};

} // namespace

std::string man_page(const verb& what) {
  auto name = fmt::format("aops-{}", what.name);
  auto text = head_of(name, what.summary) + section(tr("SYNOPSIS")) + usage_of(what);
  text += section(tr("OPTIONS"));
  for (const auto& o : all_options(what))
    text += option_entry(o);
  if (!what.examples.empty())
    text += section(tr("EXAMPLES")) + examples_of(what);
  return text + exit_section() + section(tr("SEE ALSO")) + ".BR aops (1)\n";
}

std::string man_overview(const verb_list& verbs) {
  auto text = head_of("aops", tr_later("client of aops-node: hosts, checks, fault diagnosis")) +
              section(tr("SYNOPSIS")) +
              fmt::format("{} {} [{}]\n.br\n{} {}\n",
                          bold("aops"),
                          slanted("COMMAND"),
                          slanted("OPTIONS"),
                          bold("aops help"),
                          slanted("COMMAND"));
  text += section(tr("COMMANDS"));
  for (const auto& v : verbs)
    text += entry(fmt::format(".BR aops\\-{} (1)", v.name), translated(v.summary));
  text += section(tr("ENVIRONMENT"));
  for (const auto& [name, meaning] : variables)
    text += entry(bold(name), translated(meaning));
  text += section(tr("FILES")) +
          entry(slanted("~/.config/aops/context.json"),
                translated(tr_later("What `aops login` remembers; in contexts beside it that of "
                                    "--context. For their owner only.")));
  return text + exit_section();
}

} // namespace aops::cli
