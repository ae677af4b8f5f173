#include "actors/tracing/look.hpp"

#include "runtime/base/fitting.hpp"
#include "runtime/base/time_text.hpp"
#include "runtime/core/task/remote_plays.hpp"
#include "runtime/core/tracing/compare.hpp"
#include "runtime/core/tracing/names.hpp"
#include "runtime/io/storage/result_repository.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace aops::actors {

namespace {

using storage::database;
using storage::trace_edit_row;
using storage::trace_real_row;
using storage::tracing_repository;

/// Of one request: hosts, files of each, bytes that its answer probably has.
constexpr size_t most_hosts = 100, most_files = 100, most_bytes = size_t{12} << 20;
/// What a file is taken for whose expected content is shorter.
constexpr size_t usual_bytes = size_t{16} << 10;

/// Characters of a text of the store.
constexpr size_t most_reason = 900;

bool is_about_file(std::string_view reason) {
  constexpr std::string_view known[] = {"is ", "may not be ", "one answer does not hold more"};
  return std::any_of(
           std::begin(known), std::end(known), [&](auto x) { return reason.starts_with(x); }) ||
         (reason.starts_with("has ") && reason.find(" bytes") != reason.npos);
}

/// Why a file was not read, in the words of the contract where it has one.
std::string failure_of(const std::string& reason, bool host_answered) {
  if (reason == "is not there" || reason == "Not a directory")
    return "missing";
  if (reason.starts_with("may not be "))
    return "denied";
  if (reason.starts_with("has ") && reason.find(" bytes") != reason.npos)
    return "too large: it " + reason;
  if (is_about_file(reason) || host_answered)
    return reason;
  return "unreachable: " + reason;
}

std::string state_of(const std::string& failure) {
  if (failure == "missing")
    return std::string{not_found_state};
  return std::string{failure.starts_with("unreachable") ? unreachable_state : unreadable_state};
}

/// What it was before, by item and host.
using known_rows = std::map<std::pair<int64_t, std::string>, trace_real_row>;

expected<known_rows> known_of(database& db, const trace_plan& plan, const look_part& part) {
  constexpr size_t most_single = 100; // Of few files, those alone.
  tracing_repository traced{db};
  if (part.hosts * part.items <= most_single) {
    known_rows out;
    for (size_t i = 0; i < part.hosts; ++i)
      for (size_t j = 0; j < part.items; ++j) {
        const auto& item = plan.items[part.first_item + j].key;
        const auto& host = plan.hosts[part.first_host + i].host_id;
        auto row = traced.real(item, host);
        if (!row)
          return fail(std::move(row.error()));
        if (*row)
          out.emplace(std::pair{item, host}, std::move(**row));
      }
    return out;
  }
  std::vector<std::string> hosts;
  for (size_t i = 0; i < part.hosts; ++i)
    hosts.push_back(plan.hosts[part.first_host + i].host_id);
  auto rows = traced.reals(plan.domain.key, hosts);
  if (!rows)
    return fail(std::move(rows.error()));
  known_rows out;
  for (auto& row : *rows) {
    std::pair key{row.item, row.host_id};
    out.emplace(std::move(key), std::move(row));
  }
  return out;
}

/// What changed between two texts of a file, for people.
std::string
changes_between(const tracing::model& model, const std::string& before, const std::string& after) {
  auto a = tracing::parse(before, model.how), b = tracing::parse(after, model.how);
  if (!a || !b)
    return "the file is another one";
  auto text = tracing::summary(tracing::compare(a->values(), b->values(), model));
  return std::string{text.empty() ? "comments, blanks or order only"
                                  : base::fitting(text, most_reason)};
}

/// The row of what was read, with what of the known one goes on.
trace_real_row row_of(const found_file& found,
                      const read_file& file,
                      const trace_real_row* known,
                      int64_t item,
                      const std::string& host,
                      int64_t now) {
  trace_real_row row;
  row.item = item;
  row.host_id = host;
  row.state = found.state;
  row.reason = found.reason;
  row.looked_ms = now;
  row.since_ms = known && known->state == found.state ? known->since_ms : now;
  if (file.content) {
    row.read_ms = now;
    row.mode = file.content->file_attr;
    row.owner = file.content->file_owner;
    row.body = file.content->content;
  } else if (known && found.state != not_found_state) {
    row.read_ms = known->read_ms;
    row.mode = known->mode;
    row.owner = known->owner;
    row.body = known->body;
    row.synced_by = known->synced_by;
  }
  return row;
}

/// The change between what was known and what is there now, if there is one.
std::optional<trace_edit_row> edit_of(const tracing::model& model,
                                      const trace_real_row* known,
                                      const trace_real_row& row,
                                      bool is_read,
                                      int64_t now) {
  bool is_gone = row.state == not_found_state;
  if (!known || (!is_read && !is_gone))
    return std::nullopt;
  bool was_gone = known->state == not_found_state, was_read = known->read_ms > 0;
  if ((!was_gone && !was_read) || (is_gone && was_gone) ||
      (is_read && was_read && known->body == row.body))
    return std::nullopt;
  trace_edit_row x;
  x.item = row.item;
  x.host_id = row.host_id;
  x.after_ms = was_read ? known->read_ms : known->looked_ms;
  x.seen_ms = now;
  x.state = row.state;
  x.user = known->synced_by;
  x.summary = is_gone    ? "the file is gone"
              : was_gone ? "the file is there"
                         : changes_between(model, known->body, row.body);
  x.before = known->body;
  x.after = row.body;
  return x;
}

/// What is told of a file that is not what it should be: the change that was seen of it, if any.
expected<std::string> told_of(tracing_repository& traced, const trace_real_row& row) {
  auto edit = traced.last_edit(row.item, row.host_id);
  if (!edit)
    return fail(std::move(edit.error()));
  if (!*edit)
    return row.reason;
  constexpr size_t most_summary = 150; // A reason of a result has 256 bytes.
  return fmt::format("{} (seen {}, as before at {}{})",
                     base::fitting((*edit)->summary, most_summary),
                     base::utc_text((*edit)->seen_ms),
                     base::utc_text((*edit)->after_ms),
                     (*edit)->user.empty() ? "" : ", by " + (*edit)->user);
}

} // namespace

