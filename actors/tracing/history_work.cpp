#include "actors/tracing/domain_work.hpp"
#include "actors/tracing/look.hpp"
#include "runtime/base/time_text.hpp"
#include "runtime/core/tracing/compare.hpp"
#include "runtime/core/tracing/line_changes.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace aops::actors {

namespace {

using storage::database;
using storage::trace_item_row;
using storage::trace_version_row;
using storage::tracing_repository;

constexpr std::string_view too_long =
  "the history is longer than one answer may be: ask with `page` and `per_page`";

config_change
change_of(const tracing::registry& models, const std::string& path, const trace_version_row& row) {
  config_change x;
  x.changeId = row.id;
  x.date = base::utc_text(row.created_ms);
  x.author = row.user;
  x.changeReason = row.reason;
  if (row.before)
    x.preValue = row.before->empty() ? std::string{} : values_text(models, path, *row.before);
  if (row.is_traced)
    x.postValue = values_text(models, path, row.body);
  return x;
}

/// Rows of a page, or all.
struct rows_wanted {
  int64_t most = storage::most_unpaged, offset = 0;
};

rows_wanted rows_of_page(const maybe<int64_t>& page, const maybe<int64_t>& per_page) {
  if (!page || !per_page)
    return {};
  // By division: a page may be any number.
  auto before = *page - 1 > INT64_MAX / *per_page ? INT64_MAX : (*page - 1) * *per_page;
  return {*per_page, before};
}

/// History of a file. @param bytes What the answer holds already; counted on.
expected<expected_config> changes_of(tracing_repository& traced,
                                     const tracing::registry& models,
                                     const trace_item_row& item,
                                     const rows_wanted& rows,
                                     size_t& bytes) {
  expected_config out;
  out.filePath = item.path;
  out.expectedContents = values_text(models, item.path, item.body);
  bytes += out.expectedContents.size();
  auto total = traced.count_versions(item.key);
  if (!total)
    return fail(std::move(total.error()));
  out.total_count = *total;
  // Row by row in small parts: what is too much is not read first.
  constexpr int64_t at_once = 16;
  for (int64_t done = 0; done < rows.most;) {
    auto part = traced.versions(item.key, std::min(at_once, rows.most - done), rows.offset + done);
    if (!part)
      return fail(std::move(part.error()));
    for (const auto& row : *part) {
      out.changeLog.push_back(change_of(models, item.path, row));
      const auto& x = out.changeLog.back();
      bytes += x.postValue.size() + (x.preValue ? x.preValue->size() : 0);
    }
    if (bytes > most_trace_bytes)
      return fail(ec::bad_request, std::string{too_long});
    done += static_cast<int64_t>(part->size());
    if (part->size() < static_cast<size_t>(at_once))
      break;
  }
  return out;
}

struct found_text {
  std::string name, body;
};

/// The two texts that a question for a difference means.
expected<std::pair<found_text, found_text>> texts_to_compare(tracing_repository& traced,
                                                             const trace_item_row& item,
                                                             const trace_diff_query& q) {
  if (q.host_id) {
    auto real = traced.real(item.key, *q.host_id);
    if (!real)
      return fail(std::move(real.error()));
    if (!*real || ((*real)->read_ms == 0 && (*real)->state != not_found_state))
      return fail(ec::bad_request, "host_id: the file has not been read there");
    return std::pair{found_text{"expected", item.body}, found_text{*q.host_id, (*real)->body}};
  }
  auto to = traced.version(item.key, q.to ? *q.to : item.id);
  if (!to)
    return fail(std::move(to.error()));
  if (!*to)
    return fail(ec::bad_request, "to: no such change");
  if (!q.from)
    return std::pair{found_text{"before", (*to)->before.value_or("")},
                     found_text{(*to)->id, std::move((*to)->body)}};
  auto from = traced.version(item.key, *q.from);
  if (!from)
    return fail(std::move(from.error()));
  if (!*from)
    return fail(ec::bad_request, "from: no such change");
  return std::pair{found_text{(*from)->id, std::move((*from)->body)},
                   found_text{(*to)->id, std::move((*to)->body)}};
}

/// ec::bad_request when there is no such domain or file.
expected<trace_item_row> item_of(tracing_repository& traced,
                                 const caller& who,
                                 const std::string& domain,
                                 const std::string& path) {
  auto found = traced.find_domain(who.owner, domain);
  if (!found)
    return fail(std::move(found.error()));
  if (!*found)
    return fail(ec::bad_request, "domain_name: no such domain");
  auto items = traced.items((*found)->key);
  if (!items)
    return fail(std::move(items.error()));
  for (auto& item : *items)
    if (item.path == path)
      return std::move(item);
  return fail(ec::bad_request, "file_path: is not traced in the domain");
}

/// Whether the caller sees a host of a domain.
expected<bool>
sees(tracing_repository& traced, const caller& who, int64_t domain, const std::string& host) {
  if (!who.groups)
    return true;
  return traced.hosts(domain, scope_of(who)).map([&](const auto& hosts) {
    return std::any_of(
      hosts.begin(), hosts.end(), [&](const auto& x) { return x.host_id == host; });
  });
}

} // namespace

