#include "cli/aops/text/host_file.hpp"

#include "cli/aops/text/csv.hpp"
#include "cli/aops/text/files.hpp"
#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"
#include "cli/aops/text/yaml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <vector>

namespace aops::cli {

namespace {

/// What a user may write, and the field that is meant.
const std::map<std::string, std::string, std::less<>> fields = {
  {"name", "host_name"},
  {"host_name", "host_name"},
  {"address", "public_ip"},
  {"public_ip", "public_ip"},
  {"port", "exporter_port"},
  {"exporter_port", "exporter_port"},
  {"group", "host_group_name"},
  {"host_group_name", "host_group_name"},
  {"ssh_port", "ssh_port"},
  {"management", "management"},
  {"source", "source"}};

/// What a list of hosts shows beside, and nobody says of a host: the node finds it out.
bool is_found_out(std::string_view word) {
  constexpr std::array<std::string_view, 7> found = {
    "host_id", "status", "status_since", "scrape_error", "first_online", "host_keys", "infos"};
  return std::find(found.begin(), found.end(), word) != found.end();
}

std::vector<std::string> known_words() {
  std::vector<std::string> words;
  for (const auto& [word, field] : fields)
    words.push_back(word);
  return words;
}

/// The field that a column or member is; empty: it is passed over.
expected<std::string> field_of(std::string_view word) {
  if (is_found_out(word))
    return std::string{};
  auto found = fields.find(word);
  if (found != fields.end())
    return found->second;
  return fail(ec::bad_request, tr("unknown: `{}`{}", word, hint_at(word, known_words())));
}

expected<void> set_field(json& host, const std::string& field, json value) {
  if (field.empty())
    return {};
  if (host.contains(field))
    return fail(ec::bad_request, tr("{} is given twice", field));
  host[field] = std::move(value);
  return {};
}

/// Takes the port out of the address, and looks whether what is needed is there.
expected<json> finished(json host) {
  for (const auto* needed : {"host_name", "public_ip"})
    if (!host.contains(needed))
      return fail(ec::bad_request, tr("{} is missing", needed));
  if (!host["public_ip"].is_string())
    return host; // The node says what is wrong.
  auto parts = split_address(host["public_ip"].get<std::string>());
  if (!parts)
    return fail(parts.error());
  host["public_ip"] = parts->first;
  if (parts->second)
    if (auto done = set_field(host, "exporter_port", *parts->second); !done)
      return fail(done.error());
  return host;
}

expected<json> read_csv_hosts(const std::string& file, std::string_view text) {
  auto table = read_csv(file, text);
  if (!table)
    return fail(table.error());
  std::vector<std::string> header;
  for (const auto& cell : table->header.cells) {
    auto field = field_of(cell);
    if (!field)
      return fail(csv_error(file, table->header.line, field.error().detail));
    header.push_back(*field);
  }
  json hosts = json::array();
  for (const auto& row : table->rows) {
    json host = json::object();
    for (size_t i = 0; i < header.size(); ++i)
      if (auto cell = trimmed(row.cells[i]); !cell.empty())
        if (auto done = set_field(host, header[i], cell); !done)
          return fail(csv_error(file, row.line, done.error().detail));
    auto whole = finished(std::move(host));
    if (!whole)
      return fail(csv_error(file, row.line, whole.error().detail));
    hosts.push_back(std::move(*whole));
  }
  return hosts;
}

expected<json> host_of(const json& item) {
  if (!item.is_object())
    return fail(ec::bad_request, tr("is no host with name and address"));
  json host = json::object();
  for (auto i = item.begin(); i != item.end(); ++i) {
    auto field = field_of(i.key());
    if (!field)
      return fail(field.error());
    if (auto done = set_field(host, *field, i.value()); !done)
      return fail(done.error());
  }
  return finished(std::move(host));
}

} // namespace

expected<std::pair<std::string, std::optional<int64_t>>> split_address(std::string_view text) {
  auto colon = text.rfind(':');
  bool is_bracketed = text.starts_with('[');
  auto end = is_bracketed ? text.find(']') : colon;
  bool is_bare_ipv6 = !is_bracketed && colon != text.npos && text.find(':') != colon;
  if (is_bracketed && end == text.npos)
    return fail(ec::bad_request, tr("`{}`: the bracket is never closed", text));
  std::string address{is_bare_ipv6   ? text
                      : is_bracketed ? text.substr(1, end - 1)
                                     : text.substr(0, end)};
  auto rest = is_bare_ipv6       ? std::string_view{}
              : is_bracketed     ? text.substr(end + 1)
              : end == text.npos ? std::string_view{}
                                 : text.substr(end);
  if (rest.empty())
    return std::pair{address, std::optional<int64_t>{}};
  int64_t port = 0;
  auto [stop, problem] = std::from_chars(rest.data() + 1, rest.data() + rest.size(), port);
  bool is_port = rest.front() == ':' && problem == std::errc{} &&
                 stop == rest.data() + rest.size() && port >= 1 && port <= 65535;
  if (!is_port)
    return fail(ec::bad_request,
                tr("`{}`: behind the address stands no port from 1 to 65535", text));
  return std::pair{address, std::optional<int64_t>{port}};
}

expected<json> read_hosts(const std::string& name, std::string_view text) {
  if (extension_of(name) == ".csv")
    return read_csv_hosts(name, text);
  auto content = parse_document(name, text);
  if (!content)
    return content;
  const auto* list = &*content;
  for (const auto* key : {"host_list", "host_infos"}) // As it is asked for, as it is shown.
    if (content->is_object() && content->contains(key))
      list = &member(*content, key);
  if (!list->is_array())
    return fail(ec::bad_request,
                tr("{}: holds no hosts; a file of hosts is a list of {{name, address}}", name));
  json hosts = json::array();
  for (const auto& item : *list) {
    auto host = host_of(item);
    if (!host)
      return fail(ec::bad_request,
                  fmt::format("{}: host {}: {}", name, hosts.size() + 1, host.error().detail));
    hosts.push_back(std::move(*host));
  }
  return hosts;
}

} // namespace aops::cli
