#include "runtime/io/mq/kafka_handle.hpp"

#include "runtime/base/json_library.hpp"
#include "runtime/base/log.hpp"

#include <algorithm>
#include <array>

namespace aops::mq {

namespace {

using nlohmann::json;

/// Properties on which rests what the bridge promises.
constexpr std::array ours = {"bootstrap.servers",
                             "metadata.broker.list",
                             "group.id",
                             "transactional.id",
                             "enable.auto.commit",
                             "auto.commit.enable",
                             "enable.auto.offset.store",
                             "enable.idempotence",
                             "acks",
                             "request.required.acks",
                             "isolation.level",
                             "partition.assignment.strategy",
                             "auto.offset.reset",
                             "statistics.interval.ms"};

/// Whoever uses a client tells what matters of it.
void on_log(const rd_kafka_t*, int, const char* facility, const char* text) {
  log::debug("kafka-client", "{}: {}", facility, text);
}

/// Before this version librdkafka says its nonce twice, and newer brokers refuse that as a wrong
/// password: https://github.com/confluentinc/librdkafka/issues/4895
constexpr int speaks_scram = 0x020601ff;

void on_error(rd_kafka_t*, int code, const char* reason, void* opaque) {
  auto name = rd_kafka_err2name(static_cast<rd_kafka_resp_err_t>(code));
  std::string why = reason ? reason : name;
  if (rd_kafka_version() < speaks_scram && why.find("SASL mechanism SCRAM") != why.npos)
    why +=
      "; newer brokers, such as 4.1, refuse the SCRAM of this node's librdkafka (before 2.6.1) "
      "whatever the password";
  static_cast<link_state*>(opaque)->failed(std::move(why));
}

int on_statistics(rd_kafka_t*, char* text, size_t length, void* opaque) {
  static_cast<link_state*>(opaque)->statistics(text, length);
  return 0; // librdkafka frees the text.
}

expected<void> set(rd_kafka_conf_t* conf,
                   std::string_view option,
                   const std::string& name,
                   const std::string& value) {
  char why[512];
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why, sizeof why) == RD_KAFKA_CONF_OK)
    return {};
  return fail(ec::bad_request, std::string{option} + ": " + why);
}

std::string joined(const std::vector<std::string>& all) {
  std::string out;
  for (const auto& x : all)
    out += (out.empty() ? "" : ",") + x;
  return out;
}

/// What the options of the configuration say, each with the option that is to blame.
expected<std::vector<std::array<std::string, 3>>> given(const base::config& c) {
  const auto& k = c.kafka;
  auto password = base::kafka_password(c);
  if (!password)
    return fail(std::move(password.error()));
  std::vector<std::array<std::string, 3>> all{
    {"kafka.brokers", "bootstrap.servers", joined(k.brokers)},
    {"kafka.client_id", "client.id", k.client_id},
    {"kafka.security", "security.protocol", k.security},
  };
  auto add = [&](const char* option, const char* name, const std::string& value) {
    if (!value.empty())
      all.push_back({option, name, value});
  };
  if (k.security.starts_with("sasl")) {
    add("kafka.sasl_mechanism", "sasl.mechanism", k.sasl_mechanism);
    add("kafka.user", "sasl.username", k.user);
    add("kafka.password", "sasl.password", password->text);
  }
  add("kafka.ssl_ca", "ssl.ca.location", k.ssl_ca);
  add("kafka.ssl_cert", "ssl.certificate.location", k.ssl_cert);
  add("kafka.ssl_key", "ssl.key.location", k.ssl_key);
  return all;
}

/// Messages of a partition behind what is committed. The log may end with marks of transactions,
/// which nobody gets: they are none.
int64_t lag_of(const json& partition) {
  auto at = [&](const char* name) { return partition.value(name, int64_t{-1}); };
  auto end = at("ls_offset"), committed = at("committed_offset");
  if (end <= 0)
    return 0;
  bool is_all_read = at("eof_offset") == end;
  if (committed < 0) // The group has never been here: all that is kept.
    return is_all_read && at("app_offset") < 0 ? 0 : end - std::max<int64_t>(0, at("lo_offset"));
  if (is_all_read && at("app_offset") <= committed)
    return 0;
  return std::max<int64_t>(0, end - committed);
}

/// Statistics until it is believed that a reader is let in: brokers say no within a second. One
/// without partitions learns later that its topic is not there.
int steady_for(const standing& x) { return x.partitions > 0 ? 2 : 7; }

/// Statistics for which a group may be busy with who reads what.
constexpr int unsteady_for = 15;

