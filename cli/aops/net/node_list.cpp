#include "cli/aops/net/node_list.hpp"

#include "cli/aops/text/text.hpp"

#include <algorithm>
#include <array>

namespace aops::cli {

namespace {

constexpr int failover_connect_s = 2; ///< Instead of 5 when there are others to ask.
constexpr int failover_answer_s = 10; ///< The same for the answer to what only reads.

} // namespace

bool only_reads(std::string_view path) {
  path = path.substr(0, path.find('?'));
  constexpr std::array<std::string_view, 4> ends = {"/get", "/get_list", "/count", "/query"};
  return path.starts_with("/cluster/")
           ? !path.ends_with("/drain")
           : std::any_of(ends.begin(), ends.end(), [&](auto x) { return path.ends_with(x); });
}

node_list::node_list(std::vector<connection> known, favourite current)
    : known_(std::move(known)), clients_(known_.size()), current_(std::move(current)) {
  if (known_.size() > 1)
    for (auto& to : known_)
      to.connect_s = std::min(to.connect_s, failover_connect_s);
}

client& node_list::current() {
  auto at = current_->load() % known_.size();
  if (!clients_[at])
    clients_[at] = std::make_unique<client>(known_[at]);
  return *clients_[at];
}

void node_list::go_on_from(size_t at) {
  // Somebody else may have gone on already.
  auto expected_now = at;
  current_->compare_exchange_strong(expected_now, (at + 1) % known_.size());
}

template <class Ask>
expected<json> node_list::ask(bool is_reading, Ask ask) {
  std::vector<std::string> troubles;
  for (size_t tries = 0; tries < known_.size(); ++tries) {
    auto at = current_->load() % known_.size();
    auto& node = current();
    bool others_left = tries + 1 < known_.size();
    node.limit_answer(is_reading && others_left ? failover_answer_s : 0);
    auto reply = ask(node);
    if (reply || reply.error() != ec::unreachable)
      return reply;
    troubles.push_back(reply.error().detail);
    bool may_repeat = is_reading || !node.may_have_arrived();
    go_on_from(at);
    if (!may_repeat)
      return fail(ec::unreachable, reply.error().detail + "; it may have been carried out");
  }
  return fail(ec::unreachable, joined(troubles, "; "));
}

expected<json> node_list::get(const std::string& path) {
  return ask(true, [&](client& node) { return node.get(path); });
}

expected<json> node_list::post(const std::string& path, const json& body) {
  return ask(only_reads(path), [&](client& node) { return node.post(path, body); });
}

expected<json> node_list::remove(const std::string& path, const json& body) {
  return ask(false, [&](client& node) { return node.remove(path, body); });
}

expected<void> node_list::stream(const std::string& path,
                                 const std::string& last_event_id,
                                 int idle_s,
                                 const std::function<bool(std::string_view)>& take) {
  auto at = current_->load() % known_.size();
  auto idle = known_.size() > 1 ? std::min(idle_s, failover_idle_s) : idle_s;
  auto result = current().stream(path, last_event_id, idle, take);
  if (!result && (result.error() == ec::unreachable || result.error() == ec::internal ||
                  result.error() == ec::overloaded))
    go_on_from(at);
  return result;
}

} // namespace aops::cli
