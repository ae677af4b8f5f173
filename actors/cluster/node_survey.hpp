#pragma once

#include "actors/cluster/cluster_map.hpp"
#include "actors/cluster/link_messages.hpp"
#include "actors/support/ask.hpp"
#include "messages/cluster.hpp"
#include "messages/names.hpp"
#include "messages/return_code.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

/// One question to many nodes at once. A node that does not answer is told with the reason, never
/// left out.
namespace aops::actors {

struct surveyed_node {
  std::string node;
  bool is_gone = false;
};

/// All members and this node, which may not have read the map yet; by id.
inline std::vector<surveyed_node> known_nodes(const cluster_map& map, const std::string& me) {
  std::vector<surveyed_node> nodes{{me, false}};
  auto view = map.get();
  for (const auto& x : view->members)
    if (x.node != me)
      nodes.push_back({x.node, x.state == schedule::member_state::gone});
  std::sort(
    nodes.begin(), nodes.end(), [](const auto& a, const auto& b) { return a.node < b.node; });
  return nodes;
}

/// What a survey is given.
struct survey_parts {
  const directory& names;
  std::string me;   ///< This node.
  std::string whom; ///< Name of the actor that is asked, on every node.
  std::chrono::milliseconds deadline;
};

/// Asks the actor of one name on each of these nodes, the others through their links.
/// `then(std::vector<expected<Reply>>)` runs once, with the answers in the order of `nodes`:
/// ec::unreachable for a node that is gone, that has no such actor or no link.
template <class Role, class Reply, class Self, class Then, class Request>
void ask_nodes(Self* self,
               const survey_parts& parts,
               const std::vector<surveyed_node>& nodes,
               Request request,
               Then then) {
  struct gathering {
    std::vector<expected<Reply>> answers;
    size_t open = 1; ///< One for ourselves, until all are asked.
    Then then;
    void one_less() {
      if (--open == 0)
        then(std::move(answers));
    }
  };
  static_assert(std::is_same_v<reply_of<Role, Request>, Reply>, "the role answers something else");
  auto g = std::make_shared<gathering>(gathering{{}, 1, std::move(then)});
  for (const auto& x : nodes)
    g->answers.push_back(
      fail(ec::unreachable, x.is_gone ? "the node is gone" : "there is no link to it"));
  for (size_t i = 0; i < nodes.size(); ++i) {
    const auto& node = nodes[i].node;
    bool is_here = node == parts.me;
    auto name = is_here ? parts.whom : link_name_of(node);
    if (is_here && !parts.names.find(name))
      g->answers[i] = fail(down_error(name));
    if (nodes[i].is_gone || !parts.names.find(name))
      continue;
    ++g->open;
    auto told = [g, i](expected<Reply> answer) {
      g->answers[i] = std::move(answer);
      g->one_less();
    };
    if (is_here) {
      ask<Role>(self, parts.names, name, parts.deadline, told, request);
      continue;
    }
    parcel p;
    p.to = parts.whom;
    p.node = node;
    p.patience_ms = parts.deadline.count();
    p.body = caf::make_message(request);
    auto unpack = [told](expected<parcel> back) {
      told(value_of<Reply>(back.map([](parcel& x) { return std::move(x.body); })));
    };
    ask<link_actor>(self, parts.names, name, parts.deadline, unpack, std::move(p));
  }
  g->one_less();
}

/// A page with a row for each node that is not gone, filled by `fill(row&, const Reply&)`, or why
/// there is none: then the page is partial.
template <class Page, class Reply, class Fill>
Page page_of_nodes(const std::vector<surveyed_node>& nodes,
                   const std::vector<expected<Reply>>& answers,
                   Fill fill) {
  Page page;
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].is_gone)
      continue;
    auto& row = page.nodes.emplace_back();
    if (answers[i]) {
      fill(row, *answers[i]);
    } else {
      row.error = to_string(answers[i].error());
      page.code = code_partial;
    }
    row.node = nodes[i].node;
  }
  return page;
}

/// Asks all nodes, this one too, and answers with the page of what they told.
template <class Role, class Page, class Reply, class Self, class Request, class Fill>
caf::result<Page> survey_page(
  Self* self, const cluster_map& map, const survey_parts& parts, Request request, Fill fill) {
  auto nodes = known_nodes(map, parts.me);
  auto promise = self->template make_response_promise<Page>();
  auto then = [promise, nodes, fill](const std::vector<expected<Reply>>& told) mutable {
    promise.deliver(page_of_nodes<Page>(nodes, told, fill));
  };
  ask_nodes<Role, Reply>(self, parts, nodes, std::move(request), then);
  return promise;
}

} // namespace aops::actors
