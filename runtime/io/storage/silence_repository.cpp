#include "runtime/io/storage/silence_repository.hpp"

#include "runtime/base/json_codec.hpp"
#include "runtime/io/storage/named_rows.hpp"
#include "runtime/io/storage/steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace aops::storage {

namespace {

/// Deleted in one step.
constexpr int64_t most_expired = 1000;

stored_silence read_silence(const row& r) {
  stored_silence x;
  x.key = r.integer(0);
  x.id = r.string(1);
  x.owner = r.string(2);
  x.user = r.string(3);
  if (auto terms = base::decode_text<silence_terms>(r.text(4)))
    x.terms = std::move(*terms);
  x.start_ms = r.integer(5);
  x.end_ms = r.integer(6);
  x.created_ms = r.integer(7);
  x.ended_by = r.string(8);
  x.has_groups = !x.terms.groups.empty();
  return x;
}

tl::unexpected<error> no_such(std::string_view field, std::string_view what) {
  return fail(ec::bad_request, fmt::format("{}: there is no such {}", field, what));
}

} // namespace

expected<std::vector<std::string>>
silence_repository::hosts_of(const scope& of, const std::vector<std::string>& words) {
  if (words.empty())
    return std::vector<std::string>{};
  filter matching("h.owner = ?", of.owner());
  of.limit_groups(matching, "h.host_group");
  also_either(matching, "h.id", "h.name", words);
  std::vector<std::string> out;
  std::set<std::string> known;
  auto done =
    db_.list_with("select h.id, h.name from host h where " + matching.where() + " order by h.n",
                  matching.values(),
                  [&](const row& r) {
                    out.push_back(r.string(0));
                    known.insert(r.string(0));
                    known.insert(r.string(1));
                    return true;
                  });
  if (!done)
    return fail(std::move(done.error()));
  for (size_t i = 0; i < words.size(); ++i)
    if (!known.contains(words[i]))
      return no_such(fmt::format("host_list[{}]", i), "host");
  return out;
}

expected<std::vector<int64_t>>
silence_repository::groups_of(const scope& of, const std::vector<std::string>& words) {
  std::vector<int64_t> out;
  for (size_t i = 0; i < words.size(); ++i) {
    int64_t key = 0; // By name, else by id.
    const auto* end = words[i].data() + words[i].size();
    if (auto got = std::from_chars(words[i].data(), end, key);
        got.ec != std::errc{} || got.ptr != end)
      key = 0;
    filter matching("g.owner = ?", of.owner());
    of.limit_groups(matching, "g.n");
    matching.also("(g.name = ? or g.n = ?)", words[i], key);
    auto found = db_.integer_with("select g.n from host_group g where " + matching.where() +
                                    " order by case when g.name = ? then 0 else 1 end limit 1",
                                  matching.values_and(words[i]));
    if (!found)
      return fail(std::move(found.error()));
    if (!*found)
      return no_such(fmt::format("group_list[{}]", i), "group");
    if (std::find(out.begin(), out.end(), **found) == out.end())
      out.push_back(**found);
  }
  return out;
}

expected<void> silence_repository::add(const stored_silence& x, int64_t now_ms) {
  auto there =
    db_.count("select count(*) from silence where owner = ? and end_ms > ?", x.owner, now_ms);
  if (!there)
    return fail(std::move(there.error()));
  if (*there >= most_silences)
    return fail(ec::bad_request,
                fmt::format("there are {} silences already; end some first", *there));
  auto body = base::encode(x.terms).dump(-1, ' ', false, base::json::error_handler_t::replace);
  auto added = db_.run("insert into silence (id, owner, username, body, start_ms, end_ms, "
                       "created_ms, ended_by) values (?, ?, ?, ?, ?, ?, ?, '')",
                       x.id,
                       x.owner,
                       x.user,
                       body,
                       x.start_ms,
                       x.end_ms,
                       x.created_ms);
  if (!added)
    return fail(std::move(added.error()));
  auto key = db_.last_id();
  std::vector<parameter> values;
  for (auto group : x.terms.groups)
    values.insert(values.end(), {key, group});
  return only(
    db_.run_many("insert into silence_group (silence, host_group) values (?, ?)", 2, values));
}

expected<std::vector<stored_silence>>
silence_repository::rows(std::string_view where_and_order, const std::vector<parameter>& values) {
  std::string query = "select n, id, owner, username, body, start_ms, end_ms, created_ms, ended_by "
                      "from silence where ";
  auto found = db_.list_with(query.append(where_and_order), values, read_silence);
  if (!found)
    return found;
  std::map<int64_t, std::set<int64_t>> groups;
  std::vector<int64_t> keys;
  for (const auto& x : *found)
    if (x.has_groups)
      keys.push_back(x.key);
  auto read = for_parts(keys, [&](const std::vector<int64_t>& part) {
    filter matching("1 = 1");
    matching.in("silence", part);
    return only(db_.list_with(
      "select silence, host_group from silence_group where " + matching.where(),
      matching.values(),
      [&](const row& r) { return groups[r.integer(0)].insert(r.integer(1)).second; }));
  });
  if (!read)
    return fail(std::move(read.error()));
  for (auto& x : *found)
    std::erase_if(x.terms.groups, [&](int64_t key) { return !groups[x.key].contains(key); });
  return found;
}

