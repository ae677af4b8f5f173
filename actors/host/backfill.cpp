#include "actors/host/backfill.hpp"

#include "runtime/base/log.hpp"

#include <algorithm>
#include <utility>

namespace aops::actors {

namespace {

bool is_in(const std::vector<std::string>& items, const std::string& item) {
  return std::find(items.begin(), items.end(), item) != items.end();
}

} // namespace

backfill::backfill(std::string host_id, links to)
    : host_id_(std::move(host_id)), to_(std::move(to)),
      patience_(std::hash<std::string>{}(host_id_)) {}

void backfill::add(const std::vector<std::string>& items) {
  for (const auto& item : items)
    if (!is_in(items_, item))
      items_.push_back(item);
}

void backfill::start() {
  if (work_ || is_resting_)
    return;
  work_ = next_work();
  if (work_)
    go_on();
}

/// The first item that has something missing, and all others that miss the same time.
backfill::work_ptr backfill::next_work() {
  for (;;) {
    auto x = take_some();
    if (x->items.empty())
      return nullptr;
    if (!x->rules.empty()) // Else they are gone meanwhile.
      return x;
  }
}

backfill::work_ptr backfill::take_some() {
  auto x = std::make_shared<work>();
  for (const auto& item : items_) {
    auto when = to_.missing(item);
    if (!when)
      continue;
    if (x->items.empty())
      x->when = *when;
    if (when->from_ms == x->when.from_ms && when->until_ms == x->when.until_ms)
      x->items.push_back(item);
  }
  std::erase_if(items_, [&](const std::string& item) { return is_in(x->items, item); });
  if (x->items.empty())
    return x;
  x->rules = to_.rules_for(x->items);
  x->run = to_.run_of(x->rules, x->when);
  return x;
}

void backfill::go_on() {
  if (work_->results)
    return store();
  to_.source.run(work_->run, [this, x = work_](expected<std::vector<check::run_result>> results) {
    if (x != work_)
      return;
    if (!results)
      return failed(results.error());
    x->results = std::move(*results);
    store();
  });
}

void backfill::store() {
  to_.store(work_->run, *work_->results, [this, x = work_](expected<void> how) {
    if (x != work_)
      return;
    if (!how)
      return failed(how.error());
    for (const auto& rule : x->rules)
      to_.judged(rule->rule.check_item, x->when);
    finish();
  });
}

void backfill::finish() {
  patience_.succeeded();
  work_ = nullptr;
  start();
}

void backfill::failed(const error& why) {
  if (to_.may_ask_again(why)) {
    is_resting_ = true;
    to_.wake_after(patience_.failed());
    return;
  }
  log::warn("backfill-failed",
            "{} leaves {} rules without their past: {}",
            host_id_,
            work_->items.size(),
            to_string(why));
  finish();
}

void backfill::on_due() {
  if (!std::exchange(is_resting_, false))
    return;
  if (work_)
    go_on();
  else
    start();
}

void backfill::rules_changed() {
  std::erase_if(items_, [&](const std::string& item) { return to_.rules_for({item}).empty(); });
  if (!work_ || to_.rules_for(work_->items) == work_->rules)
    return;
  auto items = std::move(work_->items);
  work_ = nullptr;
  add(items);
}

} // namespace aops::actors
