#include "actors/remote/remote_work.hpp"
#include "messages/return_code.hpp"
#include "messages/roles/remote.hpp"
#include "runtime/base/log.hpp"
#include "runtime/core/task/host_facts.hpp"
#include "runtime/core/task/remote_plays.hpp"
#include "runtime/io/ansible/event_texts.hpp"
#include "runtime/io/storage/host_info_repository.hpp"
#include "runtime/io/storage/host_repository.hpp"

namespace aops::actors {

namespace {

/// Hosts that are due, in one go.
constexpr int64_t most_due = 100;

/// Longest reason that is stored.
constexpr size_t most_reason_bytes = 1000;

/// What all programs that know the hardware take on a host at most, twice: as root, then as user.
constexpr int64_t seconds_of_facts = 240;

/// Collecting of some hosts, play after play.
class collection : public std::enable_shared_from_this<collection> {
public:
  using on_end = std::function<void(expected<host_infos_refreshed>)>;

  /// @param until_ms On the steady clock: when it has to be over.
  collection(remote_work_ptr work, caller who, opened_targets opened, int64_t until_ms, on_end done)
      : work_(std::move(work)), who_(std::move(who)), targets_(std::move(opened.targets)),
        until_ms_(until_ms), done_(std::move(done)) {
    for (auto& host : opened.closed)
      reply_.fail_list.push_back({std::move(host.host_id), std::move(host.reason)});
    for (const auto& host : reply_.fail_list)
      failures_.push_back(host);
  }

  void go_on() {
    auto order = short_order(*work_, "facts");
    order.playbook = task::facts_playbook();
    auto end = std::min(targets_.size(), next_ + most_hosts_at_once);
    for (; next_ < end; ++next_)
      order.hosts.push_back(std::move(targets_[next_]));
    if (order.hosts.empty())
      return store({});
    order.timeout =
      std::chrono::seconds{task::play_seconds(order.hosts.size(), order.forks, seconds_of_facts)};
    work_->plays->run(std::move(order), until_ms_, [self = shared_from_this()](play_told told) {
      self->take(told);
      self->store(std::move(told.result.hosts));
    });
  }

private:
  void take(const play_told& told) {
    for (const auto& host : told.result.hosts) {
      auto why = told.failure_of(host.host);
      if (why.empty()) {
        auto facts = task::facts_of_system(told.last.find(host.host)->second.result);
        if (facts) {
          found_.push_back({host.host, json_text{std::move(*facts)}});
          reply_.succeed_list.push_back(host.host);
          continue;
        }
        why = facts.error().detail;
      }
      failures_.push_back({host.host, why});
      reply_.fail_list.push_back({host.host, std::move(why)});
    }
  }

  /// The rest is not collected.
  void give_up(const std::string& why) {
    for (; next_ < targets_.size(); ++next_)
      reply_.fail_list.push_back({targets_[next_].id, why});
    store({});
  }

  /// What this play brought; then the next one, or the end.
  void store(std::vector<ansible::host_result> hosts) {
    auto is_last = next_ >= targets_.size();
    if (is_last)
      reply_.code = code_of(reply_.succeed_list.size(),
                            reply_.fail_list.size(),
                            outcome_of(ec::task_failed).return_code);
    auto now = work_->store->now_ms();
    auto rows = found_.size() + failures_.size() + 1;
    write(
      *work_->store,
      unawaited(base::urgency::people, who_.owner),
      {},
      [who = who_,
       now,
       is_last,
       hosts = std::move(hosts),
       found = std::move(found_),
       failures = std::move(failures_),
       code = reply_.code,
       listed_ids = listed(reply_.succeed_list)](storage::database& db) -> expected<void> {
        storage::host_info_repository known{db};
        if (auto kept = keep_host_keys(db, hosts, now); !kept)
          return kept;
        for (const auto& x : found)
          if (auto saved = known.save({who.owner, {}}, x.host_id, x.infos.text, now); !saved)
            return fail(std::move(saved.error()));
        for (const auto& x : failures)
          if (auto noted =
                known.note_failure(x.host_id, ansible::cut_text(x.reason, most_reason_bytes), now);
              !noted)
            return noted;
        return is_last ? audit(db, now, who, "host.info.refresh", listed_ids, code)
                       : expected<void>{};
      },
      [self = shared_from_this(), is_last](const expected<void>& stored) {
        if (!stored)
          self->done_(fail(stored.error()));
        else if (is_last)
          self->done_(std::move(self->reply_));
        else if (!self->work_->worker->post([self] { self->go_on(); }))
          self->give_up("too much is done on hosts");
      },
      rows);
    found_.clear();
    failures_.clear();
  }

