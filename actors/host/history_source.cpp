#include "actors/host/history_source.hpp"

#include "actors/host/host_ask.hpp"
#include "messages/names.hpp"
#include "messages/roles/rounds.hpp"
#include "runtime/core/check/round_codec.hpp"
#include "runtime/core/check/rounds.hpp"

#include <set>

namespace aops::actors {

namespace {

/// Stored rounds are read in portions of so much time.
constexpr int64_t portion_ms = 3600 * 1000;

/// Slots 0 and 1 are the host's own series.
constexpr uint32_t first_slot = check::kept_series::duration + 1;

/// What the rules need, under slots of their own.
std::vector<series_entry> series_of(const history_source::rule_list& rules) {
  std::set<series_key> keys;
  for (const auto& rule : rules)
    for (const auto& item : rule->rule.data_list)
      if (item.type == "kpi" && !check::is_own_series(item))
        keys.insert({item.name, item.label});
  std::vector<series_entry> out;
  for (const auto& key : keys)
    out.push_back({first_slot + static_cast<uint32_t>(out.size()), key});
  return out;
}

/// Gathers the rounds some rules need, then judges.
struct grid_run {
  history_source::rule_list rules;
  check::run_request request;
  std::optional<check::stored_history>
    history; ///< Made with the first rounds, which tell the series.

  void take(const history_portion& x) {
    if (!history)
      history.emplace(rules, x.series);
    for (const auto& round : x.rounds)
      history->add(round);
  }

  std::vector<check::run_result> judge(const history_source::collected_from& since) {
    std::vector<check::run_result> out;
    if (!history)
      history.emplace(rules, std::vector<series_entry>{});
    for (const auto& rule : rules) {
      auto data = history->data_for(*rule);
      for (size_t i = 0; i < data.items.size(); ++i)
        data.items[i].collected_from_ms = since(rule->rule.data_list[i]);
      out.push_back(check::run_rule(rule, request, data));
    }
    return out;
  }
};

class stored_rounds final : public history_source {
public:
  stored_rounds(host_pointer self, services_ptr services, const std::string& host_id)
      : self_(self), services_(std::move(services)), host_id_(host_id) {}

  check::time_basis job_basis() const override { return check::time_basis::stored_grid; }

  void read_rounds(std::vector<series_entry>,
                   int64_t from_ms,
                   int64_t until_ms,
                   each_portion each,
                   done finished) override {
    if (from_ms > until_ms)
      return finished({});
    auto end = std::min(until_ms, from_ms + portion_ms - 1);
    ask_of<round_store_actor, sample_rows>(
      self_,
      *services_,
      round_store_name,
      services_->config->store.request_timeout.chrono(),
      samples_query{host_id_, from_ms, end},
      [this, end, until_ms, each = std::move(each), finished = std::move(finished)](
        expected<sample_rows> rows) mutable {
        if (!rows)
          return finished(fail(rows.error()));
        each(decoded(std::move(*rows)));
        read_rounds({}, end + 1, until_ms, std::move(each), std::move(finished));
      });
  }

private:
  static history_portion decoded(sample_rows rows) {
    history_portion out;
    out.series = std::move(rows.series);
    for (const auto& row : rows.rows)
      if (auto round =
            check::decode_round(row.time_ms, row.blob)) // A damaged row is a round nobody took.
        out.rounds.push_back(std::move(*round));
    return out;
  }

  host_pointer self_;
  services_ptr services_;
  const std::string& host_id_;
};

} // namespace

void history_source::run(rule_list rules,
                         check::run_request request,
                         collected_from since,
                         judged then) {
  auto order = std::make_shared<grid_run>();
  order->rules = std::move(rules);
  order->request = request;
  auto from = request.start_ms;
  for (const auto& rule : order->rules)
    from = std::min(from, check::range_to_fetch(*rule, request).from_ms);
  read_rounds(
    series_of(order->rules),
    from,
    request.end_ms,
    [order](const history_portion& x) { order->take(x); },
    [order, since = std::move(since), then = std::move(then)](expected<void> how) {
      if (!how)
        return then(fail(how.error()));
      then(order->judge(since));
    });
}

std::unique_ptr<history_source>
stored_rounds_of(host_pointer self, services_ptr services, const std::string& host_id) {
  return std::make_unique<stored_rounds>(self, std::move(services), host_id);
}

} // namespace aops::actors
