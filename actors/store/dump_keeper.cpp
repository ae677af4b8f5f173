#include "actors/store/dump_keeper.hpp"

#include "actors/support/prepare.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/metrics.hpp"

#include <caf/all.hpp>

#include <filesystem>

namespace aops::actors {

namespace {

namespace fs = std::filesystem;
using dump_keeper_self = dump_keeper_actor::stateful_pointer<checked_state<dump_keeper_state>>;
using storage::dump;
using storage::dump_repository;
using dump_ptr = std::shared_ptr<const dump>;

constexpr std::chrono::seconds first_look{10};
constexpr std::chrono::minutes look_at_sizes_every{1};

/// Rows of a file. The writer must be free again soon.
constexpr int64_t portion = 2'000;
constexpr size_t name_bytes = 4;

const storage::dump_kind& kind_at(size_t i) { return *storage::dump_kinds()[i]; }

storage::dump_limits limits_of(const store_access& store, size_t i) {
  const auto& r = store.config->retention;
  const auto& samples = store.config->samples;
  const std::pair<int64_t, int64_t> keep_and_most[] = {
    {r.check_results.ms, r.most_check_results},
    {r.diag_reports.ms, r.most_diag_reports},
    {r.audit_log.ms, r.most_audit_records},
    {r.dump_samples ? samples.keep.ms : 0, r.dump_samples ? samples.max_bytes.bytes : 0}};
  auto [keep, most] = keep_and_most[i];
  auto now = store.now_ms();
  return {keep > 0 ? now - keep : 0, most, now};
}

storage::fences leaders(uint64_t epoch) {
  storage::fences held;
  if (epoch != 0)
    held.leader_epoch = epoch;
  return held;
}

/// Runs on the worker, where it may block. A file whose rows were not deleted comes first.
expected<dump_ptr> next_file(const store_access& store, size_t i) {
  auto db = store.pool->read();
  if (!db)
    return fail(std::move(db.error()));
  const auto& kind = kind_at(i);
  auto mark = dump_repository{**db}.mark(kind);
  if (!mark)
    return fail(std::move(mark.error()));
  if (mark->store.empty())
    return fail(ec::not_found, "no dump was begun");
  auto number = mark->number + 1;
  auto file = (fs::path{store.config->retention.dump_directory} /
               storage::dump_name(kind.name(), mark->store, number))
                .string();
  std::error_code ignored;
  if (!fs::exists(file, ignored)) {
    auto rows = kind.due(**db, limits_of(store, i), portion);
    if (!rows)
      return fail(std::move(rows.error()));
    if (rows->empty())
      return dump_ptr{};
    dump made{std::string{kind.name()}, mark->store, number, store.now_ms(), {}};
    for (auto& row : *rows)
      made.rows.push_back(std::move(row.text));
    if (auto written = storage::write_dump(file, made); !written)
      return fail(std::move(written.error()));
  }
  // Believed only once it is read back.
  auto whole = storage::read_dump(file);
  if (!whole)
    return fail(std::move(whole.error()));
  if (whole->kind != kind.name() || whole->store != mark->store || whole->number != number)
    return fail(ec::corrupt, file + ": is another dump than its name says");
  log::info("dump-written", "{}: {} rows", file, whole->rows.size());
  return std::make_shared<const dump>(std::move(*whole));
}

/// Tells the keeper once, also when the work was dropped.
template <class News>
class teller {
public:
  teller(dump_keeper_actor whom, News otherwise)
      : whom_(std::move(whom)), news_(std::move(otherwise)) {}
  ~teller() { caf::anon_send(whom_, std::move(news_)); }
  teller(const teller&) = delete;
  teller& operator=(const teller&) = delete;
  News& news() { return news_; }

private:
  dump_keeper_actor whom_;
  News news_;
};

template <class News>
auto telling(dump_keeper_self self, News otherwise) {
  return std::make_shared<teller<News>>(caf::actor_cast<dump_keeper_actor>(self),
                                        std::move(otherwise));
}

void prepare_file(dump_keeper_self self, size_t kind) {
  auto& st = self->state;
  auto end = telling(self, dump_prepared{kind, fail(ec::overloaded, "was not done")});
  (void)st.parts.worker->post(
    [end, kind, store = st.parts.store] { end->news().file = next_file(*store, kind); });
}

/// The first file of a kind needs a name.
void begin(dump_keeper_self self, size_t kind, uint64_t epoch) {
  auto& st = self->state;
  auto end = telling(self, dump_carried_out{kind, fail(ec::overloaded, "was not done")});
  write(
    *st.parts.store,
    unawaited(base::urgency::history),
    leaders(epoch),
    [kind, name = base::random_hex(name_bytes)](storage::database& db) -> expected<int64_t> {
      return dump_repository{db}.begin(kind_at(kind), name).map([] { return int64_t{1}; });
    },
    [end](expected<int64_t> x) { end->news().rows = std::move(x); });
}

void carry_out(dump_keeper_self self, size_t kind, uint64_t epoch, const dump_ptr& file) {
  auto& st = self->state;
  auto end = telling(self, dump_carried_out{kind, fail(ec::overloaded, "was not done")});
  write(
    *st.parts.store,
    unawaited(base::urgency::history),
    leaders(epoch),
    [kind, file](storage::database& db) {
      return dump_repository{db}.carry_out(kind_at(kind), *file);
    },
    [end](expected<int64_t> x) { end->news().rows = std::move(x); },
    file->rows.size());
}

void finish(dump_keeper_self self) {
  auto& st = self->state;
  st.is_working = false;
  if (!st.has_failed)
    st.parts.health->recovered("dump");
}

/// Another node leads: what is wrong there is its trouble.
void leave(dump_keeper_self self) {
  self->state.has_failed = false;
  finish(self);
}

void go_on(dump_keeper_self self, size_t kind) {
  if (kind < storage::dump_kinds().size())
    return prepare_file(self, kind);
  finish(self);
}

/// The other kinds may still go.
void fail_kind(dump_keeper_self self, size_t kind, const error& e) {
  static auto failures =
    metrics::counter_of("aops_dump_failures_total",
                        "Files of rows that were to leave the store and could not be written.");
  auto& st = self->state;
  // Fenced, or counted meanwhile: another node is at it. Any other conflict stays one: the file is
  // a later release's, or somebody's who wrote into this folder.
  if (e != ec::fenced && e != ec::moved) {
    failures.add();
    log::error("dump-failed",
               "{} stay in the store, for they cannot be dumped: {}",
               kind_at(kind).name(),
               to_string(e));
    st.parts.health->impaired("dump", to_string(e));
    st.has_failed = true;
  }
  go_on(self, kind + 1);
}

void take(dump_keeper_self self, const dump_prepared& x) {
  auto epoch = self->state.parts.store->leader_epoch();
  if (!epoch) // Another node leads by now: the rest is its work.
    return leave(self);
  if (!x.file && x.file.error() == ec::not_found)
    return begin(self, x.kind, *epoch);
  if (!x.file)
    return fail_kind(self, x.kind, x.file.error());
  if (!*x.file)
    return go_on(self, x.kind + 1);
  carry_out(self, x.kind, *epoch, *x.file);
}

} // namespace

dump_keeper_actor::behavior_type dump_keeper(dump_keeper_self self, dump_parts parts) {
  prepare(self);
  self->state.parts = std::move(parts);
  self->delayed_send(self, first_look, atom::tick_v);
  return {
    [self](atom::tick) {
      self->delayed_send(self, look_at_sizes_every, atom::tick_v);
      auto& st = self->state;
      if (st.is_working)
        return;
      if (!st.parts.store->leader_epoch())
        return leave(self);
      st.is_working = true;
      st.has_failed = false;
      go_on(self, 0);
    },
    [self](const dump_prepared& x) { take(self, x); },
    [self](const dump_carried_out& x) {
      if (!x.rows)
        fail_kind(self, x.kind, x.rows.error());
      else // None went: they change as we look at them; later, perhaps.
        go_on(self, *x.rows > 0 ? x.kind : x.kind + 1);
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
