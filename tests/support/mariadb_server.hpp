#pragma once

#include "tests/support/process.hpp"

#include <memory>
#include <string>
#include <vector>

namespace aops::tests {

/// A private mariadbd on a socket and a free port, in a folder of its own; it ends with this object
/// or with the process, whichever comes first. Its account is `root` without a password.
class mariadb_server {
public:
  enum class care : uint8_t {
    none,    ///< Fast: what a power cut would lose may be lost.
    durable, ///< As in production.
  };

  /// Makes the folder and starts the server. Throws std::runtime_error when it does not come up.
  /// @param options Added to the command line.
  explicit mariadb_server(care how = care::none, std::vector<std::string> options = {});

  const std::string& socket() const { return socket_; }
  uint16_t port() const { return port_; }
  std::string operator/(const std::string& name) const { return folder_ / name; }

  void kill(); ///< kill -9
  void stop(); ///< SIGTERM
  void pause();
  void resume();
  /// Starts again on the same data, socket and port.
  void start();

  /// Runs a command of SQL by the server's own client; its output.
  std::string sql(const std::string& text) const;

private:
  std::vector<std::string> command() const;

  temp_folder folder_;
  std::string socket_;
  uint16_t port_ = 0;
  std::vector<std::string> options_;
  std::unique_ptr<process> server_; ///< Ends before the folder goes.
};

} // namespace aops::tests
