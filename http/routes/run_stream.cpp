#include "http/routes/routes.hpp"
#include "messages/roles/run.hpp"

namespace aops::http {

namespace {

/// GET /manage/task/stream?execution_id=
struct run_stream {
  std::string execution_id;
  maybe<std::string> after{};
};
#define AOPS_FIELDS_run_stream(F)                                                                  \
  F(execution_id, required().text(1, 64), "Run of a deployment task.")                             \
  F(after,                                                                                         \
    optional_field().text(1, 20),                                                                  \
    "Number of the event after which it begins; `Last-Event-ID` goes before it.")
AOPS_MESSAGE(run_stream)

expected<job_news>
find(const node_port& port, const request_context& context, const std::string& run) {
  auto found = ask_actor<run_store_actor, run_standing>(
    port, actors::run_store_name, context, run_to_watch{run});
  if (!found)
    return fail(std::move(found.error()));
  return job_news{run,
                  found->finished,
                  found->expected,
                  found->events,
                  found->is_final,
                  context.who.owner,
                  found->state};
}

/// Pages of the log that one fetch reads. Such a page may end for the work it was, long before
/// `limit` events.
constexpr int most_pages = 16;

expected<report_page> fetch_after(const node_port& port,
                                  const request_context& context,
                                  const std::string& run,
                                  int64_t after,
                                  size_t limit) {
  report_page found;
  found.until = after;
  for (int i = 0; i < most_pages && found.events.size() < limit; ++i) {
    run_log_query query;
    query.execution_id = run;
    query.after.emplace(*found.until);
    query.limit.emplace(static_cast<int64_t>(limit - found.events.size()));
    auto page = ask_actor<run_store_actor, run_log_page>(
      port, actors::run_store_name, context, std::move(query));
    if (!page && i > 0)
      break; // What is there is told; the next fetch goes on.
    if (!page)
      return fail(std::move(page.error()));
    for (const auto& x : page->events)
      found.events.push_back({x.number, base::encode(x), x.type});
    bool is_further = page->next > *found.until;
    found.until = std::max(*found.until, page->next);
    if (page->next >= page->last || !is_further)
      break;
  }
  return found;
}

json show(const job_news& x) {
  return {{"execution_id", x.job}, {"finished", x.progress}, {"expected", x.expected}};
}

} // namespace

sse_source run_source(const node_port& port, std::function<void(const std::string& run)> opened) {
  sse_source source;
  source.subscribe = std::move(opened);
  source.show = show;
  source.find = [port](const request_context& c, const std::string& run) {
    return find(port, c, run);
  };
  source.fetch_after =
    [port](const request_context& c, const std::string& run, int64_t after, size_t limit) {
      return fetch_after(port, c, run, after, limit);
    };
  return source;
}

sse_limits run_limits(size_t max_streams) {
  // A run may tell twenty thousand events a second: a write every quarter of one has to hold more
  // than that, for whoever is behind.
  sse_limits limits;
  limits.max_streams = max_streams;
  limits.batch = 8'000;
  limits.recent = 32'000;
  return limits;
}

void publish_run(sse_hub& hub, const job_progress& x) {
  // How it ended, a time-out or a failure, the store knows.
  hub.publish({x.job, x.finished, x.expected, x.last_number, false, {}, {}});
  if (is_final(x.state))
    hub.refresh(x.job);
}

stream_route run_stream_route(std::shared_ptr<sse_hub> hub) {
  return make_stream_route<run_stream>("/manage/task/stream",
                                       may::administrator,
                                       "Live events of a run as server-sent events.",
                                       [hub](stream_request asked, const run_stream& x) {
                                         // The first request of a browser has no such header.
                                         if (asked.last_event_id.empty() && x.after)
                                           asked.last_event_id = *x.after;
                                         return hub->open(asked, x.execution_id);
                                       });
}

} // namespace aops::http
