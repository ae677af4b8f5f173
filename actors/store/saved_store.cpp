#include "actors/store/saved_store.hpp"

#include "actors/store/account_store.hpp"
#include "actors/support/prepare.hpp"
#include "messages/return_code.hpp"
#include "runtime/io/storage/account_repository.hpp"
#include "runtime/io/storage/filter.hpp"
#include "runtime/io/storage/host_repository.hpp"
#include "runtime/io/storage/result_repository.hpp"
#include "runtime/io/storage/sample_erasure.hpp"
#include "runtime/io/storage/saved_reports.hpp"

#include <caf/all.hpp>

#include <map>

namespace aops::actors {

namespace {

/// The caller that a user would be; of an unknown one a caller who owns nothing.
expected<caller> caller_for(storage::database& db, const std::string& username) {
  auto who = caller_of(db, username);
  if (who || who.error() != ec::not_found)
    return who;
  caller nobody;
  nobody.user = username;
  return nobody;
}

expected<std::vector<user_host>> hosts_of(storage::database& db, const std::string& username) {
  auto who = caller_for(db, username);
  if (!who)
    return fail(std::move(who.error()));
  auto page = storage::host_repository{db}.page(scope_of(*who), hosts_query{});
  if (!page)
    return fail(std::move(page.error()));
  std::vector<user_host> out;
  for (auto& x : page->host_infos)
    out.push_back({std::move(x.host_id),
                   std::move(x.host_group_name),
                   std::move(x.host_name),
                   std::move(x.public_ip),
                   x.ssh_port});
  return out;
}

expected<users_hosts_found> hosts_of(storage::database& db, const users_hosts_query& x) {
  auto names = x.username;
  if (names.empty()) {
    auto all = storage::account_repository{db}.list();
    if (!all)
      return fail(std::move(all.error()));
    for (auto& account : *all)
      names.push_back(std::move(account.username));
  }
  users_hosts_found out;
  int64_t rows = 0;
  for (const auto& name : names) {
    auto hosts = hosts_of(db, name);
    if (!hosts)
      return fail(std::move(hosts.error()));
    rows += static_cast<int64_t>(hosts->size());
    if (rows > storage::most_unpaged)
      return fail(ec::bad_request, "username: these have too many hosts; ask for fewer users");
    out.host_infos[name] = std::move(*hosts);
  }
  return out;
}

/// Whose each row of a request is.
class owners {
public:
  owners(storage::database& db, const caller& who) : db_(db) { known_.emplace("", who); }

  /// ec::bad_request when he is nobody.
  expected<caller> of(const maybe<std::string>& username) {
    auto name = username.value_or("");
    auto it = known_.find(name);
    if (it == known_.end()) {
      auto found = caller_for(db_, name);
      if (!found)
        return found;
      it = known_.emplace(name, std::move(*found)).first;
    }
    if (it->second.owner.empty())
      return fail(ec::bad_request, "username: no such user");
    return it->second;
  }

private:
  storage::database& db_;
  std::map<std::string, caller> known_;
};

/// What a row is refused for; anything else fails all of them.
bool is_of_the_row(const error& e) {
  return e == ec::bad_request || e == ec::not_found || e == ec::conflict;
}

/// Saves row by row. @param save `expected<void>(const caller&, const Row&)`
template <class Reply, class Row, class Save>
expected<Reply>
save_rows(storage::database& db, const caller& who, const std::vector<Row>& rows, Save save) {
  Reply reply;
  owners whose{db, who};
  for (size_t i = 0; i < rows.size(); ++i) {
    auto owner = whose.of(rows[i].username);
    auto done = owner ? save(*owner, rows[i]) : expected<void>{fail(std::move(owner.error()))};
    if (!done && !is_of_the_row(done.error()))
      return fail(std::move(done.error()));
    if (!done)
      reply.fail_list.push_back({static_cast<int64_t>(i), std::move(done.error().detail)});
  }
  if (!reply.fail_list.empty())
    reply.code = reply.fail_list.size() < rows.size() ? code_partial
                                                      : outcome_of(ec::insert_failed).return_code;
  return reply;
}

storage::external_result stored_form(const saved_result& x) {
  check_rule rule;
  rule.check_item = x.check_item;
  rule.data_list = x.data_list;
  rule.condition = x.condition;
  rule.description = x.description.value_or("");
  return {x.host_id, std::move(rule), x.start.ms, x.end.ms, x.value};
}

expected<results_saved>
save(storage::database& db, const caller& who, const results_to_save& x, int64_t now_ms) {
  storage::result_repository results{db};
  auto reply = save_rows<results_saved>(
    db, who, x.check_results, [&](const caller& owner, const saved_result& row) {
      return results.save_external(owner.owner, stored_form(row));
    });
  if (!reply)
    return reply;
  auto text = fmt::format("{} results", x.check_results.size());
  return audit(db, now_ms, who, "result.save", text, reply->code).map([&] {
    return std::move(*reply);
  });
}

expected<reports_saved>
save(storage::database& db, const caller& who, const reports_to_save& x, int64_t now_ms) {
  storage::saved_reports reports{db};
  auto reply =
    save_rows<reports_saved>(db, who, x.reports, [&](const caller& owner, const saved_report& row) {
      return reports.save(owner.owner, owner.user, row, now_ms);
    });
  if (!reply)
    return reply;
  std::vector<std::string> ids;
  for (const auto& row : x.reports)
    ids.push_back(row.report_id);
  return audit(db, now_ms, who, "report.save", listed(ids), reply->code).map([&] {
    return std::move(*reply);
  });
}

expected<done>
save(storage::database& db, const caller& who, const task_to_save& x, int64_t now_ms) {
  if (who.owner.empty())
    return fail(ec::bad_request, "username: no such user");
  auto saved = storage::saved_reports{db}.save_task(who.owner, who.user, x);
  if (!saved)
    return fail(std::move(saved.error()));
  return audit(db, now_ms, who, "task.save", x.task_id).map([] { return done{}; });
}

/// A deletion that goes on until nothing is left: each step is a write of its own.
/// @tparam Work Copied for each try: `step`, `is_done`, `deleted`, and what the audit log says:
/// with the first step, for what is deleted before a time-out must stand there too.
template <class Work>
void delete_in_steps(const store_ptr& store,
                     const caller& who,
                     Work work,
                     const foreign_promise<rows_deleted>& promise,
                     bool is_first = true) {
  write(
    *store,
    store->bounded(promise.ticket()),
    {},
    [work, who, is_first, now = store->now_ms()](storage::database& db) mutable -> expected<Work> {
      auto next = work; // This may run more than once.
      auto done = next.step(db);
      if (done && is_first)
        done = audit(db, now, who, Work::action, next.entity());
      if (!done)
        return fail(std::move(done.error()));
      return next;
    },
    [store, who, promise](expected<Work> next) {
      if (!next)
        promise.fail(std::move(next.error()));
      else if (next->is_done())
        promise.answer(rows_deleted{next->deleted()});
      else
        delete_in_steps(store, who, std::move(*next), promise, false);
    });
}

class result_deletion {
public:
  static constexpr std::string_view action = "result.delete";

