#include "actors/tracing/domain_work.hpp"

#include "messages/return_code.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/io/storage/host_repository.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace aops::actors {

namespace {

using storage::database;
using storage::tracing_repository;

constexpr int64_t some_wrong = 400, some_there = 202;

tracing_failure of_domain(std::string name, std::string why) {
  tracing_failure x;
  x.domainName = std::move(name);
  x.reason = std::move(why);
  return x;
}

tracing_failure of_host(std::string id, std::string why) {
  tracing_failure x;
  x.hostId = std::move(id);
  x.reason = std::move(why);
  return x;
}

tracing_failure of_file(std::string path, std::string why) {
  tracing_failure x;
  x.filePath = std::move(path);
  x.reason = std::move(why);
  return x;
}

/// Stores the record of a change beside its reply.
expected<tracing_done> recorded(database& db,
                                const caller& who,
                                int64_t now,
                                std::string_view action,
                                const std::string& entity,
                                tracing_done reply) {
  return audit(db, now, who, action, entity, reply.code).map([&] { return std::move(reply); });
}

/// A reply about a domain that is not there.
tracing_done without_domain(const std::string& name) {
  tracing_done reply;
  reply.code = some_wrong;
  reply.text = no_such_domain(name);
  reply.failList.push_back(of_domain(name, "no such domain"));
  return reply;
}

/// The code of names that are judged one by one.
int64_t code_of_names(const tracing_done& reply, size_t asked, size_t malformed) {
  if (reply.failList.empty())
    return code_ok;
  return malformed == asked ? outcome_of(ec::bad_request).return_code : some_wrong;
}

/// What was not done, for people.
std::string told(const tracing_done& reply, std::string_view done) {
  if (reply.failList.empty())
    return fmt::format("{} {}", reply.successList.size(), done);
  const auto& first = reply.failList.front();
  std::string what = first.filePath.value_or(first.hostId.value_or(first.domainName.value_or("")));
  return fmt::format("{} {}, {} not: {}: {}{}",
                     reply.successList.size(),
                     done,
                     reply.failList.size(),
                     what,
                     first.reason,
                     reply.failList.size() > 1 ? ", …" : "");
}

} // namespace

std::string no_such_domain(std::string_view name) {
  return fmt::format("no such domain: {}", name);
}

// -- domains

expected<tracing_done>
create_domains(database& db, const caller& who, const domains_to_create& x, int64_t now) {
  tracing_done reply;
  tracing_repository traced{db};
  size_t malformed = 0;
  for (const auto& domain : x.domains) {
    const auto& name = domain.domainName;
    if (auto why = wrong_domain_name(name); !why.empty()) {
      ++malformed;
      reply.failList.push_back(of_domain(name, std::string{why}));
      continue;
    }
    auto there = traced.find_domain(who.owner, name, true);
    if (!there)
      return fail(std::move(there.error()));
    if (*there) {
      reply.failList.push_back(of_domain(name, "exists already"));
      continue;
    }
    if (auto added = traced.add_domain(who.owner, name, domain.priority.value_or(0), who.user, now);
        !added)
      return fail(std::move(added.error()));
    reply.successList.push_back(name);
  }
  reply.code = code_of_names(reply, x.domains.size(), malformed);
  reply.text = told(reply, "created");
  return recorded(db, who, now, "tracing.domain.add", listed(reply.successList), std::move(reply));
}

expected<traced_domains> list_domains(database& db, const caller& who) {
  auto rows = tracing_repository{db}.domains(who.owner);
  if (!rows)
    return fail(std::move(rows.error()));
  traced_domains reply;
  for (auto& row : *rows) {
    auto& x = reply.list.emplace_back();
    x.domainName = std::move(row.name);
    if (row.priority != 0)
      x.priority = row.priority;
  }
  return reply;
}

expected<tracing_done>
delete_domains(database& db, const caller& who, const domains_to_delete& x, int64_t now) {
  tracing_done reply;
  tracing_repository traced{db};
  size_t malformed = 0;
  std::set<std::string> seen;
  for (const auto& name : x.domainName) {
    if (!seen.insert(name).second)
      continue;
    if (auto why = wrong_domain_name(name); !why.empty()) {
      ++malformed;
      reply.failList.push_back(of_domain(name, std::string{why}));
      continue;
    }
    auto there = traced.find_domain(who.owner, name, true);
    if (!there)
      return fail(std::move(there.error()));
    if (!*there) {
      reply.failList.push_back(of_domain(name, "no such domain"));
      continue;
    }
    if (auto gone = traced.remove_domain((*there)->key); !gone)
      return fail(std::move(gone.error()));
    reply.successList.push_back(name);
  }
  reply.code = code_of_names(reply, seen.size(), malformed);
  reply.text = told(reply, "deleted");
  return recorded(
    db, who, now, "tracing.domain.delete", listed(reply.successList), std::move(reply));
}

// -- hosts

