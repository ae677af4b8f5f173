#include "runtime/core/sockets/batch.hpp"

#include "runtime/base/canonical_json.hpp"

#include <fmt/format.h>

#include <iterator>

namespace aops::sockets {

namespace {

/// Writes JSON member by member: a document in memory would be several times the text.
class batch_writer {
public:
  explicit batch_writer(std::string& out) : out_(out) {}

  void begin(char c) {
    separate();
    out_ += c;
    is_first_ = true;
  }
  void end(char c) {
    out_ += c;
    is_first_ = false;
  }
  void name(std::string_view text) {
    separate();
    out_.append("\"").append(text).append("\":");
    is_first_ = true;
  }
  void text(std::string_view value) {
    separate();
    base::append_canonical_text(out_, value);
  }
  void number(int64_t value) {
    separate();
    fmt::format_to(std::back_inserter(out_), "{}", value);
  }
  void member(std::string_view key, std::string_view value) {
    name(key);
    text(value);
  }
  void member(std::string_view key, uint64_t value) {
    name(key);
    number(static_cast<int64_t>(value));
  }
  void raw(std::string_view key, std::string_view value) {
    name(key);
    separate();
    out_ += value;
  }
  void pids(const std::vector<int>& all) {
    name("pids");
    begin('[');
    for (int pid : all)
      number(pid);
    end(']');
  }

private:
  void separate() {
    if (!is_first_)
      out_ += ',';
    is_first_ = false;
  }

  std::string& out_;
  bool is_first_ = true;
};

void write_link(batch_writer& to, const tcp_link& x) {
  to.begin('{');
  to.member("table_name", "tcp_link");
  to.member("process_name", x.process_name);
  to.pids(x.pids);
  to.member("role", x.is_server ? "server" : "client");
  to.member("client_ip", to_string(x.client));
  to.member("server_ip", to_string(x.server));
  to.member("server_port", x.server_port);
  to.member("protocol", x.family());
  to.member("link_count", x.link_count);
  for (uint8_t c = 0; c < counters; ++c)
    if (x.knows(static_cast<counter>(c)))
      to.member(name_of(static_cast<counter>(c)), x.totals[c]);
  if (x.knows_lost)
    to.member("lost_packets", x.lost);
  if (x.knows_rtt) {
    to.member("rtt", x.rtt_us);
    to.member("rtt_max", x.rtt_max_us);
  }
  to.end('}');
}

void write_balanced(batch_writer& to, const ipvs_link& x) {
  to.begin('{');
  to.member("table_name", "ipvs_link");
  to.member("process_name", "ipvs");
  to.member("client_ip", to_string(x.client));
  to.member("virtual_ip", to_string(x.virtual_ip));
  to.member("virtual_port", x.virtual_port);
  to.member("server_ip", to_string(x.server));
  to.member("server_port", x.server_port);
  to.member("protocol", uint64_t{x.server.is_v4() ? 2U : 10U});
  to.member("link_count", x.link_count);
  to.end('}');
}

void write_record(batch_writer& to, const probe_record& x) {
  to.begin('{');
  to.member("table_name", x.table);
  for (const auto& [name, value] : x.texts)
    to.member(name, value);
  for (const auto& number : x.numbers)
    to.raw(number.name, number.value);
  to.end('}');
}

} // namespace

uint8_t tcp_link::family() const { return client.is_v4() && server.is_v4() ? 2 : 10; }

std::string to_json(const batch& x) {
  std::string out;
  out.reserve(1024 + 320 * x.links.size() + 160 * (x.ports.size() + x.processes.size()));
  batch_writer to{out};
  to.begin('{');
  to.member("machine_id", x.machine_id);
  to.member("hostname", x.hostname);
  to.name("addresses");
  to.begin('[');
  for (const auto& address : x.addresses)
    to.text(address);
  to.end(']');
  to.member("time_ms", static_cast<uint64_t>(x.time_ms));
  to.member("period_ms", static_cast<uint64_t>(x.period_ms));
  to.member("agent", x.agent);
  to.raw("is_cut", x.is_cut ? "true" : "false");
  to.name("links");
  to.begin('[');
  for (const auto& one : x.links)
    write_link(to, one);
  to.end(']');
  to.name("listening");
  to.begin('[');
  for (const auto& port : x.ports) {
    to.begin('{');
    if (!port.process_name.empty())
      to.member("process_name", port.process_name);
    to.pids(port.pids);
    to.member("address", to_string(port.address));
    to.member("port", port.port);
    to.end('}');
  }
  to.end(']');
  to.name("processes");
  to.begin('[');
  for (const auto& group : x.processes) {
    to.begin('{');
    to.member("process_name", group.name);
    to.pids(group.pids);
    to.member("user", group.user);
    to.member("command", group.command);
    to.end('}');
  }
  to.end(']');
  to.name("records");
  to.begin('[');
  for (const auto& one : x.balanced)
    write_balanced(to, one);
  for (const auto& one : x.records)
    if (one.is_link)
      write_record(to, one);
  to.end(']');
  to.end('}');
  return out;
}

} // namespace aops::sockets
