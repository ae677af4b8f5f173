#pragma once

#include "runtime/core/topology/ends.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

/// What pictures and summaries are made of: both sides of links, joined.
namespace aops::topology {

enum class node_kind : uint8_t { vm, process, external };

struct node_key {
  node_kind kind = node_kind::vm;
  const world::host* host = nullptr; ///< Null: external.
  std::string_view name;             ///< Of the process, or the address.
  friend bool operator==(const node_key&, const node_key&) = default;
};
struct node_hash {
  size_t operator()(const node_key& x) const {
    return std::hash<const void*>{}(x.host) * 31 + std::hash<std::string_view>{}(x.name) * 3 +
           static_cast<size_t>(x.kind);
  }
};

struct drawn_node {
  node_key key;
  std::string id;
  std::vector<size_t> in, out; ///< Links, by their places.
  std::vector<size_t> carried; ///< Links that a balancer's process carries.
  std::vector<size_t> hosted;  ///< Processes of a host.
};

inline constexpr size_t no_node = SIZE_MAX;

struct drawn_link {
  const window_link* told = nullptr;        ///< By the client, else by the server, or a balancer.
  const window_link* server_told = nullptr; ///< By the server, beside the client.
  int64_t period_ms = 0, server_period_ms = 0;
  size_t client = no_node, server = no_node, balancer = no_node;
  bool is_lacking = false;
  std::string id; ///< Empty until `name_links`.

  /// Whether it passes a threshold, on either side.
  bool is_abnormal() const {
    return !is_lacking && (told->alarms != 0 || (server_told && server_told->alarms != 0));
  }
};

/// Figures are those of the client's end: what a server tells alone is turned round.
link_figures client_figures(const window_link& x);

/// How a process is named whose name nobody could see: `?`.
std::string shown_process(std::string_view name);

/// Joins the links that a viewer sees.
class drawing {
public:
  /// All of these outlive it.
  drawing(const world& w, const viewer& who, const picture_query& q, const topology_rules& rules);

  const std::vector<drawn_node>& nodes() const { return nodes_; }
  const std::vector<drawn_link>& links() const { return links_; }
  bool is_cut() const { return is_cut_; } ///< There is more than `most_entities`.
  const end_finder& ends() const { return ends_; }
  /// Gives links their ids; who only counts them needs none.
  void name_links();

private:
  void draw_all();
  void draw_from(const std::string& host_id);
  void draw_unwatched(const std::string& host_id);
  void draw_host(const world::host& x);
  void draw_links(const world::host& x);
  void draw_callers(const world::host& x);
  void draw_calls(const world::host& from, const std::string& address);

  bool is_full();
  bool begin(const world::host& of, const window_link& x, link_state& how);
  bool is_left_out(const world::host* client, const world::host* server) const;
  void draw_call(const world::host& from, const window_link& x);
  size_t server_node(const world::host* to, const link_ends& e);
  void draw_served(const world::host& at, const window_link& x);
  bool draw_told_by(const world::host& from, const link_ends& e);
  bool draw_handed_on(const world::host& at, const link_ends& e);
  void draw_balanced(const world::host& at, const window_link& x);
  void put(drawn_link x);

  size_t node(node_kind kind, const world::host* host, std::string_view name);
  size_t process_of(const world::host& host, std::string_view name);

  const world& world_;
  const viewer& who_;
  const picture_query& q_;
  end_finder ends_;
  const world::host* alone_ = nullptr; ///< Nothing but what is within it.
  std::vector<drawn_node> nodes_;
  std::vector<drawn_link> links_;
  std::unordered_map<node_key, size_t, node_hash> places_;
  std::unordered_set<const window_link*> done_;
  bool is_cut_ = false;
};

} // namespace aops::topology
