#include "runtime/core/check/host_labels.hpp"

#include "messages/query.hpp"
#include "runtime/base/address.hpp"

#include <algorithm>

namespace aops::check {

host_label_mask host_label_bit(std::string_view name) {
  auto found = std::find(host_label_names.begin(), host_label_names.end(), name);
  return found == host_label_names.end()
           ? host_label_mask{0}
           : static_cast<host_label_mask>(1u << (found - host_label_names.begin()));
}

promql::labels labels_of_host(const host_record& host, int64_t default_port) {
  auto port = host.exporter_port != 0 ? host.exporter_port : default_port;
  return promql::make_labels({{"host", host.host_name},
                              {"host_id", host.host_id},
                              {"instance", base::with_port(host.public_ip, port)},
                              {"job", query_job}});
}

promql::labels
labels_of_series(const promql::labels& host, const series_key& key, host_label_mask of_host) {
  promql::labels out;
  out.reserve(host.size() + key.label.size() + 1);
  out.emplace_back(promql::metric_name, key.name);
  for (const auto& [name, value] : key.label) {
    bool is_taken = !promql::value_of(host, name).empty();
    out.emplace_back(is_taken ? "exported_" + name : name, value);
  }
  for (const auto& x : host)
    if (of_host == all_host_labels || (of_host & host_label_bit(x.first)) != 0)
      out.push_back(x);
  return promql::make_labels(std::move(out));
}

label_set without_host(const promql::labels& x, const promql::labels& host) {
  label_set out;
  for (const auto& [name, value] : x)
    if (name != promql::metric_name && promql::value_of(host, name) != value)
      out.emplace(name, value);
  return out;
}

} // namespace aops::check
