#include "actors/support/prepare.hpp"
#include "tests/path/greeting/kind/greeting.hpp"
#include "tests/path/greeting/messages.hpp"

#include <caf/all.hpp>

namespace aops::tests {

namespace {

using namespace actors;

struct greeting_store_state {
  explicit greeting_store_state() = default;
  static inline const char* name = "store/greetings";
  store_ptr store;
};

expected<greetings_found>
find(storage::database& db, const std::string& owner, const std::string& task) {
  auto job = db.first(
    "select n, state from job where owner = ? and id = ?",
    [](const storage::row& r) {
      return std::pair{r.integer(0), r.string(1)};
    },
    owner,
    task);
  if (!job)
    return fail(job.error());
  greetings_found out;
  if (!*job)
    return out;
  out.state = (**job).second;
  auto rows = db.list(
    "select number, host, said from greeting where job = ? order by number",
    [](const storage::row& r) {
      return greeting_row{r.integer(0), r.string(1), r.string(2)};
    },
    (**job).first);
  if (!rows)
    return fail(rows.error());
  out.greetings = std::move(*rows);
  return out;
}

greeting_store_actor::behavior_type
greeting_store(greeting_store_actor::stateful_pointer<checked_state<greeting_store_state>> self,
               store_ptr store) {
  prepare(self);
  self->state.store = std::move(store);
  return {
    [self](const caller& who, const greetings_query& q) -> caf::result<greetings_found> {
      return read(self->state.store,
                  foreign_promise<greetings_found>{self, of(who)},
                  [who, q](storage::database& db) { return find(db, who.owner, q.task_id); });
    },
    [](atom::ping) {},
  };
}

} // namespace

child_spec greeting_store_child(const store_ptr& store) {
  child_spec spec;
  spec.name = greeting_store_name;
  spec.start = spawns(greeting_store, store);
  return spec;
}

} // namespace aops::tests
