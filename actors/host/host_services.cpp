#include "actors/host/host_services.hpp"

namespace aops::actors {

expected<fault::tree_ptr> tree_cache::get(const std::string& digest, const std::string& content) {
  {
    std::lock_guard guard{mutex_};
    if (auto it = trees_.find(digest); it != trees_.end())
      return it->second;
  }
  auto parsed = fault::tree::parse_text(content);
  if (!parsed)
    return fail(parsed.error());
  auto tree = std::make_shared<const fault::tree>(std::move(*parsed));
  std::lock_guard guard{mutex_};
  if (trees_.size() >= most_trees)
    trees_.clear(); // Rare, and cheaper than keeping an order.
  return trees_.try_emplace(digest, std::move(tree)).first->second;
}

} // namespace aops::actors
