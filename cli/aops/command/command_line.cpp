#include "cli/aops/command/command_line.hpp"

#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"
#include "cli/aops/text/time_text.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <memory>

namespace aops::cli {

namespace {

std::string folded(std::string_view name) {
  std::string result{name};
  std::replace(result.begin(), result.end(), '-', '_');
  return result;
}

/// The options that `name` may mean: one when it is a whole name. Those that are extra give way to
/// the others.
std::vector<std::string_view> candidates(const std::string& name,
                                         const std::vector<option>& options) {
  std::vector<std::string_view> found, extra;
  for (const auto& o : options) {
    if (folded(o.name) == name || (!o.alias.empty() && o.alias == name))
      return {o.name};
    if (folded(o.name).starts_with(name) || (!o.alias.empty() && o.alias.starts_with(name)))
      (o.is_extra ? extra : found).push_back(o.name);
  }
  return found.empty() ? extra : found;
}

/// Words that CLI11 is given for one option.
std::string spelled(const option& o) {
  return (o.name == "output" ? "-o,--" : "--") + std::string{o.name};
}

const option* find_option(const std::vector<option>& options, std::string_view name) {
  auto o =
    std::find_if(options.begin(), options.end(), [&](const auto& x) { return x.name == name; });
  return o == options.end() ? nullptr : &*o;
}

std::vector<std::string> action_names(const verb& what) {
  std::vector<std::string> names;
  for (const auto& x : what.actions)
    names.emplace_back(x.name);
  return names;
}

/// Words without a name that a line of usage shows.
std::string shown_words(const verb& what, const action* chosen) {
  auto options = all_options(what);
  std::string words;
  for (auto name : positionals_of(what, chosen))
    if (const auto* o = find_option(options, name))
      words += fmt::format(" [{}{}]", o->value, o->is_list ? "..." : "");
  return words;
}

/// CLI11's help with usage lines of ours: one per action.
class help_formatter : public CLI::Formatter {
public:
  explicit help_formatter(const verb& what) : what_(what) { column_width(34); }
  std::string make_usage(const CLI::App*, std::string name) const override {
    std::string text;
    auto line = [&](std::string_view action, const std::string& words) {
      text += fmt::format("{} {}{}{}{} [OPTIONS]\n",
                          text.empty() ? tr("Usage:") : "      ",
                          name,
                          action.empty() ? "" : " ",
                          action,
                          words);
    };
    if (what_.run)
      line("", shown_words(what_, nullptr));
    for (const auto& x : what_.actions)
      line(x.name, shown_words(what_, &x));
    return text;
  }

private:
  const verb& what_;
};

/// CLI11 with one verb's options; keeps the values until they are collected.
class verb_parser {
public:
  verb_parser(const std::string& program, const verb& what)
      : what_(what), options_(all_options(what)),
        app_(std::string{translated(what.summary)}, fmt::format("{} {}", program, what.name)) {
    app_.set_help_flag("-h,--help", tr("Print this help and exit"));
    app_.option_defaults()->group(tr("Options"));
    app_.get_help_ptr()->group(tr("Options"));
    values_.resize(options_.size());
    lists_.resize(options_.size());
    flags_.resize(options_.size());
    for (size_t i = 0; i < options_.size(); ++i)
      add(i);
    // All of them, also too many: what is wrong with them is told in our own words.
    app_.add_option("words", words_)->group("");
    if (!what.examples.empty())
      app_.footer(tr("Examples:\n") + std::string{what.examples});
    app_.formatter(std::make_shared<help_formatter>(what));
  }

  expected<command> parse(std::vector<std::string> words) {
    try {
      std::reverse(words.begin(), words.end()); // CLI11 takes them from the back.
      app_.parse(words);
    } catch (const CLI::CallForHelp&) {
      return help();
    } catch (const CLI::ExtrasError& e) {
      return refuse(tr("unknown option: {}", e.what()));
    } catch (const CLI::ArgumentMismatch& e) {
      return refuse(tr("a value is missing: {}", e.what()));
    } catch (const CLI::ParseError& e) {
      return refuse(e.what());
    }
    return collect();
  }

  command help() { return {nullptr, {}, app_.help()}; }

private:
  void add(size_t i) {
    const auto& o = options_[i];
    if (o.kind == option_kind::flag) {
      handles_.push_back(app_.add_flag(spelled(o), flags_[i], help_of(o)));
      return;
    }
    auto* handle = o.is_list ? app_.add_option(spelled(o), lists_[i], help_of(o))
                             : app_.add_option(spelled(o), values_[i], help_of(o));
    handle->type_name(std::string{o.value});
    if (o.is_list)
      handle->allow_extra_args(false); // One value each time it is given.
    else
      handle->take_last();
    handles_.push_back(handle);
  }

