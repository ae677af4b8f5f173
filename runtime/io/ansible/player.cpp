#include "runtime/base/ids.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/thread.hpp"
#include "runtime/io/ansible/event_reader.hpp"
#include "runtime/io/ansible/guard.hpp"
#include "runtime/io/ansible/guarded_process.hpp"
#include "runtime/io/ansible/process_tree.hpp"
#include "runtime/io/ansible/run_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <poll.h>
#include <set>
#include <thread>
#include <unistd.h>

namespace aops::ansible {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// How long the guard has to end what it guards before it is ended itself, and how long what was
/// still written is read.
constexpr milliseconds guard_patience = 20s, last_words = 2s, marked_grace = 2s;

/// How long a play waits for one that was let go of: longer than ending one takes.
constexpr milliseconds ending_patience = 30s;

constexpr size_t longest_errors = 8192;

/// Names of runs under way: their folders are nobody's leftovers.
class run_names {
public:
  bool add(const std::string& run) {
    std::lock_guard lock{mutex_};
    return names_.insert(run).second;
  }
  void remove(const std::string& run) {
    std::lock_guard lock{mutex_};
    names_.erase(run);
  }

private:
  std::mutex mutex_;
  std::set<std::string> names_;
};

/// What reads from a descriptor until its end.
class tap {
public:
  explicit tap(int fd) : fd_(fd) {}
  pollfd watched() const { return {is_open_ ? fd_ : -1, POLLIN, 0}; }
  bool is_open() const { return is_open_; }

  template <class Use>
  void drain(Use use) {
    char some[65'536];
    auto n = ::read(fd_, some, sizeof some);
    if (n > 0)
      use(std::string_view(some, static_cast<size_t>(n)));
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
      is_open_ = false;
  }

private:
  int fd_;
  bool is_open_ = true;
};

/// A play, its processes and the thread that listens to them.
class run {
public:
  using on_events = std::function<void(std::vector<play_event>)>;
  using on_end = std::function<void(play_result)>;

  run(play_order order,
      run_folder folder,
      std::shared_ptr<run_names> names,
      on_events happened,
      on_end ended)
      : order_(std::move(order)), folder_(std::in_place, std::move(folder)),
        names_(std::move(names)), happened_(std::move(happened)), ended_(std::move(ended)) {}

  expected<void> start(const player_options& options) {
    return process_.start({options.guard.empty() ? "/proc/self/exe" : options.guard,
                           folder_->path(),
                           command(options),
                           environment(options)});
  }

  void cancel(ec why) {
    auto none = ec::internal;
    if (why_.compare_exchange_strong(none, why)) {
      ended_by_ = (steady_clock::now() + guard_patience).time_since_epoch().count();
      process_.order("cancel");
    }
  }

  void may_run_until(steady_clock::time_point until) {
    auto left = std::chrono::duration_cast<milliseconds>(until - steady_clock::now());
    process_.order(fmt::format("until {}", boot_ms() + left.count()));
  }

  /// The thread's work, until none of its processes is left. @returns What `tell_end` tells.
  play_result listen() {
    event_reader reader{order_};
    watch(reader);
    process_.bury();
    auto result = result_of(reader);
    folder_.reset();
    names_->remove(order_.run);
    return result;
  }

  void tell_end(play_result result) { ended_(std::move(result)); }

private:
  std::vector<std::string> command(const player_options& options) const {
    std::vector<std::string> out{options.runner,
                                 "run",
                                 folder_->path(),
                                 "--json",
                                 "--playbook",
                                 "play.json",
                                 "--ident",
                                 "run",
                                 "--forks",
                                 std::to_string(std::clamp<int64_t>(order_.forks, 1, 500))};
    if (options.ansible != "ansible-playbook")
      out.insert(out.end(), {"--binary", options.ansible});
    if (order_.check || order_.diff)
      out.insert(
        out.end(),
        {"--cmdline",
         fmt::format("{}{}", order_.check ? "--check " : "", order_.diff ? "--diff" : "")});
    return out;
  }

  /// Nothing of the node's own environment but where programs are: it may hold secrets.
  std::vector<std::string> environment(const player_options&) const {
    const auto& folder = folder_->path();
    const char* path = std::getenv("PATH");
    return {fmt::format("PATH={}", path ? path : "/usr/local/bin:/usr/bin:/bin"),
            "HOME=" + folder,
            "TMPDIR=" + folder + "/tmp",
            "LANG=C.UTF-8",
            "LC_ALL=C.UTF-8",
            "PYTHONUNBUFFERED=1",
            "PYTHONDONTWRITEBYTECODE=1",
            "ANSIBLE_CONFIG=" + folder + "/ansible.cfg",
            "ANSIBLE_HOST_KEY_CHECKING=True", // ansible-runner turns it off when it is not set.
            "ANSIBLE_NOCOLOR=1",
            "MAX_EVENT_RES=3000000",
            folder_marker(folder)};
  }

