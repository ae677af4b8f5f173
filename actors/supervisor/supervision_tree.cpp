#include "actors/supervisor/supervision.hpp"

#include <caf/all.hpp>

#include <algorithm>

/// The live tree.
namespace aops::actors {

namespace {

/// The answer while those below are still being asked. The last one to let go of it delivers.
struct gathering {
  caf::response_promise promise;
  tree_status tree;
  size_t open = 0;

  void one_less() {
    if (--open == 0)
      promise.deliver(std::move(tree));
  }
};

/// Time for those below: somewhat less than our own, so that we still answer in ours.
int64_t deadline_below(int64_t deadline_ms) { return std::max<int64_t>(deadline_ms * 4 / 5, 1); }

} // namespace

tree_status supervision::row_of(const child& c) const {
  tree_status row;
  row.name = c.spec.name;
  row.state = to_string(c.state);
  row.restarts = c.restarts;
  row.last_reason = c.last_reason;
  return row;
}

caf::result<tree_status> supervision::tree(const get_tree& x) {
  auto g = std::make_shared<gathering>();
  g->promise = self_->make_response_promise();
  g->tree.name = config_.name;
  g->tree.state = to_string(phase_ == phase::shuts_down ? child_state::stopping
                            : is_settled_               ? child_state::running
                                                        : child_state::starting);
  g->tree.mailbox = static_cast<int64_t>(self_->mailbox().size());
  g->tree.children.reserve(children_.size());
  g->open = 1; // Ourselves, until all are asked.
  auto below = deadline_below(x.deadline_ms);
  for (const auto& c : children_) {
    auto position = g->tree.children.size();
    g->tree.children.push_back(row_of(c));
    if (!c.actor)
      continue;
    ++g->open;
    self_->request(c.actor, std::chrono::milliseconds{below}, get_tree{below})
      .then(
        [g, position](tree_status& theirs) {
          auto& row = g->tree.children[position];
          row.mailbox = theirs.mailbox;
          row.children = std::move(theirs.children);
          g->one_less();
        },
        [g](caf::error&) { g->one_less(); }); // Shown without a mailbox.
  }
  auto promise = g->promise;
  g->one_less();
  return promise;
}

} // namespace aops::actors
