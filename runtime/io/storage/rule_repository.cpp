#include "runtime/io/storage/rule_repository.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/io/storage/alert_repository.hpp"
#include "runtime/io/storage/content_repository.hpp"
#include "runtime/io/storage/filter.hpp"
#include "runtime/io/storage/meta_repository.hpp"
#include "runtime/io/storage/steps.hpp"

namespace aops::storage {

namespace {

struct stored_rule {
  std::string digest, text;
};

stored_rule read_rule(const row& r) { return {r.string(0), r.string(1)}; }

expected<std::vector<check_rule>> decoded(const std::vector<stored_rule>& stored) {
  std::vector<check_rule> out;
  out.reserve(stored.size());
  for (const auto& x : stored) {
    auto rule = decode_rule(x.digest, x.text);
    if (!rule)
      return fail(std::move(rule.error()));
    out.push_back(**rule);
  }
  return out;
}

} // namespace

expected<bool>
rule_repository::upsert(std::string_view owner, const check_rule& rule, int64_t now_ms) {
  auto content = content_of(rule);
  auto key = content_repository{db_}.intern(content.digest, "rule", content.text);
  if (!key)
    return fail(std::move(key.error()));
  auto update = [&] {
    return db_.run(
      "update check_rule set content = ?, updated_ms = ? where owner = ? and check_item = ?",
      *key,
      now_ms,
      owner,
      rule.check_item);
  };
  auto insert = [&] {
    return db_.run("insert into check_rule (owner, check_item, content, created_ms, updated_ms) "
                   "values (?, ?, ?, ?, ?)",
                   owner,
                   rule.check_item,
                   *key,
                   now_ms,
                   now_ms);
  };
  auto is_new = update_or_insert(update, insert);
  if (!is_new)
    return is_new;
  if (auto bumped = meta_repository{db_}.bump("rules"); !bumped)
    return fail(std::move(bumped.error()));
  return is_new;
}

expected<rules_page> rule_repository::page(std::string_view owner, const rules_query& q) {
  snapshot view{db_};
  if (!view)
    return fail(view.error());
  if (auto fair = check_length("check_items", q.check_items.size()); !fair)
    return fail(std::move(fair.error()));
  auto p = paging_of(q);
  filter matching("r.owner = ?", owner);
  matching.in("r.check_item", q.check_items);
  auto window = window_of(db_, p, "check_rule r", matching);
  if (!window)
    return fail(std::move(window.error()));
  static constexpr sort_choice choices[] = {{"check_item", "r.check_item"}};
  auto rows = db_.list_with(
    "select c.digest, c.body from check_rule r join content c on c.n = r.content where " +
      matching.where() + order_by(p, choices, "r.n", "r.n") + " limit ? offset ?",
    matching.values_and(window->limit, window->offset),
    read_rule);
  if (!rows)
    return fail(std::move(rows.error()));
  auto rules = decoded(*rows);
  if (!rules)
    return fail(std::move(rules.error()));
  rules_page out;
  set_totals(out, window->total, p);
  out.check_items = std::move(*rules);
  return out;
}

expected<int64_t> rule_repository::remove(std::string_view owner,
                                          const std::vector<std::string>& check_items,
                                          int64_t now_ms) {
  int64_t removed = 0;
  auto done = for_each(check_items, [&](const std::string& item) {
    return db_.run("delete from check_rule where owner = ? and check_item = ?", owner, item)
      .map([&](int64_t rows) { removed += rows; });
  });
  if (done)
    done = alert_repository{db_}.end_of_rules(owner, check_items, now_ms);
  if (done && removed > 0)
    done = meta_repository{db_}.bump("rules");
  if (!done)
    return fail(std::move(done.error()));
  return removed;
}

expected<int64_t> rule_repository::count(std::string_view owner) {
  return db_.count("select count(*) from check_rule where owner = ?", owner);
}

expected<owner_rules> rule_repository::of_owner(std::string_view owner) {
  std::vector<int64_t> since_ms;
  auto rows = db_.list(
    "select c.digest, c.body, r.created_ms from check_rule r "
    "join content c on c.n = r.content where r.owner = ? order by r.check_item",
    [&since_ms](const row& r) {
      since_ms.push_back(r.integer(2));
      return read_rule(r);
    },
    owner);
  if (!rows)
    return fail(std::move(rows.error()));
  auto rules = decoded(*rows);
  if (!rules)
    return fail(std::move(rules.error()));
  owner_rules out;
  out.owner = owner;
  out.rules = std::move(*rules);
  out.since_ms = std::move(since_ms);
  std::string all;
  for (auto& x : *rows) {
    all += x.digest + "\n";
    out.digests.push_back(std::move(x.digest));
  }
  out.digest = base::sha256_hex(all);
  return out;
}

expected<std::vector<std::string>> rule_repository::host_groups(std::string_view owner) {
  return db_.list(
    "select name from host_group where owner = ? order by name",
    [](const row& r) { return r.string(0); },
    owner);
}

expected<std::vector<std::string>> rule_repository::owners() {
  return db_.list("select distinct owner from check_rule order by owner",
                  [](const row& r) { return r.string(0); });
}

} // namespace aops::storage