expected<std::vector<stored_silence>>
silence_repository::of_owners(const std::vector<std::string>& owners, int64_t after_ms) {
  if (owners.empty())
    return std::vector<stored_silence>{};
  filter matching("end_ms > ?", after_ms);
  matching.in("owner", owners);
  return rows(matching.where() + " order by n", matching.values());
}

expected<std::vector<stored_silence>>
silence_repository::find(std::string_view owner, const std::vector<std::string>& ids) {
  if (ids.empty())
    return std::vector<stored_silence>{};
  filter matching("owner = ?", owner);
  matching.in("id", ids);
  return rows(matching.where() + " order by n" + std::string{db_.sql().for_update()},
              matching.values());
}

expected<std::pair<std::vector<stored_silence>, int64_t>>
silence_repository::page(std::string_view owner, const silences_query& q, int64_t now_ms) {
  snapshot view{db_};
  if (!view)
    return fail(view.error());
  auto p = paging_of(q);
  filter matching("owner = ?", owner);
  if (q.silence_list)
    matching.in("id", static_cast<const std::vector<std::string>&>(*q.silence_list));
  if (q.ended)
    matching.also(*q.ended ? "end_ms <= ?" : "end_ms > ?", now_ms);
  auto window = window_of(db_, p, "silence", matching);
  if (!window)
    return fail(std::move(window.error()));
  static constexpr sort_choice choices[] = {
    {"starts_at", "start_ms"}, {"ends_at", "end_ms"}, {"created_at", "created_ms"}};
  auto values = matching.values();
  std::string order = " order by case when end_ms > ? then 0 else 1 end, n desc";
  if (p.sort.empty())
    values.emplace_back(now_ms);
  else
    order = order_by(p, choices, "n", "n");
  values.emplace_back(window->limit);
  values.emplace_back(window->offset);
  auto found = rows(matching.where() + order + " limit ? offset ?", values);
  if (!found)
    return fail(std::move(found.error()));
  return std::pair{std::move(*found), window->total};
}

expected<void>
silence_repository::end(const stored_silence& x, std::string_view user, int64_t now_ms) {
  return in_order(
    [&] {
      return db_.run("update silence set end_ms = ?, ended_by = ? where n = ? and end_ms > ?",
                     now_ms,
                     user,
                     x.key,
                     now_ms);
    },
    [&] {
      return db_.run(
        "update notice set due_ms = ? where silence = ? and due_ms > ?", now_ms, x.id, now_ms);
    });
}

expected<silence_repository::names>
silence_repository::names_for(const scope& of, const std::vector<stored_silence>& all) {
  names out;
  std::set<std::string> hosts;
  for (const auto& x : all)
    hosts.insert(x.terms.hosts.begin(), x.terms.hosts.end());
  auto done = in_order(
    [&] {
      return for_parts(
        std::vector<std::string>{hosts.begin(), hosts.end()},
        [&](const std::vector<std::string>& part) {
          filter matching("h.owner = ?", of.owner());
          of.limit_groups(matching, "h.host_group");
          matching.in("h.id", part);
          return only(db_.list_with(
            "select h.id, h.name from host h where " + matching.where(),
            matching.values(),
            [&](const row& r) { return out.hosts.emplace(r.string(0), r.string(1)).second; }));
        });
    },
    [&] {
      filter matching("g.owner = ?", of.owner());
      of.limit_groups(matching, "g.n");
      return db_.list_with(
        "select g.n, g.name from host_group g where " + matching.where(),
        matching.values(),
        [&](const row& r) { return out.groups.emplace(r.integer(0), r.string(1)).second; });
    });
  if (!done)
    return fail(std::move(done.error()));
  return out;
}

expected<std::map<std::string, int64_t>>
silence_repository::groups_of_hosts(const std::vector<std::string>& ids) {
  std::map<std::string, int64_t> out;
  auto done = for_parts(ids, [&](const std::vector<std::string>& part) {
    filter matching("1 = 1");
    matching.in("id", part);
    return only(
      db_.list_with("select id, host_group from host where " + matching.where(),
                    matching.values(),
                    [&](const row& r) { return out.emplace(r.string(0), r.integer(1)).second; }));
  });
  if (!done)
    return fail(std::move(done.error()));
  return out;
}

expected<int64_t> silence_repository::expire(int64_t ended_before_ms) {
  auto keys = db_.list(
    "select n from silence where end_ms < ? order by end_ms limit ?" +
      std::string{db_.sql().for_update()},
    [](const row& r) { return parameter{r.integer(0)}; },
    ended_before_ms,
    most_expired);
  if (!keys)
    return fail(std::move(keys.error()));
  auto groups = db_.run_many("delete from silence_group where silence = ?", 1, *keys);
  if (!groups)
    return groups;
  return db_.run_many("delete from silence where n = ?", 1, *keys);
}

} // namespace aops::storage
