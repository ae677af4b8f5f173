#include "cli/aops/verb.hpp"

#include "cli/aops/text.hpp"

#include <fmt/format.h>

#include <charconv>

namespace aops::cli {

namespace {

/// What every command that asks a node takes.
constexpr option connection_options[] = {
  text_option(
    "access_token", "TOKEN", "Session token; else AOPS_ACCESS_TOKEN, else that of `aops login`")
    .also("aceess_token"),
  text_option(
    "url",
    "URLS",
    "Address of the node; of several, one that is reached; else AOPS_URL, else those of `aops "
    "login`, else https://127.0.0.1:11111")
    .repeated(),
  text_option("cacert", "FILE", "Trust the certificates of this PEM file instead of a pinned one"),
  text_option("timeout", "SECONDS", "How long to wait for an answer").whole().or_else("60"),
};

constexpr option output_option =
  text_option("output", "FORM", "Form of the output, also -o").one_of("table|json|yaml|wide");

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
  auto options = what.options;
  if (what.asks_node) {
    options.insert(options.end(), std::begin(connection_options), std::end(connection_options));
    options.push_back(output_option);
  }
  return options;
}

const std::vector<verb>& all_verbs() {
  static const std::vector<verb> verbs = {login_verb(),
                                          logout_verb(),
                                          account_verb(),
                                          group_verb(),
                                          host_verb(),
                                          series_verb(),
                                          checkrule_verb(),
                                          check_verb(),
                                          faultree_verb(),
                                          diag_verb(),
                                          report_verb(),
                                          stat_verb(),
                                          cluster_verb(),
                                          completion_verb()};
  return verbs;
}

} // namespace aops::cli
