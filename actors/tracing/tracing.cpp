#include "actors/tracing/tracing.hpp"

#include "actors/remote/remote_work.hpp"
#include "actors/store/vault_keeper.hpp"
#include "actors/support/prepare.hpp"
#include "actors/tracing/sync.hpp"
#include "messages/return_code.hpp"
#include "messages/roles/remote.hpp"
#include "runtime/base/log.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace aops::actors {

namespace {

using self_pointer = full_tracing_actor::stateful_pointer<checked_state<tracing_state>>;
using storage::database;
using storage::tracing_repository;

constexpr std::chrono::seconds look_every{30};

/// Requests about hosts that may wait for their turn.
constexpr size_t most_waiting = 256;

/// Has something done by the actor, from any thread.
void go_on(const full_tracing_actor& me, std::function<void()> what) {
  caf::anon_send(me, tracing_step{std::make_shared<const std::function<void()>>(std::move(what))});
}

full_tracing_actor me(self_pointer self) { return caf::actor_cast<full_tracing_actor>(self); }

/// Runs `work(database&)` on a reading connection and `then(expected<T>)` in the actor.
template <class Work, class Then>
void read_then(self_pointer self, const base::ticket& how, Work work, Then then) {
  using outcome = std::invoke_result_t<Work&, database&>;
  auto store = self->state.store;
  auto to = me(self);
  auto tell = [to, then](outcome x) {
    auto kept = std::make_shared<outcome>(std::move(x));
    go_on(to, [then, kept] { then(std::move(*kept)); });
  };
  store->readers->queue(store->bounded(how), [store, work, tell](expected<void> turn) mutable {
    if (!turn)
      return tell(outcome{fail(std::move(turn.error()))});
    auto db = store->pool->read();
    tell(db ? work(**db) : outcome{fail(std::move(db.error()))});
  });
}

/// Whether somebody waits for the answer, or nobody ever did.
bool is_awaited(const store_access& store, const base::ticket& how) {
  return store.time->steady_ms() < how.due_ms;
}

error no_more_awaited() { return {ec::timed_out, "nobody waits any more"}; }

bool has_room(const tracing_state& st) {
  return st.looking < static_cast<size_t>(st.store->config->tracing.parallel);
}

/// Begins what asks hosts when there is room, else later: looks by time (urgency::history) when no
/// one else waits. `begin` gets ec::overloaded when too much waits, ec::timed_out when its answer
/// was awaited no more as its turn came.
void take_turn(self_pointer self,
               base::ticket how,
               std::function<void(expected<void> turn)> begin) {
  auto& st = self->state;
  if (has_room(st)) {
    ++st.looking;
    return begin({});
  }
  auto& line = how.what == base::urgency::history ? st.by_time : st.waiting;
  if (line.size() >= most_waiting)
    return begin(fail(ec::overloaded, "too many domains are looked at"));
  line.push_back({std::move(how), std::move(begin)});
}

void end_turn(self_pointer self) {
  auto& st = self->state;
  --st.looking;
  while (has_room(st)) {
    auto& line = st.waiting.empty() ? st.by_time : st.waiting;
    if (line.empty())
      return;
    auto next = std::move(line.front());
    line.pop_front();
    if (!is_awaited(*st.store, next.how)) {
      next.begin(fail(no_more_awaited()));
      continue;
    }
    ++st.looking;
    next.begin({});
  }
}

using plan_ptr = std::shared_ptr<const trace_plan>;

/// What of a domain a request is about. Absent: all.
struct part_of_domain {
  std::string domain;
  maybe<std::vector<named_host>> hosts;
  maybe<std::vector<named_file>> files;
};

/// Reads the plan of a request once its turn has come: what is expected when it asks may be
/// another text by then.
/// @param nothing Gets why there is nothing to do: an error, null when there is no such domain, a
/// plan without hosts or files. The turn is over then.
/// @param begin Gets the plan, and ends the turn.
void in_turn(self_pointer self,
             const base::ticket& how,
             const caller& who,
             part_of_domain what,
             std::function<void(expected<plan_ptr>)> nothing,
             std::function<void(plan_ptr)> begin) {
  auto take = [self, nothing, begin](expected<std::optional<trace_plan>> plan) {
    bool is_something = plan && *plan && !(*plan)->hosts.empty() && !(*plan)->items.empty();
    if (!is_something)
      end_turn(self);
    if (!plan)
      return nothing(fail(std::move(plan.error())));
    auto kept = *plan ? std::make_shared<const trace_plan>(std::move(**plan)) : plan_ptr{};
    return is_something ? begin(std::move(kept)) : nothing(std::move(kept));
  };
  take_turn(self, how, [self, how, who, what, nothing, take](expected<void> turn) {
    if (!turn)
      return nothing(fail(std::move(turn.error())));
    read_then(
      self,
      how,
      [who, what](database& db) { return plan_of(db, who, what.domain, what.hosts, what.files); },
      take);
  });
}

/// One look at the hosts of a plan, part by part. Lives as long as something of it is under way;
/// its members are the actor's, but for those of the one part that is judged.
class look_under_way : public std::enable_shared_from_this<look_under_way> {
public:
  using on_end = std::function<void(expected<std::shared_ptr<look_result>>)>;

