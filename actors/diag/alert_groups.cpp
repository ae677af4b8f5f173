#include "actors/diag/alert_groups.hpp"

#include "actors/diag/diag_plan.hpp"
#include "actors/store/report_rendering.hpp"
#include "actors/support/prepare.hpp"
#include "runtime/base/log.hpp"
#include "runtime/core/fault/tree.hpp"
#include "runtime/core/notify/alertmanager.hpp"
#include "runtime/core/notify/group.hpp"
#include "runtime/io/storage/host_repository.hpp"
#include "runtime/io/storage/job_repository.hpp"
#include "runtime/io/storage/report_repository.hpp"
#include "runtime/io/storage/steps.hpp"
#include "runtime/io/storage/tree_repository.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace aops::actors {

namespace {

using base::urgency;
using storage::alert_group_repository;

// What one group may ask for, however many alerts it has.
constexpr size_t most_hosts = 20, most_trees = 4, most_ignored = 20;
constexpr size_t most_names = 16;       ///< Kinds of alerts whose trees are looked for.
constexpr int64_t most_mentioning = 64; ///< Trees that are read to find those.
constexpr int64_t most_group_reports = most_hosts * most_trees;
constexpr int64_t most_groups = 100; ///< Of one look.
constexpr size_t most_cause = 1500;  ///< Bytes, of a host.
constexpr int64_t orphaned_after_ms = 3'600'000;

/// Plans a group in steps: which alerts last and when they began, their hosts, their trees.
class group_planner {
public:
  group_planner(storage::database& db,
                const store_access& store,
                const caller& who,
                const alert_group& group)
      : db_(db), store_(store), who_(who), group_(group) {}

  expected<group_planned> plan() {
    auto done = storage::in_order([&] { return read(); },
                                  [&] { return find_known(); },
                                  [&] { return find_hosts(); },
                                  [&] { return find_trees(); },
                                  [&] { return make(); });
    if (!done)
      return fail(std::move(done.error()));
    return std::move(out_);
  }

private:
  struct member {
    const grouped_alert* alert;
    int64_t began_ms = 0;
    std::string name;
    const host_record* host = nullptr;
  };

  void ignore(const std::string& why) {
    auto& list = out_.answer.ignored;
    if (list.size() < most_ignored && std::find(list.begin(), list.end(), why) == list.end())
      list.push_back(why);
  }

  expected<void> read() {
    for (size_t i = 0; i < group_.alerts.size(); ++i) {
      const auto& x = group_.alerts[i];
      auto began = notify::parse_rfc3339(x.startsAt);
      if (!began)
        return fail(ec::bad_request,
                    "alerts[" + std::to_string(i) + "].startsAt: " + began.error().detail);
      // Also of those that ended: a group that lasts stays the same one.
      began_ms_ = members_.empty() && began_ms_ == 0 ? *began : std::min(began_ms_, *began);
      if (x.status != "firing")
        continue;
      auto name = x.labels.find("alertname");
      members_.push_back({&x, *began, name == x.labels.end() ? std::string{} : name->second});
    }
    if (members_.empty())
      ignore("all alerts have ended");
    return {};
  }

  bool is_over() const { return members_.empty() || out_.answer.task_id.size() > 0; }

  /// The group came before.
  expected<void> find_known() {
    if (is_over())
      return {};
    id_ = notify::diagnosis_id(who_.owner, group_.groupKey, began_ms_);
    auto job = storage::job_repository{db_}.find(id_);
    if (!job)
      return job.error() == ec::not_found ? expected<void>{} : fail(std::move(job.error()));
    auto plan = read_diag_plan(job->plan);
    if (!plan)
      return fail(std::move(plan.error()));
    out_.answer.task_id = id_;
    out_.answer.host_list = plan->hosts;
    out_.answer.tree_list = plan->trees;
    for (const auto& x : members_)
      if (x.began_ms > job->created_ms)
        ignore(x.name + " joined the group after it was diagnosed");
    return {};
  }