expected<tracing_done>
add_hosts(database& db, const caller& who, const hosts_to_trace& x, int64_t now) {
  tracing_repository traced{db};
  auto domain = traced.find_domain(who.owner, x.domainName, true);
  if (!domain)
    return fail(std::move(domain.error()));
  if (!*domain)
    return without_domain(x.domainName);
  tracing_done reply;
  if (x.hostInfos.empty()) {
    reply.code = some_wrong;
    reply.text = "hostInfos: names no host";
    return reply;
  }
  std::vector<std::string> ids;
  for (const auto& host : x.hostInfos)
    ids.push_back(host.hostId);
  auto known = storage::host_repository{db}.known(scope_of(who), ids);
  if (!known)
    return fail(std::move(known.error()));
  std::set<std::string> is_known;
  for (const auto& host : *known)
    is_known.insert(host.host_id);
  for (const auto& host : x.hostInfos) {
    if (!is_known.contains(host.hostId)) {
      reply.failList.push_back(of_host(host.hostId, "no such host"));
      continue;
    }
    storage::trace_host_row row;
    row.host_id = host.hostId;
    row.ip = host.ip.value_or("");
    row.ipv6 = host.ipv6.value_or("");
    auto added = traced.add_host((*domain)->key, row, who.user, now);
    if (!added)
      return fail(std::move(added.error()));
    if (*added)
      reply.successList.push_back(host.hostId);
    else
      reply.failList.push_back(of_host(host.hostId, "is in the domain already"));
  }
  reply.code = reply.failList.empty()      ? code_ok
               : reply.successList.empty() ? some_wrong
                                           : some_there;
  reply.text = told(reply, "added");
  return recorded(db,
                  who,
                  now,
                  "tracing.host.add",
                  x.domainName + ":" + listed(reply.successList),
                  std::move(reply));
}

expected<traced_hosts> list_hosts(database& db, const caller& who, const traced_hosts_query& q) {
  tracing_repository traced{db};
  auto domain = traced.find_domain(who.owner, q.domainName);
  if (!domain)
    return fail(std::move(domain.error()));
  traced_hosts reply;
  if (!*domain) {
    reply.code = some_wrong;
    reply.text = no_such_domain(q.domainName);
    return reply;
  }
  auto rows = traced.hosts((*domain)->key, scope_of(who));
  if (!rows)
    return fail(std::move(rows.error()));
  for (auto& row : *rows)
    reply.list.push_back({std::move(row.host_id),
                          row.ip.empty() ? std::move(row.address) : std::move(row.ip),
                          row.ipv6.empty() ? "ipv4" : std::move(row.ipv6),
                          std::move(row.host_name),
                          std::move(row.status)});
  return reply;
}

expected<tracing_done>
remove_hosts(database& db, const caller& who, const hosts_to_untrace& x, int64_t now) {
  tracing_repository traced{db};
  auto domain = traced.find_domain(who.owner, x.domainName, true);
  if (!domain)
    return fail(std::move(domain.error()));
  if (!*domain)
    return without_domain(x.domainName);
  tracing_done reply;
  if (x.hostInfos.empty()) {
    auto rows = traced.hosts((*domain)->key, scope_of(who));
    if (!rows)
      return fail(std::move(rows.error()));
    for (auto& row : *rows)
      reply.successList.push_back(std::move(row.host_id));
    if (auto gone = traced.remove_hosts((*domain)->key); !gone)
      return fail(std::move(gone.error()));
  }
  for (const auto& host : x.hostInfos) {
    auto gone = traced.remove_host((*domain)->key, host.hostId);
    if (!gone)
      return fail(std::move(gone.error()));
    if (*gone)
      reply.successList.push_back(host.hostId);
    else
      reply.failList.push_back(of_host(host.hostId, "is not in the domain"));
  }
  reply.code = reply.failList.empty() ? code_ok : some_wrong;
  reply.text = told(reply, "removed");
  return recorded(db,
                  who,
                  now,
                  "tracing.host.delete",
                  x.domainName + ":" + listed(reply.successList),
                  std::move(reply));
}

// -- items

expected<traced_items> list_items(database& db,
                                  const tracing::registry& models,
                                  const caller& who,
                                  const traced_items_query& q) {
  storage::snapshot view{db};
  if (!view)
    return fail(view.error());
  tracing_repository traced{db};
  auto domain = traced.find_domain(who.owner, q.domainName);
  if (!domain)
    return fail(std::move(domain.error()));
  traced_items reply;
  reply.domainName = q.domainName;
  if (!*domain) {
    reply.code = some_wrong;
    reply.text = no_such_domain(q.domainName);
    return reply;
  }
  auto rows = traced.items((*domain)->key);
  if (!rows)
    return fail(std::move(rows.error()));
  size_t bytes = 0;
  for (auto& row : *rows) {
    reply.confFiles.push_back({row.path, values_text(models, row.path, row.body)});
    if ((bytes += reply.confFiles.back().contents.size()) > most_trace_bytes)
      return fail(ec::bad_request, "domainName: its files are longer than one answer may be");
  }
  return reply;
}