expected<item_history> history_of(database& db,
                                  const tracing::registry& models,
                                  const caller& who,
                                  const item_history_query& q) {
  storage::snapshot view{db};
  if (!view)
    return fail(view.error());
  tracing_repository traced{db};
  auto domain = traced.find_domain(who.owner, q.domainName);
  if (!domain)
    return fail(std::move(domain.error()));
  item_history reply;
  reply.domainName = q.domainName;
  if (!*domain) {
    reply.code = 400;
    reply.text = no_such_domain(q.domainName);
    reply.domainName.clear();
    return reply;
  }
  auto items = traced.items((*domain)->key);
  if (!items)
    return fail(std::move(items.error()));
  std::set<std::string> wanted;
  if (q.confFiles)
    for (const auto& file : *q.confFiles)
      wanted.insert(file.filePath);
  auto is_all = wanted.empty();
  auto rows = rows_of_page(q.page, q.per_page);
  size_t bytes = 0;
  for (const auto& item : *items) {
    if (!is_all && wanted.erase(item.path) == 0)
      continue;
    auto changes = changes_of(traced, models, item, rows, bytes);
    if (!changes)
      return fail(std::move(changes.error()));
    reply.confBaseInfos.push_back(std::move(*changes));
  }
  for (const auto& path : wanted) {
    tracing_failure x;
    x.filePath = path;
    x.reason = "is not traced in the domain";
    reply.failList.push_back(std::move(x));
  }
  if (!reply.failList.empty()) {
    reply.code = reply.confBaseInfos.empty() ? 500 : 400;
    reply.text = fmt::format("{} of the files have no history", reply.failList.size());
  }
  return reply;
}

expected<full_history> history_of_all(database& db,
                                      const tracing::registry& models,
                                      const caller& who,
                                      const full_history_query& q) {
  storage::snapshot view{db};
  if (!view)
    return fail(view.error());
  tracing_repository traced{db};
  auto domains = traced.domains(who.owner);
  if (!domains)
    return fail(std::move(domains.error()));
  full_history reply;
  auto rows = rows_of_page(q.page, q.per_page);
  size_t bytes = 0;
  bool is_there = !q.domainName;
  for (const auto& domain : *domains) {
    if (q.domainName && domain.name != *q.domainName)
      continue;
    is_there = true;
    auto items = traced.items(domain.key);
    if (!items)
      return fail(std::move(items.error()));
    domain_history of_domain;
    of_domain.domainName = domain.name;
    for (const auto& item : *items) {
      auto changes = changes_of(traced, models, item, rows, bytes);
      if (!changes)
        return fail(std::move(changes.error()));
      of_domain.confBaseInfos.push_back(std::move(*changes));
    }
    reply.list.push_back(std::move(of_domain));
  }
  if (!is_there) {
    reply.code = 400;
    reply.text = no_such_domain(*q.domainName);
  }
  return reply;
}

