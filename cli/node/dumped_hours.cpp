#include "cli/node/dumped_hours.hpp"

#include "runtime/core/check/round_codec.hpp"
#include "runtime/io/storage/dumped_samples.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace aops::node {

namespace {

using nlohmann::json;
using storage::dumped_hour;

/// Slots before are the host's own: the same everywhere, and in no table.
constexpr uint32_t first_stored_slot = 2;

struct hour_of_rounds {
  dumped_hour row;
  std::vector<check::round> rounds;
  std::map<uint32_t, series_key> series; ///< Those that the rounds have.
};

expected<hour_of_rounds> unpacked_hour(const json& given) {
  auto row = storage::read_dumped_hour(given);
  if (!row)
    return fail(std::move(row.error()));
  std::map<uint32_t, series_key> known;
  for (const auto& x : row->series)
    known.emplace(x.slot, x.key);
  hour_of_rounds out{std::move(*row), {}, {}};
  for (const auto& x : out.row.rounds) {
    auto round = check::decode_round(x.time_ms, x.blob);
    if (!round)
      return fail(std::move(round.error()));
    for (const auto& sample : round->samples) {
      auto it = known.find(sample.slot);
      if (it == known.end())
        return fail(ec::corrupt, "a sample of a row is of no series");
      out.series.emplace(it->first, it->second);
    }
    out.rounds.push_back(std::move(*round));
  }
  return out;
}

json json_of(number x) { return x.is_integer() ? json(x.integer()) : json(x.real()); }

} // namespace

expected<json> shown_hour(const json& row) {
  auto hour = unpacked_hour(row);
  if (!hour)
    return fail(std::move(hour.error()));
  std::map<uint32_t, json> points;
  auto silent = json::array();
  for (const auto& round : hour->rounds) {
    if (!round.answered)
      silent.push_back(round.time_ms);
    for (const auto& sample : round.samples)
      points[sample.slot].push_back({round.time_ms, json_of(sample.value)});
  }
  auto series = json::array();
  for (auto& [slot, list] : points) {
    const auto& key = hour->series.at(slot);
    series.push_back({{"name", key.name}, {"labels", key.label}, {"points", std::move(list)}});
  }
  const auto& x = hour->row;
  return json{{"owner", x.owner},
              {"host_id", x.host_id},
              {"host_name", x.host_name},
              {"from_ms", x.from_ms},
              {"until_ms", x.until_ms},
              {"rounds", hour->rounds.size()},
              {"without_answer_ms", std::move(silent)},
              {"series", std::move(series)}};
}

expected<json> placed_hour(storage::database& db, json row) {
  auto hour = unpacked_hour(row);
  if (!hour)
    return fail(std::move(hour.error()));
  auto here = storage::series_now(db, hour->row.owner, hour->row.host_id);
  if (!here)
    return fail(std::move(here.error()));
  if (!*here)
    return row;
  std::map<series_key, uint32_t> slots;
  auto next = first_stored_slot;
  for (auto& x : **here) {
    next = std::max(next, x.slot + 1);
    slots.emplace(std::move(x.key), x.slot);
  }
  std::map<uint32_t, uint32_t> moved;
  hour->row.series.clear();
  for (const auto& [slot, key] : hour->series) {
    auto [it, is_new] = slots.emplace(key, next);
    next += is_new ? 1 : 0;
    moved[slot] = it->second;
    hour->row.series.push_back({it->second, key});
  }
  for (size_t i = 0; i < hour->rounds.size(); ++i) {
    for (auto& sample : hour->rounds[i].samples)
      sample.slot = moved.at(sample.slot);
    hour->row.rounds[i].blob = check::encode_round(hour->rounds[i]);
  }
  return storage::row_of(hour->row);
}

} // namespace aops::node
