#include "runtime/core/topology/batch.hpp"

#include "runtime/base/fitting.hpp"
#include "runtime/base/json_codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace aops::topology {

namespace {

using base::json;

/// Lists of objects of numbers; what is unknown may be some JSON of its own.
constexpr size_t batch_depth = 32;
constexpr int64_t most_figure = int64_t{1} << 53, most_period_ms = 3600 * 1000;
constexpr int64_t usual_period_ms = 5000, most_pid = UINT32_MAX;

/// Takes members of one object, and remembers the first that does not fit.
class member_reader {
public:
  member_reader(const json& object, std::string where)
      : object_(object), where_(std::move(where)) {}

  const json* find(std::string_view name) const {
    auto it = object_.find(name);
    return it == object_.end() || it->is_null() ? nullptr : &*it;
  }

  /// Empty when it is absent; cut to `most` bytes.
  std::string text(std::string_view name, size_t most, bool is_needed = false) {
    const auto* value = find(name);
    if (!value) {
      if (is_needed)
        blame(name, "is missing");
      return {};
    }
    if (!value->is_string()) {
      blame(name, "must be a text");
      return {};
    }
    const auto& all = value->get_ref<const std::string&>();
    if (is_needed && all.empty())
      blame(name, "must not be empty");
    return std::string{base::fitting(all, most)};
  }

  /// A whole number, as such or as text; nothing when it is absent.
  std::optional<int64_t> whole(std::string_view name, int64_t min, int64_t max) {
    const auto* value = find(name);
    if (!value)
      return std::nullopt;
    int64_t x = 0;
    error err;
    base::codec::place here{nullptr, name};
    if (!base::codec::read_integer(*value, x, field_rules{}, here, err))
      blame(name, "must be a whole number");
    else if (x < min || x > max)
      blame(name, fmt::format("must be from {} to {}", min, max));
    return std::clamp(x, min, max);
  }

  int64_t needed_whole(std::string_view name, int64_t min, int64_t max) {
    auto x = whole(name, min, max);
    if (!x)
      blame(name, "is missing");
    return x.value_or(min);
  }

  std::string address(std::string_view name, bool is_needed) {
    auto told = text(name, 80, is_needed);
    if (told.empty())
      return {};
    auto plain = plain_address(told);
    if (plain.empty())
      blame(name, "must be an IP address");
    return plain;
  }

  bool truth(std::string_view name) {
    const auto* value = find(name);
    if (!value)
      return false;
    if (!value->is_boolean())
      blame(name, "must be true or false");
    return value->is_boolean() && value->get<bool>();
  }

  /// Numbers of processes, ascending; `most_pids` of them.
  std::vector<int64_t> pids(std::string_view name) {
    const auto* value = find(name);
    std::vector<int64_t> out;
    if (!value)
      return out;
    if (!value->is_array()) {
      blame(name, "must be a list");
      return out;
    }
    for (const auto& x : *value) {
      if (!x.is_number_integer() || x.get<int64_t>() < 1 || x.get<int64_t>() > most_pid) {
        blame(name, "must be a list of numbers of processes");
        return {};
      }
      if (out.size() < most_pids)
        out.push_back(x.get<int64_t>());
    }
    std::sort(out.begin(), out.end());
    return out;
  }