expected<trace_texts> texts_of(database& db,
                               const tracing::registry& models,
                               const caller& who,
                               const trace_texts_query& q) {
  storage::snapshot view{db};
  if (!view)
    return fail(view.error());
  tracing_repository traced{db};
  if (q.change_id && !q.file_path)
    return fail(ec::bad_request, "file_path: is missing beside change_id");
  auto domain = traced.find_domain(who.owner, q.domain_name);
  if (!domain)
    return fail(std::move(domain.error()));
  if (!*domain)
    return fail(ec::bad_request, "domain_name: no such domain");
  auto items = traced.items((*domain)->key);
  if (!items)
    return fail(std::move(items.error()));
  trace_texts reply;
  size_t bytes = 0;
  for (auto& item : *items) {
    if (q.file_path && item.path != *q.file_path)
      continue;
    const auto& model = models.find_or_text(item.path);
    trace_text x;
    x.file_path = item.path;
    x.model = model.name;
    x.type = std::string{to_string(model.how.type)};
    trace_version_row row{item.version,
                          item.id,
                          item.user,
                          item.reason,
                          item.created_ms,
                          true,
                          std::move(item.body),
                          {}};
    if (q.change_id) {
      auto version = traced.version(item.key, *q.change_id);
      if (!version)
        return fail(std::move(version.error()));
      if (!*version)
        return fail(ec::bad_request, "change_id: no such change");
      row = std::move(**version);
    }
    x.text = std::move(row.body);
    x.version = row.version;
    x.change_id = std::move(row.id);
    x.username = std::move(row.user);
    x.reason = std::move(row.reason);
    x.changed_at = moment{row.created_ms};
    if ((bytes += x.text.size()) > most_trace_bytes)
      return fail(ec::bad_request, "file_path: all are longer than one answer may be; name one");
    reply.items.push_back(std::move(x));
  }
  if (q.file_path && reply.items.empty())
    return fail(ec::bad_request, "file_path: is not traced in the domain");
  return reply;
}

expected<trace_diff> difference_of(database& db,
                                   const tracing::registry& models,
                                   const caller& who,
                                   const trace_diff_query& q) {
  storage::snapshot view{db};
  if (!view)
    return fail(view.error());
  tracing_repository traced{db};
  auto domain = traced.find_domain(who.owner, q.domain_name);
  if (!domain)
    return fail(std::move(domain.error()));
  if (*domain && q.host_id) {
    auto seen = sees(traced, who, (*domain)->key, *q.host_id);
    if (!seen)
      return fail(std::move(seen.error()));
    if (!*seen)
      return fail(ec::bad_request, "host_id: the file has not been read there");
  }
  auto item = item_of(traced, who, q.domain_name, q.file_path);
  if (!item)
    return fail(std::move(item.error()));
  auto texts = texts_to_compare(traced, *item, q);
  if (!texts)
    return fail(std::move(texts.error()));
  auto& [from, to] = *texts;
  trace_diff reply;
  reply.from = from.name;
  reply.to = to.name;
  const auto& model = models.find_or_text(q.file_path);
  auto before = tracing::parse(from.body, model.how);
  auto after = tracing::parse(to.body, model.how);
  if (before && after) {
    auto found = tracing::compare(before->values(), after->values(), model);
    reply.is_same = found.is_same();
    for (const auto& x : found.differences)
      reply.changes.push_back({tracing::to_string(x.path),
                               std::string{tracing::to_string(x.kind)},
                               tracing::to_string(x)});
  } else {
    reply.is_same = from.body == to.body;
  }
  auto context = q.context ? static_cast<size_t>(*q.context) : static_cast<size_t>(-1);
  for (const auto& x : tracing::changed_lines(from.body, to.body, context).lines)
    reply.lines.push_back({std::string{tracing::to_string(x.op)},
                           x.text,
                           static_cast<int64_t>(x.old_line),
                           static_cast<int64_t>(x.new_line)});
  reply.unified = tracing::unified(from.body, to.body, from.name, to.name);
  return reply;
}

