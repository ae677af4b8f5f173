#include "actors/jobs/job_intake.hpp"
#include "actors/jobs/unit_runner.hpp"
#include "actors/support/prepare.hpp"
#include "runtime/base/json_library.hpp"
#include "tests/path/greeting/kind/greeting.hpp"
#include "tests/path/greeting/messages.hpp"

#include <caf/all.hpp>

namespace aops::tests {

namespace {

using namespace actors;
using nlohmann::json;

const kind_name greeting{"greeting"};

// -- what a unit brings

/// A greeting, stored in a table of its own in the transaction of its unit's row.
class said final : public storage::unit_content {
public:
  said(std::string host, std::string text) : host_(std::move(host)), text_(std::move(text)) {}
  std::unique_ptr<storage::unit_sink> sink(storage::database& db) const override;
  size_t rows() const override { return 1; }
  const std::string& host() const { return host_; }
  const std::string& text() const { return text_; }

private:
  std::string host_, text_;
};

class greeting_sink final : public storage::unit_sink {
public:
  explicit greeting_sink(storage::database& db) : db_(db) {}
  expected<void> look(std::span<const storage::unit_to_commit* const>) override { return {}; }
  int64_t take(const storage::unit_to_commit& unit, int64_t job, job_progress& now) override {
    const auto& x = static_cast<const said&>(*unit.content);
    rows_.insert(rows_.end(), {job, ++now.last_number, x.host(), x.text()});
    ++now.finished;
    return 1;
  }
  expected<void> write() override {
    return db_
      .run_many("insert into greeting (job, number, host, said) values (?, ?, ?, ?)", 4, rows_)
      .map([](int64_t) {});
  }

private:
  storage::database& db_;
  std::vector<storage::parameter> rows_;
};

std::unique_ptr<storage::unit_sink> said::sink(storage::database& db) const {
  return std::make_unique<greeting_sink>(db);
}

// -- a job at work

class greeting_runner final : public unit_runner {
public:
  using unit_runner::unit_runner;

protected:
  expected<int64_t> read_plan(job_state& state) override {
    auto plan = json::parse(state.job.plan, nullptr, false);
    if (!plan.is_object())
      return fail(ec::corrupt, "the plan of greetings");
    hosts_ = plan["hosts"].get<std::vector<std::string>>();
    words_ = plan["words"].get<std::string>();
    return static_cast<int64_t>(hosts_.size());
  }
  unit_host host_of(int64_t unit) const override {
    return {static_cast<uint32_t>(unit), hosts_[static_cast<size_t>(unit)]};
  }
  void ask_for(int64_t unit) override {
    const auto& host = hosts_[static_cast<size_t>(unit)];
    ask_here<greeter_actor>(
      self(),
      services(),
      greeter_name,
      [this, unit, host](expected<greeting_said> x) {
        answered(unit, x.map([&](const greeting_said& y) {
          storage::unit_to_commit out;
          out.unit = unit;
          out.content = std::make_shared<said>(host, y.said);
          return out;
        }));
      },
      greeting_to_say{host, words_});
  }
  storage::unit_to_commit give_up(int64_t unit, const std::string&) override {
    storage::unit_to_commit out;
    out.unit = unit;
    out.results = out.failed = 1;
    return out;
  }

private:
  std::vector<std::string> hosts_;
  std::string words_;
};

// -- who takes greetings in, and says them

using greeter_pointer = greeter_actor::stateful_pointer<checked_state<intake_state>>;

caf::result<greetings_started>
take(greeter_pointer self, const caller& who, const greetings_to_send& x) {
  job_to_create order;
  order.job = new_job(*self->state.services,
                      who,
                      greeting,
                      json{{"hosts", x.host_list}, {"words", x.words}}.dump(),
                      static_cast<int64_t>(x.host_list.size()));
  auto promise = self->make_response_promise<greetings_started>();
  store_job(self, std::move(order), [promise](expected<job_created> stored) mutable {
    if (stored)
      promise.deliver(greetings_started{stored->id});
    else
      promise.deliver(to_caf(stored.error()));
  });
  return promise;
}

greeter_actor::behavior_type greeter(greeter_pointer self, job_services_ptr services) {
  prepare(self, std::string{greeter_name});
  self->state.services = std::move(services);
  return {
    [self](const caller& who, const greetings_to_send& x) { return take(self, who, x); },
    [](const greeting_to_say& x) { return greeting_said{x.words + ", " + x.host + "!"}; },
    [](atom::ping) {},
  };
}

} // namespace

job_kind greeting_kind() {
  job_kind kind;
  kind.name = greeting;
  kind.behaviour = &run_units<greeting_runner>;
  kind.is_repeatable = false; // What is said is said.
  kind.outcome = [](const job_progress& x) {
    return x.failed > 0 ? job_status::failed : job_status::done;
  };
  kind.intake = [](const job_services_ptr& services) {
    child_spec spec;
    spec.name = greeter_name;
    spec.start = spawns(greeter, services);
    return spec;
  };
  return kind;
}

void add_greeting_types(caf::actor_system_config& config) {
  config.add_message_types<caf::id_block::aops_greeting>();
}

} // namespace aops::tests
