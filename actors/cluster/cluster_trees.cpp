#include "actors/cluster/cluster_trees.hpp"

#include "actors/cluster/node_survey.hpp"
#include "actors/support/prepare.hpp"
#include "messages/caf_error.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace aops::actors {

namespace {

expected<std::vector<surveyed_node>> chosen(const cluster_trees_parts& parts,
                                            const std::string& beginning) {
  auto nodes = known_nodes(*parts.map, parts.node);
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

/// Why a node did not tell, in words.
std::string told_reason(const error& why, bool is_here) {
  if (!(why == ec::unreachable) || why.detail.empty())
    return to_string(why);
  return is_here ? "its root supervisor is not up" : why.detail;
}

cluster_trees trees_of(const std::string& me,
                       const std::vector<surveyed_node>& nodes,
                       std::vector<expected<tree_status>> answers) {
  cluster_trees out;
  for (size_t i = 0; i < nodes.size(); ++i) {
    auto& row = out.nodes.emplace_back(node_tree{nodes[i].node, "", {}});
    if (answers[i])
      row.tree = {std::move(*answers[i])};
    else
      row.error = told_reason(answers[i].error(), nodes[i].node == me);
  }
  return out;
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
      const auto& parts = self->state.parts;
      auto promise = self->make_response_promise<cluster_trees>();
      auto then = [promise, me = parts.node, nodes = *nodes](
                    std::vector<expected<tree_status>> answers) mutable {
        promise.deliver(trees_of(me, nodes, std::move(answers)));
      };
      // Time for those below: less than ours, so that a part that hangs is seen as such.
      get_tree question{std::max<int64_t>(parts.deadline.count() * 4 / 5, 1)};
      survey_parts survey{*parts.names, parts.node, std::string{node_name}, parts.deadline};
      ask_nodes<tree_actor, tree_status>(self, survey, *nodes, question, then);
      return promise;
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
