#include "runtime/io/opensearch/search_client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <future>

namespace aops::opensearch {

namespace {

using std::chrono::milliseconds;

constexpr size_t most_reason = 300;
constexpr milliseconds connect_patience{2000}, least_patience{200};

std::string joined_url(std::string url, const std::string& path) {
  while (url.ends_with('/'))
    url.pop_back();
  return url + path;
}

/// Whether another address may do better.
bool may_do_better(const error& e) { return e == ec::unreachable || e == ec::timed_out; }

} // namespace

const base::json& value_in(const base::json& x, std::initializer_list<const char*> names) {
  static const base::json none;
  const auto* at = &x;
  for (const auto* name : names) {
    if (!at->is_object())
      return none;
    auto it = at->find(name);
    if (it == at->end())
      return none;
    at = &*it;
  }
  return *at;
}

int64_t number_in(const base::json& x, std::initializer_list<const char*> names) {
  const auto& value = value_in(x, names);
  if (value.is_number_integer())
    return value.get<int64_t>();
  int64_t out = 0;
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    std::from_chars(text.data(), text.data() + text.size(), out);
  }
  return out;
}

std::string text_in(const base::json& x, std::initializer_list<const char*> names) {
  const auto& value = value_in(x, names);
  return value.is_string() ? value.get<std::string>() : std::string{};
}

std::string reason_of(const search_answer& x) {
  auto out = text_in(x.body, {"error"});
  if (out.empty()) {
    out = text_in(x.body, {"error", "reason"});
    if (auto type = text_in(x.body, {"error", "type"}); !type.empty())
      out = type + (out.empty() ? "" : ": " + out);
  }
  if (out.size() > most_reason)
    out = out.substr(0, most_reason) + "…";
  return out.empty() ? fmt::format("answers with HTTP status {}", x.status)
                     : fmt::format("answers {}: {}", x.status, out);
}

expected<std::shared_ptr<search_client>> search_client::start(search_place where) {
  net::http_multi_options options;
  options.max_outstanding = 64;
  options.max_idle = 16;
  options.ca_file = where.ca_file;
  auto http = net::http_multi::start(std::move(options));
  if (!http)
    return fail(std::move(http.error()));
  return std::shared_ptr<search_client>{new search_client(std::move(where), std::move(*http))};
}

expected<search_answer> search_client::call(const search_call& what) const {
  auto end = std::chrono::steady_clock::now() + what.patience;
  auto begin = good_.load(), count = where_.urls.size();
  expected<search_answer> told = fail(ec::unreachable, "nobody was asked");
  for (size_t i = 0; i < count; ++i) {
    auto now = std::chrono::steady_clock::now();
    auto left = std::chrono::duration_cast<milliseconds>(end - now);
    if (i > 0 && left < least_patience)
      break;
    // A silent one leaves time for the others.
    auto share = i + 1 < count ? left / 2 : left;
    auto number = (begin + i) % count;
    told = ask_at(where_.urls[number], what, std::max(share, milliseconds{1}));
    if (told || !may_do_better(told.error())) {
      good_ = number;
      return told;
    }
  }
  good_ = (begin + 1) % count;
  return told;
}

expected<search_answer> search_client::ask_at(const std::string& url,
                                              const search_call& what,
                                              milliseconds patience) const {
  net::request request;
  request.url = joined_url(url, what.path);
  request.post = !what.body.empty();
  request.body = what.body;
  if (what.verb != (request.post ? "POST" : "GET"))
    request.verb = what.verb;
  if (!where_.proof.empty())
    request.headers.push_back(where_.proof);
  if (request.post)
    request.headers.push_back(what.is_lines ? "Content-Type: application/x-ndjson"
                                            : "Content-Type: application/json");
  else if (!request.verb.empty())
    request.headers.emplace_back("Content-Length: 0");
  request.connect_timeout = std::min(connect_patience, patience);
  request.total_timeout = patience;
  request.max_bytes = what.max_bytes;
  auto came = std::make_shared<std::promise<net::reply>>();
  auto coming = came->get_future();
  auto taken =
    http_->submit(std::move(request), [came](net::reply x) { came->set_value(std::move(x)); });
  if (!taken)
    return fail(taken.error().code, url + ": " + taken.error().detail);
  auto reply = coming.get();
  if (!reply.result) {
    auto& e = reply.result.error();
    return fail(e.code, fmt::format("{} {}", url, e.detail));
  }
  search_answer out{reply.result->status, nullptr};
  if (!reply.result->body.empty()) {
    auto body = base::parse_json(reply.result->body);
    if (body)
      out.body = std::move(*body);
    else if (out.status < 300)
      return fail(ec::query_failed, url + " answers with no JSON");
  }
  if (out.status == 401)
    return fail(ec::permission_denied,
                url + " does not know who asks (401): wrong user, password or API key");
  if (out.status == 403)
    return fail(ec::permission_denied, fmt::format("{} {}", url, reason_of(out)));
  if (out.status >= 500) // A search that had no time says so in this way, too.
    return fail(out.body.dump().find("time_exceeded_exception") == std::string::npos
                  ? ec::unreachable
                  : ec::timed_out,
                fmt::format("{} {}", url, reason_of(out)));
  return out;
}

} // namespace aops::opensearch
