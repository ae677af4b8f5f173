#include "actors/kafka/request_planner.hpp"

#include "actors/check/check_intake.hpp"
#include "actors/diag/diag_plan.hpp"
#include "actors/kafka/request_texts.hpp"
#include "actors/store/account_store.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/core/fault/tree.hpp"
#include "runtime/io/storage/content_repository.hpp"
#include "runtime/io/storage/host_repository.hpp"
#include "runtime/io/storage/rule_repository.hpp"
#include "runtime/io/storage/steps.hpp"
#include "runtime/io/storage/tree_repository.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace aops::actors {

namespace {

/// Of a message that is too long: enough to see what it was.
constexpr size_t kept_of_long = 1024;

void cut(std::optional<std::string>& text) {
  if (text && text->size() > kept_of_long)
    text->resize(kept_of_long);
}

/// The first headers, as far as they are short together.
storage::header_list headers_of(const mq::message& m, size_t most) {
  storage::header_list out;
  size_t bytes = 0;
  for (const auto& h : m.headers) {
    bytes += h.name.size() + h.value.size();
    if (bytes > most)
      break;
    out.emplace_back(h.name, h.value);
  }
  return out;
}

std::string identity_of(const mq::message& m) {
  return base::sha256_hex(m.topic + '\n' + std::to_string(m.partition) + '\n' +
                          std::to_string(m.offset) + '\n' + std::to_string(m.time_ms));
}

std::string dead_id_in(const std::string& identity) { return identity.substr(0, 32); }

/// As ids are made, so that they sort by time.
std::string job_id_in(const std::string& identity, int64_t time_ms) {
  return fmt::format("{:012x}", time_ms & 0xffff'ffff'ffff) + identity.substr(0, 20);
}

/// A user of a batch, and what he named.
struct asker {
  std::optional<caller> who;
  refusal why; ///< Unless `who`.
  std::set<std::string> host_ids, tree_names;
  std::map<std::string, host_record> hosts; ///< Those he sees.
  std::map<std::string, tree_content> trees;
};

/// Plans a batch in steps: read what is there, look up what it names, make the jobs.
class planner {
public:
  planner(storage::database& db, const store_access& store, request_kind kind)
      : db_(db), store_(store), kind_(kind), now_(store.now_ms()) {}

  expected<planned_batch> plan(std::span<const mq::message> messages) {
    requests_.reserve(messages.size());
    for (const auto& m : messages)
      take(m);
    if (auto done = storage::in_order([&] { return find_owners(); },
                                      [&] { return find_askers(); },
                                      [&] { return find_named(); });
        !done)
      return fail(std::move(done.error()));
    for (auto& x : requests_)
      make(x);
    return std::move(out_);
  }

private:
  void put_aside(const mq::message& m,
                 const refusal& why,
                 std::string job = {},
                 const std::string& owner = {}) {
    auto most = static_cast<size_t>(store_.config->kafka.max_message.bytes);
    out_.dead.push_back(dead_letter_of(m, why.reason, why.detail, now_, most));
    out_.dead.back().owner = owner;
    out_.dead_jobs.push_back(std::move(job));
  }

  static std::string job_of(const queue_request& x) {
    return x.task_id.empty() ? job_id_in(x.identity, x.source->time_ms) : x.task_id;
  }

  void take(const mq::message& m) {
    auto read = kind_ == request_kind::check
                  ? read_check_message(m, store_.config->kafka.max_message.bytes)
                  : read_diagnosis_message(m, store_.config->kafka.max_message.bytes);
    if (const auto* why = std::get_if<refusal>(&read))
      return put_aside(m, *why);
    requests_.push_back(std::get<queue_request>(std::move(read)));
    requests_.back().source = &m;
    requests_.back().identity = identity_of(m);
  }