real_config shown(const tracing::registry& models,
                  const std::string& path,
                  const std::string& body,
                  const std::string& mode,
                  const std::string& owner,
                  int64_t read_ms) {
  const auto& model = models.find_or_text(path);
  real_config x;
  x.filePath = path;
  x.fileAttr = mode;
  auto colon = owner.find(':');
  x.fileOwner = colon == owner.npos
                  ? "(" + owner + ")"
                  : "(" + owner.substr(0, colon) + ", " + owner.substr(colon + 1) + ")";
  x.confType = std::string{to_string(model.how.type)};
  x.spacer = model.how.spacer;
  x.confContents = values_text(models, path, body);
  x.read_at = moment{read_ms};
  return x;
}

std::vector<look_part> parts_of(const trace_plan& plan) {
  std::vector<look_part> parts;
  for (size_t item = 0; item < plan.items.size(); item += most_files) {
    auto items = std::min(most_files, plan.items.size() - item);
    size_t bytes = 1;
    for (size_t i = 0; i < items; ++i)
      bytes += std::max(usual_bytes, 2 * plan.items[item + i].body.size());
    auto at_once = std::clamp<size_t>(most_bytes / bytes, 1, most_hosts);
    for (size_t host = 0; host < plan.hosts.size(); host += at_once)
      parts.push_back({host, std::min(at_once, plan.hosts.size() - host), item, items});
  }
  return parts;
}

int64_t told_period_ms(const base::config& config) {
  constexpr int64_t shortest = 1000, usual = 60'000;
  auto wanted = config.tracing.watch_every.ms;
  return wanted > 0 ? std::max(wanted, shortest) : usual;
}

int64_t told_good_ms(const base::config& config) {
  constexpr int64_t periods = 3, shortest = 15'000;
  return std::max(periods * told_period_ms(config), shortest);
}

int64_t asked_again_ms(int64_t since_ms, int64_t looked_ms, const base::config& config) {
  auto longest = std::max<int64_t>(config.tracing.check_every.ms, 1);
  auto shortest = std::min(std::max<int64_t>(config.tracing.watch_every.ms, 1), longest);
  return looked_ms + std::clamp(2 * (looked_ms - since_ms), shortest, longest);
}

expected<part_asked> ask_part(database& db,
                              const trace_plan& plan,
                              const look_part& part,
                              const look_manner& manner,
                              const base::config& config,
                              int64_t now) {
  known_rows known;
  if (manner.by_digest || manner.spares_unreachable) {
    auto rows = known_of(db, plan, part);
    if (!rows)
      return fail(std::move(rows.error()));
    known = std::move(*rows);
  }
  part_asked out;
  for (size_t i = 0; i < part.hosts; ++i) {
    const auto& host = plan.hosts[part.first_host + i];
    bool tells = host.told_ms > 0 && host.told_ms + told_good_ms(config) > now;
    bool is_silent = false;
    host_files_to_check ask{host.host_id, {}};
    for (size_t j = 0; j < part.items; ++j) {
      const auto& item = plan.items[part.first_item + j];
      auto row = known.find({item.key, host.host_id});
      auto& file = ask.files.emplace_back();
      file.path = item.path;
      if (row == known.end())
        continue;
      const auto& x = row->second;
      is_silent |= manner.spares_unreachable && x.state == unreachable_state &&
                   asked_again_ms(x.since_ms, x.looked_ms, config) > now;
      if (!manner.by_digest || x.read_ms == 0 || x.state == not_found_state)
        continue;
      file.known = task::known_digest(x.mode, x.owner, x.body);
      out.known[{host.host_id, item.path}] = {item.path, x.body, x.mode, x.owner};
    }
    if ((tells && !manner.asks_tellers) || is_silent)
      out.not_asked.insert(host.host_id);
    else
      out.files.infos.push_back(std::move(ask));
  }
  return out;
}