expected<trace_summary> summary_of(database& db, const caller& who) {
  storage::snapshot view{db};
  if (!view)
    return fail(view.error());
  tracing_repository traced{db};
  auto domains = traced.domains(who.owner);
  if (!domains)
    return fail(std::move(domains.error()));
  trace_summary reply;
  std::map<std::string, bool> hosts_in_sync;
  for (const auto& domain : *domains) {
    auto& x = reply.domains.emplace_back();
    x.domain_name = domain.name;
    auto hosts = traced.hosts(domain.key, scope_of(who));
    if (!hosts)
      return fail(std::move(hosts.error()));
    auto items = traced.count_items(domain.key);
    if (!items)
      return fail(std::move(items.error()));
    x.hosts = static_cast<int64_t>(hosts->size());
    x.items = *items;
    std::vector<std::string> ids;
    for (const auto& host : *hosts)
      ids.push_back(host.host_id);
    if (ids.empty())
      continue;
    auto reals = traced.reals(domain.key, ids, false);
    if (!reals)
      return fail(std::move(reals.error()));
    std::map<std::string, int64_t> good;
    for (const auto& real : *reals) {
      auto is_good = real.state == synchronized_state;
      x.synchronized += is_good;
      good[real.host_id] += is_good;
      x.not_synchronized += real.state == not_synchronized_state;
      x.not_found += real.state == not_found_state;
      if (!x.checked_at || x.checked_at->ms < real.looked_ms)
        x.checked_at = moment{real.looked_ms};
    }
    x.unknown = x.hosts * x.items - x.synchronized - x.not_synchronized - x.not_found;
    for (const auto& id : ids) {
      auto is_good = good[id] == x.items;
      auto known = hosts_in_sync.emplace(id, is_good);
      known.first->second = known.first->second && is_good;
    }
  }
  reply.hosts = static_cast<int64_t>(hosts_in_sync.size());
  for (const auto& [id, is_good] : hosts_in_sync)
    reply.hosts_in_sync += is_good;
  return reply;
}

expected<trace_edits> edits_of(database& db, const caller& who, const trace_edits_query& q) {
  constexpr int64_t most_edits = 100;
  storage::snapshot view{db};
  if (!view)
    return fail(view.error());
  tracing_repository traced{db};
  auto rows = traced.edits(who.owner,
                           q.domain_name.value_or(""),
                           q.file_path.value_or(""),
                           q.host_id.value_or(""),
                           scope_of(who),
                           most_edits);
  if (!rows)
    return fail(std::move(rows.error()));
  trace_edits reply;
  size_t bytes = 0;
  for (auto& row : *rows) {
    trace_edit x;
    x.domain_name = std::move(row.domain);
    x.file_path = std::move(row.path);
    x.host_id = std::move(row.host_id);
    x.unchanged_until = moment{row.after_ms};
    x.seen = moment{row.seen_ms};
    x.state = std::move(row.state);
    x.summary = std::move(row.summary);
    x.unified = tracing::unified(row.before, row.after, "before", "after");
    x.username = std::move(row.user);
    if ((bytes += x.unified.size()) > most_trace_bytes)
      break;
    reply.edits.push_back(std::move(x));
  }
  return reply;
}

trace_models models_of(const tracing::registry& models) {
  trace_models reply;
  for (const auto& x : models.all())
    reply.models.push_back(
      {x.name, x.feature, x.description, x.os_type, std::string{to_string(x.how.type)}, x.paths});
  return reply;
}

} // namespace aops::actors