  /// @param how Of what class it is; when it is awaited no more, no further host is asked.
  look_under_way(
    self_pointer self, caller who, base::ticket how, plan_ptr plan, bool with_contents, on_end end)
      : self_(self), store_(self->state.store), models_(self->state.models), who_(std::move(who)),
        how_(std::move(how)), plan_(std::move(plan)), parts_(parts_of(*plan_)),
        with_contents_(with_contents), end_(std::move(end)) {}

  void go() {
    if (next_ == parts_.size())
      return end_(found_);
    if (!is_awaited(*store_, how_))
      return end_(fail(no_more_awaited()));
    auto then = [it = shared_from_this()](expected<configs_collected> reply) {
      it->take(std::move(reply));
    };
    errand with;
    with.what = how_.what;
    ask_for<remote_actor>(std::move(with),
                          self_,
                          *store_->names,
                          remote_name,
                          remote_reading_patience,
                          then,
                          who_,
                          request_of(*plan_, parts_[next_]));
  }

private:
  void take(expected<configs_collected> reply) {
    if (!reply)
      return end_(fail(std::move(reply.error())));
    auto kept = std::make_shared<configs_collected>(std::move(*reply));
    auto it = shared_from_this();
    read_then(
      self_,
      unawaited(how_.what, who_.owner), // What was read is kept, whoever waits.
      [it, kept](database& db) {
        return judge_part(db,
                          *it->models_,
                          *it->plan_,
                          it->parts_[it->next_],
                          *kept,
                          it->with_contents_,
                          it->store_->now_ms(),
                          *it->found_);
      },
      [it](expected<seen_part> seen) { it->keep(std::move(seen)); });
  }

  void keep(expected<seen_part> seen) {
    if (!seen)
      return end_(fail(std::move(seen.error())));
    auto it = shared_from_this();
    auto to = me(self_);
    auto rows = seen->rows.size() * 4;
    write(
      *store_,
      store_->bounded(unawaited(how_.what, who_.owner)),
      {},
      [plan = plan_, seen = std::move(*seen), owner = who_.owner](database& db) {
        return keep_seen(db, *plan, seen, owner);
      },
      [it, to](expected<void> kept) {
        go_on(to, [it, kept] {
          if (!kept)
            return it->end_(fail(kept.error()));
          ++it->next_;
          it->go();
        });
      },
      rows);
  }