  /// Of requests that name no user: whose their hosts are.
  expected<void> find_owners() {
    std::set<std::string> asked;
    for (const auto& x : requests_)
      if (x.user.empty())
        asked.insert(x.hosts.begin(), x.hosts.end());
    auto of_hosts = storage::host_repository{db_}.owners({asked.begin(), asked.end()});
    if (!of_hosts)
      return fail(std::move(of_hosts.error()));
    std::vector<queue_request> kept;
    for (auto& x : requests_) {
      std::set<std::string> owners;
      if (x.user.empty())
        for (const auto& id : x.hosts)
          if (auto found = of_hosts->find(id); found != of_hosts->end())
            owners.insert(found->second);
      if (owners.size() == 1)
        x.user = *owners.begin();
      if (!x.user.empty())
        kept.push_back(std::move(x));
      else
        put_aside(*x.source,
                  owners.empty() ? refusal{"unknown_host", "No valid host."}
                                 : refusal{"unknown_user", "the hosts are of several owners"},
                  job_of(x));
    }
    requests_ = std::move(kept);
    return {};
  }

  expected<void> find_askers() {
    for (const auto& x : requests_) {
      auto [place, is_new] = askers_.try_emplace(x.user);
      auto& asker = place->second;
      asker.host_ids.insert(x.hosts.begin(), x.hosts.end());
      if (x.tree_text.empty())
        asker.tree_names.insert(x.trees.begin(), x.trees.end());
      if (!is_new)
        continue;
      auto who = caller_of(db_, x.user);
      if (!who && !(who.error() == ec::not_found))
        return fail(std::move(who.error()));
      if (!who)
        asker.why = {"unknown_user", who.error().detail};
      else if (who->must_change_password)
        asker.why = {"no_rights", "the default password must be changed first"};
      else
        asker.who = std::move(*who);
    }
    return {};
  }

  /// The hosts, trees and rules of each user, once.
  expected<void> find_named() {
    for (auto& [user, asker] : askers_) {
      if (!asker.who || asker.who->owner.empty())
        continue;
      const auto& owner = asker.who->owner;
      auto hosts = storage::host_repository{db_}.known(
        scope_of(*asker.who), {asker.host_ids.begin(), asker.host_ids.end()});
      if (!hosts)
        return fail(std::move(hosts.error()));
      for (auto& host : *hosts)
        asker.hosts.emplace(host.host_id, std::move(host));
      if (kind_ == request_kind::check && !rules_.contains(owner)) {
        auto rules = storage::rule_repository{db_}.of_owner(owner);
        if (!rules)
          return fail(std::move(rules.error()));
        rules_.emplace(owner, std::move(*rules));
      }
      if (asker.tree_names.empty())
        continue;
      auto trees = storage::tree_repository{db_}.contents(
        owner, {asker.tree_names.begin(), asker.tree_names.end()});
      if (!trees)
        return fail(std::move(trees.error()));
      for (auto& tree : *trees)
        asker.trees.emplace(tree.tree_name, std::move(tree));
    }
    return {};
  }

  void make(const queue_request& x) {
    const auto& asker = askers_.at(x.user);
    auto reject = [&](refusal why) {
      put_aside(*x.source, why, job_of(x), asker.who ? asker.who->owner : std::string{});
    };
    if (!asker.who)
      return reject(asker.why);
    if (kind_ == request_kind::check && asker.who->role != rights::administrator)
      return reject({"no_rights", "only administrators have hosts checked"});
    std::vector<std::string> known;
    for (const auto& id : x.hosts)
      if (asker.hosts.contains(id) && std::find(known.begin(), known.end(), id) == known.end())
        known.push_back(id);
    if (known.empty())
      return reject({"unknown_host", "No valid host."});
    auto order = kind_ == request_kind::check ? check_order(x, asker, known)
                                              : diagnosis_order(x, asker, known);
    if (const auto* why = std::get_if<refusal>(&order))
      return reject(*why);
    out_.jobs.push_back(std::get<job_to_create>(std::move(order)));
    out_.sources.push_back(x.source);
    out_.dead_ids.push_back(dead_id_in(x.identity));
  }

  job_to_create order_of(const queue_request& x, const asker& by, kind_name kind) const {
    job_to_create order;
    auto& job = order.job;
    job.id = job_of(x);
    job.kind = std::move(kind);
    job.owner = by.who->owner;
    job.user = by.who->user;
    job.slot = schedule::slot_of(job.id);
    job.created_ms = now_;
    const auto& c = *store_.config;
    job.deadline_ms =
      now_ + (kind_ == request_kind::check ? c.jobs.deadline.ms : c.diag.deadline.ms);
    return order;
  }