expected<tracing_done>
end_items(database& db, const caller& who, const items_to_untrace& x, int64_t now) {
  tracing_repository traced{db};
  auto domain = traced.find_domain(who.owner, x.domainName, true);
  if (!domain)
    return fail(std::move(domain.error()));
  if (!*domain)
    return without_domain(x.domainName);
  tracing_done reply;
  if (x.confFiles.empty()) {
    reply.code = some_wrong;
    reply.text = "confFiles: names no file";
    return reply;
  }
  for (const auto& file : x.confFiles) {
    storage::trace_version_row last;
    last.id = base::new_id(now);
    last.user = who.user;
    last.reason = x.reason.value_or("Delete " + file.filePath);
    last.created_ms = now;
    auto ended = traced.end_item((*domain)->key, file.filePath, last);
    if (!ended)
      return fail(std::move(ended.error()));
    if (*ended)
      reply.successList.push_back(file.filePath);
    else
      reply.failList.push_back(of_file(file.filePath, "is not traced in the domain"));
  }
  reply.code = reply.failList.empty() ? code_ok : some_wrong;
  reply.text = told(reply, "deleted");
  return recorded(db,
                  who,
                  now,
                  "tracing.item.delete",
                  x.domainName + ":" + listed(reply.successList),
                  std::move(reply));
}

expected<tracing_done> store_items(database& db,
                                   const caller& who,
                                   const items_to_trace& x,
                                   const std::vector<item_to_store>& files,
                                   tracing_done reply,
                                   int64_t code_of_none,
                                   int64_t most_versions,
                                   int64_t now) {
  tracing_repository traced{db};
  auto domain = traced.find_domain(who.owner, x.domainName, true);
  if (!domain)
    return fail(std::move(domain.error()));
  if (!*domain)
    return without_domain(x.domainName);
  for (const auto& file : files) {
    storage::trace_version_row version;
    version.id = base::new_id(now);
    version.user = who.user;
    version.reason = x.reason.value_or("Set " + file.path);
    version.created_ms = now;
    version.body = file.body;
    auto added = traced.add_version((*domain)->key, file.path, version, most_versions);
    if (!added && added.error() == ec::bad_request) {
      reply.failList.push_back(of_file(file.path, added.error().detail));
      continue;
    }
    if (!added)
      return fail(std::move(added.error()));
    reply.successList.push_back(file.path);
    if (!*added)
      reply.warnings.push_back({file.path, "is what was expected before, too"});
  }
  reply.code = reply.failList.empty()      ? code_ok
               : reply.successList.empty() ? code_of_none
                                           : code_partial;
  reply.text = told(reply, "stored");
  return recorded(db,
                  who,
                  now,
                  "tracing.item.add",
                  x.domainName + ":" + listed(reply.successList),
                  std::move(reply));
}

// -- what is asked of hosts

expected<std::optional<trace_plan>> plan_of(database& db,
                                            const caller& who,
                                            const std::string& domain,
                                            const maybe<std::vector<named_host>>& hosts,
                                            const maybe<std::vector<named_file>>& files) {
  storage::snapshot view{db};
  if (!view)
    return fail(view.error());
  tracing_repository traced{db};
  auto found = traced.find_domain(who.owner, domain);
  if (!found)
    return fail(std::move(found.error()));
  if (!*found)
    return std::optional<trace_plan>{};
  trace_plan plan;
  plan.domain = std::move(**found);
  auto all_hosts = traced.hosts(plan.domain.key, scope_of(who));
  if (!all_hosts)
    return fail(std::move(all_hosts.error()));
  auto all_items = traced.items(plan.domain.key);
  if (!all_items)
    return fail(std::move(all_items.error()));
  plan.hosts = std::move(*all_hosts);
  plan.items = std::move(*all_items);
  if (hosts && !hosts->empty()) {
    std::set<std::string> wanted;
    for (const auto& host : *hosts)
      wanted.insert(host.hostId);
    std::erase_if(plan.hosts, [&](const auto& x) { return !wanted.contains(x.host_id); });
    for (const auto& host : plan.hosts)
      wanted.erase(host.host_id);
    for (const auto& id : wanted)
      plan.failures.push_back(of_host(id, "is not in the domain"));
  }
  if (files && !files->empty()) {
    std::set<std::string> wanted;
    for (const auto& file : *files)
      wanted.insert(file.filePath);
    std::erase_if(plan.items, [&](const auto& x) { return !wanted.contains(x.path); });
    for (const auto& item : plan.items)
      wanted.erase(item.path);
    for (const auto& path : wanted)
      plan.failures.push_back(of_file(path, "is not traced in the domain"));
  }
  return std::optional{std::move(plan)};
}

} // namespace aops::actors