  expected<command> collect() {
    command result{&what_, {}, {}};
    for (size_t i = 0; i < options_.size(); ++i) {
      const auto& o = options_[i];
      if (!o.fallback.empty())
        result.args.set_fallback(o.name, o.fallback);
      if (handles_[i]->count() == 0)
        continue;
      auto value = o.kind == option_kind::flag
                     ? expected<std::string>{"true"}
                     : checked(o, o.is_list ? joined(handles_[i]->results(), ",") : values_[i]);
      if (!value)
        return fail(value.error());
      result.args.set(o.name, std::move(*value));
    }
    if (auto done = take_words(result.args); !done)
      return fail(done.error());
    for (const auto& o : options_)
      if (o.is_required && !result.args.has(o.name))
        return refuse(tr("--{} is required{}{}",
                         o.name,
                         o.choices.empty() ? "" : ": ",
                         fmt::join(o.choices, ", ")));
    return result;
  }

  /// The value as the verb gets it: numbers are numbers, spans are seconds, choices are spelled as
  /// they are listed.
  expected<std::string> checked(const option& o, const std::string& value) const {
    auto wrong = [&](std::string_view why) {
      return refuse(fmt::format("--{}: `{}` {}", o.name, value, why));
    };
    bool is_number = !value.empty() && value.find_first_not_of("0123456789") == value.npos;
    if (o.kind == option_kind::whole && (!is_number || value.size() > 15))
      return wrong(tr("is no whole number"));
    if (o.kind == option_kind::span && !is_number) {
      auto span = parse_span(value);
      if (!span)
        return refuse(fmt::format("--{}: {}", o.name, span.error().detail));
      return std::to_string(*span);
    }
    if (o.kind == option_kind::boolean) {
      auto lower = lower_case(value);
      if (lower != "true" && lower != "false")
        return wrong(tr("is neither true nor false"));
      return lower;
    }
    return o.choices.empty() ? value : chosen(o, value);
  }

  expected<std::string> chosen(const option& o, const std::string& value) const {
    if (o.name == "action")
      if (auto name = action_named(what_, value); !name.empty())
        return std::string{name};
    std::vector<std::string> parts;
    for (size_t at = 0; at <= value.size();) {
      auto end = o.is_list ? std::min(value.find(',', at), value.size()) : value.size();
      auto part = trimmed(std::string_view{value}.substr(at, end - at));
      auto found = std::find_if(o.choices.begin(), o.choices.end(), [&](auto x) {
        return lower_case(x) == lower_case(part);
      });
      if (found == o.choices.end())
        return refuse(tr("--{}: `{}` is none of {}{}",
                         o.name,
                         part,
                         fmt::join(o.choices, ", "),
                         hint_at(part, {o.choices.begin(), o.choices.end()})));
      parts.emplace_back(*found);
      at = end + 1;
    }
    return joined(parts, ",");
  }

  /// Words without a name: the action, then its positionals.
  expected<void> take_words(arguments& args) {
    size_t at = 0;
    if (!what_.actions.empty() && !args.has("action") && !words_.empty()) {
      if (auto name = action_named(what_, words_.front()); !name.empty()) {
        args.set("action", std::string{name}, true);
        at = 1;
      } else if (!what_.run) {
        return refuse(tr("`{}` is no action of {}: {}{}",
                         words_.front(),
                         what_.name,
                         joined(action_names(what_), ", "),
                         hint_at(words_.front(), action_names(what_))));
      }
    }
    auto names = positionals_of(what_, action_of(what_, args));
    for (; at < words_.size(); ++at)
      if (auto done = take_word(args, names, words_[at]); !done)
        return done;
    return {};
  }

  /// The first option that may hold the word and is still free.
  expected<void> take_word(arguments& args,
                           const std::vector<std::string_view>& names,
                           const std::string& word) const {
    for (size_t i = 0; i < names.size(); ++i) {
      auto name = names[i];
      const auto* o = find_option(options_, name);
      // A list takes all that are left when it is the last one; before others it takes one word,
      // unless it says which words it takes.
      bool is_open =
        o && o->is_list && (o->takes ? !followed_by_list(names, i) : i + 1 == names.size());
      bool fits = o && (is_open || !args.has(name)) &&
                  (o->takes ? o->takes(word) : o->choices.empty() || chosen(*o, word));
      if (!fits)
        continue;
      auto value = checked(*o, word);
      if (!value)
        return fail(value.error());
      if (o->is_list)
        args.append(name, *value);
      else
        args.set(name, *value, true);
      return {};
    }
    // Choices say what could stand here.
    if (names.size() == 1 && !args.has(names.front()))
      if (const auto* o = find_option(options_, names.front()); o && !o->choices.empty())
        return fail(chosen(*o, word).error());
    return refuse(tr("`{}` means nothing here", word));
  }

