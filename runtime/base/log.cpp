#include "runtime/base/log.hpp"

#include "runtime/base/json_library.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <atomic>
#include <chrono>
#include <ctime>
#include <mutex>
#include <sys/stat.h>

namespace aops::log {

struct capture::store {
  mutable std::mutex mutex;
  std::vector<line> lines;
  std::shared_ptr<store> outer;
};

namespace {

constexpr std::array<std::string_view, 5> level_names = {"debug", "info", "warn", "error", "off"};

/// The log in use. Lines are rendered by us; spdlog takes them to the sink.
struct target {
  std::shared_ptr<spdlog::logger> logger;
  format form = format::text;
};

std::shared_ptr<spdlog::logger> make_logger(spdlog::sink_ptr sink) {
  auto logger = std::make_shared<spdlog::logger>("aops", std::move(sink));
  logger->set_formatter(std::make_unique<spdlog::pattern_formatter>("%v"));
  logger->set_level(spdlog::level::trace);
  // A line is written at once: what precedes a crash is what one wants to read.
  logger->flush_on(spdlog::level::trace);
  return logger;
}

struct state {
  std::mutex mutex; ///< Guards `out` and `captured`; held briefly, never while writing.
  std::shared_ptr<const target> out = std::make_shared<target>(
    target{make_logger(std::make_shared<spdlog::sinks::stderr_sink_mt>()), format::text});
  std::shared_ptr<capture::store> captured;
  std::atomic<level> configured = level::info;
  std::atomic<level> effective = level::info;
};

state& the_state() {
  static auto* s = new state; // Never destroyed: threads may log while the process exits.
  return *s;
}

int64_t wall_clock_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::string time_text(int64_t time_ms) {
  auto seconds = static_cast<std::time_t>(time_ms / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
                     parts.tm_year + 1900,
                     parts.tm_mon + 1,
                     parts.tm_mday,
                     parts.tm_hour,
                     parts.tm_min,
                     parts.tm_sec,
                     time_ms % 1000);
}

void append_escaped(std::string& out, std::string_view text) {
  for (unsigned char c : text) {
    if (c == '\n')
      out += "\\n";
    else if (c < 0x20 || c == 0x7f)
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", c);
    else
      out += static_cast<char>(c);
  }
}

spdlog::level::level_enum to_spdlog(level l) {
  constexpr std::array map = {spdlog::level::debug,
                              spdlog::level::info,
                              spdlog::level::warn,
                              spdlog::level::err,
                              spdlog::level::off};
  return map[static_cast<size_t>(l)];
}

std::shared_ptr<spdlog::logger> open_file(const log_config& config) {
  spdlog::file_event_handlers on;
  on.after_open = [](const spdlog::filename_t&, std::FILE* file) {
    ::fchmod(::fileno(file), 0640);
  };
  return make_logger(std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
    config.file, config.max_bytes, config.max_files, false, on));
}

} // namespace

expected<level> parse_level(std::string_view text) {
  for (size_t i = 0; i < level_names.size(); ++i)
    if (level_names[i] == text)
      return static_cast<level>(i);
  return fail(ec::bad_request, "must be one of: debug, info, warn, error, off");
}

expected<void> init(const log_config& config) {
  auto next = std::make_shared<target>();
  next->form = config.form;
  try {
    next->logger = config.file.empty()
                     ? make_logger(std::make_shared<spdlog::sinks::stderr_sink_mt>())
                     : open_file(config);
  } catch (const std::exception& e) {
    return fail(ec::internal,
                fmt::format("cannot open the log file {}: {}", config.file, e.what()));
  }
  auto& s = the_state();
  std::lock_guard lock{s.mutex};
  s.out = std::move(next);
  s.configured = config.lowest;
  s.effective = s.captured ? level::debug : config.lowest;
  return {};
}

void flush() {
  auto& s = the_state();
  std::unique_lock lock{s.mutex};
  auto out = s.out;
  lock.unlock();
  out->logger->flush();
}

bool is_on(level l) { return l >= the_state().effective.load(std::memory_order_relaxed); }

std::string
render(format form, int64_t time_ms, level l, std::string_view event, std::string_view message) {
  auto name = level_names[static_cast<size_t>(l)];
  if (form == format::json) {
    nlohmann::ordered_json line = {
      {"time", time_text(time_ms)}, {"level", name}, {"event", event}, {"message", message}};
    return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  }
  auto line = fmt::format("{} {:<5} {} ", time_text(time_ms), name, event);
  append_escaped(line, message);
  return line;
}

void detail::write(level l, std::string_view event, fmt::string_view form, fmt::format_args args) {
  auto message = fmt::vformat(form, args);
  auto& s = the_state();
  std::unique_lock lock{s.mutex};
  auto captured = s.captured;
  auto out = s.out;
  lock.unlock();
  if (captured) {
    std::lock_guard guard{captured->mutex};
    captured->lines.push_back({l, std::string{event}, std::move(message)});
    return;
  }
  out->logger->log(to_spdlog(l), "{}", render(out->form, wall_clock_ms(), l, event, message));
}

capture::capture() : store_(std::make_shared<store>()) {
  auto& s = the_state();
  std::lock_guard lock{s.mutex};
  store_->outer = std::exchange(s.captured, store_);
  s.effective = level::debug;
}

capture::~capture() {
  auto& s = the_state();
  std::lock_guard lock{s.mutex};
  s.captured = store_->outer;
  s.effective = s.captured ? level::debug : s.configured.load();
}

std::vector<capture::line> capture::lines() const {
  std::lock_guard lock{store_->mutex};
  return store_->lines;
}

size_t capture::count(std::string_view event) const {
  std::lock_guard lock{store_->mutex};
  size_t n = 0;
  for (const auto& x : store_->lines)
    n += x.event == event;
  return n;
}

std::string capture::text() const {
  std::lock_guard lock{store_->mutex};
  std::string all;
  for (const auto& x : store_->lines)
    all += x.event + ' ' + x.message + '\n';
  return all;
}

} // namespace aops::log
