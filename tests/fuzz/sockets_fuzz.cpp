#include "runtime/base/json_library.hpp"
#include "runtime/core/sockets/batch.hpp"
#include "runtime/core/sockets/diag_reply.hpp"
#include "runtime/core/sockets/exporter_text.hpp"
#include "runtime/core/sockets/link_table.hpp"
#include "runtime/core/sockets/probe_lines.hpp"

#include <algorithm>
#include <cstdlib>
#include <span>

namespace {

using namespace aops::sockets;

/// Whatever was read becomes a batch that is JSON and within its bounds.
void tell(const std::vector<socket_row>& rows, std::string_view text) {
  process who{7, std::string{text.substr(0, 15)}, "root", "x"};
  link_table links{exclusions{}, true};
  batch out;
  for (int look = 0; look < 2; ++look)
    links.next(
      rows, [&](uint32_t inode) { return inode % 3 == 0 ? nullptr : &who; }, out);
  if (out.links.size() > most_links || out.ports.size() > most_listening)
    std::abort();
  out.balanced = read_ipvs(text, most_records);
  if (nlohmann::json::parse(to_json(out), nullptr, false).is_discarded())
    std::abort();
  (void)exporter_text(out, {});
}

void read_probe(std::string_view text) {
  probe_lines lines{
    {{"t", {{"k", field_kind::key}, {"g", field_kind::gauge}}},
     {"nginx_link", {{"client_ip", field_kind::key}, {"server_port", field_kind::key}}}}};
  auto half = text.size() / 2;
  lines.take(text.substr(0, half), 0);
  lines.take(text.substr(half), 1);
  batch out;
  lines.records(1, out.records);
  if (out.records.size() > most_probe_records ||
      nlohmann::json::parse(to_json(out), nullptr, false).is_discarded())
    std::abort();
  (void)read_probe_field(text);
}

} // namespace

/// What the kernel tells of sockets, as messages and as lines, and what probes print.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0)
    return 0;
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::vector<socket_row> rows;
  auto add = [&](const socket_row& x) { rows.push_back(x); };
  switch (data[0] % 3) {
  case 0: {
    auto done = read_diag_reply(std::as_bytes(std::span{text}), add);
    if (!done && done.error().detail.empty())
      std::abort();
    break;
  }
  case 1:
    for (auto rest = text; !rest.empty();) {
      auto line = rest.substr(0, rest.find('\n'));
      if (auto row = read_proc_tcp(line))
        add(*row);
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    }
    (void)read_stat(text);
    (void)effective_user(text);
    (void)user_names(text);
    (void)inode_of_socket(text);
    break;
  default:
    read_probe(text);
  }
  tell(rows, text);
  return 0;
}
