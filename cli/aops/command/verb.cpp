#include "cli/aops/command/verb.hpp"

#include "cli/aops/text/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace aops::cli {

namespace {

/// What every command that asks a node takes.
const std::vector<option>& common_options() {
  static const std::vector<option> options = {
    {.name = "access_token",
     .value = "TOKEN",
     .help = "Session token; else AOPS_ACCESS_TOKEN, else that of `aops login`",
     .alias = "aceess_token"},
    {.name = "url",
     .value = "URLS",
     .help = "Address of the node; of several, one that is reached; else AOPS_URL, else those of "
             "`aops login`, else https://127.0.0.1:11111",
     .is_list = true},
    {.name = "cacert",
     .value = "FILE",
     .help = "Trust the certificates of this PEM file instead of a pinned one"},
    {.name = "timeout",
     .value = "SECONDS",
     .help = "How long to wait for an answer",
     .fallback = "60",
     .kind = option_kind::whole},
    {.name = "output",
     .value = "FORM",
     .help = "Form of the output, also -o",
     .choices = {"table", "json", "yaml", "wide"}}};
  return options;
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

void arguments::set(std::string_view name, std::string value) {
  given_.insert_or_assign(std::string{name}, std::move(value));
}

void arguments::set_fallback(std::string_view name, std::string_view value) {
  fallbacks_.insert_or_assign(std::string{name}, std::string{value});
}

std::vector<option> all_options(const verb& what) {
  std::vector<option> options;
  if (!what.actions.empty()) {
    option action{.name = "action", .value = "WHAT", .help = "What to do", .is_required = true};
    for (const auto& x : what.actions)
      action.choices.push_back(x.name);
    options.push_back(std::move(action));
  }
  options.insert(options.end(), what.options.begin(), what.options.end());
  if (what.asks_node)
    options.insert(options.end(), common_options().begin(), common_options().end());
  return options;
}

const action* action_of(const verb& what, const arguments& args) {
  auto found = std::find_if(what.actions.begin(), what.actions.end(), [&](const action& x) {
    return x.name == args.text("action");
  });
  return found == what.actions.end() ? nullptr : &*found;
}

} // namespace aops::cli