  std::variant<refusal, job_to_create>
  check_order(const queue_request& x, const asker& by, const std::vector<std::string>& known) {
    check_to_execute what;
    what.host_list = x.hosts;
    what.time_range = {{x.start_ms}, {x.end_ms}};
    if (!x.items.empty())
      what.check_items.emplace(x.items);
    host_records hosts;
    for (const auto& id : known)
      hosts.hosts.push_back(by.hosts.at(id));
    auto planned = plan_check(what, hosts, rules_.at(by.who->owner));
    if (!planned)
      return refusal{"unknown_item", planned.error().detail};
    auto order = order_of(x, by, check_kind_name);
    order.job.plan = write_check_plan(planned->second);
    order.job.expected = planned->first.expected_result_num;
    return order;
  }

  std::variant<refusal, job_to_create>
  diagnosis_order(const queue_request& x, const asker& by, const std::vector<std::string>& known) {
    std::map<std::string, tree_content> own;
    if (!x.tree_text.empty()) {
      auto tree = fault::tree::import_text(x.tree_text);
      auto digest = storage::tree_digest(x.tree_text);
      if (!tree || !digest)
        return refusal{"wrong_fields",
                       "tree_content: " + (tree ? digest.error() : tree.error()).detail};
      own[x.trees.front()] = {x.trees.front(), *digest, x.tree_text};
    }
    const auto& trees = x.tree_text.empty() ? by.trees : own;
    std::vector<std::string> names;
    for (const auto& name : x.trees)
      if (trees.contains(name))
        names.push_back(name);
    if (names.empty())
      return refusal{"unknown_tree", "No valid fault tree."};
    fault::plan_request request{x.hosts, x.trees, x.start_ms, x.end_ms, x.interval_ms};
    auto limit = static_cast<uint64_t>(store_.config->diag.max_reports);
    auto plan = fault::make_plan(request, known, names, limit);
    if (!plan)
      return refusal{"not_valid", plan.error().detail};
    auto order = order_of(x, by, diagnosis_kind);
    order.job.plan = write_diag_plan(*plan, request);
    order.job.expected = static_cast<int64_t>(plan->expected_reports());
    for (const auto& name : plan->trees)
      order.trees.push_back(trees.at(name));
    return order;
  }

  storage::database& db_;
  const store_access& store_;
  request_kind kind_;
  int64_t now_;
  std::vector<queue_request> requests_;
  std::map<std::string, asker> askers_;
  std::map<std::string, owner_rules> rules_; ///< By owner.
  planned_batch out_;
};

} // namespace

storage::dead_letter dead_letter_of(
  const mq::message& m, std::string reason, std::string detail, int64_t now_ms, size_t most) {
  storage::dead_letter out;
  out.about.id = dead_id_of(m);
  out.about.topic = m.topic;
  out.about.partition = m.partition;
  out.about.offset = m.offset;
  out.about.time = {m.time_ms};
  out.about.seen = {now_ms};
  out.about.reason = std::move(reason);
  out.about.detail = std::move(detail);
  out.about.bytes = static_cast<int64_t>(m.value ? m.value->size() : 0);
  out.key = m.key;
  out.value = m.value;
  bool is_long = bytes_of(m) > most;
  if (is_long) {
    cut(out.key);
    cut(out.value);
  }
  out.headers = storage::write_headers(headers_of(m, is_long ? kept_of_long : most));
  return out;
}

std::string dead_id_of(const mq::message& m) { return dead_id_in(identity_of(m)); }

std::string job_id_of(const mq::message& m) { return job_id_in(identity_of(m), m.time_ms); }

expected<planned_batch> plan_requests(storage::database& db,
                                      const store_access& store,
                                      std::span<const mq::message> messages,
                                      request_kind kind) {
  return planner{db, store, kind}.plan(messages);
}

} // namespace aops::actors
