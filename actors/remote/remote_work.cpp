#include "actors/remote/remote_work.hpp"

#include "messages/return_code.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/io/storage/host_info_repository.hpp"

#include <fmt/format.h>

#include <fstream>
#include <set>
#include <sstream>

namespace aops::actors {

expected<opened_targets> open_known(const remote_work& work,
                                    const caller& who,
                                    const key_ptr& data_key,
                                    const std::vector<std::string>& ids,
                                    const std::function<std::string(size_t)>& name) {
  auto db = work.store->pool->read();
  if (!db)
    return fail(std::move(db.error()));
  auto rows = storage::host_info_repository{**db}.basics({who.owner, {}}, ids);
  if (!rows)
    return fail(std::move(rows.error()));
  std::set<std::string_view> there;
  for (const auto& row : *rows)
    there.insert(row.host_id);
  for (size_t i = 0; i < ids.size(); ++i)
    if (!there.contains(ids[i]))
      return fail(ec::bad_request, name(i) + ": no such host");
  std::vector<std::string> each;
  for (const auto& row : *rows)
    each.push_back(row.host_id);
  static const vault::secret_bytes none;
  return open_targets(**db, who.owner, data_key ? *data_key : none, each);
}

ansible::play_order short_order(const remote_work& work, std::string_view what) {
  ansible::play_order order;
  order.run = fmt::format("{}-{}", what, base::new_id(work.store->now_ms()));
  order.forks = work.store->config->tasks.forks;
  order.event_bytes = static_cast<size_t>(work.store->config->tasks.event_bytes.bytes);
  order.timeout = std::chrono::minutes{5};
  order.keeps_results = true;
  order.has_own_modules = true;
  return order;
}

int64_t code_of(size_t done, size_t failed, int64_t none) {
  if (failed == 0)
    return code_ok;
  return done == 0 ? none : code_partial;
}

expected<task::known_commands> commands_of(const base::config& config) {
  const auto& path = config.tasks.commands;
  if (path.empty())
    return task::known_commands{};
  std::ifstream file{path};
  std::ostringstream text;
  text << file.rdbuf();
  if (!file)
    return fail(ec::task_failed, fmt::format("tasks.commands: {} cannot be read", path));
  auto known = task::parse_commands(text.str());
  if (!known)
    return fail(ec::task_failed, fmt::format("tasks.commands: {}: {}", path, known.error().detail));
  return known;
}

} // namespace aops::actors
