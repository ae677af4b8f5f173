#include "actors/remote/remote_work.hpp"
#include "messages/return_code.hpp"
#include "messages/roles/remote.hpp"
#include "runtime/core/task/remote_plays.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace aops::actors {

namespace {

/// What one answer holds of files.
constexpr size_t most_answer_bytes = size_t{16} << 20;

/// What reading files of a host takes at most, without logging in.
constexpr int64_t seconds_of_reading = 60;

/// Reading of files, play after play: what one play brings of a host is limited.
class config_collection : public std::enable_shared_from_this<config_collection> {
public:
  /// Gets what was read, and what the hosts told beside that.
  using on_end = std::function<void(files_checked, std::vector<ansible::host_result>)>;

  config_collection(remote_work_ptr work,
                    const files_to_check& x,
                    opened_targets opened,
                    int64_t until_ms,
                    on_end end)
      : work_(std::move(work)), until_ms_(until_ms), end_(std::move(end)) {
    for (const auto& host : x.infos) {
      auto [it, is_new] = places_.emplace(host.host_id, reply_.resp.size());
      if (is_new) {
        reply_.resp.emplace_back();
        reply_.resp.back().read.host_id = host.host_id;
        left_.emplace_back();
      }
      auto& files = left_[it->second];
      for (const auto& file : host.files)
        if (std::none_of(
              files.begin(), files.end(), [&](const auto& f) { return f.path == file.path; }))
          files.push_back(file);
    }
    for (const auto& host : opened.closed)
      give_up(places_.at(host.host_id), host.reason);
    for (auto& target : opened.targets)
      targets_.emplace(target.id, std::move(target));
  }

  void go_on() {
    auto order = short_order(*work_, "collect");
    order.playbook = task::collect_playbook(work_->store->config->tasks.collect_bytes.bytes);
    order.masks_results = false; // What a file holds is what was asked for.
    for (const auto& [id, target] : targets_)
      if (const auto& files = left_[places_.at(id)];
          !files.empty() && order.hosts.size() < most_hosts_at_once) {
        order.hosts.push_back(target);
        order.hosts.back().vars = task::collect_vars(files);
      }
    if (order.hosts.empty())
      return end();
    order.timeout =
      std::chrono::seconds{task::play_seconds(order.hosts.size(), order.forks, seconds_of_reading)};
    work_->plays->run(std::move(order), until_ms_, [self = shared_from_this()](play_told told) {
      self->take(std::move(told));
    });
  }

private:
  void take(play_told told) {
    for (const auto& host : told.result.hosts) {
      auto place = places_.at(host.host);
      auto& to = reply_.resp[place];
      if (bytes_ > most_answer_bytes) {
        give_up(place, "one answer does not hold more: ask for fewer files at once");
      } else if (auto why = told.failure_of(host.host); !why.empty()) {
        give_up(place, why);
      } else {
        auto before = to.read.infos.size(), asked = left_[place].size();
        left_[place] = task::take_collected(told.last[host.host].result, left_[place], to);
        for (auto i = before; i < to.read.infos.size(); ++i)
          bytes_ += to.read.infos[i].content.size();
        if (left_[place].size() == asked)
          give_up(place, "the host told nothing of it");
      }
    }
    for (auto& host : told.result.hosts)
      hosts_.push_back(std::move(host));
    if (work_->worker->post([self = shared_from_this()] { self->go_on(); }))
      return;
    for (size_t place = 0; place < left_.size(); ++place)
      give_up(place, "too much is done on hosts");
    end();
  }

  void give_up(size_t place, const std::string& why) {
    auto& to = reply_.resp[place].read;
    for (auto& file : left_[place]) {
      to.fail_files.push_back(file.path);
      to.fail_reasons.push_back({file.path, why});
    }
    left_[place].clear();
  }

  void end() {
    size_t done = 0, failed = 0;
    for (const auto& host : reply_.resp) {
      done += host.read.success_files.size() + host.unchanged.size();
      failed += host.read.fail_files.size();
    }
    reply_.code = code_of(done, failed, outcome_of(ec::internal).return_code);
    end_(std::move(reply_), std::move(hosts_));
  }

