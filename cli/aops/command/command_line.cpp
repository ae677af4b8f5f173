#include "cli/aops/command/command_line.hpp"

#include "cli/aops/text/text.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <memory>

namespace aops::cli {

namespace {

std::string folded(std::string_view name) {
  std::string result{name};
  std::replace(result.begin(), result.end(), '-', '_');
  return result;
}

/// The options that `name` may mean: one when it is a whole name.
std::vector<std::string_view> candidates(const std::string& name,
                                         const std::vector<option>& options) {
  std::vector<std::string_view> found;
  for (const auto& o : options) {
    if (folded(o.name) == name || (!o.alias.empty() && o.alias == name))
      return {o.name};
    if (folded(o.name).starts_with(name) || (!o.alias.empty() && o.alias.starts_with(name)))
      found.push_back(o.name);
  }
  return found;
}

/// Words that CLI11 is given for one option.
std::string spelled(const option& o) {
  return (o.name == "output" ? "-o,--" : "--") + std::string{o.name};
}

std::string described(const option& o) {
  std::string text{o.help};
  if (!o.choices.empty())
    text += fmt::format(" ({})", fmt::join(o.choices, ", "));
  if (!o.fallback.empty())
    text += fmt::format(" [{}]", o.fallback);
  return text;
}

/// CLI11's help with a usage line that shows our positionals.
class help_formatter : public CLI::Formatter {
public:
  explicit help_formatter(const verb& what) {
    for (auto name : what.positionals)
      words_ += fmt::format(" [{}]", name);
    column_width(34);
  }
  std::string make_usage(const CLI::App*, std::string name) const override {
    return fmt::format("Usage: {}{} [OPTIONS]\n", name, words_);
  }

private:
  std::string words_;
};

/// CLI11 with one verb's options; keeps the values until they are collected.
class verb_parser {
public:
  verb_parser(const std::string& program, const verb& what)
      : what_(what), options_(all_options(what)),
        app_(std::string{what.summary}, fmt::format("{} {}", program, what.name)) {
    values_.resize(options_.size());
    flags_.resize(options_.size());
    for (size_t i = 0; i < options_.size(); ++i)
      add(i);
    if (!what.positionals.empty())
      app_.add_option("words", words_)
        ->expected(0, static_cast<int>(what.positionals.size()))
        ->group("");
    if (!what.examples.empty())
      app_.footer("Examples:\n" + std::string{what.examples});
    app_.formatter(std::make_shared<help_formatter>(what));
  }

  expected<command> parse(std::vector<std::string> words) {
    try {
      std::reverse(words.begin(), words.end()); // CLI11 takes them from the back.
      app_.parse(words);
    } catch (const CLI::CallForHelp&) {
      return command{nullptr, {}, app_.help()};
    } catch (const CLI::ParseError& e) {
      return fail(ec::bad_request, fmt::format("{} (see {} --help)", e.what(), app_.get_name()));
    }
    return collect();
  }

private:
  void add(size_t i) {
    const auto& o = options_[i];
    if (o.kind == option_kind::flag) {
      handles_.push_back(app_.add_flag(spelled(o), flags_[i], described(o)));
      return;
    }
    auto* handle = app_.add_option(spelled(o), values_[i], described(o));
    handle->type_name(std::string{o.value});
    if (o.is_list)
      handle->join(',');
    else
      handle->take_last();
    if (o.kind == option_kind::whole)
      handle->check(CLI::Range(int64_t{0}, int64_t{1} << 53).description(""));
    if (o.kind == option_kind::boolean)
      handle->check(CLI::IsMember({"true", "false"}, CLI::ignore_case).description(""));
    else if (!o.choices.empty())
      handle->check(CLI::IsMember(std::vector<std::string>(o.choices.begin(), o.choices.end()))
                      .description(""));
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
      auto value = o.kind == option_kind::flag ? "true" : values_[i];
      if (o.kind == option_kind::boolean)
        std::transform(value.begin(), value.end(), value.begin(), [](char c) {
          return c >= 'A' && c <= 'Z' ? c + 32 : c;
        });
      result.args.set(o.name, std::move(value));
    }
    if (auto done = take_words(result.args); !done)
      return fail(done.error());
    for (const auto& o : options_)
      if (o.is_required && !result.args.has(o.name))
        return refuse(fmt::format("--{} is required", o.name));
    return result;
  }

