#include "runtime/io/storage/series_repository.hpp"

#include "runtime/io/storage/filter.hpp"
#include "runtime/io/storage/label_sets.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace aops::storage {

namespace {

struct candidate {
  int64_t key;
  std::string id;
  bool is_online;
  int64_t group;
  size_t turn = 0; ///< The how many-th of its group.
};

/// Hosts that were sampled: the first of each group, then the second of each, and so on.
expected<std::vector<candidate>> candidates(database& db, std::string_view owner) {
  std::map<int64_t, size_t> turns;
  auto found = db.list(
    "select n, id, status, host_group from host where owner = ? and first_online_ms > 0 order by n",
    [&](const row& r) {
      candidate x{r.integer(0), r.string(1), r.text(2) == "online", r.integer(3)};
      x.turn = turns[x.group]++;
      return x;
    },
    owner);
  if (found)
    std::stable_sort(found->begin(), found->end(), [](const candidate& a, const candidate& b) {
      return a.turn < b.turn;
    });
  return found;
}

} // namespace

expected<owner_series> series_repository::look(std::string_view owner,
                                               const std::vector<std::string>& names) {
  snapshot view{db_};
  if (!view)
    return fail(view.error());
  auto hosts = candidates(db_, owner);
  if (!hosts)
    return fail(std::move(hosts.error()));
  owner_series out;
  for (const auto& x : *hosts)
    if (x.is_online && out.online.size() < most_online)
      out.online.push_back(x.id);
  out.is_all = hosts->size() <= most_hosts;
  std::vector<int64_t> keys;
  for (size_t i = 0; i < std::min(hosts->size(), most_hosts); ++i)
    keys.push_back((*hosts)[i].key);
  out.hosts = static_cast<int64_t>(keys.size());
  if (keys.empty())
    return out;
  filter here("1 = 1");
  here.in("host", keys);
  auto known = db_.list_with("select distinct name from series where " + here.where(),
                             here.values(),
                             [](const row& r) { return r.string(0); });
  if (!known)
    return fail(std::move(known.error()));
  out.names = std::move(*known);
  if (names.empty())
    return out;
  here.in("name", names);
  auto series = db_.list_with("select distinct name, labels from series where " + here.where(),
                              here.values(),
                              [](const row& r) {
                                return series_key{r.string(0), labels_of(r.text(1))};
                              });
  if (!series)
    return fail(std::move(series.error()));
  out.series = std::move(*series);
  return out;
}

} // namespace aops::storage
