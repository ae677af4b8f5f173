#include "actors/store/report_store.hpp"

#include "actors/store/report_rendering.hpp"
#include "actors/support/prepare.hpp"
#include "runtime/io/storage/host_repository.hpp"
#include "runtime/io/storage/job_repository.hpp"
#include "runtime/io/storage/report_repository.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <optional>

namespace aops::actors {

namespace {

using storage::job_repository;
using storage::report_repository;

/// The hosts that a limited viewer sees.
expected<fault::seen_hosts> hosts_seen_by(storage::database& db, const storage::scope& of) {
  auto page = storage::host_repository{db}.page(of, {});
  if (!page)
    return fail(page.error());
  fault::seen_hosts out;
  for (const auto& x : page->host_infos) {
    out.ids.insert(x.host_id);
    out.names.insert(x.host_name);
  }
  return out;
}

expected<reports_found> find(storage::database& db, const caller& who, const report_list_query& q) {
  const auto of = scope_of(who);
  auto stored = report_repository{db}.find(of, q.report_list);
  if (!stored)
    return fail(stored.error());
  std::optional<fault::seen_hosts> seen;
  if (of.is_limited() && std::any_of(stored->begin(), stored->end(), may_tell_of_other_hosts)) {
    auto hosts = hosts_seen_by(db, of);
    if (!hosts)
      return fail(hosts.error());
    seen = std::move(*hosts);
  }
  reports_found out;
  for (const auto& x : *stored) {
    auto report = render(x, seen ? &*seen : nullptr);
    if (!report)
      return fail(report.error());
    out.result.push_back(std::move(*report));
  }
  return out;
}

/// Streams show only what their user may see.
expected<reports_page> newer(storage::database& db, const caller& who, const new_reports_query& q) {
  auto known = job_repository{db}.progress(scope_of(who), {q.job});
  if (!known)
    return fail(known.error());
  if (known->empty() || known->front().state.empty())
    return fail(ec::not_found, "task " + q.job);
  return report_repository{db}.after(scope_of(who), q.job, q.after, q.limit).map([](auto rows) {
    reports_page page;
    page.total_count = static_cast<int64_t>(rows.size());
    page.result = std::move(rows);
    return page;
  });
}

} // namespace

report_store_actor::behavior_type
report_store(report_store_actor::stateful_pointer<checked_state<report_store_state>> self,
             store_ptr store) {
  prepare(self);
  self->state.store = std::move(store);
  return {
    [self](const caller& who, const progress_query& q) -> caf::result<progress_found> {
      return read(
        self->state.store,
        foreign_promise<progress_found>{self, of(who)},
        [who, q](storage::database& db) {
          return job_repository{db}.progress(scope_of(who), q.task_list).map([](auto list) {
            return progress_found{std::move(list)};
          });
        });
    },
    [self](const caller& who, const tasks_query& q) -> caf::result<tasks_page> {
      return read(self->state.store,
                  foreign_promise<tasks_page>{self, of(who)},
                  [who, q](storage::database& db) {
                    return job_repository{db}.page(scope_of(who), diagnosis_kind, q);
                  });
    },
    [self](const caller& who, const reports_query& q) -> caf::result<reports_page> {
      return read(
        self->state.store,
        foreign_promise<reports_page>{self, of(who)},
        [who, q](storage::database& db) { return report_repository{db}.page(scope_of(who), q); });
    },
    [self](const caller& who, const report_list_query& q) -> caf::result<reports_found> {
      return read(self->state.store,
                  foreign_promise<reports_found>{self, of(who)},
                  [who, q](storage::database& db) { return find(db, who, q); });
    },
    [self](const caller& who, const reports_to_delete& x) -> caf::result<done> {
      auto store = self->state.store;
      return write_for(store,
                       foreign_promise<done>{self, of(who)},
                       {},
                       [who, x, now = store->now_ms()](storage::database& db) -> expected<done> {
                         if (auto gone = report_repository{db}.remove(who.owner, x.report_list);
                             !gone)
                           return fail(gone.error());
                         return audit(db, now, who, "report.delete", listed(x.report_list)).map([] {
                           return done{};
                         });
                       });
    },
    [self](const caller& who, const new_reports_query& q) -> caf::result<reports_page> {
      return read(self->state.store,
                  foreign_promise<reports_page>{self, of(who)},
                  [who, q](storage::database& db) { return newer(db, who, q); });
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
