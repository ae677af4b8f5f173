#include "cli/aops/net/connections.hpp"

#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace aops::cli {

namespace {

/// The nodes to ask: those given, else those remembered, else the one on this machine.
expected<std::vector<std::string>> wanted_urls(const std::string& given, const context& known) {
  if (!given.empty()) {
    auto list = split_list(given);
    if (!list)
      return fail(ec::bad_request, tr("URL list `{}`: {}", given, list.error().detail));
    return list;
  }
  if (known.url.empty())
    return std::vector<std::string>{target{}.origin()};
  std::vector<std::string> urls{known.url};
  for (const auto& other : known.others)
    urls.push_back(other.url);
  return urls;
}

/// What `aops login` remembers of a node.
std::optional<known_node> home_of(const target& where, const context& known) {
  auto same = [&](const std::string& url) {
    auto home = parse_url(url);
    return !url.empty() && home && home->origin() == where.origin();
  };
  if (same(known.url))
    return known_node{known.url, known.fingerprint};
  for (const auto& other : known.others)
    if (same(other.url))
      return other;
  return std::nullopt;
}

} // namespace

expected<std::vector<connection>>
connections_of(const connection_wish& given, const context& known, const environment& env) {
  auto variable = [&](const char* name) { return env(name).value_or(""); };
  auto first_of = [](std::initializer_list<std::string> texts) {
    auto found = std::find_if(texts.begin(), texts.end(), [](const auto& x) { return !x.empty(); });
    return found == texts.end() ? std::string{} : *found;
  };
  auto urls = wanted_urls(first_of({given.urls, variable("AOPS_URL")}), known);
  if (!urls)
    return fail(urls.error());
  std::vector<connection> all;
  for (const auto& url : *urls) {
    connection to;
    auto where = parse_url(url);
    if (!where)
      return fail(where.error());
    to.where = *where;
    to.timeout_s = static_cast<int>(std::clamp<int64_t>(given.timeout_s, 1, 7200));
    // Token and pin belong to the nodes they were made for; no other gets to see them.
    auto home = home_of(*where, known);
    to.token =
      first_of({given.access_token, variable("AOPS_ACCESS_TOKEN"), home ? known.access_token : ""});
    auto cacert = first_of({given.cacert, variable("AOPS_CACERT"), home ? known.cacert : ""});
    if (!cacert.empty())
      to.whom = {trust::kind::file, cacert, {}};
    else if (home && !home->fingerprint.empty())
      to.whom = {trust::kind::pinned, {}, home->fingerprint};
    else if (is_loopback(to.where.host))
      to.whom.how = trust::kind::anybody;
    all.push_back(std::move(to));
  }
  return all;
}

} // namespace aops::cli