  self_pointer self_;
  store_ptr store_;
  trace_models_ptr models_;
  caller who_;
  base::ticket how_;
  plan_ptr plan_;
  std::vector<look_part> parts_;
  bool with_contents_;
  on_end end_;
  size_t next_ = 0;
  std::shared_ptr<look_result> found_ = std::make_shared<look_result>();
};

/// Looks in the turn that was taken, and ends it; `then` gets what was found.
void look(self_pointer self,
          const caller& who,
          const base::ticket& how,
          plan_ptr plan,
          bool with_contents,
          look_under_way::on_end then) {
  auto end = [self, then](expected<std::shared_ptr<look_result>> found) {
    end_turn(self);
    then(std::move(found));
  };
  std::make_shared<look_under_way>(self, who, how, std::move(plan), with_contents, end)->go();
}

/// Whether hosts are asked: an ordinary user gets what is known.
bool asks_hosts(const caller& who, const maybe<bool>& refresh) {
  return who.role == rights::administrator && refresh.value_or(true);
}

/// What keeps a request from being carried out, as the code the contract has for it; the caller's
/// own faults stay what they are.
template <class Reply>
void fail_by(const foreign_promise<Reply>& promise, error why, int64_t refused_code) {
  if (why == ec::vault_key || why == ec::permission_denied || why == ec::overloaded ||
      why == ec::store_unreachable || why == ec::timed_out)
    return promise.fail(std::move(why));
  Reply reply;
  reply.code = refused_code;
  reply.text = "hosts could not be read: " + to_string(why);
  promise.answer(std::move(reply));
}

caf::result<domain_status>
status(self_pointer self, const caller& who, const domain_status_query& q) {
  foreign_promise<domain_status> promise{self, of(who)};
  auto store = self->state.store;
  if (!asks_hosts(who, q.refresh))
    return read(store, promise, [who, q](database& db) { return stored_status(db, who, q); });
  auto nothing = [q, promise](expected<plan_ptr> plan) {
    if (!plan)
      return promise.fail(std::move(plan.error()));
    domain_status reply;
    reply.code = 404;
    reply.text = !*plan                   ? no_such_domain(q.domainName)
                 : (*plan)->hosts.empty() ? "the domain has no host"
                                          : "the domain has no file";
    promise.answer(std::move(reply));
  };
  auto begin = [self, who, promise](plan_ptr plan) {
    auto then = [plan, promise](expected<std::shared_ptr<look_result>> found) {
      if (!found)
        return fail_by(promise, std::move(found.error()), 404);
      promise.answer(status_of(*plan, **found));
    };
    look(self, who, promise.ticket(), plan, false, then);
  };
  in_turn(self, promise.ticket(), who, {q.domainName, {}, {}}, nothing, begin);
  return promise;
}

caf::result<real_configs> reals(self_pointer self, const caller& who, const real_configs_query& q) {
  foreign_promise<real_configs> promise{self, of(who)};
  auto store = self->state.store;
  if (!asks_hosts(who, q.refresh))
    return read(store, promise, [who, q, models = self->state.models](database& db) {
      return stored_configs(db, *models, who, q);
    });
  auto nothing = [q, promise](expected<plan_ptr> plan) {
    if (!plan)
      return promise.fail(std::move(plan.error()));
    real_configs reply;
    reply.code = 400;
    reply.text = !*plan                   ? no_such_domain(q.domainName)
                 : (*plan)->hosts.empty() ? "there is no such host in the domain"
                                          : "the domain has no file";
    if (*plan)
      reply.failList = (*plan)->failures;
    promise.answer(std::move(reply));
  };
  auto begin = [self, who, promise](plan_ptr plan) {
    auto then = [plan, promise](expected<std::shared_ptr<look_result>> found) {
      if (!found)
        return fail_by(promise, std::move(found.error()), 404);
      promise.answer(configs_of(*plan, std::move(**found)));
    };
    look(self, who, promise.ticket(), plan, true, then);
  };
  in_turn(self, promise.ticket(), who, {q.domainName, q.hostIds, {}}, nothing, begin);
  return promise;
}

// -- files that are as they are on a host

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

void store_files(self_pointer self,
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

caf::result<tracing_done>
add_items(self_pointer self, const caller& who, const items_to_trace& asked) {
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

// -- sync

/// A sync while it is carried out, in the actor.
class sync_under_way : public std::enable_shared_from_this<sync_under_way> {
public:
  sync_under_way(self_pointer self,
                 caller who,
                 configs_to_sync asked,
                 plan_ptr plan,
                 foreign_promise<configs_synced> promise)
      : self_(self), store_(self->state.store), models_(self->state.models), who_(std::move(who)),
        asked_(std::move(asked)), plan_(std::move(plan)), promise_(std::move(promise)) {}

  void begin() {
    auto then = [it = shared_from_this()](expected<task::known_commands> known) {
      if (!known) {
        end_turn(it->self_);
        return it->promise_.fail(std::move(known.error()));
      }
      it->parts_ = pushes_of(*it->plan_, *it->models_, it->asked_, *known);
      it->go();
    };
    read_then(
      self_,
      promise_.ticket(),
      [store = store_](database&) { return commands_of(*store->config); },
      then);
  }

private:
  void go() {
    if (next_ == parts_.size())
      return note();
    auto then = [it = shared_from_this()](expected<configs_pushed> reply) {
      it->take(std::move(reply));
    };
    ask<remote_actor>(self_,
                      *store_->names,
                      remote_name,
                      remote_acting_patience,
                      then,
                      who_,
                      parts_[next_].request);
  }

  void take(expected<configs_pushed> reply) {
    const auto& part = parts_[next_];
    if (!reply && next_ == 0) { // Nothing was done yet.
      end_turn(self_);
      return fail_by(promise_, std::move(reply.error()), 500);
    }
    for (size_t i = 0; i < part.places.size(); ++i) {
      auto& to = pushed_[{part.places[i].host, part.places[i].item}];
      if (reply && i < reply->resp.size()) {
        to = std::move(reply->resp[i]);
        continue;
      }
      to.state = "failed";
      to.reason = reply ? "nothing was told of it" : to_string(reply.error());
    }
    ++next_;
    go();
  }

  /// Who made files what they are now, before anybody sees that they are others.
  void note() {
    std::vector<std::pair<int64_t, std::string>> done;
    for (const auto& [place, file] : pushed_)
      if (file.state == "pushed")
        done.emplace_back(plan_->items[place.second].key, plan_->hosts[place.first].host_id);
    auto now = store_->now_ms();
    auto to = me(self_);
    std::vector<std::string> names;
    for (const auto& host : plan_->hosts)
      names.push_back(host.host_id);
    auto entity = plan_->domain.name + ":" + listed(names);
    auto rows = done.size() + 1;
    write(
      *store_,
      store_->bounded(unawaited(base::urgency::people, who_.owner)),
      {},
      [done = std::move(done), entity, who = who_, now](database& db) -> expected<void> {
        for (const auto& [item, host] : done)
          if (auto noted = tracing_repository{db}.note_sync(item, host, who.user, now); !noted)
            return noted;
        return audit(db, now, who, "tracing.sync", entity);
      },
      [to, it = shared_from_this()](expected<void> noted) {
        if (!noted)
          log::warn("sync-not-noted", "{}", to_string(noted.error()));
        go_on(to, [it] { it->verify(); });
      },
      rows);
  }

  void verify() {
    auto then = [it = shared_from_this()](expected<std::shared_ptr<look_result>> found) {
      end_turn(it->self_);
      look_result none;
      if (!found)
        none.refused = to_string(found.error());
      it->promise_.answer(reply_of(*it->plan_, it->pushed_, found ? **found : none));
    };
    auto how = unawaited(base::urgency::people, who_.owner);
    std::make_shared<look_under_way>(self_, who_, how, plan_, false, then)->go();
  }

  self_pointer self_;
  store_ptr store_;
  trace_models_ptr models_;
  caller who_;
  configs_to_sync asked_;
  plan_ptr plan_;
  std::vector<push_part> parts_;
  foreign_promise<configs_synced> promise_;
  size_t next_ = 0;
  pushed_files pushed_;
};

caf::result<configs_synced> sync(self_pointer self, const caller& who, const configs_to_sync& x) {
  foreign_promise<configs_synced> promise{self, of(who)};
  auto nothing = [x, promise](expected<plan_ptr> plan) {
    if (!plan)
      return promise.fail(std::move(plan.error()));
    configs_synced reply;
    reply.code = *plan ? 400 : 404;
    reply.text = *plan ? "there is no host, or no file, to sync" : no_such_domain(x.domainName);
    if (*plan)
      reply.failList = (*plan)->failures;
    promise.answer(std::move(reply));
  };
  auto begin = [self, who, x, promise](plan_ptr plan) {
    std::make_shared<sync_under_way>(self, who, x, std::move(plan), promise)->begin();
  };
  in_turn(self, promise.ticket(), who, {x.domainName, x.hostIds, x.confFiles}, nothing, begin);
  return promise;
}

// -- by time

/// When a domain is looked at again: within a tenth of the time around it, for not all are to come
/// at once.
int64_t next_look(const storage::trace_due_row& x, int64_t every_ms, int64_t now_ms) {
  auto mixed = (static_cast<uint64_t>(x.key) ^ static_cast<uint64_t>(now_ms)) * 0x9E3779B97F4A7C15U;
  auto tenth = std::max<int64_t>(every_ms / 10, 1);
  auto jitter = static_cast<int64_t>(mixed >> 33U) % (2 * tenth) - tenth;
  return now_ms + every_ms + jitter;
}

void look_by_time(self_pointer self, const std::string& owner, const std::string& domain) {
  caller who;
  who.user = who.owner = owner;
  who.role = rights::administrator;
  auto how = unawaited(base::urgency::history, owner);
  auto tell = [owner, domain](const error& why) {
    log::info("domain-not-looked-at", "{} of {}: {}", domain, owner, to_string(why));
  };
  auto nothing = [tell](expected<plan_ptr> plan) {
    if (!plan) // Else there is nothing in it any more.
      tell(plan.error());
  };
  auto begin = [self, who, how, tell](plan_ptr plan) {
    auto then = [tell](expected<std::shared_ptr<look_result>> found) {
      if (!found)
        tell(found.error());
    };
    look(self, who, how, std::move(plan), false, then);
  };
  in_turn(self, how, who, {domain, {}, {}}, nothing, begin);
}

void tell_not_claimed(const std::string& owner, const error& why) {
  log::warn("domains-not-claimed", "those of {} that are due: {}", owner, to_string(why));
}

/// Moves the time of what is due on; whoever does is the one who looks.
void claim_due(self_pointer self, const std::string& owner) {
  auto store = self->state.store;
  auto now = store->now_ms();
  auto every = store->config->tracing.check_every.ms;
  auto to = me(self);
  auto then =
    [self, owner, store, now, every, to](expected<std::vector<storage::trace_due_row>> due) {
      if (!due)
        return tell_not_claimed(owner, due.error());
      if (due->empty())
        return;
      write(
        *store,
        store->bounded(unawaited(base::urgency::history, owner)),
        {},
        [rows = std::move(*due), now, every](database& db) -> expected<std::vector<std::string>> {
          std::vector<std::string> claimed;
          for (const auto& row : rows) {
            auto moved = tracing_repository{db}.move_on(row, next_look(row, every, now));
            if (!moved)
              return fail(std::move(moved.error()));
            if (*moved)
              claimed.push_back(row.name);
          }
          return claimed;
        },
        [self, owner, to](expected<std::vector<std::string>> claimed) {
          if (!claimed)
            return tell_not_claimed(owner, claimed.error());
          go_on(to, [self, owner, claimed] {
            for (const auto& domain : *claimed)
              look_by_time(self, owner, domain);
          });
        });
    };
  read_then(
    self,
    unawaited(base::urgency::history, owner),
    [owner, now, most = store->config->tracing.parallel](database& db) {
      return tracing_repository{db}.due(owner, now, most);
    },
    then);
}

/// People come first: nothing by time while they, or domains that were claimed, wait.
void look_round(self_pointer self) {
  auto& st = self->state;
  if (!st.waiting.empty() || !st.by_time.empty() || !has_room(st))
    return;
  auto then = [self](expected<open_vaults> open) {
    if (!open)
      return log::warn("domains-not-claimed",
                       "it is not known whose vaults are open: {}",
                       to_string(open.error()));
    for (const auto& vault : open->vaults)
      claim_due(self, vault.user);
  };
  ask<full_vault_actor>(self,
                        *st.store->names,
                        vault_name,
                        st.store->config->store.request_timeout.chrono(),
                        then,
                        open_vaults_query{});
}

/// Answers from the store.
template <class Reply, class Work>
caf::result<Reply> from_store(self_pointer self, const caller& who, Work work) {
  return read(self->state.store,
              foreign_promise<Reply>{self, of(who)},
              [work, models = self->state.models](database& db) { return work(db, *models); });
}

/// Changes the store.
template <class Request>
caf::result<tracing_done>
change(self_pointer self,
       const caller& who,
       const Request& x,
       expected<tracing_done> (*work)(database&, const caller&, const Request&, int64_t)) {
  auto store = self->state.store;
  auto now = store->now_ms();
  return write_for(
    store,
    foreign_promise<tracing_done>{self, of(who)},
    {},
    [who, x, now, work](database& db) { return work(db, who, x, now); },
    16);
}

} // namespace

full_tracing_actor::behavior_type tracing(self_pointer self, tracing_parts parts) {
  prepare(self);
  self->state.store = std::move(parts.store);
  self->state.models = std::move(parts.models);
  if (self->state.store->config->tracing.check_every.ms > 0)
    self->delayed_send(self, look_every, atom::tick_v);
  using models = const tracing::registry&;
  return {
    [](const tracing_step& x) { (*x.go)(); },
    [self](atom::tick) {
      self->delayed_send(self, look_every, atom::tick_v);
      look_round(self);
    },
    [self](const caller& who, const domains_to_create& x) {
      return change(self, who, x, create_domains);
    },
    [self](const caller& who, const domains_query&) {
      return from_store<traced_domains>(
        self, who, [who](database& db, models) { return list_domains(db, who); });
    },
    [self](const caller& who, const domains_to_delete& x) {
      return change(self, who, x, delete_domains);
    },
    [self](const caller& who, const hosts_to_trace& x) { return change(self, who, x, add_hosts); },
    [self](const caller& who, const traced_hosts_query& q) {
      return from_store<traced_hosts>(
        self, who, [who, q](database& db, models) { return list_hosts(db, who, q); });
    },
    [self](const caller& who, const hosts_to_untrace& x) {
      return change(self, who, x, remove_hosts);
    },
    [self](const caller& who, const items_to_trace& x) { return add_items(self, who, x); },
    [self](const caller& who, const traced_items_query& q) {
      return from_store<traced_items>(
        self, who, [who, q](database& db, models known) { return list_items(db, known, who, q); });
    },
    [self](const caller& who, const items_to_untrace& x) {
      return change(self, who, x, end_items);
    },
    [self](const caller& who, const item_history_query& q) {
      return from_store<item_history>(
        self, who, [who, q](database& db, models known) { return history_of(db, known, who, q); });
    },
    [self](const caller& who, const full_history_query& q) {
      return from_store<full_history>(self, who, [who, q](database& db, models known) {
        return history_of_all(db, known, who, q);
      });
    },
    [self](const caller& who, const real_configs_query& q) { return reals(self, who, q); },
    [self](const caller& who, const domain_status_query& q) { return status(self, who, q); },
    [self](const caller& who, const configs_to_sync& x) { return sync(self, who, x); },
    [self](const caller& who, const trace_texts_query& q) {
      return from_store<trace_texts>(
        self, who, [who, q](database& db, models known) { return texts_of(db, known, who, q); });
    },
    [self](const caller& who, const trace_diff_query& q) {
      return from_store<trace_diff>(self, who, [who, q](database& db, models known) {
        return difference_of(db, known, who, q);
      });
    },
    [self](const caller& who, const trace_summary_query&) {
      return from_store<trace_summary>(
        self, who, [who](database& db, models) { return summary_of(db, who); });
    },
    [self](const caller& who, const trace_edits_query& q) {
      return from_store<trace_edits>(
        self, who, [who, q](database& db, models) { return edits_of(db, who, q); });
    },
    [self](const caller&, const trace_models_query&) { return models_of(*self->state.models); },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