  remote_work_ptr work_;
  int64_t until_ms_;
  on_end end_;
  files_checked reply_;
  std::map<std::string, size_t, std::less<>> places_; ///< In `reply_.resp`, by host.
  std::vector<std::vector<file_to_check>> left_;
  std::map<std::string, ansible::target, std::less<>> targets_;
  std::vector<ansible::host_result> hosts_;
  size_t bytes_ = 0;
};

/// @param answer Makes the reply.
template <class Reply, class Answer>
void read_files_of(const remote_work_ptr& work,
                   const caller& who,
                   const key_ptr& data_key,
                   const files_to_check& x,
                   const char* action,
                   const foreign_promise<Reply>& promise,
                   Answer answer) {
  std::vector<std::string> ids;
  std::set<std::string> named_once, paths;
  for (const auto& host : x.infos) {
    ids.push_back(host.host_id);
    for (const auto& file : host.files)
      paths.insert(file.path);
  }
  auto opened = open_known(
    *work, who, data_key, ids, [](size_t i) { return fmt::format("infos[{}].host_id", i); });
  if (!opened)
    return promise.fail(std::move(opened.error()));
  std::vector<std::string> entities;
  for (const auto& id : ids)
    if (named_once.insert(id).second)
      entities.push_back(id);
  auto end = [work,
              who,
              action,
              promise,
              answer,
              entity = listed(entities),
              detail = listed(std::vector<std::string>(paths.begin(), paths.end()))](
               files_checked checked, std::vector<ansible::host_result> hosts) {
    finish(
      work, who, action, entity, detail, std::move(hosts), answer(std::move(checked)), promise);
  };
  std::make_shared<config_collection>(
    work, x, std::move(*opened), over_by(*work, promise.ticket(), remote_reading_patience), end)
    ->go_on();
}

/// The files with their commands; in their order.
expected<std::vector<task::prepared_file>> prepared_files(const task::known_commands& known,
                                                          const configs_to_push& x) {
  std::vector<task::prepared_file> out;
  for (size_t i = 0; i < x.infos.size(); ++i) {
    const auto& file = x.infos[i];
    task::prepared_file made{&file, {}, {}};
    for (auto [name, use, to] : {std::tuple{"validate", &file.validate, &made.validate},
                                 std::tuple{"activate", &file.activate, &made.activate}}) {
      if (!*use)
        continue;
      auto line = task::command_with(known,
                                     (*use)->command_id,
                                     (*use)->args.value_or(std::map<std::string, std::string>{}),
                                     true);
      if (!line)
        return fail(line.error().code,
                    fmt::format("infos[{}].{}.{}", i, name, line.error().detail));
      *to = std::move(*line);
    }
    out.push_back(std::move(made));
  }
  return out;
}

/// A request that is being carried out: what points into it lives as long.
struct push_under_way {
  configs_to_push asked;
  std::map<std::string, std::vector<task::prepared_file>> by_host;
  std::map<std::string, std::string> closed; ///< Hosts that cannot be opened, and why.
  std::map<std::string, std::vector<pushed_file>> told;
  std::vector<ansible::host_result> hosts;

