#include "actors/push/series_split.hpp"

#include "runtime/base/address.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aops::actors {

namespace {

constexpr size_t of_several = SIZE_MAX;
constexpr size_t longest_cause = 160;

std::string label_of(const push::written_series& x, const std::string& name) {
  auto found = x.labels.find(name);
  return found == x.labels.end() ? std::string{} : found->second;
}

/// Labels that say whose a series is, and where its sender had it from, are not its own.
void add_series(split_write& to, push::written_series x, const host_record& host) {
  auto& part = to.parts[host.host_id];
  if (part.host_id.empty()) {
    part.owner = host.owner;
    part.host_id = host.host_id;
  }
  pushed_series out;
  out.origin = label_of(x, "job") + '\xff' + label_of(x, "instance");
  for (const auto* name : {"job", "instance", "host_id"})
    x.labels.erase(name);
  out.key = {std::move(x.name), std::move(x.labels)};
  out.times_ms = std::move(x.times_ms);
  out.bits = std::move(x.bits);
  part.series.push_back(std::move(out));
}

split_write begin_split(push::write_request& x) {
  split_write out;
  out.refused = static_cast<int64_t>(x.bad_samples);
  out.causes = std::move(x.causes);
  return out;
}

const host_record* host_of_series(const push::written_series& x, const host_index& hosts) {
  auto id = label_of(x, "host_id");
  return id.empty() ? hosts.of_instance(label_of(x, "instance")) : hosts.of_id(id);
}

bool sees(const caller& who, const host_record& host) {
  return !who.groups || std::find(who.groups->begin(), who.groups->end(), host.host_group_name) !=
                          who.groups->end();
}

} // namespace

host_index::host_index(std::vector<host_record> hosts, int64_t default_port)
    : hosts_(std::move(hosts)) {
  for (size_t i = 0; i < hosts_.size(); ++i) {
    const auto& x = hosts_[i];
    by_id_.emplace(x.host_id, i);
    by_name_.emplace(x.host_name, i);
    auto port = x.exporter_port != 0 ? x.exporter_port : default_port;
    by_place_.emplace(base::with_port(x.public_ip, port), i);
    if (auto [it, is_new] = by_address_.emplace(x.public_ip, i); !is_new)
      it->second = of_several;
  }
}

const host_record* host_index::of_id(const std::string& id) const {
  auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &hosts_[found->second];
}

const host_record* host_index::of_instance(const std::string& instance) const {
  for (const auto* table : {&by_place_, &by_address_, &by_name_})
    if (auto found = table->find(instance); found != table->end() && found->second != of_several)
      return &hosts_[found->second];
  return nullptr;
}

void refuse_samples(split_write& to, int64_t samples, std::string cause) {
  to.refused += samples;
  if (cause.size() > longest_cause)
    cause = cause.substr(0, longest_cause);
  if (to.causes.size() < push::most_causes &&
      std::find(to.causes.begin(), to.causes.end(), cause) == to.causes.end())
    to.causes.push_back(std::move(cause));
}

split_write
split_for_host(push::write_request x, const host_record& host, const host_index& hosts) {
  auto out = begin_split(x);
  for (auto& series : x.series) {
    auto count = static_cast<int64_t>(series.times_ms.size());
    auto id = label_of(series, "host_id");
    const auto* other = id.empty() ? hosts.of_instance(label_of(series, "instance")) : nullptr;
    if ((!id.empty() && id != host.host_id) || (other && other->host_id != host.host_id))
      refuse_samples(
        out, count, "the token is of host " + host.host_name + ", a series of another");
    else
      add_series(out, std::move(series), host);
  }
  return out;
}

bool knows_all(const push::write_request& x, const host_index& hosts) {
  return std::all_of(x.series.begin(), x.series.end(), [&](const push::written_series& series) {
    return host_of_series(series, hosts) != nullptr;
  });
}

split_write split_for_caller(push::write_request x, const caller& who, const host_index& hosts) {
  auto out = begin_split(x);
  for (auto& series : x.series) {
    auto count = static_cast<int64_t>(series.times_ms.size());
    auto id = label_of(series, "host_id"), instance = label_of(series, "instance");
    const auto* host = host_of_series(series, hosts);
    if (host && sees(who, *host)) {
      add_series(out, std::move(series), *host);
      continue;
    }
    refuse_samples(out,
                   count,
                   !id.empty() ? "no host has the id " + id
                   : instance.empty()
                     ? "series " + series.name + " has no label instance or host_id"
                     : "no host is instance " + instance);
  }
  return out;
}

} // namespace aops::actors