  remote_work_ptr work_;
  caller who_;
  std::vector<ansible::target> targets_;
  size_t next_ = 0;
  int64_t until_ms_;
  std::vector<collected_facts> found_; ///< Not stored yet.
  std::vector<failed_host> failures_;  ///< Likewise.
  host_infos_refreshed reply_;
  on_end done_;
};

expected<std::vector<std::string>> hosts_of(const remote_work& work, const std::string& owner) {
  auto db = work.store->pool->read();
  if (!db)
    return fail(std::move(db.error()));
  auto all = storage::host_repository{**db}.of_owner(owner);
  if (!all)
    return fail(std::move(all.error()));
  std::vector<std::string> ids;
  for (auto& host : *all)
    ids.push_back(std::move(host.host_id));
  return ids;
}

} // namespace

void refresh_facts(const remote_work_ptr& work,
                   const caller& who,
                   const key_ptr& data_key,
                   const host_infos_to_refresh& x,
                   const foreign_promise<host_infos_refreshed>& promise) {
  auto ids = expected<std::vector<std::string>>{x.host_list.value_or(std::vector<std::string>{})};
  if (ids->empty())
    ids = hosts_of(*work, who.owner);
  if (!ids)
    return promise.fail(std::move(ids.error()));
  auto opened = open_known(
    *work, who, data_key, *ids, [](size_t i) { return fmt::format("host_list[{}]", i); });
  if (!opened)
    return promise.fail(std::move(opened.error()));
  auto until_ms = over_by(*work, promise.ticket(), remote_reading_patience);
  std::make_shared<collection>(work, who, std::move(*opened), until_ms, [promise](auto reply) {
    promise.answer(std::move(reply));
  })->go_on();
}

void refresh_due_facts(const remote_work_ptr& work,
                       const std::string& owner,
                       const key_ptr& data_key,
                       std::function<void()> done) {
  auto end = std::make_shared<std::function<void()>>(std::move(done));
  auto opened = [&]() -> expected<opened_targets> {
    auto db = work->store->pool->read();
    if (!db)
      return fail(std::move(db.error()));
    auto before = work->store->now_ms() - work->store->config->tasks.collect_facts.ms;
    auto ids = storage::host_info_repository{**db}.due(owner, before, most_due);
    if (!ids)
      return fail(std::move(ids.error()));
    return open_targets(**db, owner, *data_key, *ids);
  }();
  if (!opened)
    log::warn("facts-not-collected", "of hosts of {}: {}", owner, to_string(opened.error()));
  if (!opened || (opened->targets.empty() && opened->closed.empty()))
    return (*end)();
  caller who;
  who.user = who.owner = owner;
  auto note = [owner, end](const auto& reply) {
    if (!reply)
      log::warn("facts-not-collected", "of hosts of {}: {}", owner, to_string(reply.error()));
    else
      log::info("facts-collected",
                "of {} hosts of {}; of {} not",
                reply->succeed_list.size(),
                owner,
                reply->fail_list.size());
    (*end)();
  };
  std::make_shared<collection>(work, who, std::move(*opened), base::never_ms, note)->go_on();
}

} // namespace aops::actors