  expected<void> find_hosts() {
    if (is_over())
      return {};
    std::vector<notify::host_hints> hints;
    std::set<std::string> ids, names;
    for (const auto& x : members_) {
      hints.push_back(notify::hints_of(x.alert->labels));
      if (!hints.back().id.empty())
        ids.insert(hints.back().id);
      names.insert(hints.back().names.begin(), hints.back().names.end());
    }
    storage::host_repository hosts{db_};
    auto known = hosts.known(scope_of(who_), {ids.begin(), ids.end()});
    if (!known)
      return fail(std::move(known.error()));
    auto called = hosts.called(scope_of(who_), {names.begin(), names.end()});
    if (!called)
      return fail(std::move(called.error()));
    hosts_ = std::move(*known);
    std::move(called->begin(), called->end(), std::back_inserter(hosts_));
    for (size_t i = 0; i < members_.size(); ++i)
      members_[i].host = host_of(hints[i]);
    return {};
  }

  const host_record* host_of(const notify::host_hints& hints) const {
    for (const auto& x : hosts_)
      if (!hints.id.empty() && x.host_id == hints.id)
        return &x;
    auto default_port = store_.config->scrape.port;
    for (const auto& name : hints.names) {
      const host_record* found = nullptr;
      for (const auto& x : hosts_) {
        if (x.host_name != name && x.public_ip != name)
          continue;
        bool is_its_port = hints.port == (x.exporter_port == 0 ? default_port : x.exporter_port);
        if (!found || is_its_port) // Of several at an address the one at that port.
          found = &x;
      }
      if (found)
        return found;
    }
    return nullptr;
  }

  /// Trees bound to an alert: by the configuration, by their name, their root or a leaf.
  expected<std::vector<std::string>> trees_of(const std::string& alert) {
    auto out = notify::trees_of(store_.config->alertmanager.trees, alert);
    storage::tree_repository trees{db_};
    if (!alert.empty()) {
      auto some = trees.mentioning(who_.owner, alert, most_mentioning);
      if (!some)
        return fail(std::move(some.error()));
      for (auto& x : *some)
        if (is_about(x, alert))
          out.push_back(x.tree_name);
    }
    if (out.empty())
      out = notify::trees_of(store_.config->alertmanager.trees, "*");
    return out;
  }

  static bool is_about(const tree_content& x, const std::string& alert) {
    if (x.tree_name == alert)
      return true;
    auto tree = fault::tree::parse_text(x.content);
    if (!tree)
      return false;
    if (!tree->nodes().empty() && tree->nodes().front().name == alert)
      return true;
    const auto& asked = tree->asked();
    return std::any_of(asked.begin(), asked.end(), [&](const auto& leaf) {
      return leaf.check_item == alert && !leaf.is_upstream;
    });
  }

  expected<void> find_trees() {
    if (is_over())
      return {};
    std::vector<std::string> wanted;
    for (const auto& x : members_) {
      if (!x.host) {
        ignore("no host has the labels of " + (x.name.empty() ? "an alert" : x.name));
        continue;
      }
      if (bound_.contains(x.name))
        continue;
      if (bound_.size() == most_names) {
        ignore("the group has more kinds of alerts than are looked at");
        break;
      }
      auto names = trees_of(x.name);
      if (!names)
        return fail(std::move(names.error()));
      bound_[x.name] = !names->empty();
      if (names->empty())
        ignore("no tree is about " + (x.name.empty() ? "an alert without a name" : x.name));
      for (auto& name : *names)
        if (wanted.size() < most_trees &&
            std::find(wanted.begin(), wanted.end(), name) == wanted.end())
          wanted.push_back(std::move(name));
    }
    auto found = storage::tree_repository{db_}.contents(who_.owner, wanted);
    if (!found)
      return fail(std::move(found.error()));
    trees_ = std::move(*found);
    for (const auto& name : wanted)
      if (std::none_of(trees_.begin(), trees_.end(), [&](auto& x) { return x.tree_name == name; }))
        ignore("alertmanager.trees: there is no tree " + name);
    return {};
  }