  bool followed_by_list(const std::vector<std::string_view>& names, size_t at) const {
    return std::any_of(
      names.begin() + static_cast<std::ptrdiff_t>(at) + 1, names.end(), [&](std::string_view name) {
        const auto* o = find_option(options_, name);
        return o && o->is_list;
      });
  }

  tl::unexpected<error> refuse(const std::string& why) const {
    return fail(ec::bad_request, tr("{} (see {} --help)", why, app_.get_name()));
  }

  const verb& what_;
  std::vector<option> options_;
  CLI::App app_;
  std::vector<std::string> values_;
  std::vector<std::vector<std::string>> lists_;
  std::deque<bool> flags_;
  std::vector<CLI::Option*> handles_;
  std::vector<std::string> words_;
};

std::vector<std::string> names_of(const std::vector<option>& options) {
  std::vector<std::string> names{"--help"};
  for (const auto& o : options)
    names.push_back(fmt::format("--{}", o.name));
  return names;
}

/// Replaces unambiguous prefixes of option names (`--host_n`), dashes for underscores and the
/// contract's misspellings by the full names. `args[0]` is the verb. An ambiguous prefix and an
/// unknown option are `ec::bad_request`.
expected<std::vector<std::string>> expand_abbreviations(std::vector<std::string> args,
                                                        const std::vector<option>& options) {
  for (size_t i = 1; i < args.size(); ++i) {
    if (args[i] == "--")
      break;
    if (!args[i].starts_with("--"))
      continue;
    auto equals = args[i].find('=');
    auto name = folded(
      std::string_view{args[i]}.substr(2, equals == std::string::npos ? equals : equals - 2));
    if (name == "help")
      continue;
    auto found = candidates(name, options);
    if (found.size() > 1)
      return fail(ec::bad_request,
                  tr("--{} may mean {}", name, fmt::format("--{}", fmt::join(found, " or --"))));
    if (found.empty()) {
      auto near = nearest("--" + name, names_of(options));
      return fail(
        ec::bad_request,
        tr("unknown option --{}{}", name, near.empty() ? "" : tr(", did you mean {}?", near)));
    }
    args[i] =
      fmt::format("--{}{}", found[0], equals == std::string::npos ? "" : args[i].substr(equals));
  }
  return args;
}

std::string overview(const std::string& program, const verb_list& verbs) {
  auto text = tr("Client of aops-node: hosts, checks, fault diagnosis.\n\nUsage: {} "
                 "COMMAND [OPTIONS]\n\nCommands:\n",
                 program);
  for (const auto& v : verbs)
    text += fmt::format("  {:<12} {}\n", v.name, translated(v.summary));
  return text +
         tr("\n`{} help COMMAND` lists the options of a command; they may be abbreviated.\n"
            "Begin with `{} login`. NO_COLOR switches colours off.\n"
            "Exit codes: 0 done, 1 failed or a name that nothing has, 2 wrong command line,\n"
            "3 node not reached, 10 found something (--exit_code), 130 interrupted.\n",
            program,
            program);
}

bool asks_for_help(std::string_view word) {
  return word == "--help" || word == "-h" || word == "help";
}

} // namespace

expected<command> parse_command_line(const std::string& program,
                                     const verb_list& verbs,
                                     const std::vector<std::string>& words) {
  if (words.empty())
    return fail(ec::bad_request, tr("no command given (see {} --help)", program));
  bool wants_help = asks_for_help(words.front());
  if (wants_help && words.size() == 1)
    return command{nullptr, {}, overview(program, verbs)};
  const auto& first = words[wants_help ? 1 : 0];
  if (first == "--version")
    return command{nullptr, {}, fmt::format("{} {}\n", program, AOPS_VERSION)};
  auto what =
    std::find_if(verbs.begin(), verbs.end(), [&](const verb& v) { return v.name == first; });
  if (what == verbs.end()) {
    std::vector<std::string> known;
    for (const auto& v : verbs)
      known.emplace_back(v.name);
    return fail(
      ec::bad_request,
      tr("`{}` is no command{} (see {} --help)", printable(first), hint_at(first, known), program));
  }
  if (wants_help || (words.size() > 1 && words[1] == "help"))
    return verb_parser(program, *what).help();
  auto expanded = expand_abbreviations(words, all_options(*what));
  if (!expanded)
    return fail(ec::bad_request,
                tr("{} (see {} {} --help)", expanded.error().detail, program, what->name));
  expanded->erase(expanded->begin());
  return verb_parser(program, *what).parse(std::move(*expanded));
}

} // namespace aops::cli
