#include "tests/support/mariadb_server.hpp"

#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <unistd.h>

namespace aops::tests {

namespace {

bool is_root() { return ::geteuid() == 0; }

/// A server refuses to run as root unless it is told to; another user could not get through the
/// private folders of a test run.
std::vector<std::string> as_user() {
  if (!is_root())
    return {};
  return {"--user=root"};
}

void append(std::vector<std::string>& to, const std::vector<std::string>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

const char* daemon_path() {
  return std::filesystem::exists("/usr/sbin/mariadbd") ? "/usr/sbin/mariadbd" : "mariadbd";
}

} // namespace

mariadb_server::mariadb_server(care how, std::vector<std::string> options)
    : socket_(folder_ / "socket"), port_(free_port()), options_(std::move(options)) {
  if (how == care::none)
    append(options_,
           {"--innodb-flush-log-at-trx-commit=0",
            "--innodb-flush-method=nosync",
            "--innodb-doublewrite=0",
            "--innodb-file-per-table=0"});
  else
    append(options_, {"--innodb-flush-log-at-trx-commit=1"});
  std::vector<std::string> install{"mariadb-install-db", "--no-defaults"};
  append(install, as_user());
  append(install,
         {"--datadir=" + (folder_ / "data"),
          "--skip-test-db",
          "--auth-root-authentication-method=normal",
          "--skip-name-resolve"});
  run(install);
  start();
}

std::vector<std::string> mariadb_server::command() const {
  // So that it ends with us even when we crash.
  std::vector<std::string> out{"setpriv", "--pdeathsig", "KILL", daemon_path(), "--no-defaults"};
  append(out, as_user());
  append(out,
         {"--datadir=" + (folder_ / "data"),
          "--socket=" + socket_,
          "--port=" + std::to_string(port_),
          "--bind-address=127.0.0.1",
          "--skip-name-resolve",
          "--pid-file=" + (folder_ / "pid"),
          "--innodb-buffer-pool-size=64M",
          "--innodb-log-file-size=64M",
          "--skip-log-bin"});
  append(out, options_);
  return out;
}

void mariadb_server::start() {
  process::start_options how;
  how.grace = std::chrono::seconds{20};
  how.folder = folder_.path();
  server_ = std::make_unique<process>(command(), how);
  bool is_up = eventually(
    [&] {
      return !server_->running() ||
             server_->errors().find("ready for connections") != std::string::npos;
    },
    std::chrono::seconds{60});
  if (!is_up || !server_->running())
    throw std::runtime_error("mariadbd does not start: " + server_->errors());
}

void mariadb_server::kill() {
  server_->signal(SIGKILL);
  server_->wait();
}

void mariadb_server::stop() { server_->terminate(); }
void mariadb_server::pause() { server_->signal(SIGSTOP); }
void mariadb_server::resume() { server_->signal(SIGCONT); }

std::string mariadb_server::sql(const std::string& text) const {
  return run({"mariadb", "--no-defaults", "-uroot", "-S" + socket_, "-N", "-B", "-e", text});
}

} // namespace aops::tests