  expected<void> make() {
    if (is_over() || trees_.empty())
      return {};
    storage::diagnosed_group noted{
      id_, who_.owner, schedule::slot_of(id_), store_.now_ms(), {}, {}};
    auto& answer = out_.answer;
    for (const auto& x : members_) {
      auto bound = bound_.find(x.name);
      if (!x.host || bound == bound_.end() || !bound->second)
        continue;
      bool is_known =
        std::find(answer.host_list.begin(), answer.host_list.end(), x.host->host_id) !=
        answer.host_list.end();
      if (!is_known && answer.host_list.size() == most_hosts) {
        ignore("the group is about more hosts than are diagnosed at once");
        continue;
      }
      if (!is_known)
        answer.host_list.push_back(x.host->host_id);
      noted.alerts.push_back(told_of(x, noted.alerts.size()));
    }
    if (noted.alerts.empty())
      return {};
    for (const auto& x : trees_)
      answer.tree_list.push_back(x.tree_name);
    answer.task_id = id_;
    answer.is_new = true;
    if (auto added = alert_group_repository{db_}.add(noted); !added)
      return added;
    return make_job();
  }

  told_alert told_of(const member& x, size_t number) const {
    auto of = [&](const char* name) {
      auto it = x.alert->labels.find(name);
      return it == x.alert->labels.end() ? std::string{} : it->second;
    };
    told_alert out;
    out.alert_id = id_.substr(0, 32) + '-' + std::to_string(number);
    out.status = "diagnosed";
    out.owner = who_.owner;
    out.host_id = x.host->host_id;
    out.host_name = x.host->host_name;
    out.public_ip = x.host->public_ip;
    out.check_item = x.name;
    out.labels = x.alert->labels;
    out.annotations = x.alert->annotations;
    out.severity = of("severity");
    out.value = "Abnormal";
    out.since.ms = x.began_ms;
    out.source = x.alert->generatorURL;
    return out;
  }

  expected<void> make_job() {
    constexpr int64_t second = 1000;
    auto now = store_.now_ms();
    fault::plan_request request;
    request.host_list = out_.answer.host_list;
    request.tree_list = out_.answer.tree_list;
    request.end_ms = now / second * second;
    request.interval_ms = store_.config->alertmanager.window.ms / second * second;
    request.start_ms = request.end_ms - request.interval_ms;
    auto plan = fault::make_plan(request,
                                 request.host_list,
                                 request.tree_list,
                                 static_cast<uint64_t>(store_.config->diag.max_reports));
    if (!plan)
      return fail(std::move(plan.error()));
    auto order = std::make_shared<job_to_create>();
    auto& job = order->job;
    job.id = id_;
    job.kind = diagnosis_kind;
    job.owner = who_.owner;
    job.user = who_.user;
    job.slot = schedule::slot_of(id_);
    job.plan = write_diag_plan(*plan, request);
    job.expected = static_cast<int64_t>(plan->expected_reports());
    job.created_ms = now;
    job.deadline_ms = now + store_.config->diag.deadline.ms;
    order->trees = trees_;
    out_.job = std::move(order);
    return {};
  }

