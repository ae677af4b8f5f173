#include "cli/agent/agent.hpp"

#include "cli/agent/collector.hpp"
#include "cli/agent/exporter.hpp"
#include "cli/agent/probes.hpp"
#include "cli/agent/sender.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/log.hpp"
#include "runtime/core/sockets/exporter_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <utility>

namespace aops::agent {

namespace {

constexpr std::chrono::milliseconds end_patience{2000};
/// After some was read of probes: one that never stops printing does not decide what is done here.
constexpr int64_t probe_pause_ms = 200;

const base::time_source& clocks() { return base::system_time(); }

/// What pages are made of; written by the loop, read by the exporter.
struct picture {
  std::mutex mutex;
  std::shared_ptr<const sockets::batch> last;
  look_facts facts;
  probe_figures probes;
  uint64_t looks = 0, failed_looks = 0;
  double look_seconds = 0, batch_bytes = 0;
};

double processor_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  auto seconds = [](const timeval& x) {
    return static_cast<double>(x.tv_sec) + static_cast<double>(x.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double resident_bytes() {
  long all = 0, resident = 0;
  auto text = read_some("/proc/self/statm", 256);
  if (!text || std::sscanf(text->c_str(), "%ld %ld", &all, &resident) != 2)
    return 0;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

std::vector<sockets::agent_figure> figures_of(const picture& x, const sender_figures& sent) {
  auto number = [](auto n) { return static_cast<double>(n); };
  return {
    {"sees_all",
     false,
     "Whether no socket belongs to a process that hides it.",
     number(x.facts.unseen == 0)},
    {"has_kernel_figures",
     false,
     "Whether the kernel tells bytes and round trips.",
     number(x.facts.has_figures)},
    {"sockets", false, "TCP sockets of the last look.", number(x.facts.sockets)},
    {"sockets_without_owner",
     false,
     "Connections that no process is seen to hold.",
     number(x.facts.without_owner)},
    {"owners_pending",
     false,
     "Sockets whose process is still searched for.",
     number(x.facts.pending)},
    {"processes", false, "Processes of the last look.", number(x.facts.processes)},
    {"processes_hidden",
     false,
     "Processes that do not show what they hold.",
     number(x.facts.hidden)},
    {"looks_total", true, "Looks at this host.", number(x.looks)},
    {"looks_failed_total", true, "Looks that found nothing out.", number(x.failed_looks)},
    {"look_seconds", false, "How long the last look took.", x.look_seconds},
    {"batch_bytes", false, "Size of the last batch.", x.batch_bytes},
    {"node_reached",
     false,
     "Whether a node took the last batch that was sent.",
     number(sent.is_reached)},
    {"batches_sent_total", true, "Batches that a node took.", number(sent.sent)},
    {"batches_failed_total", true, "Attempts that failed.", number(sent.failed)},
    {"batches_replaced_total",
     true,
     "Batches that a newer one took the place of.",
     number(sent.replaced)},
    {"probes_running", false, "External probes that run.", number(x.probes.running)},
    {"probe_restarts_total", true, "Ends of external probes.", number(x.probes.restarts)},
    {"probe_lines_total",
     true,
     "Lines of external probes that were taken.",
     number(x.probes.lines)},
    {"probe_lines_refused_total",
     true,
     "Lines of external probes that do not read.",
     number(x.probes.refused)},
    {"cpu_seconds_total", true, "Processor time of this program.", processor_seconds()},
    {"resident_bytes", false, "Memory of this program.", resident_bytes()},
  };
}

class agent {
public:
  agent(const agent_config& config, collector look_at)
      : config_(config), collector_(std::move(look_at)),
        probes_(config.probes, clocks().steady_ms()) {}

  int run(int signals) {
    if (auto good = start(); !good) {
      std::fprintf(stderr, "aops-agent: %s\n", good.error().detail.c_str());
      return exit_failed;
    }
    int64_t next = clocks().steady_ms();
    while (!is_ending_) {
      auto now = clocks().steady_ms();
      if (now >= next) {
        look();
        next = std::max(next + config_.period.ms, now + 1);
      }
      probes_.act(clocks().steady_ms());
      wait(signals, next);
    }
    return end();
  }

private:
  expected<void> start() {
    if (!config_.listen.host.empty()) {
      auto made = exporter::start(config_.listen, [this] { return page(); });
      if (!made)
        return fail(std::move(made.error()));
      exporter_ = std::move(*made);
    }
    if (!config_.url.empty()) {
      sender_ = std::make_unique<sender>(config_);
      if (auto good = sender_->start(); !good)
        return good;
    }
    if (exporter_)
      std::printf("ready metrics=http://%s/metrics\n", to_string(exporter_->at()).c_str());
    else
      std::printf("ready\n");
    std::fflush(stdout);
    return {};
  }

  std::string page() {
    std::shared_ptr<const sockets::batch> last;
    std::vector<sockets::agent_figure> figures;
    {
      std::lock_guard lock{picture_.mutex};
      last = picture_.last;
      figures = figures_of(picture_, sender_ ? sender_->figures() : sender_figures{});
    }
    return sockets::exporter_text(last ? *last : sockets::batch{}, figures);
  }

  void look() {
    auto began = clocks().steady_ms();
    auto found = collector_.look(clocks().wall_ms(), began);
    if (!found) {
      if (std::exchange(told_, found.error().detail) != told_)
        log::warn("look-failed", "{}", told_);
      std::lock_guard lock{picture_.mutex};
      ++picture_.failed_looks;
      return;
    }
    told_.clear();
    tell_once();
    probes_.records(began, found->records);
    if (auto left = sockets::most_records - found->balanced.size(); found->records.size() > left) {
      found->records.resize(left);
      found->is_cut = true;
    }
    double bytes = 0;
    if (sender_) {
      auto text = sockets::to_json(*found);
      bytes = static_cast<double>(text.size());
      sender_->offer(std::move(text));
    }
    std::shared_ptr<const sockets::batch> kept;
    if (exporter_)
      kept = std::make_shared<const sockets::batch>(std::move(*found));
    std::lock_guard lock{picture_.mutex};
    picture_.last.swap(kept);
    picture_.facts = collector_.facts();
    picture_.probes = probes_.figures();
    ++picture_.looks;
    picture_.look_seconds = static_cast<double>(clocks().steady_ms() - began) / 1000;
    picture_.batch_bytes = bytes;
  }

  /// What is missing stays so until somebody gives this program more rights.
  void tell_once() {
    const auto& facts = collector_.facts();
    if (facts.unseen > 0 && !std::exchange(told_hidden_, true))
      log::warn("not-all-seen",
                "{} of {} processes do not show what they hold, and {} sockets are nobody else's; "
                "their links are not told. CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH show them.",
                facts.hidden,
                facts.processes,
                facts.unseen);
    if (!facts.has_figures && !std::exchange(told_figures_, true))
      log::warn("no-figures", "the kernel does not allow socket diagnosis: links have no figures");
  }

  void wait(int signals, int64_t next) {
    auto began = clocks().steady_ms();
    auto until = std::min(next, probes_.due_ms().value_or(next));
    watched_.assign(1, {signals, POLLIN, 0});
    if (began >= deaf_until_ms_)
      probes_.watch(watched_);
    else
      until = std::min(until, deaf_until_ms_);
    auto ms = std::clamp<int64_t>(until - began, 0, 60'000);
    if (::poll(watched_.data(), watched_.size(), static_cast<int>(ms)) <= 0)
      return;
    auto now = clocks().steady_ms();
    if (std::any_of(
          watched_.begin() + 1, watched_.end(), [](const pollfd& x) { return x.revents != 0; })) {
      probes_.read(now);
      deaf_until_ms_ = now + probe_pause_ms;
    }
    signalfd_siginfo told{};
    while ((watched_[0].revents & POLLIN) != 0 &&
           ::read(signals, &told, sizeof told) == sizeof told) {
      if (told.ssi_signo == SIGCHLD)
        probes_.reap(now);
      else
        is_ending_ = true;
    }
  }

  int end() {
    probes_.stop(end_patience);
    exporter_.reset();
    bool has_ended = !sender_ || sender_->stop(end_patience);
    log::info("ended", "told to end");
    log::flush();
    if (!has_ended) // A node does not answer; nothing is lost with the request.
      std::_Exit(exit_ok);
    return exit_ok;
  }

  const agent_config& config_;
  collector collector_;
  probes probes_;
  picture picture_;
  std::unique_ptr<sender> sender_;
  std::unique_ptr<exporter> exporter_;
  std::vector<pollfd> watched_;
  int64_t deaf_until_ms_ = 0; ///< When probes are listened to again.
  std::string told_;
  bool told_hidden_ = false, told_figures_ = false, is_ending_ = false;
};

int complain_of(const error& what) {
  std::fprintf(stderr, "aops-agent: %s\n", what.detail.c_str());
  return exit_usage;
}

} // namespace

int run(const agent_config& config) {
  auto look_at = collector::make(config, false);
  if (!look_at)
    return complain_of(look_at.error());
  // Before any thread is made: signals come to the loop only.
  sigset_t wanted;
  sigemptyset(&wanted);
  for (int signal : {SIGTERM, SIGINT, SIGCHLD})
    sigaddset(&wanted, signal);
  ::sigprocmask(SIG_BLOCK, &wanted, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  base::descriptor signals{::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK)};
  if (!signals)
    return complain_of({ec::internal, "no signalfd"});
  return agent{config, std::move(*look_at)}.run(signals.get());
}

int print_once(const agent_config& config) {
  auto look_at = collector::make(config, true);
  if (!look_at)
    return complain_of(look_at.error());
  auto first = look_at->look(clocks().wall_ms(), clocks().steady_ms());
  ::poll(nullptr, 0, static_cast<int>(config.period.ms));
  auto found = look_at->look(clocks().wall_ms(), clocks().steady_ms());
  if (!first || !found) {
    std::fprintf(stderr, "aops-agent: %s\n", (found ? first : found).error().detail.c_str());
    return exit_failed;
  }
  std::printf("%s\n", sockets::to_json(*found).c_str());
  if (const auto& facts = look_at->facts(); facts.unseen > 0)
    std::fprintf(stderr,
                 "aops-agent: %zu of %zu processes do not show what they hold; %zu sockets are "
                 "nobody else's\n",
                 facts.hidden,
                 facts.processes,
                 facts.unseen);
  return exit_ok;
}

} // namespace aops::agent
