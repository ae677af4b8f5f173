#include "runtime/core/sockets/exporter_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

namespace aops::sockets {

namespace {

/// The value of a label, in quotes.
std::string quoted_label(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\')
      out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out + '"';
}

class label_text {
public:
  label_text& add(std::string_view name, std::string_view value) {
    if (!text_.empty())
      text_ += ',';
    text_.append(name).append("=").append(quoted_label(value));
    return *this;
  }
  label_text& add(std::string_view name, uint64_t value) {
    return add(name, fmt::format("{}", value));
  }
  std::string take() { return std::move(text_); }

private:
  std::string text_;
};

/// Lines of one name stand together, whoever brings them.
class page_writer {
public:
  explicit page_writer(const batch& x)
      : host_(label_text{}.add("machine_id", x.machine_id).add("hostname", x.hostname).take()) {}

  void add(std::string_view table,
           std::string_view metric,
           bool is_counter,
           const std::string& labels,
           std::string_view value) {
    auto name = fmt::format("gala_gopher_{}_{}", table, metric);
    auto& lines = families_[name];
    if (lines.empty())
      lines = fmt::format("# TYPE {} {}\n", name, is_counter ? "counter" : "gauge");
    fmt::format_to(std::back_inserter(lines),
                   "{}{{{}{}{}}} {}\n",
                   name,
                   labels,
                   labels.empty() ? "" : ",",
                   host_,
                   value);
  }
  void add(std::string_view table,
           std::string_view metric,
           bool is_counter,
           const std::string& labels,
           uint64_t value) {
    add(table, metric, is_counter, labels, fmt::format("{}", value));
  }

  std::string take() {
    std::string out;
    for (auto& [name, lines] : families_)
      out += lines;
    return out;
  }

private:
  std::string host_;
  std::map<std::string, std::string> families_;
};

void write_link_lines(page_writer& to, const tcp_link& x) {
  constexpr std::string_view table = "tcp_link";
  auto labels = label_text{}
                  .add("process_name", x.process_name)
                  .add("role", x.is_server ? "server" : "client")
                  .add("client_ip", to_string(x.client))
                  .add("server_ip", to_string(x.server))
                  .add("server_port", x.server_port)
                  .add("protocol", x.family())
                  .take();
  to.add(table, "link_count", false, labels, x.link_count);
  for (uint8_t i = 0; i < counters; ++i)
    if (auto c = static_cast<counter>(i); x.knows(c))
      to.add(table, name_of(c), true, labels, x.sums[i]);
  if (x.knows_lost)
    to.add(table, "lost_packets", false, labels, x.lost);
  if (x.knows_rtt) {
    to.add(table, "rtt", false, labels, x.rtt_us);
    to.add(table, "rtt_max", false, labels, x.rtt_max_us);
  }
}

void write_balanced_lines(page_writer& to, const ipvs_link& x) {
  auto labels = label_text{}
                  .add("process_name", "ipvs")
                  .add("client_ip", to_string(x.client))
                  .add("virtual_ip", to_string(x.virtual_ip))
                  .add("virtual_port", x.virtual_port)
                  .add("server_ip", to_string(x.server))
                  .add("server_port", x.server_port)
                  .add("protocol", uint64_t{x.server.is_v4() ? 2U : 10U})
                  .take();
  to.add("ipvs_link", "link_count", false, labels, x.link_count);
}

void write_record_lines(page_writer& to, const probe_record& x) {
  label_text labels;
  for (const auto& [name, value] : x.texts)
    labels.add(name, value);
  for (const auto& f : x.numbers)
    if (f.is_label)
      labels.add(f.name, f.value);
  auto text = labels.take();
  for (const auto& f : x.numbers)
    if (!f.is_label)
      to.add(x.table, f.name, f.is_counter, text, f.value);
}

} // namespace

std::string exporter_text(const batch& x, const std::vector<agent_figure>& figures) {
  page_writer page{x};
  for (const auto& one : x.links)
    write_link_lines(page, one);
  for (const auto& one : x.balanced)
    write_balanced_lines(page, one);
  for (const auto& one : x.records)
    write_record_lines(page, one);
  auto out = page.take();
  for (const auto& f : figures)
    fmt::format_to(std::back_inserter(out),
                   "# HELP aops_agent_{0} {1}\n# TYPE aops_agent_{0} {2}\naops_agent_{0} {3}\n",
                   f.name,
                   f.help,
                   f.is_counter ? "counter" : "gauge",
                   f.value);
  return out;
}

} // namespace aops::sockets
