#include "runtime/base/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <filesystem>
#include <fstream>
#include <mutex>
#include <sys/resource.h>
#include <unistd.h>

namespace aops::metrics {

namespace {

struct state {
  prometheus::Registry registry;
  std::mutex mutex; ///< Guards the refreshers; held while they run.
  size_t next_id = 0;
  std::map<size_t, std::function<void()>> refreshers;
};

state& the_state() {
  static auto* s = new state; // Never destroyed: threads may count while the process exits.
  return *s;
}

double resident_bytes() {
  std::ifstream file{"/proc/self/statm"};
  long size = 0, resident = 0;
  file >> size >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double open_files() {
  std::error_code problem;
  double n = 0;
  for (std::filesystem::directory_iterator it{"/proc/self/fd", problem}, end; !problem && it != end;
       it.increment(problem))
    ++n;
  return n;
}

double thread_count() {
  std::ifstream file{"/proc/self/status"};
  for (std::string word; file >> word;)
    if (double n = 0; word == "Threads:" && file >> n)
      return n;
  return 0;
}

void refresh_process_figures() {
  static auto resident = gauge_of("process_resident_memory_bytes", "Resident memory.");
  static double counted = 0; // Under the lock of `metrics_text`.
  static auto cpu = counter_of("process_cpu_seconds_total", "User and system CPU time.");
  static auto files = gauge_of("process_open_fds", "Open file descriptors.");
  static auto threads = gauge_of("process_threads", "Threads.");
  resident.set(resident_bytes());
  auto used = cpu_seconds();
  cpu.add(used - counted);
  counted = used;
  files.set(open_files());
  threads.set(thread_count());
}

} // namespace

void counter::add(double n) { it_->Increment(n); }
void gauge::set(double x) { it_->Set(x); }
void gauge::add(double n) { it_->Increment(n); }
void histogram::observe(double x) { it_->Observe(x); }

counter counter_of(const std::string& name, const std::string& help, const labels& with) {
  auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(the_state().registry);
  return counter{family.Add(with)};
}

gauge gauge_of(const std::string& name, const std::string& help, const labels& with) {
  auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(the_state().registry);
  return gauge{family.Add(with)};
}

histogram histogram_of(const std::string& name,
                       const std::string& help,
                       const std::vector<double>& bounds,
                       const labels& with) {
  auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(the_state().registry);
  return histogram{family.Add(with, bounds)};
}

const std::vector<double>& second_bounds() {
  static const std::vector<double> bounds = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
  return bounds;
}

refresher::refresher(std::function<void()> refresh) {
  auto& s = the_state();
  std::lock_guard lock{s.mutex};
  id_ = s.next_id++;
  s.refreshers.emplace(id_, std::move(refresh));
}

refresher::~refresher() {
  auto& s = the_state();
  std::lock_guard lock{s.mutex};
  s.refreshers.erase(id_);
}

std::string metrics_text() {
  auto& s = the_state();
  {
    std::lock_guard lock{s.mutex};
    refresh_process_figures();
    for (const auto& [id, refresh] : s.refreshers)
      refresh();
  }
  return prometheus::TextSerializer{}.Serialize(s.registry.Collect());
}

} // namespace aops::metrics
