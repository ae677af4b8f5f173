#pragma once

#include "messages/values.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/units.hpp"

#include <string>
#include <vector>

namespace aops::base {

/// Addresses that no log, trace or error may show.
struct sealed_list {
  std::vector<std::string> texts;
};

/// Where alerts are told to: one `[[notify]]` of the configuration. What each member means stands
/// in `options_of` (config_options.cpp).
struct notify_receiver {
  std::string name;
  sealed_text url; ///< Such an address often is a secret itself.
  /// Of the other members of an Alertmanager cluster. Empty once read: each is a receiver then.
  sealed_list urls;
  std::string format = "json"; ///< Of the body: `json`, `alertmanager`, or that of a chat.
  std::vector<std::string> severities = {"critical", "warning"};
  std::vector<std::string> owners;
  bool resolved = true;
  std::string group = "none"; ///< `none`, `host`, `rule`.
  duration repeat = hours(4);
  duration timeout = seconds(10);
  duration give_up_after = hours(24);
  duration expire_after = hours(1); ///< Alertmanager's belief in an alert it hears no more of.
  std::string headers_file, ca;
  std::string content_type = "application/json";
  std::string body; ///< A template; empty: the JSON document of docs/notifications.md.
};

/// A program that judges for check rules: one `[plugins.NAME]`. What each member means stands in
/// `options_of` (config_options.cpp).
struct plugin_program {
  std::string name;                 ///< What rules name as their `plugin`.
  std::vector<std::string> command; ///< Program and parameters; there is no shell.
  duration timeout = seconds(5);
  byte_size memory = mebibytes(256);
  duration cpu_time = hours(1);
  int64_t nice = 10;
  byte_size max_message = mebibytes(4);
  int64_t queue = 256;
};

/// Plug-ins that a node may run.
inline constexpr size_t most_plugins = 32;

/// What a user can set, section by section, with its defaults. What each option means, its range
/// and its unit stand in one list, `options_of` (config_options.cpp); `etc/aops.toml` is printed
/// from it.
struct config {
  std::string data_dir = "/var/lib/aops";

  struct {
    endpoint listen{"127.0.0.1", 11111};
    int64_t max_connections = 2048;
    int64_t max_streams = 1024;
    byte_size max_body = mebibytes(8);
    duration header_timeout = seconds(10);
    duration body_timeout = seconds(30);
    duration keep_alive = seconds(2);
    duration write_timeout = seconds(10);
    duration request_timeout = seconds(10);
    std::vector<std::string> trusted_proxies;
    std::string public_url; ///< Where people reach the pages; empty: nobody is sent there.
  } http;

  struct {
    endpoint listen{"127.0.0.1", 0};
    std::string credential_file;
  } data;

  struct {
    bool enabled = true;
    std::string certificate, key;
    std::vector<std::string> names;
  } tls;

  struct {
    std::string level = "info", format = "text", file;
    byte_size max_bytes = mebibytes(30);
    int64_t max_files = 40;
  } log;

  struct {
    bool single_session = false;
    duration session_idle = hours(2), session_absolute = hours(24);
    int64_t scrypt_n = 32768;
    int64_t throttle_failures = 10;
    duration throttle_window = minutes(1);
    bool registration = true;
    std::string first_password = "default"; ///< `default`, `random`.
  } auth;

  struct {
    std::string engine = "sqlite";
    std::string socket;
    std::vector<std::string> host = {"127.0.0.1"};
    int64_t port = 3306;
    std::string user = "aops";
    sealed_text password;
    std::string password_file;
    std::string database = "aops";
    duration connect_timeout = seconds(5), timeout = seconds(10);
    std::string ssl_ca, ssl_cert, ssl_key;
    bool ssl_verify_server = true;
  } storage;

  struct {
    int64_t batch_max = 1024;
    int64_t queue_max = 16384;
    duration gather = milliseconds(50);
    int64_t readers = 4;
    byte_size cache = mebibytes(64);
    duration request_timeout = seconds(10);
  } store;

