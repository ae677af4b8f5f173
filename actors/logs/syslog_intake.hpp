#pragma once

#include "actors/logs/line_intake.hpp"
#include "messages/host.hpp"
#include "runtime/core/logs/syslog_records.hpp"
#include "runtime/io/syslog/syslog_server.hpp"

#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

namespace aops::actors {

/// Which hosts names in certificates, and addresses, stand for: only where just one host has them.
class host_names_known {
public:
  void load(const std::vector<host_record>& hosts);
  std::optional<std::string> by_name(const std::string& name) const; ///< Or by id.
  std::optional<std::string> by_address(const std::string& address) const;

private:
  /// An empty id: several have it.
  std::unordered_map<std::string, std::string> names_, addresses_;
};

/// Takes syslog of hosts: from bytes of connections to lines that are stored. Whose a message is
/// says its token, else the certificate that the connection proved, else, where that is turned on,
/// its address; a message of which nothing of that is true is left out and counted. Any thread.
class syslog_intake : public std::enable_shared_from_this<syslog_intake> {
public:
  syslog_intake(intake_tools tools, std::shared_ptr<executor> threads);

  void take(const syslog::peer& from, std::string bytes, std::function<void(bool)> done);
  void gone(uint64_t connection);
  /// Tries again what found no room.
  void look();

  ~syslog_intake();

  /// Opens the doors of the configuration. ec::internal.
  expected<void> open();
  void close(); ///< To be called before the last reference goes, and not by a door.
  bool is_open() const;

private:
  /// Messages of one connection, until they are stored.
  struct batch {
    syslog::peer from;
    std::vector<std::string> messages;
    std::function<void(bool)> done;
  };
  using batch_ptr = std::shared_ptr<batch>;
  /// Lines by their hosts.
  using sorted_lines = std::vector<std::pair<std::string, std::vector<logs::record>>>;

  expected<void> open_doors();
  void work(batch_ptr x);
  void try_again(std::function<void()> work);
  void store(batch_ptr x, std::shared_ptr<sorted_lines> lines, size_t next);
  expected<std::string> host_of(const logs::syslog_message& x, const syslog::peer& from);
  expected<std::shared_ptr<const host_names_known>> hosts();

  intake_tools tools_;
  std::shared_ptr<executor> threads_;
  std::mutex mutex_;
  std::map<uint64_t, logs::syslog_frames> frames_;
  std::vector<std::function<void()>> waiting_; ///< One of each connection at most.
  std::shared_ptr<const host_names_known> hosts_;
  int64_t hosts_until_ms_ = 0, complained_ms_ = 0;
  std::atomic<bool> is_opening_{false};
  bool is_closed_ = false;
  mutable std::mutex door_mutex_;
  std::unique_ptr<syslog::server> server_;
};

} // namespace aops::actors
