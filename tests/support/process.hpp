#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace aops::tests {

/// A folder of its own, removed with all its content at the end of the scope.
class temp_folder {
public:
  temp_folder();
  ~temp_folder();
  temp_folder(const temp_folder&) = delete;
  temp_folder& operator=(const temp_folder&) = delete;
  const std::string& path() const { return path_; }
  /// Path of a file in it.
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

private:
  std::string path_;
};

/// A TCP port that nobody listens on at this moment. Another process might take it before it is
/// used: whoever starts a server on it tries again when the server does not come up.
uint16_t free_port(const std::string& address = "127.0.0.1");

/// Whether something accepts connections there.
bool accepts_connections(const std::string& address, uint16_t port);

/// Body of `GET http://address:port/path`, empty on any failure or status but 200. For tests only:
/// one connection each, at most 10 s.
std::string http_get(const std::string& address, uint16_t port, const std::string& path);

/// Asks again every few milliseconds until it is true. False when it did not become true in time.
bool eventually(const std::function<bool()>& is_true,
                std::chrono::milliseconds within = std::chrono::seconds{20});

/// A child process. Its output goes to a file; it ends with this object: SIGTERM, after a grace
/// time SIGKILL. It also ends when the *thread* that made this object ends, so that no test leaves
/// a server behind.
class process {
public:
  /// How to start it.
  struct start_options {
    std::vector<std::string> environment; ///< `NAME=value`, added to ours.
    std::string folder;                   ///< Where it runs; empty: here.
    std::chrono::milliseconds grace{5000};
  };

  /// Starts `argv[0]`, searched in PATH. Throws std::runtime_error when that fails.
  explicit process(std::vector<std::string> argv) : process(std::move(argv), start_options{}) {}
  process(std::vector<std::string> argv, start_options options);
  ~process();
  process(const process&) = delete;
  process& operator=(const process&) = delete;

  pid_t id() const { return pid_; }
  bool running();
  void signal(int number);

  /// Waits until it has ended by itself; its exit code, 128 + signal, or -1 when it still runs
  /// after `within`.
  int wait(std::chrono::milliseconds within = std::chrono::seconds{60});

  /// SIGTERM, then SIGKILL after the grace time; the exit code as `wait`.
  int terminate();

  /// What it wrote to standard output, and to standard error.
  std::string output() const;
  std::string errors() const;

  /// Waits for a line of standard output that begins so; the line, or empty when none came or the
  /// process ended.
  std::string wait_for_line(const std::string& beginning,
                            std::chrono::milliseconds within = std::chrono::seconds{20});

private:
  bool reap(bool block);

  start_options options_;
  temp_folder folder_;
  pid_t pid_ = -1;
  int exit_code_ = -1;
  bool ended_ = false;
};

/// Runs a command to its end; throws std::runtime_error with its output unless it exits 0. Its
/// standard output.
std::string run(std::vector<std::string> argv);

} // namespace aops::tests
