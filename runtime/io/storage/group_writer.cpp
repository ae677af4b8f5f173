#include "runtime/io/storage/group_writer.hpp"

#include "runtime/base/metrics.hpp"

#include <exception>

namespace aops::storage {

namespace {

/// The whole transaction is gone, not just one statement.
bool ends_transaction(const error& e) { return e == ec::overloaded || e == ec::store_unreachable; }

/// Hosts have one write under way each, so a tenant's rounds are bounded by its hosts.
base::queue_limits limits_of(const group_writer_config& c) {
  auto most = std::max<size_t>(c.most_pending, 1);
  auto half = std::max<size_t>(most / 2, 1);
  base::queue_limits x;
  x.most = base::per_urgency{most};
  x.most_of_owner = {most, half, half, half};
  x.most_of_host = base::per_urgency{std::max<size_t>(most / 16, 8)};
  x.patience_ms = c.patience_ms;
  return x;
}

template <class Work>
expected<void> caught(Work work) {
  try {
    return work();
  } catch (const std::exception& e) {
    return fail(ec::internal, e.what());
  }
}

} // namespace

group_writer::group_writer(database& db, group_writer_config config)
    : db_(db), config_(std::move(config)), queue_(limits_of(config_)) {}

group_writer::~group_writer() { fail_all(error{ec::store_unreachable, "the store writer ends"}); }

bool group_writer::push(base::ticket how, operation op) {
  std::optional<base::refusal> why;
  size_t waiting = 0;
  {
    std::lock_guard lock{mutex_};
    why = queue_.push(std::move(how), op, config_.time->steady_ms());
    waiting = queue_.size();
  }
  if (!why)
    return waiting == 1;
  op.done(fail(base::error_of(*why, "store-write")));
  return false;
}

std::vector<group_writer::operation> group_writer::take_batch() {
  std::vector<operation> ops;
  std::vector<std::pair<base::ticket, operation>> late;
  base::per_urgency<size_t> rows{0};
  auto may = [&](base::urgency what) { return rows[what] < config_.most_rows[what]; };
  {
    std::lock_guard lock{mutex_};
    ops.reserve(std::min(queue_.size(), config_.most_in_batch));
    while (ops.size() < config_.most_in_batch) {
      auto next = queue_.pop(config_.time->steady_ms(), may, late);
      if (!next)
        break;
      rows[next->first.what] += next->second.rows;
      ops.push_back(std::move(next->second));
    }
  }
  for (auto& [how, op] : late)
    op.done(fail(base::error_of(base::refusal::late, "store-write")));
  return ops;
}

size_t group_writer::pending() const {
  std::lock_guard lock{mutex_};
  return queue_.size();
}

base::queue_standing group_writer::standing(base::urgency what) const {
  std::lock_guard lock{mutex_};
  return queue_.standing(what, config_.time->steady_ms());
}

bool group_writer::flush() {
  auto ops = take_batch();
  if (ops.empty())
    return pending() > 0;
  outcomes results(ops.size());
  commit_batch(ops, results);
  for (size_t i = 0; i < ops.size(); ++i)
    ops[i].done(std::move(results[i]));
  return pending() > 0;
}

void group_writer::fail_all(const error& why) {
  std::vector<std::pair<base::ticket, operation>> all;
  {
    std::lock_guard lock{mutex_};
    all = queue_.take_all();
  }
  for (auto& [how, op] : all)
    op.done(fail(why));
}

void group_writer::commit_batch(std::vector<operation>& ops, outcomes& results) {
  expected<void> tried;
  for (int attempt = 0; attempt < config_.attempts; ++attempt) {
    tried = try_batch(ops, results);
    if (tried)
      return;
    db_.rollback();
    if (!ends_transaction(tried.error()))
      break;
    if (tried.error() != ec::store_unreachable)
      continue;
    if (!db_.reconnect())
      break;
    if (step_ == step::committing) {
      auto stored = was_stored();
      if (stored && *stored)
        return;
      if (!stored)
        break;
    }
  }
  results.assign(ops.size(), fail(tried.error()));
}

/// Savepoints and single statements are for the rare batch that needs them.
expected<void> group_writer::try_batch(std::vector<operation>& ops, outcomes& results) {
  auto tried = try_batch(ops, results, manner::together);
  if (tried || ends_transaction(tried.error()))
    return tried;
  db_.rollback();
  if (ops.size() > 1)
    return try_batch(ops, results, manner::one_by_one);
  results.front() = fail(std::move(tried.error()));
  return {};
}

expected<void> group_writer::try_batch(std::vector<operation>& ops, outcomes& results, manner how) {
  results.assign(ops.size(), {});
  step_ = step::writing;
  if (auto begun = db_.begin(); !begun)
    return begun;
  if (auto fenced = take_fences(ops, results); !fenced)
    return fenced;
  if (how == manner::together) {
    if (auto ran = run_together(ops, results); !ran)
      return ran;
  } else {
    for (size_t i = 0; i < ops.size(); ++i)
      if (results[i])
        if (auto ran = run_alone(ops[i], results[i]); !ran)
          return ran;
  }
  step_ = step::committing;
  return db_.commit();
}

/// Those of one kind where the first of them stands: nobody has an answer yet, so their order is
/// free.
expected<void> group_writer::run_together(std::vector<operation>& ops, const outcomes& results) {
  std::map<kind_key, many_items> kinds;
  for (size_t i = 0; i < ops.size(); ++i)
    if (results[i] && ops[i].kind)
      kinds[ops[i].kind].push_back(ops[i].item);
  for (size_t i = 0; i < ops.size(); ++i) {
    if (!results[i])
      continue;
    auto& op = ops[i];
    expected<void> ran;
    if (!op.kind)
      ran = caught([&] { return op.work(db_); });
    else if (auto items = kinds.extract(op.kind))
      ran = caught([&] { return op.together(db_, items.mapped()); });
    if (!ran)
      return ran;
  }
  return {};
}

expected<void> group_writer::take_fences(const std::vector<operation>& ops, outcomes& results) {
  // Ordered maps: every writer locks the leader's row first, then slots in ascending order.
  std::map<uint64_t, bool> leaders;
  slot_map slots;
  for (const auto& op : ops) {
    if (op.held.leader_epoch)
      leaders[*op.held.leader_epoch] = false;
    for (const auto& x : op.held.slots)
      slots[{x.slot, x.epoch}] = false;
  }
  witness_.reset();
  for (auto& [epoch, held] : leaders) {
    auto holds = holds_leader(epoch);
    if (!holds)
      return fail(std::move(holds.error()));
    held = *holds;
  }
  if (auto done = hold_slots(slots); !done)
    return done;
  static auto fenced =
    metrics::counter_of("aops_store_fenced_writes_total",
                        "Writes refused because their slot has another owner by now.");
  for (size_t i = 0; i < ops.size(); ++i) {
    const auto& held = ops[i].held;
    if (held.leader_epoch && !leaders[*held.leader_epoch])
      results[i] =
        fail(ec::fenced, "epoch " + std::to_string(*held.leader_epoch) + " of the leader is over");
    for (const auto& x : held.slots)
      if (!slots[{x.slot, x.epoch}])
        results[i] = fail(ec::fenced, "slot " + std::to_string(x.slot) + " has another owner");
    if (!results[i])
      fenced.add();
  }
  return {};
}

expected<bool> group_writer::holds_leader(uint64_t epoch) {
  return db_.run("update lease set seq = seq + 1 where name = 'leader' and epoch = ?", epoch)
    .map([](int64_t rows) { return rows > 0; });
}

/// One by one until there is a witness, then the others in one go: as a rule all are held.
expected<void> group_writer::hold_slots(slot_map& slots) {
  auto one_by_one = [&](slot_map::iterator i, auto goes_on) -> expected<slot_map::iterator> {
    for (; i != slots.end() && goes_on(); ++i) {
      auto holds = holds_slot(i->first);
      if (!holds)
        return fail(std::move(holds.error()));
      i->second = *holds;
    }
    return i;
  };
  auto next = one_by_one(slots.begin(), [&] { return !witness_; });
  if (!next)
    return fail(std::move(next.error()));
  std::vector<parameter> values;
  for (auto i = *next; i != slots.end(); ++i)
    values.insert(values.end(), {i->first.slot, i->first.epoch, config_.node});
  auto rows = db_.run_many(
    "update slot set seq = seq + 1 where slot = ? and epoch = ? and node = ?", 3, values);
  if (!rows)
    return fail(std::move(rows.error()));
  if (*rows < static_cast<int64_t>(values.size() / 3)) // Which of them?
    return one_by_one(*next, [] { return true; }).map([](auto) {});
  for (auto i = *next; i != slots.end(); ++i)
    i->second = true;
  return {};
}

expected<bool> group_writer::holds_slot(const slot_key& x) {
  const auto& sql = db_.sql();
  auto rows = db_.run("update slot set seq = " + sql.counted("seq") +
                        " where slot = ? and epoch = ? and node = ?",
                      x.slot,
                      x.epoch,
                      config_.node);
  if (!rows)
    return fail(std::move(rows.error()));
  if (*rows > 0 && !witness_) {
    auto seq = sql.tells_counted() ? expected<int64_t>{db_.last_id()}
                                   : db_.count("select seq from slot where slot = ?", x.slot);
    if (!seq)
      return fail(std::move(seq.error()));
    witness_ = {x, *seq};
  }
  return *rows > 0;
}

expected<void> group_writer::run_alone(operation& op, expected<void>& result) {
  if (auto saved = db_.savepoint(0); !saved)
    return saved;
  result = caught([&] { return op.work(db_); });
  if (result)
    return db_.release(0);
  if (ends_transaction(result.error()) || !db_.in_transaction())
    return fail(result.error());
  db_.rollback_to(0);
  return {};
}

expected<bool> group_writer::was_stored() {
  if (!witness_)
    return fail(ec::store_unreachable, "nobody knows whether the last commit arrived");
  const auto& [held, seq] = *witness_;
  return db_
    // A locking read waits for the lost transaction's end, should the server still be at it.
    .count("select seq from slot where slot = ? and epoch = ? and node = ?" +
             std::string{db_.sql().for_update()},
           held.slot,
           held.epoch,
           config_.node)
    .map([seq = seq](int64_t now) { return now >= seq; });
}

} // namespace aops::storage
