#include "cli/aops/net/node_list.hpp"

#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"
#include "runtime/base/digest.hpp"

#include <algorithm>
#include <array>

namespace aops::cli {

namespace {

constexpr int failover_connect_s = 2; ///< Instead of 5 when there are others to ask.
constexpr int failover_answer_s = 10; ///< The same for the answer to what only reads.

} // namespace

bool only_reads(std::string_view path) {
  path = path.substr(0, path.find('?'));
  constexpr std::array<std::string_view, 7> ends = {
    "/get", "/get_list", "/count", "/query", "/result/hosts", "/result/log", "/task/stat"};
  return path.starts_with("/cluster/")
           ? !path.ends_with("/drain")
           : std::any_of(ends.begin(), ends.end(), [&](auto x) { return path.ends_with(x); });
}

bool creates(std::string_view path) {
  constexpr std::array<std::string_view, 16> keyed = {"/check/execute",
                                                      "/check/rule/import",
                                                      "/check/silence/add",
                                                      "/diag/execute",
                                                      "/diag/tree/import",
                                                      "/manage/account/register",
                                                      "/manage/account/token/create",
                                                      "/manage/account/user/add",
                                                      "/manage/host/add",
                                                      "/manage/host/group/add",
                                                      "/manage/task/execute",
                                                      "/manage/task/generate",
                                                      "/manage/task/retry",
                                                      "/manage/task/schedule/add",
                                                      "/manage/template/import",
                                                      "/manage/template/import/package"};
  return std::find(keyed.begin(), keyed.end(), path) != keyed.end();
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
expected<json> node_list::ask(repeat how, Ask ask) {
  std::vector<std::string> troubles;
  bool may_be_done = false;
  // A connection that broke says nothing about the node: a single one is asked once more, too.
  size_t most = how == repeat::keyed ? std::max<size_t>(known_.size(), 2) : known_.size();
  for (size_t tries = 0; tries < most; ++tries) {
    auto at = current_->load() % known_.size();
    auto& node = current();
    bool others_left = tries + 1 < known_.size();
    node.limit_answer(how == repeat::reads && others_left ? failover_answer_s : 0);
    auto reply = ask(node);
    if (reply || reply.error() != ec::unreachable)
      return reply;
    troubles.push_back(reply.error().detail);
    bool has_arrived = how != repeat::reads && node.may_have_arrived();
    may_be_done = may_be_done || has_arrived;
    go_on_from(at);
    if (has_arrived && how == repeat::never)
      break;
    if (tries + 1 >= known_.size() && !node.broke_off())
      break; // Nobody there, or nobody answers: asking again at once is of no use.
  }
  return fail(ec::unreachable,
              joined(troubles, "; ") + (may_be_done ? tr("; it may have been carried out") : ""));
}

expected<json> node_list::get(const std::string& path) {
  return ask(repeat::reads, [&](client& node) { return node.get(path); });
}

expected<json> node_list::post(const std::string& path, const json& body) {
  auto key = creates(path) ? base::random_hex(16) : std::string{};
  auto how = !key.empty() ? repeat::keyed : only_reads(path) ? repeat::reads : repeat::never;
  return ask(how, [&](client& node) { return node.post(path, body, key); });
}

expected<json> node_list::put(const std::string& path, const json& body) {
  return ask(repeat::never, [&](client& node) { return node.put(path, body); });
}

expected<json> node_list::remove(const std::string& path, const json& body) {
  return ask(repeat::never, [&](client& node) { return node.remove(path, body); });
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