configs_to_collect request_of(const files_to_check& x) {
  configs_to_collect out;
  for (const auto& host : x.infos) {
    auto& to = out.infos.emplace_back();
    to.host_id = host.host_id;
    for (const auto& file : host.files)
      to.config_list.push_back(file.path);
  }
  return out;
}

namespace {

void take_host(const host_configs_collected& host, bool answered, read_files& to) {
  for (const auto& file : host.infos)
    to[{host.host_id, file.path}].content = file;
  answered |= !host.infos.empty() ||
              std::any_of(host.fail_reasons.begin(), host.fail_reasons.end(), [](const auto& x) {
                return is_about_file(x.reason);
              });
  for (const auto& file : host.fail_reasons)
    to[{host.host_id, file.path}].failure = failure_of(file.reason, answered);
}

} // namespace

read_files files_in(const configs_collected& reply) {
  read_files out;
  for (const auto& host : reply.resp)
    take_host(host, false, out);
  return out;
}

read_files files_in(const files_checked& reply, const part_asked& asked) {
  read_files out;
  for (const auto& host : reply.resp) {
    const auto& id = host.read.host_id;
    for (const auto& path : host.unchanged)
      if (auto known = asked.known.find({id, path}); known != asked.known.end()) {
        auto& file = out[{id, path}];
        file.content = known->second;
        file.is_same = true;
      }
    take_host(host.read, !host.unchanged.empty(), out);
  }
  return out;
}

namespace {

/// What is known of a file of a host that was not asked.
found_file found_before(const tracing::registry& models,
                        const storage::trace_item_row& item,
                        const trace_real_row* row,
                        bool with_contents) {
  found_file found;
  if (!row) {
    found.state = unknown_state;
    found.failure = found.reason = "the host tells of its files itself, and has not of this one";
    return found;
  }
  found.state = row->state;
  found.reason = row->reason;
  found.looked_ms = row->looked_ms;
  found.since_ms = row->since_ms;
  if (row->state == unreachable_state || row->state == unreadable_state ||
      row->state == not_found_state)
    found.failure = row->reason;
  else if (with_contents)
    found.real = shown(models, item.path, row->body, row->mode, row->owner, row->read_ms);
  return found;
}

/// Adds what a file says, if there is room.
void add_real(found_file& found, real_config real, look_result& to) {
  if ((to.bytes += real.confContents.size()) > most_trace_bytes)
    found.failure = "one answer does not hold more: ask for fewer hosts";
  else
    found.real = std::move(real);
}

} // namespace

expected<seen_part> judge_part(database& db,
                               const tracing::registry& models,
                               const trace_plan& plan,
                               const look_part& part,
                               const read_files& files,
                               const std::set<std::string>& not_asked,
                               bool with_contents,
                               int64_t now,
                               look_result& to) {
  auto known = known_of(db, plan, part);
  if (!known)
    return fail(std::move(known.error()));
  seen_part seen;
  const read_file nothing;
  for (size_t j = 0; j < part.items; ++j) {
    const auto& item = plan.items[part.first_item + j];
    const auto& model = models.find_or_text(item.path);
    auto wanted = tracing::parse(item.body, model.how);
    for (size_t i = 0; i < part.hosts; ++i) {
      const auto& host = plan.hosts[part.first_host + i].host_id;
      auto before = known->find({item.key, host});
      const auto* old = before == known->end() ? nullptr : &before->second;
      found_file found;
      if (not_asked.contains(host)) {
        found = found_before(models, item, old, with_contents);
        found.host = part.first_host + i;
        found.item = part.first_item + j;
        if (auto real = std::exchange(found.real, {}))
          add_real(found, std::move(*real), to);
        to.files.push_back(std::move(found));
        continue;
      }
      auto told = files.find({host, item.path});
      const auto& file = told == files.end() ? nothing : told->second;
      found.host = part.first_host + i;
      found.item = part.first_item + j;
      if (file.content && !wanted) {
        found.state =
          item.body == file.content->content ? synchronized_state : not_synchronized_state;
      } else if (file.content) {
        auto status = tracing::status_of(wanted->values(), file.content->content, model);
        found.state = std::string{tracing::to_string(status.state)};
        if (found.state != synchronized_state)
          found.reason = base::fitting(status.text(), most_reason);
      } else {
        found.failure = file.failure.empty() ? "unreachable: nothing was told of it" : file.failure;
        found.state = state_of(found.failure);
        found.reason = base::fitting(found.failure, most_reason);
      }
      seen_row row{row_of(found, file, old, item.key, host, now)};
      row.is_as_before = file.is_same && old && old->state == row.state &&
                         old->reason == row.reason && old->synced_by.empty();
      if (auto edit = edit_of(model, old, row, file.content.has_value(), now)) {
        if (old->state != row.state) // At the earliest.
          row.since_ms = edit->after_ms;
        seen.edits.push_back(std::move(*edit));
      }
      found.looked_ms = now;
      found.since_ms = row.since_ms;
      if (with_contents && file.content)
        add_real(found, shown(models, item.path, row.body, row.mode, row.owner, now), to);
      to.files.push_back(std::move(found));
      seen.rows.push_back(std::move(row));
    }
  }
  return seen;
}

