#pragma once

#include "messages/doctor.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Says of measured facts whether they will do, and what to do when they will not.
namespace aops::doctor {

/// An address that is to be listened on.
struct port_fact {
  std::string option;  ///< Such as `http.listen`.
  std::string address; ///< HOST:PORT; empty: none is needed.
  bool is_free = false;
  bool is_ours = false; ///< A node of ours answers there.
};

struct certificate_fact {
  std::string option, file;
  int64_t until_ms = 0;
  std::string error; ///< Why it cannot be read.
};

/// What was measured. Nothing: it could not be, or does not apply.
struct facts {
  int64_t now_ms = 0;
  std::string os_id, os_name; ///< Of /etc/os-release.
  std::string kernel;         ///< `6.1.0-18-amd64`.
  int64_t processors = 0;
  std::optional<int64_t> memory_bytes,
    memory_free_bytes; ///< For this process: a group's limit counts.
  std::string data_dir;
  std::string data_dir_error; ///< Why it cannot be used.
  std::optional<int64_t> disk_bytes, disk_free_bytes;
  int64_t samples_may_take_bytes = 0; ///< `samples.max_bytes`, where they are in this directory.
  int64_t samples_take_bytes = 0;
  bool is_private = true; ///< The directory is for its owner only.
  bool is_root = false;
  int64_t open_files = 0, wanted_files = 0; ///< The hard limit; what the configuration may need.
  std::vector<port_fact> ports;
  std::optional<bool> is_clock_synchronised;
  std::vector<certificate_fact> certificates;
  std::string store_engine, store_error, store_version;
  std::optional<int64_t> store_schema;
  int64_t known_schema = 0;
  std::optional<int64_t> store_clock_ahead_ms; ///< Of ours.
  int64_t lease_ms = 0;
  std::optional<bool> may_define; ///< The store's user may change the schema.
  std::string log_store_url, log_store_error, log_store_version;    ///< No URL: it is embedded.
  std::string prometheus_url, prometheus_error, prometheus_version; ///< No URL: none is used.
  bool has_queue = false; ///< A message queue is configured.
  std::string queue_error;
  int64_t queue_brokers = 0;
  std::vector<std::pair<std::string, std::string>> queue_topics; ///< And why each cannot be used.
  std::vector<std::pair<std::string, std::string>> plugins;      ///< And why each does not serve.
  std::string backup_directory;
  std::optional<int64_t> last_backup_ms;
};

/// One item for each thing that applies, in a fixed order.
std::vector<examined_item> judge(const facts& x);

/// `OK`, `WARN` or `FAIL`: the worst of them.
std::string worst_of(const std::vector<examined_item>& items);

} // namespace aops::doctor