  storage::database& db_;
  const store_access& store_;
  const caller& who_;
  const alert_group& group_;
  std::string id_;
  int64_t began_ms_ = 0;
  std::vector<member> members_; ///< That last.
  std::vector<host_record> hosts_;
  std::map<std::string, bool> bound_; ///< By name of an alert: whether a tree is about it.
  std::vector<tree_content> trees_;
  group_planned out_;
};

/// What the reports of a diagnosis say of each host: those with a cause, else all.
expected<std::vector<storage::host_cause>> causes_of(storage::database& db,
                                                     const storage::diagnosed_group& group) {
  storage::report_repository reports{db};
  storage::scope of{group.owner};
  auto rows = reports.after(of, group.job, 0, most_group_reports);
  if (!rows)
    return fail(std::move(rows.error()));
  std::vector<std::string> ids;
  for (const auto& x : *rows)
    ids.push_back(x.report_id);
  if (ids.empty())
    return std::vector<storage::host_cause>{};
  auto stored = reports.find(of, ids);
  if (!stored)
    return fail(std::move(stored.error()));
  struct found {
    storage::host_cause cause;
    bool is_cause = false;
  };
  std::map<std::string, found> by_host;
  for (const auto& x : *stored) {
    auto report = render(x);
    if (!report) { // It keeps nobody else's from being told.
      log::warn("report-unreadable", "diagnosis {}: {}", group.job, to_string(report.error()));
      continue;
    }
    auto is_cause = notify::has_cause(*report);
    auto& its = by_host[report->host_id];
    if (its.is_cause && !is_cause)
      continue;
    auto text = notify::cause_of(*report);
    if (its.cause.text.empty() || is_cause != its.is_cause)
      its = {{report->host_id, std::move(text), report->report_id}, is_cause};
    else if (its.cause.text.size() + text.size() < most_cause)
      its.cause.text += "; " + text;
  }
  std::vector<storage::host_cause> out;
  for (auto& [host, its] : by_host)
    out.push_back(std::move(its.cause));
  return out;
}

expected<open_groups> look(storage::database& db, const std::vector<uint16_t>& slots) {
  auto groups = alert_group_repository{db}.in_slots(slots, most_groups);
  if (!groups)
    return fail(std::move(groups.error()));
  open_groups out;
  for (auto& x : *groups) {
    if (!x.state) // Its job is to come yet, or never does: no reason to look often.
      continue;
    if (!is_final(*x.state)) {
      ++out.open;
      continue;
    }
    auto causes = causes_of(db, x);
    if (!causes)
      return fail(std::move(causes.error()));
    out.ended.push_back(
      std::make_shared<group_diagnosed>(group_diagnosed{std::move(x), std::move(*causes)}));
  }
  return out;
}

/// Alertmanager knows an alert of ours by the labels we gave it; its severity may have changed
/// since.
bool is_told_as(const told_alert& ours, const label_set& theirs) {
  auto labels = notify::alertmanager_labels(ours);
  labels.erase("severity");
  return std::includes(theirs.begin(), theirs.end(), labels.begin(), labels.end());
}

expected<done> tell(storage::database& db, const store_access& store, const group_diagnosed& x) {
  return alert_group_repository{db}
    .tell(x.group, x.causes, {store.config->notify, &is_told_as}, store.now_ms())
    .map([] { return done{}; });
}

} // namespace

alert_groups_actor::behavior_type
alert_groups(alert_groups_actor::stateful_pointer<checked_state<alert_groups_state>> self,
             store_ptr store) {
  prepare(self);
  self->state.store = std::move(store);
  return {
    [self](const group_to_plan& x) -> caf::result<group_planned> {
      const auto& store = self->state.store;
      return write_for(store,
                       foreign_promise<group_planned>{self, of(x.who)},
                       {},
                       [store, x](storage::database& db) -> expected<group_planned> {
                         // Groups whose job never came go when another one does.
                         auto gone =
                           alert_group_repository{db}.expire(store->now_ms() - orphaned_after_ms);
                         if (!gone)
                           return fail(std::move(gone.error()));
                         return group_planner{db, *store, x.who, *x.group}.plan();
                       });
    },
    [self](const open_groups_query& q) -> caf::result<open_groups> {
      return read(self->state.store,
                  foreign_promise<open_groups>{self, {urgency::live, {}, {}}},
                  [q](storage::database& db) { return look(db, q.slots); });
    },
    [self](const group_to_tell& x) -> caf::result<done> {
      const auto& store = self->state.store;
      return write_for(store,
                       foreign_promise<done>{self, {urgency::live, {}, {}}},
                       storage::fences{store->slots->fence_of(x.what->group.job)},
                       [store, x](storage::database& db) { return tell(db, *store, *x.what); });
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