  void watch(event_reader& reader) {
    tap output{process_.output()}, errors{process_.errors()}, news{process_.news()};
    const auto due = steady_clock::now() + order_.timeout;
    std::optional<steady_clock::time_point> last;
    while (output.is_open() || news.is_open()) {
      auto now = steady_clock::now();
      if (now >= due)
        cancel(ec::timed_out);
      if (!news.is_open() && !last) {
        if (news_.empty()) // The guard was killed, its child with it; the others were not.
          end_marked(folder_marker(folder_->path()), marked_grace);
        last = steady_clock::now() + last_words;
      }
      if (last && now >= *last)
        break;
      if (auto by = ended_by_.load(); by && now.time_since_epoch().count() > by && news.is_open())
        end_marked(folder_marker(folder_->path()), marked_grace), ended_by_ = 0;
      std::array<pollfd, 3> watched{output.watched(), errors.watched(), news.watched()};
      ::poll(watched.data(), watched.size(), 200);
      if (watched[0].revents)
        output.drain([&](std::string_view bytes) {
          if (why_.load() != ec::internal && !sure_)
            sure_ = reader.told();
          tell(reader.read(bytes));
        });
      if (watched[1].revents)
        errors.drain([&](std::string_view bytes) { note_error(bytes, reader); });
      if (watched[2].revents)
        news.drain([&](std::string_view bytes) { news_.append(bytes); });
    }
  }

  /// Keeps the end of what was said. Masked before it is cut: what is left of a secret is no secret
  /// that would be found.
  void note_error(std::string_view bytes, const event_reader& reader) {
    errors_.append(bytes);
    if (errors_.size() <= 2 * longest_errors)
      return;
    reader.mask(errors_);
    if (errors_.size() > longest_errors)
      errors_.erase(0, errors_.size() - longest_errors);
  }

  void tell(std::vector<play_event> events) {
    if (!events.empty())
      happened_(std::move(events));
  }

  play_result result_of(const event_reader& reader) {
    play_result out{how(reader), {}};
    // Whom others ended nobody can tell when that began.
    const bool was_ended_by_others = news_.starts_with("late") || news_.empty();
    out.hosts = out.how               ? reader.results()
                : was_ended_by_others ? reader.results(0)
                                      : reader.results(sure_.value_or(reader.told()));
    for (size_t i = 0; i < out.hosts.size(); ++i)
      out.hosts[i].host_keys = folder_->learnt_keys(order_.hosts[i]);
    return out;
  }

  expected<void> how(const event_reader& reader) const {
    if (news_.starts_with("late"))
      return fail(ec::fenced, "this node may no longer act");
    if (reader.has_stats() && news_.starts_with("exit"))
      return {};
    if (auto why = why_.load(); why != ec::internal)
      return fail(why);
    if (news_.empty())
      return fail(ec::task_failed, "the guard of the run was killed");
    auto said = errors_;
    reader.mask(said);
    if (news_.starts_with("cancelled"))
      return fail(ec::cancelled, "the guard of the run was told to end it");
    if (!reader.complaint().empty())
      said = reader.complaint();
    return fail(ec::task_failed, said.empty() ? "ansible ended: " + news_ : said);
  }

  play_order order_;
  std::optional<run_folder> folder_;
  std::shared_ptr<run_names> names_;
  on_events happened_;
  on_end ended_;
  guarded_process process_;
  std::atomic<ec> why_{ec::internal}; ///< Why it was ended from here; `internal`: it was not.
  std::atomic<int64_t> ended_by_{0};  ///< On the steady clock; 0: no matter.
  std::optional<int64_t> sure_;       ///< Last event of before it was ended from here.
  std::string errors_, news_;
};

/// The plays of a player and the threads that listen to them. Nobody who lets go of a play waits
/// for its end; who begins another one on the same hosts does.
class crew {
public:
  ~crew() { stop(); }

  /// Threads of plays that have ended are buried here. ec::conflict when a play that was let go of
  /// does not end on one of these hosts.
  expected<void> make_room(const std::set<std::string>& hosts) {
    bury();
    std::unique_lock lock{mutex_};
    auto is_free = [&] { return is_stopped_ || !is_ending_on(hosts); };
    if (!changed_.wait_for(lock, ending_patience, is_free))
      return fail(ec::conflict, "an earlier play does not end on these hosts");
    if (is_stopped_)
      return fail(ec::cancelled, "this node ends");
    return {};
  }

  expected<uint64_t> add(const std::shared_ptr<run>& work,
                         std::set<std::string> hosts,
                         const std::shared_ptr<crew>& self) {
    std::lock_guard lock{mutex_};
    if (is_stopped_)
      return fail(ec::cancelled, "this node ends");
    auto number = ++number_;
    auto thread = base::start_thread("play", [work, self, number] {
      auto result = work->listen();
      self->free_hosts(number); // Who hears of its end may begin another play there.
      work->tell_end(std::move(result));
      self->ended(number);
    });
    if (!thread) // The guard sees that nobody is there, and ends it.
      return fail(std::move(thread.error()));
    members_[number] = {work, std::move(*thread), std::move(hosts), false};
    return number;
  }

