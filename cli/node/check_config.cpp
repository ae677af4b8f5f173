#include "cli/node/check_config.hpp"

#include "cli/node/keep_list.hpp"
#include "runtime/base/faults.hpp"
#include "runtime/io/mq/queue.hpp"
#include "runtime/io/storage/backup_file.hpp"

#include <fstream>

namespace aops::node {

namespace {

/// Else it is told already that it is not.
bool is_readable(const std::string& file) { return std::ifstream{file}.good(); }

} // namespace

expected<void> check_config(const base::located_config& config) {
  const auto& c = config.values;
  base::faults found;
  found.note(base::check_files(c, config.where));
  if (c.scrape.keep_list.empty() || is_readable(c.scrape.keep_list))
    if (auto list = load_keep_list(c.scrape.keep_list); !list)
      found.note(
        expected<void>{base::blame(config.where, "scrape.keep_list", list.error().detail)});
  if (!c.backup.key_file.empty() && is_readable(c.backup.key_file))
    if (auto key = storage::backup_key(c.backup.key_file); !key)
      found.note(expected<void>{base::blame(config.where, "backup.key_file", key.error().detail)});
  if (c.kafka.enabled)
    if (auto queue = mq::open_queue(c); !queue)
      found.note(expected<void>{base::blame(config.where, "kafka", queue.error().detail)});
  return found.all();
}

} // namespace aops::node
