#include "actors/store/housekeeper.hpp"

#include "actors/support/prepare.hpp"
#include "runtime/base/log.hpp"
#include "runtime/io/storage/account_repository.hpp"
#include "runtime/io/storage/audit_repository.hpp"
#include "runtime/io/storage/dead_message_repository.hpp"
#include "runtime/io/storage/job_archive.hpp"
#include "runtime/io/storage/job_repository.hpp"
#include "runtime/io/storage/package_repository.hpp"
#include "runtime/io/storage/refusal_repository.hpp"
#include "runtime/io/storage/repeat_repository.hpp"
#include "runtime/io/storage/result_repository.hpp"
#include "runtime/io/storage/run_repository.hpp"
#include "runtime/io/storage/sample_archive.hpp"
#include "runtime/io/storage/sample_repository.hpp"
#include "runtime/io/storage/silence_repository.hpp"
#include "runtime/io/storage/token_repository.hpp"
#include "runtime/io/storage/topology_repository.hpp"

#include <caf/all.hpp>

#include <array>

namespace aops::actors {

namespace {

using housekeeper_self = housekeeper_actor::stateful_pointer<checked_state<housekeeper_state>>;
using storage::sample_archive;

constexpr std::chrono::minutes first_look{1};
constexpr std::chrono::minutes look_at_ages_every{5};

/// Rounds of an hour may be stored late when the store was away.
constexpr int64_t pack_after_ms = 2 * 3600 * 1000;

/// One short step of a kind of work. @returns How much was done; 0: nothing is left.
using step = expected<int64_t> (*)(storage::database& db, const base::config& c, int64_t now_ms);

/// How long after its deadline a job may still be ending.
constexpr int64_t orphaned_after_ms = 3600 * 1000;

/// Jobs that nobody runs, for whatever reason: of a kind that no node knows, or whose actor keeps
/// failing.
expected<int64_t> end_orphans(storage::database& db, const base::config& c, int64_t now_ms) {
  storage::job_repository jobs{db, storage::event_topics_of(c)};
  auto ended = jobs.end_orphans(now_ms - orphaned_after_ms);
  if (!ended)
    return fail(std::move(ended.error()));
  if (!ended->empty())
    log::warn("jobs-orphaned",
              "ended as failed, for nobody runs them and their deadline is long past: {}",
              listed(*ended));
  return static_cast<int64_t>(ended->size());
}

/// In ms; 0 for what stays: for ever, or until it is dumped.
int64_t kept(const base::config& c, base::duration keep) {
  return c.retention.dump_directory.empty() ? keep.ms : 0;
}

/// Whether samples go here, and are not dumped.
bool forgets_samples(const base::config& c) {
  return c.retention.dump_directory.empty() || !c.retention.dump_samples;
}

constexpr std::array<step, 17> work = {
  end_orphans,
  [](storage::database& db, const base::config& c, int64_t now) {
    return storage::dead_message_repository{db}.expire(now - c.kafka.dlq_keep.ms);
  },
  [](storage::database& db, const base::config&, int64_t now) {
    return sample_archive{db}.compact(now - pack_after_ms);
  },
  [](storage::database& db, const base::config& c, int64_t now) {
    return c.samples.keep.ms > 0 && forgets_samples(c)
             ? sample_archive{db}.expire(now - c.samples.keep.ms)
             : expected<int64_t>{0};
  },
  [](storage::database& db, const base::config& c, int64_t) {
    return c.samples.max_bytes.bytes > 0 && forgets_samples(c)
             ? sample_archive{db}.trim(c.samples.max_bytes.bytes)
             : expected<int64_t>{0};
  },
  [](storage::database& db, const base::config& c, int64_t now) {
    auto keep = kept(c, c.retention.check_results);
    return keep > 0 ? storage::result_repository{db}.expire(now - keep) : expected<int64_t>{0};
  },
  [](storage::database& db, const base::config& c, int64_t now) {
    // They say where results are missing: without results they say nothing. All at once: hosts
    // have few.
    auto keep = c.retention.check_results.ms;
    auto gone = keep > 0 ? storage::sample_repository{db}.expire_deviations(now - keep)
                         : expected<int64_t>{0};
    return gone.map([](int64_t) { return int64_t{0}; });
  },
  [](storage::database& db, const base::config& c, int64_t now) {
    auto keep = kept(c, c.retention.diag_reports);
    return keep > 0 ? storage::job_archive{db}.expire(now - keep) : expected<int64_t>{0};
  },
  [](storage::database& db, const base::config& c, int64_t now) {
    return storage::run_repository{db}.expire(now - c.tasks.keep.ms);
  },
  [](storage::database& db, const base::config&, int64_t now) {
    return storage::refusal_repository{db}.settle(now);
  },
  [](storage::database& db, const base::config& c, int64_t now) {
    auto keep = kept(c, c.retention.audit_log);
    return keep > 0 ? storage::audit_repository{db}.expire(now - keep) : expected<int64_t>{0};
  },
  [](storage::database& db, const base::config&, int64_t now) {
    return storage::token_repository{db}.expire(now).map([](int64_t) { return int64_t{0}; });
  },
  [](storage::database& db, const base::config& c, int64_t now) {
    // Once a look is enough: it deletes all at once.
    return storage::account_repository{db}
      .expire_sessions(now - c.auth.session_idle.ms, now - c.auth.session_absolute.ms)
      .map([](int64_t) { return int64_t{0}; });
  },
  [](storage::database& db, const base::config&, int64_t now) {
    return storage::repeat_repository{db}.expire(now).map([](int64_t) { return int64_t{0}; });
  },
  [](storage::database& db, const base::config&, int64_t now) {
    return storage::package_repository{db}.sweep(now);
  },
  [](storage::database& db, const base::config& c, int64_t now) {
    return storage::topology_repository{db}.expire(now - c.topology.keep.ms);
  },
  [](storage::database& db, const base::config& c, int64_t now) {
    // They say why nobody was told of results.
    auto keep = c.retention.check_results.ms;
    return keep > 0 ? storage::silence_repository{db}.expire(now - keep) : expected<int64_t>{0};
  },
};

/// Tells the housekeeper once that a step has ended; also when its order is lost with a writer that
/// died.
class step_end {
public:
  step_end(housekeeper_actor whom, size_t kind)
      : whom_(std::move(whom)), kind_(static_cast<int32_t>(kind)) {}
  ~step_end() { tell(false); }
  step_end(const step_end&) = delete;
  step_end& operator=(const step_end&) = delete;

