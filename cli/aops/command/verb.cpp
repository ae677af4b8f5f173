#include "cli/aops/command/verb.hpp"

#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

namespace aops::cli {

namespace {

/// What every command that asks a node takes.
const std::vector<option>& common_options() {
  static const std::vector<option> options = {
    {.name = "access_token",
     .value = "TOKEN",
     .help = "Session token; else AOPS_ACCESS_TOKEN, else that of `aops login`",
     .alias = "aceess_token"},
    {.name = "context",
     .value = "NAME",
     .help = "Which of the sessions that `aops login --context` remembers; else AOPS_CONTEXT, else "
             "that of `aops context use`",
     .is_extra = true},
    {.name = "url",
     .value = "URLS",
     .help = "Address of the node; of several, one that is reached; else AOPS_URL, else those of "
             "`aops login`, else https://127.0.0.1:11111",
     .is_list = true,
     .is_extra = true},
    {.name = "cacert",
     .value = "FILE",
     .help = "Trust the certificates of this PEM file instead of a pinned one",
     .is_extra = true},
    {.name = "timeout",
     .value = "SPAN",
     .help = "How long to wait for an answer",
     .fallback = "60",
     .kind = option_kind::span,
     .is_extra = true},
    {.name = "ignore_missing",
     .help = "Names that nothing has are no failure",
     .kind = option_kind::flag,
     .is_extra = true}};
  return options;
}

option output_option(bool of_rows) {
  option o{.name = "output",
           .value = "FORM",
           .help = "Form of the output, also -o",
           .choices = {"table", "json", "yaml", "wide"},
           .is_extra = true};
  if (of_rows) // `name`: a line each.
    o.choices.insert(o.choices.end(), {"name", "csv"});
  return o;
}

bool has_listing(const verb& what) {
  return what.lists || std::any_of(what.actions.begin(), what.actions.end(), [](const action& x) {
           return x.lists;
         });
}

} // namespace

bool arguments::has(std::string_view name) const { return given_.contains(name); }

const std::string& arguments::text(std::string_view name) const {
  static const std::string nothing;
  if (auto i = given_.find(name); i != given_.end())
    return i->second;
  auto i = fallbacks_.find(name);
  return i == fallbacks_.end() ? nothing : i->second;
}

bool arguments::on(std::string_view name) const { return text(name) == "true"; }

int64_t arguments::whole(std::string_view name) const {
  const auto& value = text(name);
  int64_t number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}

expected<std::vector<std::string>> arguments::list(std::string_view name) const {
  if (!has(name))
    return std::vector<std::string>{};
  auto parts = split_list(text(name));
  if (!parts)
    return fail(ec::bad_request, fmt::format("--{}: {}", name, parts.error().detail));
  return parts;
}

bool arguments::is_bare(std::string_view name) const { return bare_.contains(name); }

void arguments::set(std::string_view name, std::string value, bool bare) {
  given_.insert_or_assign(std::string{name}, std::move(value));
  if (bare)
    bare_.emplace(name);
}

void arguments::append(std::string_view name, const std::string& value) {
  auto [there, is_first] = given_.try_emplace(std::string{name}, value);
  if (!is_first)
    there->second += "," + value;
}

void arguments::set_fallback(std::string_view name, std::string_view value) {
  fallbacks_.insert_or_assign(std::string{name}, std::string{value});
}

std::vector<option> all_options(const verb& what) {
  std::vector<option> options;
  if (!what.actions.empty()) {
    bool is_needed = what.run == nullptr; // In the contract it always is.
    option action{.name = "action",
                  .value = "WHAT",
                  .help = "What to do",
                  .is_required = is_needed,
                  .is_extra = !is_needed};
    for (const auto& x : what.actions)
      action.choices.push_back(x.name);
    options.push_back(std::move(action));
  }
  options.insert(options.end(), what.options.begin(), what.options.end());
  if (has_listing(what))
    options.push_back({.name = "filter",
                       .value = "EXPR",
                       .help = "Of a list, only the rows where all of this holds: "
                               "status=offline,host_name~^web",
                       .is_extra = true});
  auto is_own = [&](const option& o) {
    return std::any_of(what.options.begin(), what.options.end(), [&](const option& own) {
      return own.name == o.name;
    });
  };
  if (what.asks_node) // A verb may have one of them with another fallback.
    std::remove_copy_if(
      common_options().begin(), common_options().end(), std::back_inserter(options), is_own);
  if (what.asks_node || has_listing(what))
    options.push_back(output_option(has_listing(what)));
  for (auto& o : options)
    o.is_list = o.is_list || o.name.ends_with("_list") || o.name.ends_with("_items");
  return options;
}

std::string_view action_named(const verb& what, std::string_view word) {
  auto own = [&](std::string_view name) -> std::string_view {
    auto x = std::find_if(
      what.actions.begin(), what.actions.end(), [&](const action& a) { return a.name == name; });
    return x == what.actions.end() ? std::string_view{} : x->name;
  };
  if (auto name = own(word); !name.empty())
    return name;
  static const std::vector<std::vector<std::string_view>> kinds = {
    {"query", "get", "list", "show"}, {"delete", "remove"}, {"add", "create", "import"}};
  for (const auto& kind : kinds)
    if (std::find(kind.begin(), kind.end(), word) != kind.end())
      for (auto name : kind)
        if (auto found = own(name); !found.empty())
          return found;
  return {};
}

bool is_listing(const verb& what, const action* chosen) {
  return chosen ? chosen->lists : what.lists;
}

std::vector<std::string_view> positionals_of(const verb& what, const action* chosen) {
  auto names = chosen && !chosen->positionals.empty() ? chosen->positionals : what.positionals;
  std::erase(names, "action");
  return names;
}

std::string help_of(const option& o) {
  std::string text{translated(o.help)};
  if (!o.choices.empty())
    text += fmt::format(" ({})", fmt::join(o.choices, ", "));
  if (!o.fallback.empty())
    text += fmt::format(" [{}]", o.fallback);
  return text;
}

const action* action_of(const verb& what, const arguments& args) {
  auto found = std::find_if(what.actions.begin(), what.actions.end(), [&](const action& x) {
    return x.name == args.text("action");
  });
  return found == what.actions.end() ? nullptr : &*found;
}

} // namespace aops::cli
