#include "tests/actors/task/run_fixture.hpp"

#include "actors/jobs/jobs_region.hpp"
#include "actors/store/vault_keeper.hpp"
#include "actors/support/prepare.hpp"
#include "actors/task/run_book.hpp"
#include "actors/task/run_desk.hpp"
#include "actors/task/run_intake.hpp"
#include "actors/task/run_job.hpp"
#include "actors/task/run_keys.hpp"
#include "actors/task/run_store.hpp"

#include <caf/all.hpp>

#include <sstream>

namespace aops::tests {

using namespace actors;

namespace {

const std::string data_key(vault::data_key_bytes, 'k');

class canned final : public ansible::play {
public:
  explicit canned(canned_play_ptr x) : x_(std::move(x)) {}
  ~canned() override { x_->is_gone = true; }
  void cancel() override { x_->is_cancelled = true; }
  void may_run_until(std::chrono::steady_clock::time_point until) override { x_->until = until; }

private:
  canned_play_ptr x_;
};

expected<opened_targets> open_canned(storage::database&,
                                     const std::string&,
                                     const vault::secret_bytes& key,
                                     const std::vector<std::string>& hosts) {
  if (key.view() != data_key)
    return fail(ec::vault_key);
  opened_targets out;
  for (const auto& id : hosts) {
    if (id == "closed") {
      out.closed.push_back({id, "has no credentials"});
      continue;
    }
    ansible::target x;
    x.id = id;
    out.targets.push_back(std::move(x));
  }
  return out;
}

full_vault_actor::behavior_type canned_vault(full_vault_actor::pointer self, run_fixture* f) {
  prepare(self, "canned vault");
  auto has = [f](const std::string& session) -> caf::result<done> {
    if (f->unlocked.contains(session) || f->unlocked_elsewhere.contains(session) ||
        f->opens_nothing.contains(session))
      return done{};
    return refuse(ec::vault_key);
  };
  return {
    [f](const caller& who, const vault_to_use&) -> caf::result<opened_vault> {
      if (f->opens_nothing.contains(who.session))
        return refuse(ec::bad_request, "no host has credentials");
      if (!f->unlocked.contains(who.session))
        return refuse(ec::vault_key);
      return opened_vault{std::make_shared<vault::secret_bytes>(data_key)};
    },
    [f](const open_vaults_query&) {
      open_vaults out;
      for (const auto& owner : f->open_to)
        out.vaults.push_back({owner, std::make_shared<vault::secret_bytes>(data_key)});
      return out;
    },
    [](const key_entered&) {},
    [](const key_tried&) {},
    [](const key_located&) {},
    [](const keys_counted&) {},
    [](atom::tick) {},
    [](const caller&, const vault_key_to_enter&) { return done{}; },
    [](const caller&, const vault_key_to_change&) { return done{}; },
    [has](const caller& who, const session_key_query&) { return has(who.session); },
    [has](const node_key_query& x) { return has(x.session); },
    [has](const user_key_query& x) { return has(x.user); },
    [](const sessions_changed&) {},
    [](atom::ping) {},
    [](const session_key_to_lend&) -> caf::result<session_key_lent> {
      return refuse(ec::vault_key);
    },
  };
}

} // namespace

std::string canned_play::hosts() const {
  std::string out;
  for (const auto& x : order.hosts)
    out += (out.empty() ? "" : " ") + x.id;
  return out;
}

expected<std::unique_ptr<ansible::play>>
canned_player::start(ansible::play_order order,
                     std::function<void(std::vector<ansible::play_event>)> happened,
                     std::function<void(ansible::play_result)> ended) {
  if (!may_start)
    return fail(may_start.error());
  auto x = std::make_shared<canned_play>();
  x->order = std::move(order);
  if (x->order.run.starts_with("end-")) { // What plays left running on hosts.
    cleaned.push_back(x->hosts());
    ansible::play_result how;
    if (!clean_ups.empty()) {
      how = std::move(clean_ups.front());
      clean_ups.pop_front();
    }
    ended(std::move(how));
    return std::make_unique<canned>(x);
  }
  x->happened = std::move(happened);
  x->ended = std::move(ended);
  plays.push_back(x);
  return std::make_unique<canned>(x);
}

run_fixture::run_fixture() {
  admin.session = "s1";
  services->config = settings;
  services->clock = now;
  services->names = names;
  services->slots = slots;
  services->kinds = std::make_shared<job_kinds>(std::vector{deploy_kind()});
  services->is_sure = [this] { return is_sure; };
  services->places = std::make_shared<run_places>(static_cast<size_t>(settings->tasks.max_running));
  start_as(vault_name, canned_vault, this);
  runs = start_as(run_store_name, run_store, store);
  start_as(run_book_name, run_book, run_book_parts{store, player, &open_canned});
  start_as(run_desk_name, run_desk, store);
  start_as(progress_name, [](progress_actor::pointer self) -> progress_actor::behavior_type {
    prepare(self, "canned progress");
    return {
      [](const job_progress&) {}, [](const watch_job&) {}, [](atom::tick) {}, [](atom::ping) {}};
  });
  supervisor_config c;
  c.name = job_children_name;
  c.names = names;
  c.past_limit = give_up::leave_child;
  start_as(job_children_name, supervisor, std::move(c), std::vector<child_spec>{});
  start_as(run_keys_name, run_keys, job_services_ptr{services});
  start_as(jobs_name, jobs_region, job_services_ptr{services});
  intake = start_as(run_intake_name, run_intake, job_services_ptr{services});
  for (const auto* id : {"h1", "h2", "h3"})
    add_host(id);
  auto templates = of<template_store_actor>(template_store_name);
  for (const auto* name : {"a", "b"}) {
    auto play = std::string{R"([{"hosts":"all","name":")"} + name + R"("}])";
    template_to_import x;
    x.template_name = name;
    x.template_content.text = play;
    x.description = "one";
    ok(ask<template_imported>(templates, admin, x));
  }
}

run_fixture::~run_fixture() {
  end_all();
  player->plays.clear();
}

std::string run_fixture::make_task(const std::string& steps, std::vector<std::string> hosts) {
  deploy_task_to_generate x;
  x.task_name = "a task";
  x.template_name = {"a", "b"};
  if (hosts.empty())
    hosts = {"h1", "h2", "h3"};
  x.host_list.emplace(std::move(hosts));
  if (!steps.empty())
    x.steps.emplace(json_text{steps});
  auto tasks = of<task_store_actor>(task_store_name);
  return ok(ask<deploy_task_generated>(tasks, admin, x)).task_id;
}

expected<std::vector<std::string>> run_fixture::execute(const std::string& task,
                                                        deploy_tasks_to_execute how) {
  how.task_list = {task};
  auto started = ask<deploy_tasks_started>(intake, admin, how);
  return started.map([](deploy_tasks_started x) { return std::move(x.execution_id); });
}

std::string run_fixture::run_task(const std::string& task, deploy_tasks_to_execute how) {
  auto all = ok(execute(task, std::move(how)));
  BOOST_REQUIRE(all.size() == 1u);
  return all.front();
}

canned_play& run_fixture::play() {
  BOOST_REQUIRE(!player->plays.empty());
  BOOST_REQUIRE(player->plays.back()->ended);
  return *player->plays.back();
}

void run_fixture::end_well(canned_play& x) {
  std::string how;
  for (const auto& host : x.order.hosts)
    how += (how.empty() ? "" : ",") + host.id + " ok";
  end_as(x, how);
}

void run_fixture::end_as(canned_play& x, const std::string& how, expected<void> as) {
  std::exchange(x.ended, nullptr)(result_of(how, std::move(as)));
  run();
}

ansible::play_result run_fixture::result_of(const std::string& how, expected<void> as) {
  ansible::play_result result;
  result.how = std::move(as);
  std::istringstream list{how};
  for (std::string one; std::getline(list, one, ',');) {
    std::istringstream words{one};
    std::string id, state;
    words >> id >> state;
    ansible::host_result host;
    host.host = id;
    host.outcome = state == "ok"            ? ansible::host_outcome::ok
                   : state == "failed"      ? ansible::host_outcome::failed
                   : state == "unreachable" ? ansible::host_outcome::unreachable
                                            : ansible::host_outcome::not_run;
    if (host.outcome == ansible::host_outcome::ok)
      host.ok = 3, host.changed = 1;
    if (host.outcome == ansible::host_outcome::failed)
      host.action = "install", host.message = "no such package", host.failed = 1;
    result.hosts.push_back(std::move(host));
  }
  return result;
}

run_info run_fixture::info(const std::string& run) {
  runs_query q;
  q.execution_list.emplace(std::vector<std::string>{run});
  auto page = ok(ask<runs_page>(runs, admin, q));
  BOOST_REQUIRE(page.executions.size() == 1u);
  return page.executions.front();
}

std::string run_fixture::hosts(const std::string& run) {
  run_hosts_query q;
  q.execution_id = run;
  std::string out;
  for (const auto& x : ok(ask<run_hosts_page>(runs, admin, q)).results)
    out += (out.empty() ? "" : ", ") + x.step + " " + x.host_id + " " + x.state;
  return out;
}

std::vector<run_event> run_fixture::events(const std::string& run) {
  run_log_query q;
  q.execution_id = run;
  q.limit.emplace(1000);
  return ok(ask<run_log_page>(runs, admin, q)).events;
}

runs_acted_on run_fixture::resume(const std::string& run, const std::string& decision) {
  runs_to_resume x;
  x.execution_list = {run};
  if (!decision.empty())
    x.decision.emplace(decision);
  return ok(ask<runs_acted_on>(intake, admin, x));
}

void run_fixture::crash(const std::string& run, bool keeps_key) {
  if (!keeps_key)
    tell(of<run_keys_actor>(run_keys_name), run_key_to_wipe{run});
  auto actor = names->find_as<caf::actor>(job_name_of(run));
  BOOST_REQUIRE(actor);
  for (auto& x : player->plays)
    x->ended = nullptr; // Nobody hears of them any more.
  end(actor, caf::exit_reason::kill);
  pass(5s); // Its supervisor starts it again, or the region finds it.
}

} // namespace aops::tests