  void tell(bool is_more) {
    if (!std::exchange(is_told_, true))
      caf::anon_send(whom_, atom::done_v, kind_, is_more);
  }

private:
  housekeeper_actor whom_;
  int32_t kind_;
  bool is_told_ = false;
};

void run(housekeeper_self self, size_t kind) {
  auto& st = self->state;
  if (kind >= work.size()) {
    st.is_working = false;
    return;
  }
  auto store = st.store;
  auto epoch = store->leader_epoch();
  if (!epoch) { // Another node leads by now: the rest is its work.
    st.is_working = false;
    return;
  }
  storage::fences held;
  if (*epoch != 0)
    held.leader_epoch = epoch;
  auto end = std::make_shared<step_end>(caf::actor_cast<housekeeper_actor>(self), kind);
  write(
    *store,
    unawaited(base::urgency::history),
    held,
    [store, kind, now = store->now_ms()](storage::database& db) {
      return work[kind](db, *store->config, now);
    },
    [end, kind](const expected<int64_t>& how) {
      if (!how && !(how.error() == ec::fenced))
        log::warn("housekeeping-failed", "step {}: {}", kind, to_string(how.error()));
      end->tell(how.has_value() && *how > 0);
    });
}

} // namespace

housekeeper_actor::behavior_type housekeeper(housekeeper_self self, store_ptr store) {
  prepare(self);
  self->state.store = std::move(store);
  self->delayed_send(self, first_look, atom::tick_v);
  return {
    [self](atom::tick) {
      self->delayed_send(self, look_at_ages_every, atom::tick_v);
      if (!std::exchange(self->state.is_working, true))
        run(self, 0);
    },
    [self](atom::done, int32_t kind, bool is_more) {
      run(self, static_cast<size_t>(kind) + (is_more ? 0 : 1));
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