  /// Words without a name fill the verb's positionals: the first one that may hold the word and is
  /// still free.
  expected<void> take_words(arguments& args) {
    for (const auto& word : words_) {
      auto fits = [&](std::string_view name) {
        auto o = std::find_if(
          options_.begin(), options_.end(), [&](const auto& x) { return x.name == name; });
        const auto& choices = o->choices;
        bool allowed =
          choices.empty() || std::find(choices.begin(), choices.end(), word) != choices.end();
        return allowed && !args.has(name);
      };
      auto name = std::find_if(what_.positionals.begin(), what_.positionals.end(), fits);
      if (name == what_.positionals.end())
        return refuse(fmt::format("`{}` means nothing here", word));
      args.set(*name, word);
    }
    return {};
  }

  tl::unexpected<error> refuse(const std::string& why) const {
    return fail(ec::bad_request, fmt::format("{} (see {} --help)", why, app_.get_name()));
  }

  const verb& what_;
  std::vector<option> options_;
  CLI::App app_;
  std::vector<std::string> values_;
  std::deque<bool> flags_;
  std::vector<CLI::Option*> handles_;
  std::vector<std::string> words_;
};

/// Replaces unambiguous prefixes of option names (`--host_n`), dashes for underscores and the
/// contract's misspellings by the full names. `args[0]` is the verb. An ambiguous prefix is
/// `ec::bad_request`.
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
      return fail(
        ec::bad_request,
        fmt::format("--{} may mean {}", name, fmt::format("--{}", fmt::join(found, " or --"))));
    if (found.size() == 1)
      args[i] =
        fmt::format("--{}{}", found[0], equals == std::string::npos ? "" : args[i].substr(equals));
  }
  return args;
}

std::string overview(const std::string& program, const verb_list& verbs) {
  auto text = fmt::format("Client of aops-node: hosts, checks, fault diagnosis.\n\nUsage: {} "
                          "COMMAND [OPTIONS]\n\nCommands:\n",
                          program);
  for (const auto& v : verbs)
    text += fmt::format("  {:<12} {}\n", v.name, v.summary);
  return text + fmt::format(
                  "\n`{} COMMAND --help` lists the options of a command; they may be abbreviated.\n"
                  "Begin with `{} login`. NO_COLOR switches colours off.\n"
                  "Exit codes: 0 done (code 200 or 206), 1 failed, 2 wrong command line, 3 node "
                  "not reached.\n",
                  program,
                  program);
}

} // namespace

expected<command> parse_command_line(const std::string& program,
                                     const verb_list& verbs,
                                     const std::vector<std::string>& words) {
  if (words.empty())
    return fail(ec::bad_request, fmt::format("no command given (see {} --help)", program));
  const auto& first = words.front();
  if (first == "--help" || first == "-h" || first == "help")
    return command{nullptr, {}, overview(program, verbs)};
  if (first == "--version")
    return command{nullptr, {}, fmt::format("{} {}\n", program, AOPS_VERSION)};
  auto what =
    std::find_if(verbs.begin(), verbs.end(), [&](const verb& v) { return v.name == first; });
  if (what == verbs.end())
    return fail(ec::bad_request,
                fmt::format("`{}` is no command (see {} --help)", printable(first), program));
  auto expanded = expand_abbreviations(words, all_options(*what));
  if (!expanded)
    return fail(expanded.error());
  expanded->erase(expanded->begin());
  return verb_parser(program, *what).parse(std::move(*expanded));
}

} // namespace aops::cli
