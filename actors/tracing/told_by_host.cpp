#include "actors/tracing/told_by_host.hpp"

#include "runtime/base/json_codec.hpp"
#include "runtime/core/task/remote_plays.hpp"

#include <caf/all.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace aops::actors {

namespace {

using storage::database;
using storage::tracing_repository;

/// Of all hosts together, until it is kept.
constexpr int64_t most_told_bytes = 64 << 20;

/// What one host told of the files of one domain, and what is to be kept of that.
struct told_of_domain {
  trace_plan plan;
  seen_part seen;
};

struct told_by_host {
  told_files_taken reply;
  std::vector<told_of_domain> domains;
};

/// ec::bad_request with the field.
expected<told_files> read_told(const std::string& body, int64_t most_bytes) {
  auto told = base::decode_text<told_files>(body);
  if (!told)
    return told;
  for (size_t i = 0; i < told->files.size(); ++i)
    if (const auto& file = told->files[i];
        file.content && static_cast<int64_t>(file.content->size()) > most_bytes)
      return fail(ec::bad_request,
                  fmt::format("files[{}].content: has more than {} bytes", i, most_bytes));
  return told;
}

/// What of it is taken as read; nothing when its text has to be sent first.
std::optional<read_file> read_as_told(const told_file& file, const storage::trace_real_row* known) {
  read_file out;
  if (file.failure) {
    out.failure = *file.failure;
  } else if (file.content) {
    out.content = collected_config{file.path,
                                   *file.content,
                                   file.file_attr.value_or(std::string{}),
                                   file.file_owner.value_or(std::string{})};
  } else if (known && known->read_ms > 0 && known->state != not_found_state &&
             task::known_digest(known->mode, known->owner, known->body) == *file.digest) {
    out.content = collected_config{file.path, known->body, known->mode, known->owner};
    out.is_same = true;
  } else {
    return std::nullopt;
  }
  return out;
}

/// Judges what was told of a domain's files. @param wanted Gets paths whose text has to be sent.
expected<told_of_domain> judge_domain(database& db,
                                      const tracing::registry& models,
                                      storage::trace_domain_row domain,
                                      const std::string& host,
                                      const std::map<std::string, const told_file*>& told,
                                      int64_t now,
                                      std::set<std::string>& wanted) {
  tracing_repository traced{db};
  std::vector<std::string> paths;
  for (const auto& [path, file] : told)
    paths.push_back(path);
  auto items = traced.items_of(domain.key, paths);
  if (!items)
    return fail(std::move(items.error()));
  told_of_domain out;
  out.plan.domain = std::move(domain);
  out.plan.hosts.emplace_back().host_id = host;
  read_files files;
  for (auto& item : *items) {
    auto known = traced.real(item.key, host);
    if (!known)
      return fail(std::move(known.error()));
    auto file = read_as_told(*told.at(item.path), *known ? &**known : nullptr);
    if (!file) {
      wanted.insert(item.path);
      continue;
    }
    files.emplace(std::pair{host, item.path}, std::move(*file));
    out.plan.items.push_back(std::move(item));
  }
  look_result found;
  look_part all{0, 1, 0, out.plan.items.size()};
  auto seen = judge_part(db, models, out.plan, all, files, {}, false, now, found);
  if (!seen)
    return fail(std::move(seen.error()));
  out.seen = std::move(*seen);
  return out;
}

expected<told_by_host> judge_told(database& db,
                                  const tracing::registry& models,
                                  const base::config& config,
                                  const std::string& host,
                                  const told_files& x,
                                  int64_t now) {
  tracing_repository traced{db};
  told_by_host out;
  auto paths = traced.paths_of_host(host);
  if (!paths)
    return fail(std::move(paths.error()));
  out.reply.traced = std::move(*paths);
  out.reply.period_ms = told_period_ms(config);
  std::map<std::string, const told_file*> told;
  for (const auto& file : x.files)
    if (std::binary_search(out.reply.traced.begin(), out.reply.traced.end(), file.path))
      told[file.path] = &file;
    else
      out.reply.untraced.push_back(file.path);
  if (told.empty())
    return out;
  auto domains = traced.domains_of_host(host);
  if (!domains)
    return fail(std::move(domains.error()));
  std::set<std::string> wanted;
  for (auto& domain : *domains) {
    auto judged = judge_domain(db, models, std::move(domain), host, told, now, wanted);
    if (!judged)
      return fail(std::move(judged.error()));
    if (!judged->plan.items.empty())
      out.domains.push_back(std::move(*judged));
  }
  out.reply.wanted.assign(wanted.begin(), wanted.end());
  return out;
}

expected<void>
keep_told(database& db, const told_by_host& x, const std::string& host, int64_t now) {
  for (const auto& domain : x.domains)
    if (auto kept = keep_seen(db, domain.plan, domain.seen, domain.plan.domain.owner); !kept)
      return kept;
  return tracing_repository{db}.note_told(host, now);
}

/// On a thread that reads.
void take_told_here(const store_ptr& store,
                    const tracing::registry& models,
                    host_token_cache& tokens,
                    const told_files_to_take& x,
                    const std::shared_ptr<bytes_held>& held,
                    const foreign_promise<told_files_taken>& promise) {
  auto host = host_of_token(*store, tokens, x.token_hash);
  if (!host)
    return promise.fail(std::move(host.error()));
  auto told = read_told(x.body, store->config->tasks.collect_bytes.bytes);
  if (!told)
    return promise.fail(std::move(told.error()));
  auto db = store->pool->read();
  if (!db)
    return promise.fail(std::move(db.error()));
  auto now = store->now_ms();
  auto judged = judge_told(**db, models, *store->config, *host, *told, now);
  if (!judged)
    return promise.fail(std::move(judged.error()));
  size_t rows = 1;
  for (const auto& domain : judged->domains)
    rows += domain.seen.rows.size() * 4;
  auto kept = std::make_shared<const told_by_host>(std::move(*judged));
  if (kept->domains.empty()) // It has told of nothing yet that is taken.
    return promise.answer(kept->reply);
  write(
    *store,
    store->bounded({base::urgency::live, {}, x.token_hash}),
    {},
    [kept, host = *host, now](database& to) { return keep_told(to, *kept, host, now); },
    [kept, promise, held](expected<void> done) {
      if (done)
        promise.answer(kept->reply);
      else
        promise.fail(std::move(done.error()));
    },
    rows);
}

} // namespace

caf::result<told_files_taken> take_told(tracing_pointer self, const told_files_to_take& x) {
  auto& st = self->state;
  foreign_promise<told_files_taken> promise{self};
  auto held = bytes_held::take(st.told_bytes, static_cast<int64_t>(x.body.size()), most_told_bytes);
  if (!held) {
    promise.fail(ec::overloaded, "too much that hosts tell of their files waits");
    return promise;
  }
  // Each token has its turn: a host that tells without end holds up none but itself.
  auto store = st.store;
  store->readers->queue(
    store->bounded({base::urgency::live, {}, x.token_hash}),
    [store, models = st.models, tokens = st.tokens, x, held, promise](expected<void> turn) {
      if (turn)
        take_told_here(store, *models, *tokens, x, held, promise);
      else
        promise.fail(std::move(turn.error()));
    });
  return promise;
}

} // namespace aops::actors
