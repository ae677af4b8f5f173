#include "actors/tracing/items_under_way.hpp"

#include "actors/tracing/tracing_turns.hpp"
#include "messages/roles/remote.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace aops::actors {

namespace {

using storage::database;

/// Files of a request while it is carried out.
struct items_under_way {
  items_to_trace asked;
  tracing_done reply;
  std::vector<item_to_store> files;
  std::map<std::string, std::vector<std::string>> to_read; ///< Paths by host.
  bool was_refused = false;                                ///< Something else than reading failed.
};

void refuse_file(items_under_way& x, const std::string& path, std::string why) {
  tracing_failure failure;
  failure.filePath = path;
  failure.reason = std::move(why);
  x.reply.failList.push_back(std::move(failure));
}

bool is_within(const std::vector<std::string>& folders, const std::string& path) {
  return folders.empty() || std::any_of(folders.begin(), folders.end(), [&](const auto& folder) {
           return path.starts_with(folder.ends_with('/') ? folder : folder + "/");
         });
}

/// Reads what a file is to be, and tells what its model does not know.
void take_text(items_under_way& x,
               const tracing::registry& models,
               const std::string& path,
               const std::string& text) {
  const auto& model = models.find_or_text(path);
  auto read = tracing::parse(text, model.how);
  if (!read) {
    x.was_refused = true;
    return refuse_file(x, path, read.error().detail);
  }
  if (model.name.empty()) {
    x.reply.warnings.push_back({path, "no model knows the file: it is compared as text"});
  } else if (read->values().empty()) {
    x.was_refused = true;
    return refuse_file(x, path, "says nothing");
  }
  for (const auto& part : tracing::unknown_in(*read, model))
    x.reply.warnings.push_back({path, part.text});
  x.files.push_back({path, text});
}

/// Judges what needs no host. Nothing: there is no such domain.
expected<std::optional<items_under_way>> sorted_items(database& db,
                                                      const tracing::registry& models,
                                                      const base::config& config,
                                                      const caller& who,
                                                      const items_to_trace& asked) {
  auto plan = plan_of(db, who, asked.domainName, {}, {});
  if (!plan)
    return fail(std::move(plan.error()));
  if (!*plan)
    return std::optional<items_under_way>{};
  items_under_way x;
  x.asked = asked;
  for (const auto& file : asked.confFiles) {
    if (!is_within(config.tracing.paths, file.filePath)) {
      x.was_refused = true;
      refuse_file(x, file.filePath, "is not within tracing.paths");
    } else if (file.contents) {
      take_text(x, models, file.filePath, *file.contents);
    } else if (!file.hostId) {
      x.was_refused = true;
      refuse_file(x, file.filePath, "comes with neither contents nor hostId");
    } else if (std::none_of((*plan)->hosts.begin(), (*plan)->hosts.end(), [&](const auto& host) {
                 return host.host_id == *file.hostId;
               })) {
      x.was_refused = true;
      refuse_file(x, file.filePath, "its host is not in the domain");
    } else {
      x.to_read[*file.hostId].push_back(file.filePath);
    }
  }
  return std::optional{std::move(x)};
}

void store_files(tracing_pointer self,
                 const caller& who,
                 const std::shared_ptr<items_under_way>& x,
                 const foreign_promise<tracing_done>& promise) {
  auto store = self->state.store;
  auto now = store->now_ms();
  int64_t none = x->was_refused || x->reply.failList.empty() ? 400 : 500;
  auto most = store->config->tracing.most_versions;
  if (x->asked.confFiles.empty()) {
    x->reply.code = 400;
    x->reply.text = "confFiles: names no file";
    return promise.answer(std::move(x->reply));
  }
  (void)write_for(
    store,
    promise,
    {},
    [who, x, none, most, now](database& db) {
      return store_items(db, who, x->asked, x->files, x->reply, none, most, now);
    },
    x->files.size() + 1);
}

} // namespace

caf::result<tracing_done>
add_items(tracing_pointer self, const caller& who, const items_to_trace& asked) {
  foreign_promise<tracing_done> promise{self, of(who)};
  auto store = self->state.store;
  auto models = self->state.models;
  auto take_read = [self, who, models, promise](const std::shared_ptr<items_under_way>& x,
                                                expected<configs_collected> reply) {
    if (!reply)
      return fail_by(promise, std::move(reply.error()), 500);
    auto files = files_in(*reply);
    for (const auto& [host, paths] : x->to_read)
      for (const auto& path : paths) {
        auto& file = files[{host, path}];
        if (file.content)
          take_text(*x, *models, path, file.content->content);
        else
          refuse_file(*x, path, file.failure.empty() ? "nothing was told of it" : file.failure);
      }
    store_files(self, who, x, promise);
  };
  auto then = [self, who, asked, promise, take_read](
                expected<std::optional<items_under_way>> sorted) {
    if (!sorted)
      return promise.fail(std::move(sorted.error()));
    if (!*sorted) {
      tracing_done reply;
      reply.code = 400;
      reply.text = no_such_domain(asked.domainName);
      return promise.answer(std::move(reply));
    }
    auto x = std::make_shared<items_under_way>(std::move(**sorted));
    if (x->to_read.empty())
      return store_files(self, who, x, promise);
    auto read = [self, x, take_read](expected<configs_collected> reply) {
      end_turn(self);
      take_read(x, std::move(reply));
    };
    auto begin = [self, who, x, promise, read](expected<void> turn) {
      if (!turn)
        return promise.fail(std::move(turn.error()));
      configs_to_collect request;
      for (const auto& [host, paths] : x->to_read)
        request.infos.push_back({host, paths});
      ask<remote_actor>(
        self, *self->state.store->names, remote_name, remote_reading_patience, read, who, request);
    };
    take_turn(self, promise.ticket(), begin);
  };
  read_then(
    self,
    promise.ticket(),
    [who, asked, models, store](database& db) {
      return sorted_items(db, *models, *store->config, who, asked);
    },
    then);
  return promise;
}

} // namespace aops::actors
