#include "runtime/base/config_options.hpp"

namespace aops::base {

namespace {

/// Between two options of one section.
struct between {
  double min, max;
};
constexpr between span(duration a, duration b) {
  return {static_cast<double>(a.ms), static_cast<double>(b.ms)};
}
constexpr between span(byte_size a, byte_size b) {
  return {static_cast<double>(a.bytes), static_cast<double>(b.bytes)};
}

/// Collects the options of one section after the other.
class lister {
public:
  lister& in(std::string_view section) {
    section_ = section;
    return *this;
  }
  template <class T>
  lister& add(std::string_view key, T& value, std::string_view doc) {
    all_.push_back({section_, key, &value});
    all_.back().doc = doc;
    return *this;
  }
  template <class T>
  lister& add(std::string_view key, T& value, between range, std::string_view doc) {
    add(key, value, doc);
    all_.back().min = range.min;
    all_.back().max = range.max;
    return *this;
  }
  lister&
  choose(std::string_view key, std::string& value, std::string_view choices, std::string_view doc) {
    add(key, value, doc);
    all_.back().choices = choices;
    return *this;
  }
  lister& or_empty() {
    all_.back().may_be_empty = true;
    return *this;
  }
  std::vector<option> take() { return std::move(all_); }

private:
  std::string_view section_;
  std::vector<option> all_;
};

// One option after the other: the table of the manual.
// clang-format off

void add_http(lister& list, config& c) {
  auto& h = c.http;
  list.in("http")
    .add("listen", h.listen,
         "Address and port of REST, event streams and pages; port 0 picks a free one.")
    .add("max_connections", h.max_connections, {16, 65536},
         "Open connections; each has a thread while it is open.")
    .add("max_streams", h.max_streams, {0, 65536},
         "Open progress streams; one more is refused with 429.")
    .add("max_body", h.max_body, span({1024}, gigabytes(1)),
         "Longest request body; more is refused with 413.")
    .add("header_timeout", h.header_timeout, span(seconds(1), minutes(5)),
         "From a request's first byte to its last header.")
    .add("body_timeout", h.body_timeout, span(seconds(1), hours(1)),
         "From the last header to the last byte of the body.")
    .add("keep_alive", h.keep_alive, span(seconds(1), minutes(5)),
         "How long an idle connection stays open.")
    .add("write_timeout", h.write_timeout, span(seconds(1), minutes(5)),
         "How long a client may not read before it is cut off.")
    .add("request_timeout", h.request_timeout, span(seconds(1), minutes(10)),
         "Deadline of a request inside; past it the code is 1001.")
    .add("trusted_proxies", h.trusted_proxies,
         "Addresses and networks (`10.0.0.0/8`) of proxies whose `X-Forwarded-For` and "
         "`X-Forwarded-Proto` are believed; nobody else's are.")
    .add("public_url", h.public_url,
         "Where people reach the pages, such as https://aops.example.org: notices link there. Empty: "
         "they have no links.");
  auto& d = c.data;
  list.in("data")
    .add("listen", d.listen,
         "Address and port of the interface for other services; port 0 picks 11119, or a free one "
         "when that is taken. Empty: there is none.").or_empty()
    .add("credential_file", d.credential_file,
         "File whose first line such services prove themselves by, readable by its owner only; made "
         "when missing. Empty: service.credential in `data_dir`.");
  auto& t = c.tls;
  list.in("tls")
    .add("enabled", t.enabled, "HTTPS; off means plain HTTP.")
    .add("certificate", t.certificate,
         "PEM file with the certificate chain. Empty: self-signed, made in `data_dir` on first "
         "start.")
    .add("key", t.key, "PEM file with the private key of `certificate`.")
    .add("names", t.names,
         "Names and addresses in a self-signed certificate beside localhost, 127.0.0.1 and ::1.");
  auto& l = c.log;
  list.in("log")
    .choose("level", l.level, "debug|info|warn|error|off", "Lowest level that is written.")
    .choose("format", l.format, "text|json", "One line per event as text or as a JSON object.")
    .add("file", l.file, "File to write to. Empty: standard error.")
    .add("max_bytes", l.max_bytes, span({65536}, gigabytes(10)), "Size at which the file rotates.")
    .add("max_files", l.max_files, {1, 1000}, "Rotated files that are kept.");
  auto& a = c.auth;
  list.in("auth")
    .add("single_session", a.single_session,
         "A second log-in of a user is refused (1202) while the first lives.")
    .add("session_idle", a.session_idle, span(seconds(1), days(30)),
         "A session ends when unused for this long.")
    .add("session_absolute", a.session_absolute, span(seconds(1), days(365)),
         "A session ends this long after log-in.")
    .add("scrypt_n", a.scrypt_n, {1024, 1 << 20},
         "Cost of a new password hash, a power of two; 32768 takes 32 MiB and about 0.3 s.")
    .add("throttle_failures", a.throttle_failures, {1, 1000},
         "Failed log-ins of an account from an address in `throttle_window` before more are refused; ten "
         "times as many of an address, whatever the account.")
    .add("throttle_window", a.throttle_window, span(seconds(1), hours(24)),
         "See `throttle_failures`.")
    .add("registration", a.registration,
         "Anybody may register an account; it sees nothing until an administrator takes it in.")
    .choose("first_password", a.first_password, "default|random",
            "Of `admin` at the first start: `changeme`, or one that only `first.password` in "
            "`data_dir` tells.");
}

void add_stores(lister& list, config& c) {
  auto& d = c.storage;
  list.in("storage")
    .choose("engine", d.engine, "sqlite|mariadb",
         "SQLite keeps everything in `data_dir`; MariaDB is needed for more than one node.")
    .add("socket", d.socket, "MariaDB: path of its socket; preferred to `host` when set.")
    .add("host", d.host, "MariaDB: hosts in order of preference.")
    .add("port", d.port, {1, 65535}, "MariaDB: port.")
    .add("user", d.user, "MariaDB: user.")
    .add("password", d.password, "MariaDB: password; better kept in `password_file`.")
    .add("password_file", d.password_file,
         "MariaDB: file whose first line is the password, readable by its owner only.")
    .add("database", d.database, "MariaDB: database; made when it is missing and the user may.")
    .add("connect_timeout", d.connect_timeout, span(milliseconds(100), minutes(5)),
         "MariaDB: how long a connection attempt to one host may take, in whole seconds.")
    .add("timeout", d.timeout, span(seconds(1), minutes(10)),
         "MariaDB: how long a statement may take before the connection counts as lost.")
    .add("ssl_ca", d.ssl_ca,
         "MariaDB: PEM file with the authority of the server's certificate; makes connections to "
         "hosts TLS.")
    .add("ssl_cert", d.ssl_cert, "MariaDB: PEM file with this node's certificate, if it needs one.")
    .add("ssl_key", d.ssl_key, "MariaDB: PEM file with the private key of `ssl_cert`.")
    .add("ssl_verify_server", d.ssl_verify_server,
         "MariaDB: with `ssl_ca`, the server's certificate must be valid and for the host's name.");
  auto& s = c.store;
  list.in("store")
    .add("batch_max", s.batch_max, {1, 100000}, "Operations that share one commit.")
    .add("queue_max", s.queue_max, {16, 1000000},
         "Operations waiting for a commit; one more is refused as overloaded.")
    .add("gather", s.gather, span(milliseconds(0), seconds(1)),
         "How long rounds of hosts wait for others to share a commit; what people and tasks wait for "
         "never does.")
    .add("readers", s.readers, {1, 64}, "Threads that read beside the writer.")
    .add("cache", s.cache, span(mebibytes(1), gigabytes(64)),
         "SQLite: pages of the store kept in memory by the connection that writes, at most; each that reads "
         "keeps a quarter of it.")
    .add("request_timeout", s.request_timeout, span(milliseconds(100), minutes(10)),
         "Deadline of one operation.");
  auto& r = c.retention;
  list.in("retention")
    .add("check_results", r.check_results,
         "Check results are kept this long; 0 keeps them for ever.")
    .add("diag_reports", r.diag_reports,
         "Diagnosis tasks and reports are kept this long; 0 keeps them for ever.")
    .add("audit_log", r.audit_log, "Audit records are kept this long; 0 keeps them for ever.")
    .add("dump_directory", r.dump_directory,
         "Directory into which the node that leads writes what leaves the store for its age or number, "
         "before it is deleted. Empty: it is gone.")
    .add("most_check_results", r.most_check_results, {0, 1'000'000'000},
         "Above so many the oldest check results are dumped; 0: however many.")
    .add("most_diag_reports", r.most_diag_reports, {0, 1'000'000'000},
         "Above so many reports the oldest diagnosis tasks that ended are dumped; 0: however many.")
    .add("most_audit_records", r.most_audit_records, {0, 1'000'000'000},
         "Above so many the oldest audit records are dumped; 0: however many.")
    .add("dump_samples", r.dump_samples,
         "Samples are dumped, too, before they leave the store by `samples.keep` or `samples.max_bytes`. "
         "Dumps of a time take about as much room as its samples did, and nothing deletes them.");
  auto& b = c.backup;
  list.in("backup")
    .add("directory", b.directory,
         "Directory in which the node that leads writes a backup each day. Empty: none by schedule.")
    .add("window", b.window, "When, by the machine's clock: `02:00-04:00`.")
    .add("keep", b.keep, span(hours(1), days(3650)),
         "Backups older than this are deleted; the newest one never is.")
    .add("key_file", b.key_file,
         "File with at least 32 random bytes, readable by its owner only, that backups are encrypted "
         "with. Empty: they are not.");
}

void add_samples(lister& list, config& c) {
  auto& s = c.samples;
  list.in("samples")
    .choose("source", s.source, "scrape|prometheus",
         "Who reads the exporters: this node, or the Prometheus at `prometheus.url`.")
    .add("keep", s.keep, span(hours(1), days(3650)),
         "Scraped samples are kept this long, or until `max_bytes`.")
    .add("max_bytes", s.max_bytes, span(mebibytes(16), {9'000'000'000'000'000}),
         "Room for scraped samples; the oldest go first.");
  auto& w = c.remote_write;
  list.in("remote_write")
    .add("patience", w.patience, span(seconds(1), hours(1)),
         "How long samples that hosts push may fail to come before a round counts as one without.")
    .add("max_bytes", w.max_bytes, span({65536}, gigabytes(1)),
         "Longest request of a sender, unpacked; packed it is at most `http.max_body`.")
    .add("max_samples", w.max_samples, {1, 10'000'000}, "Samples of one such request.");
  auto& p = c.prometheus;
  list.in("prometheus")
    .add("url", p.url,
         "Base URL, such as http://127.0.0.1:9090; needed when `samples.source` is prometheus.")
    .add("timeout", p.timeout, span(milliseconds(100), minutes(5)), "How long a query may take.");
  auto& x = c.scrape;
  list.in("scrape")
    .add("port", x.port, {1, 65535}, "Exporter port of hosts that name none.")
    .add("connect_timeout", x.connect_timeout, span(milliseconds(10), minutes(1)),
         "How long connecting to an exporter may take.")
    .add("timeout", x.timeout, span(milliseconds(10), minutes(5)),
         "How long a whole scrape may take; never longer than `check.sample_period`.")
    .add("max_bytes", x.max_bytes, span({4096}, gigabytes(1)), "Longest page an exporter may send.")
    .add("keep_list", x.keep_list,
         "File of series names, one a line, kept even when no rule refers to them. Empty: the "
         "built-in list.");
}

void add_jobs(lister& list, config& c) {
  auto& k = c.check;
  list.in("check")
    .add("sample_period", k.sample_period, span(seconds(1), hours(1)),
         "How often hosts are sampled and rules evaluated.")
    .add("delay", k.delay, span({}, hours(1)),
         "On prometheus, and of hosts that push: how far evaluation stays behind, for late data; how late lines of "
         "logs may come. 0: one `sample_period`.")
    .add("backfill", k.backfill, span({}, days(30)), "How far back a new rule is evaluated.")
    .add("max_retry_num", k.max_retry_num, {0, 100}, "Retries of what had no data.")
    .add("cool_down_time", k.cool_down_time, span({}, hours(24)), "Wait before a retry.")
    .add("max_dead_retry_task", k.max_dead_retry_task, {0, 1000000},
         "Given-up retries that are remembered to ignore their late duplicates.")
    .add("dead_retry_task_discount", k.dead_retry_task_discount, {0.01, 1},
         "Share of them that is forgotten when there are too many.")
    .add("max_instances", k.max_instances, {1, 100000},
         "Instances of one rule judged on one host; what is beyond is told.")
    .add("max_matched_series", k.max_matched_series, {1, 1000000},
         "Series kept for the matches of rules on one host; what is beyond is told.")
    .add("flapping", k.flapping,
         "Whether an instance that changes all the time is told once, as flapping.")
    .add("flap_rounds", k.flap_rounds, {3, 64}, "Rounds over which changes are counted for that.")
    .add("flap_low", k.flap_low, {0, 1},
         "Share of these rounds with a change below which it ends to flap.")
    .add("flap_high", k.flap_high, {0, 1}, "Share of them from which on it flaps.");
  auto& j = c.jobs;
  list.in("jobs")
    .add("max_running", j.max_running, {1, 1024},
         "Jobs of each kind that a node runs at once; the others wait. Runs of tasks have a limit of their own.")
    .add("unit_timeout", j.unit_timeout, span(seconds(1), minutes(30)),
         "How long one go of a job may take before it is asked again, of kinds without an option of "
         "their own.")
    .add("deadline", j.deadline, span(seconds(1), days(7)),
         "A job that lasts longer ends; what is missing counts as failed. Likewise.");
  auto& d = c.diag;
  list.in("diag")
    .add("max_reports", d.max_reports, {1, 10000000}, "Reports one task may ask for.")
    .add("unit_timeout", d.unit_timeout, span(seconds(1), minutes(30)),
         "How long one go of a diagnosis may take before it is asked again.")
    .add("deadline", d.deadline, span(seconds(1), days(7)),
         "A diagnosis that lasts longer ends with error reports for what is missing.");
}

void add_tasks(lister& list, config& c) {
  auto& t = c.tasks;
  list.in("tasks")
    .add("directory", t.directory,
         "Folder of the files of plays under way, secrets among them; made with mode 0700, emptied at "
         "start. Empty: `runs` in the data folder.")
    .add("runner", t.runner, "The program ansible-runner.")
    .add("ansible", t.ansible, "The program ansible-playbook.")
    .add("max_running", t.max_running, {1, 100},
         "Runs of tasks that are at work on a node at once; others wait for their turn.")
    .add("forks", t.forks, {1, 1000}, "Hosts at once, of a run that does not say.")
    .add("step_timeout", t.step_timeout, span(seconds(1), days(7)),
         "How long a batch of hosts may take for a step, where neither step nor run say.")
    .add("timeout", t.timeout, span(seconds(1), days(30)),
         "How long a run may be at work that does not say.")
    .add("event_bytes", t.event_bytes, span({1024}, mebibytes(1)),
         "Of what one action tells; more is cut, and says so.")
    .add("keep", t.keep, span(hours(1), days(3650)), "How long runs are kept after their end.")
    .add("collect_facts", t.collect_facts, span({}, days(30)),
         "How often hardware and system of hosts are collected while a session of their owner has the "
         "vault key. 0: on demand only.")
    .add("collect_bytes", t.collect_bytes, span({1024}, mebibytes(1)),
         "Longest configuration file that is read from a host.")
    .add("package_bytes", t.package_bytes, span({1024}, gigabytes(1024)),
         "Longest package that may be uploaded; unpacked it may be four times as long.")
    .add("commands", t.commands,
         "JSON file that lists the commands that may be run on hosts; see docs/tasks.md. Empty: none.");
}

void add_logs(lister& list, config& c) {
  auto& l = c.logs;
  list.in("logs")
    .choose("store", l.store, "embedded|opensearch",
            "Where lines that hosts send are kept: in files of the node that gets them, or all in the OpenSearch at "
            "`opensearch_url`.")
    .add("directory", l.directory,
         "Folder of the lines that hosts send; made with mode 0700. Empty: `logs` in the data folder.")
    .add("keep", l.keep, span(hours(1), days(3650)),
         "Lines of hosts are kept this long, or until `max_bytes`.")
    .add("max_bytes", l.max_bytes, span(mebibytes(16), {9'000'000'000'000'000}),
         "Room for lines of hosts on this node, or in OpenSearch; the oldest go first.")
    .add("search_timeout", l.search_timeout, span(milliseconds(100), minutes(1)),
         "How long a search of them may take; then it says that it was cut.")
    .add("opensearch_url", l.opensearch_url,
         "Addresses of the nodes of one OpenSearch or Elasticsearch, such as https://search1:9200; the next one is "
         "asked when one is away. Needed when `store` is opensearch.")
    .add("opensearch_user", l.opensearch_user, "Who asks there. Empty: nobody in particular.")
    .add("opensearch_password_file", l.opensearch_password_file,
         "File whose first line is the password of `opensearch_user`, readable by its owner only.")
    .add("opensearch_api_key_file", l.opensearch_api_key_file,
         "File whose first line is an API key instead, readable by its owner only.")
    .add("opensearch_ca", l.opensearch_ca,
         "PEM file of the authorities that its certificates are checked by. Empty: those of the system.")
    .add("opensearch_prefix", l.opensearch_prefix,
         "Its data stream and index template are called this and `-lines`: lower case letters, digits, `-`, `_`, `.`.")
    .add("opensearch_replicas", l.opensearch_replicas, {0, 5}, "Copies of each of its indices.")
    .add("opensearch_timeout", l.opensearch_timeout, span(milliseconds(500), minutes(1)),
         "How long it may take to store a batch of lines, attempts included; then their sender has to send them again.")
    .add("syslog_listen", l.syslog_listen,
         "Addresses where hosts send syslog (RFC 5424): `127.0.0.1:6601` plain, `tls:0.0.0.0:6514` by TLS with "
         "the certificate of `tls`. Empty: none. See docs/logs.md.")
    .add("syslog_ca", l.syslog_ca,
         "PEM file of the authorities whose certificates tell which host sends syslog. Empty: none do.")
    .add("syslog_by_address", l.syslog_by_address,
         "Whether syslog that comes from the address of just one host counts as its own. Only where addresses "
         "cannot be forged.")
    .add("syslog_connections", l.syslog_connections, {1, 65536},
         "Connections for syslog at once; others wait at the door.")
    .add("syslog_idle", l.syslog_idle, span({}, days(30)),
         "A connection on which nothing comes for so long is closed; at least 1s. 0: never.");
}

void add_topology(lister& list, config& c) {
  auto& t = c.topology;
  list.in("topology")
    .add("period", t.period, span(milliseconds(200), minutes(5)),
         "How often agents of hosts are told to send what they see.")
    .add("stale", t.stale, span(milliseconds(500), hours(1)),
         "Silence of an agent after which its host is stale and its links are lacking; best four times `period`.")
    .add("window", t.window, span(milliseconds(500), hours(4)),
         "How long a link that is not seen any more is shown; at least `stale`.")
    .add("keep", t.keep, span(minutes(10), days(30)),
         "How long it is known which links there were, and that a host had an agent.")
    .add("max_links", t.max_links, {16, 8192}, "Links of one host; of more the rest is left out, and told.")
    .add("thresholds", t.thresholds,
         "Figures of a link that are abnormal, each as `ATTRIBUTE >|>=|<|<= NUMBER`; see docs/topology.md.")
    .add("hysteresis", t.hysteresis, {0, 1},
         "By which share of a threshold a figure has to fall back before the link is normal again.");
}

void add_tracing(lister& list, config& c) {
  auto& t = c.tracing;
  list.in("tracing")
    .add("check_every", t.check_every, span({}, days(30)),
         "How often the files of a domain's hosts are compared with what is expected, while a session of "
         "their owner has the vault key. 0: on demand only.")
    .add("watch_every", t.watch_every, span({}, days(1)),
         "How often, between these looks, hosts are asked by digest whether a file has changed, and how often hosts "
         "that tell of their files themselves are to do so. 0: not between them.")
    .add("parallel", t.parallel, {1, 16}, "Domains whose hosts are read at once on a node; others wait.")
    .add("most_versions", t.most_versions, {2, 100000}, "Versions kept of a file; the oldest of more are gone.")
    .add("paths", t.paths, "Folders whose files may be traced, such as `/etc/`. Empty: all.")
    .add("models", t.models,
         "Folder with models of files beside those that come with aops; see docs/tracing.md. Empty: none.");
}

void add_cluster(lister& list, config& c) {
  auto& x = c.cluster;
  list.in("cluster")
    .add("listen", x.listen,
         "Address and port of the links between nodes; port 0 picks a free one. Outside loopback "
         "`certificate`, `key` and `ca` are needed.")
    .add("advertise", x.advertise,
         "HOST:PORT under which other nodes reach `listen`. Empty: `listen` itself.")
    .add("certificate", x.certificate, "PEM file with this node's certificate chain.")
    .add("key", x.key, "PEM file with the private key of `certificate`.")
    .add("ca", x.ca, "PEM file with the certificate of the cluster's own authority.")
    .add("revoked", x.revoked,
         "PEM file with the authority's revocation list; read again whenever a node comes.")
    .add("lease", x.lease, span(seconds(2), minutes(5)),
         "How long a node is believed to live after it last renewed its lease. The same on all nodes.")
    .add("renew", x.renew, span(milliseconds(100), minutes(1)),
         "How often a lease is renewed; at most a third of `lease`.")
    .add("heartbeat", x.heartbeat, span(milliseconds(50), seconds(30)),
         "How often nodes ask each other for a sign of life. The same on all nodes.")
    .add("suspect_after", x.suspect_after, span(milliseconds(200), minutes(2)),
         "Silence after which a node is suspected and its link cut; more than twice `heartbeat`.")
    .add("hand_over", x.hand_over, span(milliseconds(100), minutes(5)),
         "How long entities may take to end in order when their slot moves.")
    .add("most_moves", x.most_moves, {1, 256}, "Slots that move at once to even out the load.")
    .add("max_message", x.max_message, span(mebibytes(1), mebibytes(64)),
         "Longest message between nodes; a longer one is refused.");
}

void add_kafka(lister& list, config& c) {
  auto& k = c.kafka;
  list.in("kafka")
    .add("enabled", k.enabled, "Takes requests from a message queue and publishes events there.")
    .choose("queue", k.queue, "kafka|memory",
         "Kafka, or a queue within this process, for trying things out without a broker.")
    .add("brokers", k.brokers, "Kafka brokers to begin with, HOST:PORT each.")
    .add("client_id", k.client_id, "Under which brokers' logs and quotas know this node.")
    .add("group", k.group,
         "Begins the names of consumer groups, one a topic (`aops.CHECK_EXECUTE_REQ`), and the "
         "transactional id of the publisher (`aops.outbox`). The same on all nodes.")
    .add("check_topics", k.check_topics,
         "Topics with requests for checks; `DO_CHECK_TOPIC` is the name of the original. Empty: none.")
    .add("diag_topics", k.diag_topics, "Topics with requests for diagnoses. Empty: none.")
    .add("publish", k.publish,
         "What is published: results (of checks), progress and reports (of diagnoses). Empty: nothing.")
    .add("result_topic", k.result_topic, "Topic of check results.")
    .add("progress_topic", k.progress_topic, "Topic of the progress of tasks.")
    .add("report_topic", k.report_topic, "Topic of reports of diagnoses.")
    .add("dlq_suffix", k.dlq_suffix,
         "Follows a topic's name in that of the topic where its messages go that cannot be used.")
    .choose("security", k.security, "plaintext|ssl|sasl_plaintext|sasl_ssl",
         "How connections to brokers are secured.")
    .choose("sasl_mechanism", k.sasl_mechanism, "PLAIN|SCRAM-SHA-256|SCRAM-SHA-512",
         "How this node proves who it is, with sasl_plaintext and sasl_ssl.")
    .add("user", k.user, "SASL: user.")
    .add("password", k.password, "SASL: password; better kept in `password_file`.")
    .add("password_file", k.password_file,
         "SASL: file whose first line is the password, readable by its owner only.")
    .add("ssl_ca", k.ssl_ca, "PEM file with the authority of the brokers. Empty: the system's.")
    .add("ssl_cert", k.ssl_cert, "PEM file with this node's certificate, if brokers ask for one.")
    .add("ssl_key", k.ssl_key, "PEM file with the private key of `ssl_cert`.")
    .add("properties", k.properties,
         "Further properties of librdkafka, `name=value` each, such as `fetch.min.bytes=1024`.")
    .add("batch_max", k.batch_max, {1, 10000}, "Messages that are stored together.")
    .add("batch_wait", k.batch_wait, span(milliseconds(1), seconds(1)),
         "How long a batch waits for more messages.")
    .add("max_message", k.max_message, span({1024}, mebibytes(64)),
         "Longest message that is taken; a longer one cannot be used.")
    .add("max_open_jobs", k.max_open_jobs, {1, 100000000},
         "While so many jobs wait or run, no more messages are taken: they wait in their topics.")
    .add("max_outbox", k.max_outbox, {1000, 100000000},
         "Events that may wait to be published; the oldest of more are dropped.")
    .add("dlq_keep", k.dlq_keep, span(hours(1), days(365)),
         "How long `aops kafka dlq` shows messages that could not be used.");
}

void add_alertmanager(lister& list, config& c) {
  auto& a = c.alertmanager;
  list.in("alertmanager")
    .add("trees", a.trees,
         "Which trees an alert of `/alertmanager/webhook` asks for, `ALERT=TREE` each, beside those that "
         "name it; `*=TREE` is for alerts that no tree is found for.")
    .add("window", a.window, span(minutes(1), hours(24)),
         "How far such a diagnosis looks back.");
}

void add_receiver(lister& list, notify_receiver& x) {
  list.in("notify")
    .add("name", x.name, "Under which logs, figures and `aops notify` know it: letters, digits, `-`, `_`.")
    .add("url", x.url, "http or https address that each notice is sent to by POST. Never shown: it may hold a secret.")
    .add("urls", x.urls, "alertmanager: further addresses, of the other members of its cluster; each is told for itself.")
    .choose("format", x.format, "json|alertmanager|slack|feishu|dingtalk|wecom|mattermost",
            "What is sent: `body`, alerts of Alertmanager's API, or a message in the form of a chat.")
    .add("severities", x.severities, "Alerts of which severities: info, warning, critical.")
    .add("owners", x.owners, "Only alerts of these administrators. Empty: of all.")
    .add("resolved", x.resolved, "Whether it is told that an alert has ended.")
    .choose("group", x.group, "none|host|rule",
         "Which alerts of one moment share a notice: none, those of a host, those of a rule.")
    .add("repeat", x.repeat, span({}, days(30)),
         "How often it is told again while an alert lasts. 0: never. Of alertmanager 1m unless given.")
    .add("timeout", x.timeout, span(milliseconds(100), minutes(1)), "How long one attempt may take.")
    .add("give_up_after", x.give_up_after, span(minutes(1), days(30)),
         "A notice that has failed for so long is given up.")
    .add("expire_after", x.expire_after, span(minutes(5), days(30)),
         "alertmanager: an alert that it hears no more of is over after so long; at least four times `repeat`.")
    .add("headers_file", x.headers_file,
         "File with header lines such as `Authorization: Bearer …`, readable by its owner only.")
    .add("ca", x.ca, "PEM file with the authority of an https receiver. Empty: the system's.")
    .add("content_type", x.content_type, "Media type of `body`.")
    .add("body", x.body, "Mustache template of the body; see docs/notifications.md. Empty: a JSON document.");
}

void add_plugin(lister& list, plugin_program& x) {
  list.in("plugins")
    .add("command", x.command,
         "Program, by its whole path, and its parameters. It is started with the node, without a shell.")
    .add("timeout", x.timeout, span(milliseconds(100), minutes(1)),
         "How long one answer may take; then the program is ended and started anew.")
    .add("memory", x.memory, span(mebibytes(16), gigabytes(64)),
         "Address space of the program at most.")
    .add("cpu_time", x.cpu_time, span(minutes(1), days(30)),
         "Processor time after which the program is ended and started anew.")
    .add("nice", x.nice, {0, 19}, "How much the program stands back for others that want the processor.")
    .add("max_message", x.max_message, span(mebibytes(1), mebibytes(64)),
         "Longest line, of either side; after a longer one the program is ended and started anew.")
    .add("queue", x.queue, {1, 10000}, "Requests that may wait; more are refused, and counted.");
}

// clang-format on

} // namespace

std::vector<option> options_of(plugin_program& to) {
  lister list;
  add_plugin(list, to);
  return list.take();
}

std::vector<option> options_of(notify_receiver& to) {
  lister list;
  add_receiver(list, to);
  return list.take();
}

std::vector<option> options_of(config& c) {
  lister list;
  list.add("data_dir",
           c.data_dir,
           "Directory of the database, keys and certificates; made with mode 0700 when missing.");
  add_http(list, c);
  add_stores(list, c);
  add_samples(list, c);
  add_logs(list, c);
  add_topology(list, c);
  add_jobs(list, c);
  add_tasks(list, c);
  add_tracing(list, c);
  add_cluster(list, c);
  add_kafka(list, c);
  add_alertmanager(list, c);
  return list.take();
}

} // namespace aops::base