  void blame(std::string_view name, std::string_view why) {
    if (!fault_)
      fault_ = fmt::format("{}{}: {}", where_, name, why);
  }
  const std::optional<std::string>& fault() const { return fault_; }

private:
  const json& object_;
  std::string where_;
  std::optional<std::string> fault_;
};

/// Calls `take(member_reader&)` for each object of a list, `most` of them.
/// @returns Whether there were more.
template <class Take>
expected<bool> each_object(const json& body, std::string_view name, size_t most, Take take) {
  auto it = body.find(name);
  if (it == body.end() || it->is_null())
    return false;
  if (!it->is_array())
    return fail(ec::bad_request, fmt::format("{}: must be a list", name));
  size_t i = 0;
  for (const auto& item : *it) {
    if (i == most)
      return true;
    auto where = fmt::format("{}[{}]", name, i++);
    if (!item.is_object())
      return fail(ec::bad_request, where + ": must be an object");
    member_reader from{item, where + '.'};
    take(from);
    if (from.fault())
      return fail(ec::bad_request, *from.fault());
  }
  return false;
}

void read_figures(member_reader& from, link_record& out) {
  out.count = from.whole("link_count", 0, most_figure).value_or(1);
  for (size_t i = 0; i < figure_count; ++i)
    out.figures[i] = from.whole(figure_names[i], 0, most_figure).value_or(not_told);
}

link_record tcp_record(member_reader& from) {
  link_record out;
  auto role = from.text("role", 16, true);
  if (role == "server" || role == "0")
    out.ends.side = link_side::server;
  else if (role != "client" && role != "1")
    from.blame("role", "must be server or client");
  out.ends.process = from.text("process_name", most_name);
  out.ends.client_ip = from.address("client_ip", true);
  out.ends.server_ip = from.address("server_ip", true);
  out.ends.server_port = static_cast<int32_t>(from.needed_whole("server_port", 1, 65535));
  read_figures(from, out);
  return out;
}

/// What a balancer's process is called when its record does not say.
std::string_view usual_process(link_kind kind) {
  auto table = table_of(kind);
  return table.substr(0, table.find('_'));
}

link_record balancer_record(member_reader& from, link_kind kind) {
  link_record out;
  auto& e = out.ends;
  e.kind = kind;
  e.side = link_side::balancer;
  e.process = from.text("process_name", most_name);
  if (e.process.empty())
    e.process = usual_process(kind);
  e.client_ip = from.address("client_ip", true);
  e.virtual_ip = from.address("virtual_ip", true);
  e.virtual_port = static_cast<int32_t>(from.needed_whole("virtual_port", 1, 65535));
  e.local_ip = from.address("local_ip", false);
  e.server_ip = from.address("server_ip", true);
  e.server_port = static_cast<int32_t>(from.needed_whole("server_port", 1, 65535));
  read_figures(from, out);
  return out;
}

/// Nothing for tables of which nothing is drawn.
std::optional<link_record> any_record(member_reader& from) {
  auto table = from.text("table_name", 32);
  if (table.empty() || table == table_of(link_kind::tcp))
    return tcp_record(from);
  for (auto kind : {link_kind::ipvs, link_kind::nginx, link_kind::haproxy})
    if (table == table_of(kind))
      return balancer_record(from, kind);
  return std::nullopt;
}

void add_to(link_record& sum, const link_record& x) {
  sum.count += x.count;
  for (size_t i = 0; i < figure_count; ++i) {
    if (x.figures[i] == not_told)
      continue;
    auto& to = sum.figures[i];
    to = to == not_told        ? x.figures[i]
         : i < counted_figures ? to + x.figures[i]
                               : std::max(to, x.figures[i]);
  }
}

/// By their ends, each once.
void join_same(std::vector<link_record>& links) {
  std::stable_sort(
    links.begin(), links.end(), [](const auto& a, const auto& b) { return a.ends < b.ends; });
  size_t kept = 0;
  for (size_t i = 0; i < links.size(); ++i) {
    if (kept > 0 && links[kept - 1].ends == links[i].ends)
      add_to(links[kept - 1], links[i]);
    else if (kept++ != i)
      links[kept - 1] = std::move(links[i]);
  }
  links.resize(kept);
}

/// By name, each once; the first that tells something counts.
void join_same(std::vector<process_info>& all) {
  std::stable_sort(
    all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  size_t kept = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    if (kept == 0 || all[kept - 1].name != all[i].name) {
      if (kept++ != i)
        all[kept - 1] = std::move(all[i]);
      continue;
    }
    auto& to = all[kept - 1];
    auto& pids = to.pids;
    pids.insert(pids.end(), all[i].pids.begin(), all[i].pids.end());
    if (to.user.empty())
      to.user = std::move(all[i].user);
    if (to.command.empty())
      to.command = std::move(all[i].command);
  }
  all.resize(kept);
  for (auto& x : all) {
    std::sort(x.pids.begin(), x.pids.end());
    x.pids.erase(std::unique(x.pids.begin(), x.pids.end()), x.pids.end());
    x.pids.resize(std::min(x.pids.size(), most_pids));
  }
}

expected<std::vector<std::string>> read_addresses(const json& body) {
  std::vector<std::string> out;
  auto it = body.find("addresses");
  if (it == body.end() || it->is_null())
    return out;
  if (!it->is_array())
    return fail(ec::bad_request, "addresses: must be a list");
  size_t i = 0;
  for (const auto& item : *it) {
    auto plain =
      item.is_string() ? plain_address(item.get_ref<const std::string&>()) : std::string{};
    if (plain.empty())
      return fail(ec::bad_request, fmt::format("addresses[{}]: must be an IP address", i));
    ++i;
    if (!is_loopback(plain) && !is_any_address(plain) && out.size() < most_addresses)
      out.push_back(std::move(plain));
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

} // namespace

expected<batch> parse_batch(std::string_view body, size_t most_links) {
  auto document = base::parse_json(body, batch_depth);
  if (!document)
    return fail(std::move(document.error()));
  if (!document->is_object())
    return fail(ec::bad_request, "the body must be an object");
  batch out;
  member_reader head{*document, ""};
  out.machine_id = head.text("machine_id", most_machine_id, true);
  out.hostname = head.text("hostname", most_hostname, true);
  out.agent = head.text("agent", most_agent);
  out.time_ms = head.whole("time_ms", 0, most_figure).value_or(0);
  out.period_ms = head.whole("period_ms", 1, most_period_ms).value_or(usual_period_ms);
  out.is_cut = head.truth("is_cut");
  if (head.fault())
    return fail(ec::bad_request, *head.fault());
  auto addresses = read_addresses(*document);
  if (!addresses)
    return fail(std::move(addresses.error()));
  out.addresses = std::move(*addresses);

  // Pids of links are of use where no process of that name is told.
  std::vector<process_info> seen;
  auto take_link = [&](member_reader& from) {
    auto record = any_record(from);
    if (!record)
      return;
    auto pids = from.pids("pids");
    if (!record->ends.process.empty() && !pids.empty())
      seen.push_back({record->ends.process, {}, {}, std::move(pids)});
    out.links.push_back(std::move(*record));
  };
  auto take_socket = [&](member_reader& from) {
    listening_socket x;
    x.process = from.text("process_name", most_name);
    x.address = from.address("address", true);
    x.port = static_cast<int32_t>(from.needed_whole("port", 1, 65535));
    out.listening.push_back(std::move(x));
  };
  auto take_process = [&](member_reader& from) {
    process_info x;
    x.name = from.text("process_name", most_name, true);
    x.user = from.text("user", most_name);
    x.command = from.text("command", most_name);
    x.pids = from.pids("pids");
    out.processes.push_back(std::move(x));
  };
  auto note = [&](expected<bool> is_longer) -> expected<void> {
    if (!is_longer)
      return fail(std::move(is_longer.error()));
    out.is_cut |= *is_longer;
    return {};
  };
  if (auto done = note(each_object(*document, "links", most_links, take_link)); !done)
    return fail(std::move(done.error()));
  auto room = most_links - out.links.size();
  if (auto done = note(each_object(*document, "records", room, take_link)); !done)
    return fail(std::move(done.error()));
  if (auto done = note(each_object(*document, "listening", most_listening, take_socket)); !done)
    return fail(std::move(done.error()));
  if (auto done = note(each_object(*document, "processes", most_processes, take_process)); !done)
    return fail(std::move(done.error()));
  out.processes.insert(out.processes.end(),
                       std::make_move_iterator(seen.begin()),
                       std::make_move_iterator(seen.end()));
  join_same(out.links);
  join_same(out.processes);
  std::sort(out.listening.begin(), out.listening.end());
  out.listening.erase(std::unique(out.listening.begin(), out.listening.end()), out.listening.end());
  return out;
}

} // namespace aops::topology