  struct {
    std::string source = "scrape";
    duration keep = days(7);
    byte_size max_bytes = gigabytes(10);
  } samples;

  struct {
    std::string store = "embedded"; ///< `embedded`, `opensearch`.
    std::string directory;          ///< Empty: `logs` in the data folder.
    duration keep = days(7);
    byte_size max_bytes = gigabytes(10);
    duration search_timeout = seconds(10);
    std::vector<std::string>
      opensearch_url; ///< Of one cluster, each asked when those before are away.
    std::string opensearch_user, opensearch_password_file, opensearch_api_key_file, opensearch_ca;
    std::string opensearch_prefix = "aops";
    int64_t opensearch_replicas = 1;
    duration opensearch_timeout = seconds(10);
    std::vector<std::string> syslog_listen;
    std::string syslog_ca;
    bool syslog_by_address = false;
    int64_t syslog_connections = 2048;
    duration syslog_idle = hours(1); ///< 0: for ever.
  } logs;

  struct {
    duration period = seconds(5), stale = seconds(20), window = minutes(1), keep = days(1);
    int64_t max_links = 4096;
    std::vector<std::string> thresholds = {"retran_packets_per_s > 5", "lost_packets_per_s > 5"};
    double hysteresis = 0.2;
  } topology;

  struct {
    duration patience = minutes(1);
    byte_size max_bytes = mebibytes(32);
    int64_t max_samples = 100'000;
  } remote_write;

  struct {
    std::string url;
    duration timeout = seconds(10);
  } prometheus;

  struct {
    int64_t port = 9100;
    duration connect_timeout = seconds(2), timeout = seconds(10);
    byte_size max_bytes = mebibytes(16);
    std::string keep_list;
  } scrape;

  struct {
    duration sample_period = seconds(15);
    duration delay;
    duration backfill = hours(24);
    int64_t max_retry_num = 3;
    duration cool_down_time = minutes(2);
    int64_t max_dead_retry_task = 10000;
    double dead_retry_task_discount = 0.5;
    int64_t max_instances = 256;
    int64_t max_matched_series = 4096;
    bool flapping = false;
    int64_t flap_rounds = 20;
    double flap_low = 0.25, flap_high = 0.5;
  } check;

  struct {
    int64_t max_running = 64;
    duration unit_timeout = seconds(30);
    duration deadline = hours(1);
  } jobs;

  struct {
    std::string directory; ///< Of run folders; empty: `runs` in the data folder.
    std::string ansible = "ansible-playbook", runner = "ansible-runner"; ///< Programs.
    int64_t max_running = 4;                                             ///< Runs on a node.
    int64_t forks = 50; ///< Hosts of a run at once.
    duration step_timeout = hours(1), timeout = hours(24);
    byte_size event_bytes{65'536}; ///< Of one event; more is cut.
    duration keep = days(90);
    duration collect_facts = hours(24); ///< 0: on demand only.
    byte_size collect_bytes = mebibytes(1), package_bytes = mebibytes(512);
    std::string commands; ///< File that lists what may be run on hosts; empty: nothing.
  } tasks;

  struct {
    duration check_every = minutes(10); ///< 0: on demand only.
    duration watch_every = minutes(1);  ///< Between these; 0: not.
    int64_t parallel = 2;               ///< Domains of which hosts are read at once.
    int64_t most_versions = 1000;       ///< Of an item.
    std::vector<std::string> paths;     ///< Folders of files that may be traced; empty: all.
    std::string models;                 ///< Folder of models beside those that come with aops.
  } tracing;

  struct {
    int64_t max_reports = 100'000;
    duration unit_timeout = seconds(30);
    duration deadline = hours(1);
  } diag;

