#include "runtime/io/prometheus/fetch.hpp"

#include <algorithm>

namespace aops::prometheus_api {
namespace {

/// Prometheus' own limit, `query.max-samples`.
bool is_too_large(const expected<answer>& result) {
  return !result && result.error() == ec::query_failed &&
         result.error().detail.find("too many samples") != std::string::npos;
}

} // namespace

net::request request_of(const query& q, const source& from) {
  net::request r;
  r.url = from.url;
  while (r.url.ends_with('/'))
    r.url.pop_back();
  r.url += "/api/v1/query";
  r.headers = from.headers;
  r.headers.emplace_back("Accept: application/json");
  auto form = form_of(q, from.timeout.count());
  if (r.url.size() + form.size() <= from.max_get) {
    r.url += "?" + form;
  } else {
    r.post = true;
    r.body = std::move(form);
    r.headers.emplace_back("Content-Type: application/x-www-form-urlencoded");
  }
  r.connect_timeout = from.connect_timeout;
  r.total_timeout = from.timeout;
  r.max_bytes = from.max_bytes;
  return r;
}

fetch::fetch(ask what, source from)
    : from_(std::move(from)), asked_(what.series.begin(), what.series.end()) {
  for (auto& q : plan(what, from_.limits))
    jobs_.push_back({next_id_++, std::move(q), false, std::nullopt});
}

std::vector<fetch::outgoing> fetch::next() {
  std::vector<outgoing> result;
  for (auto& job : jobs_) {
    if (under_way_ >= std::max<size_t>(from_.concurrency, 1))
      break;
    if (job.sent)
      continue;
    job.sent = true;
    ++under_way_;
    result.push_back({job.id, request_of(job.what, from_)});
  }
  return result;
}

std::vector<part> fetch::on_reply(uint64_t id, net::reply reply) {
  auto at = std::find_if(jobs_.begin(), jobs_.end(), [&](const job& j) { return j.id == id; });
  if (at == jobs_.end() || !at->sent || at->result)
    return {};
  --under_way_;
  bool cut = reply.too_large;
  auto result = read_reply(std::move(reply), at->what.from_ms, at->what.until_ms);
  auto parts = cut || is_too_large(result) ? halves(at->what) : std::vector<query>{};
  if (!parts.empty()) {
    split(at, std::move(parts));
  } else {
    if (result && !at->what.is_match)
      keep_asked(*result, at->what);
    at->result = std::move(result);
  }
  std::vector<part> ready;
  while (!jobs_.empty() && jobs_.front().result) {
    auto& done = jobs_.front();
    ready.push_back({std::move(done.what.instances),
                     done.what.from_ms,
                     done.what.until_ms,
                     std::move(*done.result)});
    jobs_.pop_front();
  }
  return ready;
}

void fetch::split(std::deque<job>::iterator at, std::vector<query> parts) {
  std::vector<job> fresh;
  fresh.reserve(parts.size());
  for (auto& q : parts)
    fresh.push_back({next_id_++, std::move(q), false, std::nullopt});
  at = jobs_.erase(at);
  jobs_.insert(at, std::make_move_iterator(fresh.begin()), std::make_move_iterator(fresh.end()));
}

/// A query may also find what another one is for: without the look at label names, series would
/// come twice.
void fetch::keep_asked(answer& a, const query& by) const {
  auto same_names = [&](const label_set& labels) {
    return std::equal(labels.begin(),
                      labels.end(),
                      by.label_names.begin(),
                      by.label_names.end(),
                      [](const auto& label, const auto& name) { return label.first == name; });
  };
  std::erase_if(
    a.found, [&](const series& s) { return !same_names(s.key.label) || !asked_.contains(s.key); });
}

} // namespace aops::prometheus_api
