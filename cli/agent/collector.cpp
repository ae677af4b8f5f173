#include "cli/agent/collector.hpp"

#include "runtime/core/sockets/proc_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <memory>
#include <net/if.h>
#include <unistd.h>

namespace aops::agent {

namespace {

/// Lines of about 100 bytes; what is beyond is left out.
constexpr size_t most_ipvs_text = size_t{8} << 20U;

std::string hostname_of_system() {
  char name[256] = "";
  ::gethostname(name, sizeof name - 1);
  return name;
}

/// Of this host, but for those that only it can reach itself at.
std::vector<std::string> own_addresses() {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0)
    return {};
  std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> all{first, &::freeifaddrs};
  std::vector<std::string> out;
  for (auto* x = first; x && out.size() < sockets::most_addresses; x = x->ifa_next) {
    if (!x->ifa_addr || (x->ifa_flags & IFF_LOOPBACK) != 0)
      continue;
    char text[INET6_ADDRSTRLEN] = "";
    if (x->ifa_addr->sa_family == AF_INET)
      ::inet_ntop(
        AF_INET, &reinterpret_cast<sockaddr_in*>(x->ifa_addr)->sin_addr, text, sizeof text);
    else if (x->ifa_addr->sa_family == AF_INET6)
      ::inet_ntop(
        AF_INET6, &reinterpret_cast<sockaddr_in6*>(x->ifa_addr)->sin6_addr, text, sizeof text);
    if (*text != '\0' && std::find(out.begin(), out.end(), text) == out.end())
      out.emplace_back(text);
  }
  return out;
}

expected<std::string> machine_id_of_system() {
  for (const auto* file : {"/etc/machine-id", "/var/lib/dbus/machine-id"}) {
    auto text = read_some(file, 64);
    if (text && text->size() >= 32)
      return text->substr(0, 32);
  }
  return fail(ec::bad_request,
              "machine_id: must be set: this host has no /etc/machine-id (systemd-machine-id-setup "
              "makes one)");
}

search_limits limits_of(bool is_thorough) {
  search_limits out;
  if (is_thorough)
    out.links = out.folders = SIZE_MAX;
  return out;
}

} // namespace

expected<collector> collector::make(const agent_config& config, bool is_thorough) {
  auto id = config.machine_id.empty() ? machine_id_of_system() : config.machine_id;
  if (!id)
    return fail(std::move(id.error()));
  return collector{config, std::move(*id), is_thorough};
}

collector::collector(const agent_config& config, std::string machine_id, bool is_thorough)
    : machine_id_(std::move(machine_id)), hostname_(config.hostname), period_ms_(config.period.ms),
      owners_("/proc", limits_of(is_thorough)),
      links_(sockets::exclusions{config.exclude}, !config.listen.host.empty()) {}

expected<sockets::batch> collector::look(int64_t now_ms, int64_t steady_ms) {
  std::vector<sockets::socket_row> rows;
  auto is_whole = source_.read(rows);
  if (!is_whole)
    return fail(std::move(is_whole.error()));
  owners_.look(rows);
  sockets::batch out;
  out.machine_id = machine_id_;
  out.hostname = hostname_.empty() ? hostname_of_system() : hostname_;
  out.agent = std::string{"aops-agent "} + AOPS_VERSION;
  out.addresses = own_addresses();
  out.time_ms = now_ms;
  // What is counted is of the time since the look before, which may have been late.
  out.period_ms = before_ms_ < 0 ? period_ms_ : std::max<int64_t>(steady_ms - before_ms_, 1);
  before_ms_ = steady_ms;
  out.is_cut = !*is_whole;
  links_.next(
    rows, [this](uint32_t inode) { return owners_.of(inode); }, out);
  if (auto text = read_some("/proc/net/ip_vs_conn", most_ipvs_text))
    out.balanced = sockets::read_ipvs(*text, sockets::most_records);
  facts_ = {rows.size(),
            links_.without_owner(),
            owners_.processes(),
            owners_.hidden(),
            owners_.hidden() > 0 ? owners_.unseen() : 0,
            owners_.pending(),
            source_.has_figures()};
  return out;
}

} // namespace aops::agent
