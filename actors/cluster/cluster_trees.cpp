#include "actors/cluster/cluster_trees.hpp"

#include "actors/cluster/link_messages.hpp"
#include "actors/support/ask.hpp"
#include "actors/support/prepare.hpp"
#include "messages/caf_error.hpp"
#include "messages/names.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <vector>

namespace aops::actors {

namespace {

/// The answer while nodes are still being asked. The last one to let go of it delivers.
struct gathering {
  caf::typed_response_promise<cluster_trees> promise;
  cluster_trees answer;
  size_t open = 1; ///< One for ourselves, until all are asked.

  void one_less() {
    if (--open == 0)
      promise.deliver(std::move(answer));
  }
};
using gathering_ptr = std::shared_ptr<gathering>;

struct asked_node {
  std::string node;
  bool is_gone = false;
};

/// All members and this node, which may not have read the map yet; by id.
std::vector<asked_node> known_nodes(const cluster_trees_parts& parts) {
  const auto& me = parts.node;
  std::vector<asked_node> nodes{{me, false}};
  auto view = parts.map->get();
  for (const auto& x : view->members)
    if (x.node != me)
      nodes.push_back({x.node, x.state == schedule::member_state::gone});
  std::sort(
    nodes.begin(), nodes.end(), [](const auto& a, const auto& b) { return a.node < b.node; });
  return nodes;
}

expected<std::vector<asked_node>> chosen(const cluster_trees_parts& parts,
                                         const std::string& beginning) {
  auto nodes = known_nodes(parts);
  if (beginning.empty())
    return nodes;
  std::erase_if(nodes, [&](const auto& x) { return !x.node.starts_with(beginning); });
  if (nodes.empty())
    return fail(ec::not_found, "node " + beginning);
  bool is_one = nodes.size() == 1 || nodes.front().node == beginning;
  if (!is_one)
    return fail(ec::bad_request, "several nodes begin with " + beginning);
  nodes.resize(1);
  return nodes;
}

void ask_one(cluster_trees_pointer self, const gathering_ptr& g, size_t at) {
  const auto& names = *self->state.parts.names;
  auto deadline = self->state.parts.deadline;
  auto& row = g->answer.nodes[at];
  bool is_here = row.node == self->state.parts.node;
  auto whom = is_here ? std::string{node_name} : link_name_of(row.node);
  if (!names.find(whom)) {
    row.error = is_here ? "its root supervisor is not up" : "there is no link to it";
    return;
  }
  ++g->open;
  auto told = [g, at](expected<tree_status> tree) {
    auto& row = g->answer.nodes[at];
    if (tree)
      row.tree = {std::move(*tree)};
    else
      row.error = to_string(tree.error());
    g->one_less();
  };
  // Time for those below: less than ours, so that a part that hangs is seen as such.
  get_tree question{std::max<int64_t>(deadline.count() * 4 / 5, 1)};
  if (is_here)
    return ask<tree_actor>(self, names, whom, deadline, told, question);
  parcel p;
  p.to = node_name;
  p.node = row.node;
  p.patience_ms = deadline.count();
  p.body = caf::make_message(question);
  auto unpack = [told](expected<parcel> back) {
    told(value_of<tree_status>(back.map([](parcel& x) { return std::move(x.body); })));
  };
  ask<link_actor>(self, names, whom, deadline, unpack, std::move(p));
}

} // namespace

cluster_trees_actor::behavior_type cluster_trees_keeper(cluster_trees_pointer self,
                                                        cluster_trees_parts parts) {
  prepare(self);
  self->state.parts = std::move(parts);
  return {
    [self](const caller&, const cluster_tree_query& x) -> caf::result<cluster_trees> {
      auto nodes = chosen(self->state.parts, x.node);
      if (!nodes)
        return to_caf(nodes.error());
      auto g = std::make_shared<gathering>();
      g->promise = self->make_response_promise<cluster_trees>();
      auto promise = g->promise;
      for (const auto& node : *nodes)
        g->answer.nodes.push_back({node.node, node.is_gone ? "the node is gone" : "", {}});
      for (size_t i = 0; i < nodes->size(); ++i)
        if (!(*nodes)[i].is_gone)
          ask_one(self, g, i);
      g->one_less();
      return promise;
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