expected<void> set_passed_through(rd_kafka_conf_t* conf, const base::config& c) {
  for (const auto& property : c.kafka.properties) {
    auto equals = property.find('=');
    auto name = property.substr(0, equals);
    if (std::find(ours.begin(), ours.end(), name) != ours.end())
      return fail(ec::bad_request, "kafka.properties: " + name + " is not for you to set");
    // Lists of properties are shown, `check-config` prints them.
    if (name.find("password") != name.npos || name.find("secret") != name.npos)
      return fail(ec::bad_request, "kafka.properties: " + name + " is no place for a secret");
    auto done = set(conf, "kafka.properties", name, property.substr(equals + 1));
    if (!done)
      return done;
  }
  return {};
}

} // namespace

void link_state::failed(std::string why) {
  std::lock_guard guard{mutex_};
  now_.problem = std::move(why);
}

void link_state::refused(std::string why) {
  std::lock_guard guard{mutex_};
  refusal_ = std::move(why);
}

void link_state::statistics(const char* text, size_t length) {
  auto all = json::parse(text, text + length, nullptr, false);
  if (!all.is_object())
    return;
  standing now;
  bool is_up = false;
  for (const auto& broker : all.value("brokers", json::object()))
    is_up = is_up || broker.value("state", "") == "UP";
  for (const auto& topic : all.value("topics", json::object()))
    for (const auto& x : topic.value("partitions", json::object())) {
      if (x.value("fetch_state", "none") == "none" || x.value("partition", -1) < 0)
        continue;
      ++now.partitions;
      now.lag += lag_of(x);
    }
  auto group = all.value("cgrp", json::object());
  bool is_steady =
    is_up && group.value("state", "") == "up" && group.value("join_state", "") == "steady";
  std::lock_guard guard{mutex_};
  // Once in, it stays in while partitions change hands; without brokers it is out.
  unsteady_ = is_steady ? 0 : unsteady_ + 1;
  if (is_steady)
    ++steady_;
  else if (!is_up || steady_ < steady_for(now) || unsteady_ > unsteady_for)
    steady_ = 0;
  now.is_connected = steady_ >= steady_for(now);
  if (!now.is_connected)
    now.problem = !now_.problem.empty() ? now_.problem
                  : is_up               ? "waits to be let into its group"
                                        : "no broker answers";
  now_ = std::move(now);
}

standing link_state::get() const {
  std::lock_guard guard{mutex_};
  auto out = now_;
  if (!refusal_.empty()) {
    out.is_connected = false;
    out.is_refused = true;
    out.problem = refusal_;
  }
  return out;
}

expected<conf_ptr> make_conf(const base::config& c, const properties& own, link_state* state) {
  conf_ptr conf{rd_kafka_conf_new()};
  auto options = given(c);
  if (!options)
    return fail(std::move(options.error()));
  // Before what is passed through, which may say otherwise.
  properties usual{{"statistics.interval.ms", "1000"},
                   {"reconnect.backoff.ms", "100"},
                   {"reconnect.backoff.max.ms", "5000"},
                   {"topic.metadata.refresh.interval.ms", "10000"},
                   {"socket.timeout.ms", "20000"}, // A broker that hangs is missed.
                   {"log.connection.close", "false"},
                   {"session.timeout.ms", "10000"}, // A node that died is missed.
                   {"message.max.bytes", "100000000"}};
  for (const auto& [name, value] : usual)
    if (auto done = set(conf.get(), "kafka", name, value); !done)
      return fail(std::move(done.error()));
  for (const auto& [option, name, value] : *options)
    if (auto done = set(conf.get(), option, name, value); !done)
      return fail(std::move(done.error()));
  if (auto done = set_passed_through(conf.get(), c); !done)
    return fail(std::move(done.error()));
  for (const auto& [name, value] : own)
    if (auto done = set(conf.get(), "kafka", name, value); !done)
      return fail(std::move(done.error()));
  rd_kafka_conf_set_log_cb(conf.get(), on_log);
  rd_kafka_conf_set_error_cb(conf.get(), on_error);
  rd_kafka_conf_set_stats_cb(conf.get(), on_statistics);
  rd_kafka_conf_set_opaque(conf.get(), state);
  return conf;
}

expected<handle_ptr> make_handle(rd_kafka_type_t type, conf_ptr conf) {
  char why[512];
  handle_ptr out{rd_kafka_new(type, conf.get(), why, sizeof why)};
  if (!out)
    return fail(ec::bad_request, std::string{"kafka: "} + why);
  (void)conf.release(); // The handle's now.
  return out;
}

tl::unexpected<error> failure(std::string_view what, rd_kafka_resp_err_t code) {
  return fail(ec::unreachable, std::string{what} + ": " + rd_kafka_err2str(code));
}

tl::unexpected<error> failure(std::string_view what, const rd_kafka_error_t* why) {
  auto code = rd_kafka_error_code(why);
  bool is_fenced = code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
                   code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
  return fail(is_fenced ? ec::fenced : ec::unreachable,
              std::string{what} + ": " + rd_kafka_error_string(why));
}

} // namespace aops::mq