  struct {
    endpoint listen{"127.0.0.1", 0};
    std::string advertise;
    std::string certificate, key, ca, revoked;
    duration lease = seconds(5), renew = seconds(1);
    duration heartbeat = milliseconds(500), suspect_after = seconds(2);
    duration hand_over = seconds(5);
    int64_t most_moves = 32;
    byte_size max_message = mebibytes(1);
  } cluster;

  struct {
    duration check_results = days(90), diag_reports = days(180), audit_log = days(365);
    std::string dump_directory; ///< Empty: what is too old is gone.
    /// Above so many the oldest are dumped; 0: however many.
    int64_t most_check_results = 0, most_diag_reports = 0, most_audit_records = 0;
    bool dump_samples = false; ///< What `samples.keep` and `samples.max_bytes` leave no room for.
  } retention;

  struct {
    std::string directory; ///< Empty: no backups by schedule.
    std::string window = "02:00-04:00", key_file;
    duration keep = days(7);
  } backup;

  struct {
    bool enabled = false;
    std::string queue = "kafka"; ///< `kafka`, `memory`.
    std::vector<std::string> brokers;
    std::string client_id = "aops", group = "aops";
    std::vector<std::string> check_topics = {"CHECK_EXECUTE_REQ"};
    std::vector<std::string> diag_topics = {"DIAGNOSE_EXECUTE_REQ"};
    std::vector<std::string> publish; ///< Of `results`, `progress`, `reports`.
    std::string result_topic = "CHECK_RESULT", progress_topic = "DIAGNOSE_PROGRESS";
    std::string report_topic = "DIAGNOSE_REPORT", dlq_suffix = ".DLQ";
    std::string security = "plaintext"; ///< `plaintext`, `ssl`, `sasl_plaintext`, `sasl_ssl`.
    std::string sasl_mechanism = "SCRAM-SHA-512", user;
    sealed_text password;
    std::string password_file, ssl_ca, ssl_cert, ssl_key;
    std::vector<std::string> properties; ///< `name=value` of librdkafka.
    int64_t batch_max = 1000;
    duration batch_wait = milliseconds(20);
    byte_size max_message = mebibytes(1);
    int64_t max_open_jobs = 10'000, max_outbox = 1'000'000;
    duration dlq_keep = days(7);
  } kafka;

  struct {
    std::vector<std::string> trees; ///< `ALERT=TREE`; `*=TREE` for those without any.
    duration window = minutes(10);
  } alertmanager;

  std::vector<notify_receiver> notify; ///< Of different names.
  std::vector<plugin_program> plugins; ///< Of different names.
};

/// Reads a TOML file and then the overrides, `section.key=value` each.
/// @param file Empty: defaults only.
/// ec::bad_request with `FILE:LINE: section.key: reason`, or `--set section.key: reason`; unknown
/// keys are named.
expected<config> load_config(const std::string& file,
                             const std::vector<std::string>& overrides = {});

/// `etc/aops.toml`: every option with meaning, unit, range and default.
std::string default_toml();

/// The whole configuration as TOML with passwords as `<sealed>`, for `aops-node check-config`.
std::string to_toml(const config& c);

/// Section `log` in the log's own terms.
aops::log::log_config log_settings(const config& c);

/// `storage.password`, or the first line of `storage.password_file`. ec::bad_request when that file
/// cannot be read or others may read it.
expected<sealed_text> storage_password(const config& c);

/// `kafka.password`, or the first line of `kafka.password_file`. Errors as above.
expected<sealed_text> kafka_password(const config& c);

/// The header `Authorization: …` for `logs.opensearch_url`, a secret; empty where nothing proves
/// who asks. Errors as above.
expected<std::string> log_store_proof(const config& c);

/// The lines `Name: value` of `headers_file`, which may hold secrets; none without such a file.
/// ec::bad_request when it cannot be read, others may read it, or a line is no header.
expected<std::vector<std::string>> notify_headers(const notify_receiver& to);

} // namespace aops::base