  void let_go(uint64_t number) {
    std::lock_guard lock{mutex_};
    if (auto it = members_.find(number); it != members_.end())
      it->second.is_let_go = true;
  }

  void stop() {
    std::map<uint64_t, member> all;
    {
      std::lock_guard lock{mutex_};
      is_stopped_ = true;
      for (auto& [number, x] : members_)
        x.work->cancel(ec::cancelled);
      all.swap(members_);
    }
    changed_.notify_all();
    for (auto& [number, x] : all)
      x.thread.join();
    bury();
  }

private:
  struct member {
    std::shared_ptr<run> work;
    std::thread thread;
    std::set<std::string> hosts;
    bool is_let_go = false;
  };

  bool is_ending_on(const std::set<std::string>& hosts) const {
    return std::any_of(members_.begin(), members_.end(), [&](const auto& x) {
      const auto& its = x.second.hosts;
      return x.second.is_let_go && std::any_of(its.begin(), its.end(), [&](const auto& host) {
               return hosts.contains(host);
             });
    });
  }

  void free_hosts(uint64_t number) {
    {
      std::lock_guard lock{mutex_};
      if (auto it = members_.find(number); it != members_.end())
        it->second.hosts.clear();
    }
    changed_.notify_all();
  }

  /// On the play's own thread, at its end.
  void ended(uint64_t number) {
    {
      std::lock_guard lock{mutex_};
      if (auto it = members_.find(number); it != members_.end()) {
        over_.push_back(std::move(it->second.thread));
        members_.erase(it);
      }
    }
    changed_.notify_all();
  }

  void bury() {
    std::vector<std::thread> over;
    {
      std::lock_guard lock{mutex_};
      over.swap(over_);
    }
    for (auto& x : over)
      x.join();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<uint64_t, member> members_;
  std::vector<std::thread> over_; ///< Of plays that have ended.
  uint64_t number_ = 0;
  bool is_stopped_ = false;
};

/// What the caller holds.
class held_play : public play {
public:
  held_play(std::shared_ptr<run> r, std::shared_ptr<crew> of, uint64_t number)
      : run_(std::move(r)), crew_(std::move(of)), number_(number) {}
  ~held_play() override {
    run_->cancel(ec::cancelled);
    crew_->let_go(number_);
  }
  void cancel() override { run_->cancel(ec::cancelled); }
  void may_run_until(steady_clock::time_point until) override { run_->may_run_until(until); }

private:
  std::shared_ptr<run> run_;
  std::shared_ptr<crew> crew_;
  uint64_t number_;
};

class guarded_player : public player {
public:
  explicit guarded_player(player_options options) : options_(std::move(options)) {}
  ~guarded_player() override { crew_->stop(); }

  expected<std::unique_ptr<play>>
  start(play_order order, run::on_events happened, run::on_end ended) override {
    auto name = order.run;
    std::set<std::string> hosts;
    for (const auto& host : order.hosts)
      hosts.insert(host.id);
    if (auto free = crew_->make_room(hosts); !free)
      return fail(std::move(free.error()));
    if (!names_->add(name))
      return fail(ec::conflict, "run: one of this name is under way");
    auto started =
      start_named(std::move(order), std::move(hosts), std::move(happened), std::move(ended));
    if (!started)
      names_->remove(name);
    return started;
  }

  expected<size_t> clean_up() override {
    std::error_code fault;
    size_t n = 0;
    for (const auto& entry : std::filesystem::directory_iterator(options_.directory, fault)) {
      auto name = entry.path().filename().string();
      if (!names_->add(name))
        continue;
      end_marked(folder_marker(entry.path().string()), marked_grace);
      remove_run_folder(entry.path().string());
      names_->remove(name);
      ++n;
    }
    if (fault && fault != std::errc::no_such_file_or_directory)
      return fail(ec::internal, fmt::format("{}: {}", options_.directory, fault.message()));
    return n;
  }

  void stop() override { crew_->stop(); }

private:
  expected<std::unique_ptr<play>> start_named(play_order order,
                                              std::set<std::string> hosts,
                                              run::on_events happened,
                                              run::on_end ended) {
    auto folder = run_folder::make(options_.directory, order);
    if (!folder)
      return fail(std::move(folder.error()));
    auto started = std::make_shared<run>(
      std::move(order), std::move(*folder), names_, std::move(happened), std::move(ended));
    if (auto fine = started->start(options_); !fine)
      return fail(std::move(fine.error()));
    auto number = crew_->add(started, std::move(hosts), crew_);
    if (!number)
      return fail(std::move(number.error()));
    return std::make_unique<held_play>(started, crew_, *number);
  }

  player_options options_;
  std::shared_ptr<crew> crew_ = std::make_shared<crew>();
  std::shared_ptr<run_names> names_ = std::make_shared<run_names>();
};

} // namespace

std::shared_ptr<player> make_player(player_options options) {
  return std::make_shared<guarded_player>(std::move(options));
}

} // namespace aops::ansible
