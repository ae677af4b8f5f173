#include "actors/check/rule_intake.hpp"

#include "actors/support/ask.hpp"
#include "actors/support/prepare.hpp"
#include "messages/names.hpp"
#include "messages/roles/hosts.hpp"
#include "runtime/core/check/own_series.hpp"
#include "runtime/core/check/query_plan.hpp"
#include "runtime/core/check/series_knowledge.hpp"

#include <caf/all.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace aops::actors {

namespace {

/// Series of one import that are looked for in the store, and of hosts; no more are warned about.
constexpr size_t most_items = 500, most_asked = 50;

/// An import on its way through its steps.
struct importing {
  caf::typed_response_promise<rules_imported> promise;
  std::string owner;
  std::vector<check_rule> rules; ///< As they came.
  rules_imported reply;
  std::vector<data_item> items;             ///< Of the rules that were stored, each series once.
  stored_series_known known;                ///< Of these.
  size_t open = 0, answered = 0, asked = 0; ///< Hosts.
};
using importing_ptr = std::shared_ptr<importing>;

/// What makes two items look for the same series.
auto look_of(const data_item& x) {
  return std::tuple(x.name, x.label, x.match.has_value(), x.match.value_or(label_set{}));
}

bool wants_series(const data_item& x) { return x.type == "kpi" && !check::is_own_series(x); }

/// The rules that were stored and may lack series.
std::vector<const check_rule*> looked_at(const importing& x) {
  std::set<std::string_view> stored;
  for (const auto* list : {&x.reply.succeed_list, &x.reply.update_list})
    stored.insert(list->begin(), list->end());
  std::vector<const check_rule*> out;
  for (const auto& rule : x.rules)
    if (rule.no_data != "ignore" && stored.contains(rule.check_item))
      out.push_back(&rule);
  return out;
}

std::vector<data_item> items_of(const std::vector<const check_rule*>& rules) {
  std::set<decltype(look_of({}))> seen;
  std::vector<data_item> out;
  for (const auto* rule : rules)
    for (const auto& item : check::items_of(*rule))
      if (wants_series(item) && out.size() < most_items && seen.insert(look_of(item)).second)
        out.push_back(item);
  return out;
}

std::string who_has_none(const importing& x) {
  if (x.known.is_all && x.answered == x.asked)
    return "no host has";
  return fmt::format("none of {} hosts has", x.known.hosts);
}

void answer(const importing_ptr& x) {
  std::map<decltype(look_of({})), const item_knowledge*> known;
  for (size_t i = 0; i < std::min(x->items.size(), x->known.items.size()); ++i)
    known[look_of(x->items[i])] = &x->known.items[i];
  auto who = who_has_none(*x);
  for (const auto* rule : looked_at(*x))
    for (const auto& item : check::items_of(*rule))
      if (auto found = known.find(look_of(item)); found != known.end())
        if (auto text = check::warning_of(item, *found->second, who); !text.empty())
          x->reply.warnings[rule->check_item].push_back(std::move(text));
  x->promise.deliver(std::move(x->reply));
}

/// Nothing is said of series that nobody could be asked about.
void answer_without_warnings(const importing_ptr& x) { x->promise.deliver(std::move(x->reply)); }

/// Items without a series in the store are asked of hosts: their exporters may tell what nobody
/// keeps.
void ask_hosts(rule_intake_pointer self, const importing_ptr& x) {
  std::vector<data_item> items, lacking;
  std::vector<item_knowledge> known;
  for (size_t i = 0; i < std::min(x->items.size(), x->known.items.size()); ++i) {
    if (x->known.items[i].fits || lacking.size() == most_asked)
      continue;
    lacking.push_back(x->items[i]);
    known.push_back(x->known.items[i]);
  }
  x->items = std::move(lacking);
  x->known.items = std::move(known);
  x->asked = x->open = x->known.online_hosts.size();
  if (x->items.empty() || x->open == 0)
    return answer_without_warnings(x);
  auto then = [x](const expected<host_series_known>& told) {
    if (told) {
      ++x->answered;
      for (size_t i = 0; i < std::min(told->items.size(), x->known.items.size()); ++i)
        x->known.items[i] = check::both(x->known.items[i], told->items[i]);
    }
    if (--x->open > 0)
      return;
    if (x->answered > 0)
      answer(x);
    else
      answer_without_warnings(x);
  };
  const auto& parts = self->state.parts;
  auto hosts = x->known.online_hosts; // An answer may come at once.
  for (const auto& id : hosts)
    ask_entity<host_view_actor>(self,
                                *parts.names,
                                id,
                                host_name_of(id),
                                parts.patience,
                                then,
                                host_series_query{x->owner, x->items});
}

void look_for_series(rule_intake_pointer self, const importing_ptr& x) {
  x->items = items_of(looked_at(*x));
  if (x->items.empty())
    return answer_without_warnings(x);
  auto then = [self, x](expected<stored_series_known> known) {
    if (!known || known->hosts == 0)
      return answer_without_warnings(x);
    x->known = std::move(*known);
    ask_hosts(self, x);
  };
  const auto& parts = self->state.parts;
  ask<rule_store_actor>(self,
                        *parts.names,
                        rule_store_name,
                        parts.patience,
                        then,
                        stored_series_query{x->owner, x->items});
}

caf::result<rules_imported>
take(rule_intake_pointer self, const caller& who, const rules_to_import& rules) {
  auto x = std::make_shared<importing>();
  x->promise = self->make_response_promise<rules_imported>();
  x->owner = who.owner;
  x->rules = rules.check_items;
  auto then = [self, x](expected<rules_imported> stored) {
    if (!stored)
      return void(x->promise.deliver(to_caf(stored.error())));
    x->reply = std::move(*stored);
    look_for_series(self, x);
  };
  const auto& parts = self->state.parts;
  ask<rule_store_actor>(self,
                        *parts.names,
                        rule_store_name,
                        parts.config->store.request_timeout.chrono(),
                        then,
                        who,
                        rules);
  return x->promise;
}

} // namespace

rule_intake_actor::behavior_type rule_intake(rule_intake_pointer self, rule_intake_parts parts) {
  prepare(self);
  self->state.parts = std::move(parts);
  return {
    [self](const caller& who, const rules_to_import& x) { return take(self, who, x); },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
