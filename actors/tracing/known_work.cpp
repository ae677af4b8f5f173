#include "actors/tracing/look.hpp"

/// What was found last, without asking anybody.
namespace aops::actors {

namespace {

using storage::database;
using storage::trace_real_row;
using storage::tracing_repository;

} // namespace

expected<domain_status>
stored_status(database& db, const caller& who, const domain_status_query& q) {
  auto plan = plan_of(db, who, q.domainName, {}, {});
  if (!plan)
    return fail(std::move(plan.error()));
  domain_status reply;
  if (!*plan || (*plan)->hosts.empty() || (*plan)->items.empty()) {
    reply.code = 404;
    reply.text = !*plan ? no_such_domain(q.domainName) : "the domain has no host, or no file";
    return reply;
  }
  look_result found;
  look_part all{0, (*plan)->hosts.size(), 0, (*plan)->items.size()};
  std::vector<std::string> hosts;
  for (const auto& host : (*plan)->hosts)
    hosts.push_back(host.host_id);
  auto rows = tracing_repository{db}.reals((*plan)->domain.key, hosts, false);
  if (!rows)
    return fail(std::move(rows.error()));
  std::map<std::pair<int64_t, std::string>, const trace_real_row*> known;
  for (const auto& row : *rows)
    known.emplace(std::pair{row.item, row.host_id}, &row);
  for (size_t i = 0; i < all.hosts; ++i)
    for (size_t j = 0; j < all.items; ++j) {
      found_file file;
      file.host = i;
      file.item = j;
      file.state = unknown_state;
      auto row = known.find({(*plan)->items[j].key, hosts[i]});
      if (row != known.end()) {
        file.state = row->second->state;
        file.reason = row->second->reason;
        file.looked_ms = row->second->looked_ms;
        file.since_ms = row->second->since_ms;
        if (file.state == unreachable_state || file.state == unreadable_state ||
            file.state == not_found_state)
          file.failure = file.reason;
      }
      found.files.push_back(std::move(file));
    }
  return status_of(**plan, found);
}

expected<real_configs> stored_configs(database& db,
                                      const tracing::registry& models,
                                      const caller& who,
                                      const real_configs_query& q) {
  auto plan = plan_of(db, who, q.domainName, q.hostIds, {});
  if (!plan)
    return fail(std::move(plan.error()));
  real_configs reply;
  if (!*plan || (*plan)->hosts.empty() || (*plan)->items.empty()) {
    reply.code = 400;
    reply.text = !*plan ? no_such_domain(q.domainName) : "there is no host, or no file, to read";
    if (*plan)
      reply.failList = (*plan)->failures;
    return reply;
  }
  look_result found;
  for (size_t i = 0; i < (*plan)->hosts.size(); ++i)
    for (size_t j = 0; j < (*plan)->items.size(); ++j) {
      const auto& item = (*plan)->items[j];
      auto row = tracing_repository{db}.real(item.key, (*plan)->hosts[i].host_id);
      if (!row)
        return fail(std::move(row.error()));
      found_file file;
      file.host = i;
      file.item = j;
      if (!*row || (*row)->read_ms == 0) {
        file.failure = "was not read yet";
      } else {
        auto real =
          shown(models, item.path, (*row)->body, (*row)->mode, (*row)->owner, (*row)->read_ms);
        if ((found.bytes += real.confContents.size()) > most_trace_bytes)
          return fail(ec::bad_request, "hostIds: one answer does not hold all: ask for fewer");
        file.real = std::move(real);
      }
      found.files.push_back(std::move(file));
    }
  return configs_of(**plan, std::move(found));
}

} // namespace aops::actors