expected<void>
keep_seen(database& db, const trace_plan& plan, const seen_part& seen, const std::string& owner) {
  tracing_repository traced{db};
  std::map<int64_t, std::string> paths;
  for (const auto& item : plan.items)
    paths.emplace(item.key, item.path);
  storage::result_repository results{db};
  for (const auto& edit : seen.edits)
    if (auto added = traced.add_edit(edit); !added)
      return added;
  for (const auto& row : seen.rows) {
    auto kept = row.is_as_before ? traced.touch_real(row.item, row.host_id, row.looked_ms)
                                 : traced.keep_real(row);
    if (!kept)
      return kept;
    // From when it was first seen to now, in one row: a fault tree may ask about any time of it.
    bool drifted = row.state == not_synchronized_state || row.state == not_found_state;
    if (!drifted)
      continue;
    auto name = tracing::drift_name(plan.domain.name, paths[row.item]);
    if (name.size() > most_drift_name)
      continue;
    if (auto gone = results.remove(owner, {{row.host_id}, {name}, row.since_ms, row.looked_ms});
        !gone)
      return fail(std::move(gone.error()));
    auto told = told_of(traced, row);
    if (!told)
      return fail(std::move(told.error()));
    storage::external_result result;
    result.reason = std::move(*told);
    result.host_id = row.host_id;
    result.rule.check_item = name;
    result.rule.condition = "the file is not what is expected";
    result.start_ms = row.since_ms;
    result.end_ms = row.looked_ms;
    result.value = "Abnormal";
    if (auto saved = results.save_external(owner, result); !saved && saved.error() != ec::not_found)
      return saved;
  }
  return {};
}

domain_status status_of(const trace_plan& plan, const look_result& found) {
  domain_status reply;
  reply.domainName = plan.domain.name;
  reply.failList = plan.failures;
  for (const auto& host : plan.hosts)
    reply.hostStatus.push_back({host.host_id, {}});
  for (const auto& file : found.files) {
    auto& to = reply.hostStatus[file.host].syncStatus.emplace_back();
    to.file_path = to.filePath = plan.items[file.item].path;
    to.isSynced = file.state;
    to.reason = file.reason;
    if (file.looked_ms > 0)
      to.checked_at = moment{file.looked_ms};
    if (file.since_ms > 0)
      to.since = moment{file.since_ms};
    if (file.failure.empty())
      continue;
    tracing_failure failure;
    failure.hostId = plan.hosts[file.host].host_id;
    failure.filePath = to.filePath;
    failure.reason = file.failure;
    reply.failList.push_back(std::move(failure));
  }
  return reply;
}

real_configs configs_of(const trace_plan& plan, look_result found) {
  real_configs reply;
  reply.failList = plan.failures;
  for (const auto& host : plan.hosts)
    reply.list.push_back({plan.domain.name, host.host_id, host.host_id, {}, {}});
  size_t read = 0, answered = 0;
  for (auto& file : found.files) {
    auto& to = reply.list[file.host];
    if (file.real) {
      to.confBaseInfos.push_back(std::move(*file.real));
      ++read;
    } else if (!file.failure.empty()) {
      tracing_failure failure;
      failure.filePath = plan.items[file.item].path;
      failure.reason = file.failure;
      to.failList.push_back(failure);
      failure.hostId = plan.hosts[file.host].host_id;
      reply.failList.push_back(std::move(failure));
    }
    answered += file.state != unreachable_state;
  }
  if (read > 0)
    return reply;
  reply.code = answered > 0 ? 400 : 500;
  reply.text = answered > 0 ? "no host has any of the files" : "no host could be read";
  reply.list.clear();
  return reply;
}

} // namespace aops::actors
