#include "actors/remote/remote_work.hpp"

#include "messages/return_code.hpp"
#include "messages/roles/remote.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/json_codec.hpp"
#include "runtime/core/task/remote_plays.hpp"
#include "runtime/io/storage/host_info_repository.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

namespace aops::actors {

expected<opened_targets> open_known(const remote_work& work,
                                    const caller& who,
                                    const key_ptr& data_key,
                                    const std::vector<std::string>& ids,
                                    const std::function<std::string(size_t)>& name) {
  auto db = work.store->pool->read();
  if (!db)
    return fail(std::move(db.error()));
  auto rows = storage::host_info_repository{**db}.basics({who.owner, {}}, ids);
  if (!rows)
    return fail(std::move(rows.error()));
  std::set<std::string_view> there;
  for (const auto& row : *rows)
    there.insert(row.host_id);
  for (size_t i = 0; i < ids.size(); ++i)
    if (!there.contains(ids[i]))
      return fail(ec::bad_request, name(i) + ": no such host");
  std::vector<std::string> each;
  for (const auto& row : *rows)
    each.push_back(row.host_id);
  static const vault::secret_bytes none;
  return open_targets(**db, who.owner, data_key ? *data_key : none, each);
}

ansible::play_order short_order(const remote_work& work, std::string_view what) {
  ansible::play_order order;
  order.run = fmt::format("{}-{}", what, base::new_id(work.store->now_ms()));
  order.forks = work.store->config->tasks.forks;
  order.event_bytes = static_cast<size_t>(work.store->config->tasks.event_bytes.bytes);
  order.keeps_results = true;
  order.has_own_modules = true;
  return order;
}

int64_t
over_by(const remote_work& work, const base::ticket& awaited, std::chrono::milliseconds patience) {
  auto until = std::min(awaited.due_ms, work.store->time->steady_ms() + patience.count());
  return until - std::chrono::milliseconds{remote_last_words}.count();
}

namespace {

class parted_play : public std::enable_shared_from_this<parted_play> {
public:
  parted_play(remote_work_ptr work,
              ansible::play_order order,
              std::vector<ansible::target> hosts,
              int64_t seconds,
              int64_t until_ms,
              std::function<void(play_told&)> take,
              std::function<void()> end,
              short_plays::on_events tell)
      : work_(std::move(work)), order_(std::move(order)), hosts_(std::move(hosts)),
        seconds_(seconds), until_ms_(until_ms), take_(std::move(take)), end_(std::move(end)),
        tell_(std::move(tell)) {
    if (hosts_.size() <= most_hosts_at_once)
      return;
    // What opens a host is masked in what all of them tell, also in other plays.
    for (const auto& host : hosts_)
      for (const auto* secret : {&host.password, &host.sudo_password, &host.private_key})
        if (!secret->text.empty())
          order_.secrets.push_back(*secret);
  }

  void go_on() {
    if (next_ == hosts_.size())
      return end_();
    auto order = order_;
    order.run = fmt::format("{}-{}", order_.run, ++part_);
    for (auto n = std::min(most_hosts_at_once, hosts_.size() - next_); n > 0; --n)
      order.hosts.push_back(std::move(hosts_[next_++]));
    order.timeout =
      std::chrono::seconds{task::play_seconds(order.hosts.size(), order.forks, seconds_)};
    auto ended = [self = shared_from_this()](play_told told) {
      self->take_(told);
      // On the worker: a play that cannot start has ended right here.
      if (!self->work_->worker->post([self] { self->go_on(); }))
        self->give_up();
    };
    work_->plays->run(std::move(order), until_ms_, std::move(ended), tell_);
  }

private:
  /// There is no room to go on: the rest was not run.
  void give_up() {
    play_told none;
    none.result.how = fail(ec::overloaded, "too much is done on hosts");
    for (; next_ < hosts_.size(); ++next_) {
      none.result.hosts.emplace_back();
      none.result.hosts.back().host = hosts_[next_].id;
    }
    take_(none);
    end_();
  }

  remote_work_ptr work_;
  ansible::play_order order_;
  std::vector<ansible::target> hosts_;
  int64_t seconds_, until_ms_;
  std::function<void(play_told&)> take_;
  std::function<void()> end_;
  short_plays::on_events tell_;
  size_t next_ = 0, part_ = 0;
};

} // namespace

void play_in_parts(const remote_work_ptr& work,
                   ansible::play_order order,
                   std::vector<ansible::target> hosts,
                   int64_t seconds,
                   int64_t until_ms,
                   std::function<void(play_told&)> take,
                   std::function<void()> end,
                   short_plays::on_events tell) {
  std::make_shared<parted_play>(work,
                                std::move(order),
                                std::move(hosts),
                                seconds,
                                until_ms,
                                std::move(take),
                                std::move(end),
                                std::move(tell))
    ->go_on();
}

std::string described(const std::vector<std::string>& argv) {
  return base::json(argv).dump(-1, ' ', false, base::json::error_handler_t::replace);
}

int64_t code_of(size_t done, size_t failed, int64_t none) {
  if (failed == 0)
    return code_ok;
  return done == 0 ? none : code_partial;
}

expected<task::known_commands> commands_of(const base::config& config) {
  const auto& path = config.tasks.commands;
  if (path.empty())
    return task::known_commands{};
  std::ifstream file{path};
  std::ostringstream text;
  text << file.rdbuf();
  if (!file)
    return fail(ec::task_failed, fmt::format("tasks.commands: {} cannot be read", path));
  auto known = task::parse_commands(text.str());
  if (!known)
    return fail(ec::task_failed, fmt::format("tasks.commands: {}: {}", path, known.error().detail));
  return known;
}

} // namespace aops::actors