  result_deletion(std::string owner, const results_to_delete& x) : owner_(std::move(owner)) {
    what_.host_ids = x.host_list.value_or(std::vector<std::string>{});
    what_.check_items = x.check_items.value_or(std::vector<std::string>{});
    what_.until_ms = INT64_MAX;
    if (auto range = x.range(); range.size() == 2) {
      what_.from_ms = range[0].ms;
      what_.until_ms = range[1].ms;
    }
  }

  bool is_done() const { return is_done_; }
  int64_t deleted() const { return deleted_; }
  std::string entity() const { return listed(what_.host_ids); }

  expected<void> step(storage::database& db) {
    constexpr int64_t at_once = 5'000;
    return storage::result_repository{db}.remove(owner_, what_, at_once).map([&](int64_t rows) {
      deleted_ += rows;
      is_done_ = rows < at_once;
    });
  }

private:
  std::string owner_;
  storage::result_selection what_;
  int64_t deleted_ = 0;
  bool is_done_ = false;
};

class sample_deletion {
public:
  static constexpr std::string_view action = "sample.delete";

  sample_deletion(std::string owner, samples_to_delete x)
      : owner_(std::move(owner)), what_(std::move(x)) {}

  bool is_done() const { return erasure_ && erasure_->is_done(); }
  int64_t deleted() const { return erasure_->deleted(); }
  std::string entity() const { return listed(what_.host_list); }

  expected<void> step(storage::database& db) {
    if (erasure_)
      return erasure_->step(db);
    return storage::host_keys(db, owner_, what_.host_list).map([&](std::vector<int64_t> hosts) {
      erasure_.emplace(std::move(hosts), what_.time_range[0].ms, what_.time_range[1].ms);
    });
  }

private:
  std::string owner_;
  samples_to_delete what_;
  std::optional<storage::sample_erasure> erasure_;
};

} // namespace

saved_store_actor::behavior_type
saved_store(saved_store_actor::stateful_pointer<checked_state<saved_store_state>> self,
            store_ptr store) {
  prepare(self);
  self->state.store = std::move(store);
  return {
    [self](const user_to_act_for& x) -> caf::result<caller> {
      return read(self->state.store, foreign_promise<caller>{self}, [x](storage::database& db) {
        return caller_for(db, x.username);
      });
    },
    [self](const users_hosts_query& x) -> caf::result<users_hosts_found> {
      return read(self->state.store,
                  foreign_promise<users_hosts_found>{self},
                  [x](storage::database& db) { return hosts_of(db, x); });
    },
    [self](const caller& who, const results_to_save& x) -> caf::result<results_saved> {
      const auto& store = self->state.store;
      return write_for(
        store,
        foreign_promise<results_saved>{self, of(who)},
        {},
        [who, x, now = store->now_ms()](storage::database& db) { return save(db, who, x, now); },
        x.check_results.size());
    },
    [self](const caller& who, const results_to_delete& x) -> caf::result<rows_deleted> {
      foreign_promise<rows_deleted> promise{self, of(who)};
      delete_in_steps(self->state.store, who, result_deletion{who.owner, x}, promise);
      return promise;
    },
    [self](const caller& who, const reports_to_save& x) -> caf::result<reports_saved> {
      const auto& store = self->state.store;
      return write_for(
        store,
        foreign_promise<reports_saved>{self, of(who)},
        {},
        [who, x, now = store->now_ms()](storage::database& db) { return save(db, who, x, now); },
        x.reports.size());
    },
    [self](const caller& who, const task_to_save& x) -> caf::result<done> {
      const auto& store = self->state.store;
      return write_for(
        store,
        foreign_promise<done>{self, of(who)},
        {},
        [who, x, now = store->now_ms()](storage::database& db) { return save(db, who, x, now); });
    },
    [self](const caller& who, const samples_to_delete& x) -> caf::result<rows_deleted> {
      const auto& store = self->state.store;
      if (store->config->samples.source != "scrape")
        return refuse(ec::delete_failed, "Prometheus keeps the samples: delete them there");
      if (who.owner.empty() && !x.of_all)
        return rows_deleted{};
      foreign_promise<rows_deleted> promise{self, of(who)};
      delete_in_steps(
        store, who, sample_deletion{x.of_all ? std::string{} : who.owner, x}, promise);
      return promise;
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