  void take(play_told& part) {
    for (auto& host : part.result.hosts) {
      auto last = part.last.find(host.host);
      told[host.host] =
        task::take_pushed(last == part.last.end() ? std::string{} : last->second.result,
                          by_host.at(host.host),
                          part.failure_of(host.host));
      hosts.push_back(std::move(host));
    }
  }
};

configs_pushed reply_about(push_under_way& push) {
  for (const auto& [id, files] : push.by_host)
    if (!push.told.contains(id)) {
      auto closed = push.closed.find(id);
      auto why = closed == push.closed.end() ? "nothing was told of it" : closed->second;
      push.told[id] = task::take_pushed({}, files, why);
    }
  for (auto& [id, files] : push.told)
    std::reverse(files.begin(), files.end());
  configs_pushed reply;
  size_t done = 0;
  for (const auto& file : push.asked.infos) {
    auto& told_of = push.told.at(file.host_id);
    reply.resp.push_back(std::move(told_of.back()));
    told_of.pop_back();
    done += reply.resp.back().state == "pushed" || reply.resp.back().state == "unchanged";
  }
  reply.code = code_of(done, reply.resp.size() - done, outcome_of(ec::update_failed).return_code);
  return reply;
}

/// The commands that judge files and put them into effect, for the log.
std::string detail_of(const push_under_way& push) {
  std::set<std::string> lines;
  for (const auto& [id, files] : push.by_host)
    for (const auto& file : files)
      for (const auto& command : {file.validate, file.activate})
        if (command)
          lines.insert(described(command->argv));
  return fmt::format("{}", fmt::join(lines, "; "));
}

std::string entity_of(const configs_to_push& x) {
  std::vector<std::string> names;
  for (const auto& file : x.infos)
    names.push_back(file.host_id + ":" + file.path);
  return listed(names);
}

} // namespace

void collect_configs(const remote_work_ptr& work,
                     const caller& who,
                     const key_ptr& data_key,
                     const configs_to_collect& x,
                     const foreign_promise<configs_collected>& promise) {
  files_to_check all;
  for (const auto& host : x.infos) {
    auto& to = all.infos.emplace_back();
    to.host_id = host.host_id;
    for (const auto& path : host.config_list)
      to.files.push_back({path, {}});
  }
  auto answer = [](files_checked checked) {
    configs_collected reply;
    reply.code = checked.code;
    for (auto& host : checked.resp)
      reply.resp.push_back(std::move(host.read));
    return reply;
  };
  read_files_of(work, who, data_key, all, "config.collect", promise, answer);
}

void check_files(const remote_work_ptr& work,
                 const caller& who,
                 const key_ptr& data_key,
                 const files_to_check& x,
                 const foreign_promise<files_checked>& promise) {
  read_files_of(
    work, who, data_key, x, "config.check", promise, [](files_checked checked) { return checked; });
}

void push_configs(const remote_work_ptr& work,
                  const caller& who,
                  const key_ptr& data_key,
                  const configs_to_push& x,
                  const foreign_promise<configs_pushed>& promise) {
  auto known = commands_of(*work->store->config);
  if (!known)
    return promise.fail(std::move(known.error()));
  auto push = std::make_shared<push_under_way>(push_under_way{x, {}, {}, {}, {}});
  auto files = prepared_files(*known, push->asked);
  if (!files)
    return promise.fail(std::move(files.error()));
  std::vector<std::string> ids;
  for (auto& file : *files) {
    ids.push_back(file.file->host_id);
    push->by_host[file.file->host_id].push_back(std::move(file));
  }
  auto opened = open_known(
    *work, who, data_key, ids, [](size_t i) { return fmt::format("infos[{}].host_id", i); });
  if (!opened)
    return promise.fail(std::move(opened.error()));
  for (auto& host : opened->closed)
    push->closed.emplace(std::move(host.host_id), std::move(host.reason));
  auto order = short_order(*work, "push");
  order.playbook = task::push_playbook();
  int64_t seconds = 0;
  for (const auto& [id, of_host] : push->by_host)
    seconds = std::max(seconds, task::push_seconds(of_host));
  for (auto& host : opened->targets)
    host.vars = task::push_vars(push->by_host.at(host.id));
  play_in_parts(
    work,
    std::move(order),
    std::move(opened->targets),
    seconds,
    over_by(*work, promise.ticket(), remote_acting_patience),
    [push](play_told& told) { push->take(told); },
    [work, who, push, promise] {
      auto reply = reply_about(*push);
      finish(work,
             who,
             "config.push",
             entity_of(push->asked),
             detail_of(*push),
             std::move(push->hosts),
             std::move(reply),
             promise);
    });
}

} // namespace aops::actors
