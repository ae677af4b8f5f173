#include "runtime/core/topology/window_codec.hpp"

#include "runtime/base/number_bytes.hpp"

#include <unordered_map>

namespace aops::topology {

namespace {

using base::byte_reader;
using base::put_varint;
using base::unzigzag;
using base::zigzag;

constexpr uint8_t window_format = 1;
/// Room that one link takes at most, its texts apart.
constexpr uint64_t most_items = 1 << 20, most_text = 1 << 16;

void put_signed(std::string& out, int64_t x) { put_varint(out, zigzag(x)); }

void put_text(std::string& out, std::string_view text) {
  put_varint(out, text.size());
  out += text;
}

/// Texts by number; one that comes for the first time stands there itself, after a 0.
class text_writer {
public:
  explicit text_writer(std::string& out) : out_(out) {}
  void put(const std::string& text) {
    auto [it, is_new] = known_.try_emplace(text, known_.size() + 1);
    put_varint(out_, is_new ? 0 : it->second);
    if (is_new)
      put_text(out_, text);
  }

private:
  std::string& out_;
  std::unordered_map<std::string, uint64_t> known_;
};

class text_reader {
public:
  explicit text_reader(byte_reader& from) : from_(from) {}
  std::string take() {
    auto number = from_.varint();
    if (number == 0) {
      auto length = from_.varint();
      known_.emplace_back(length <= most_text ? from_.bytes(length) : std::string_view{});
      is_fine_ &= length <= most_text;
      return known_.back();
    }
    if (number > known_.size()) {
      is_fine_ = false;
      return {};
    }
    return known_[number - 1];
  }
  bool is_fine() const { return is_fine_ && from_.ok(); }

private:
  byte_reader& from_;
  std::vector<std::string> known_;
  bool is_fine_ = true;
};

void put_link(std::string& out, text_writer& texts, const window_link& x, int64_t received_ms) {
  const auto& e = x.record.ends;
  out.push_back(
    static_cast<char>(static_cast<uint8_t>(e.kind) << 2U | static_cast<uint8_t>(e.side)));
  for (const auto* text : {&e.server_ip, &e.client_ip, &e.virtual_ip, &e.local_ip, &e.process})
    texts.put(*text);
  put_varint(out, static_cast<uint64_t>(e.server_port));
  put_varint(out, static_cast<uint64_t>(e.virtual_port));
  put_signed(out, x.record.count);
  for (auto figure : x.record.figures)
    put_varint(out, static_cast<uint64_t>(figure + 1));
  put_signed(out, received_ms - x.first_ms);
  put_signed(out, received_ms - x.last_ms);
  put_varint(out, x.alarms);
}

window_link take_link(byte_reader& from, text_reader& texts, int64_t received_ms, bool& is_fine) {
  window_link x;
  auto& e = x.record.ends;
  auto head = from.byte();
  is_fine &= head >> 2U < link_tables.size() && (head & 3U) < link_sides.size();
  e.kind = static_cast<link_kind>(head >> 2U);
  e.side = static_cast<link_side>(head & 3U);
  for (auto* text : {&e.server_ip, &e.client_ip, &e.virtual_ip, &e.local_ip, &e.process})
    *text = texts.take();
  auto port = from.varint(), virtual_port = from.varint();
  is_fine &= port <= 65535 && virtual_port <= 65535;
  e.server_port = static_cast<int32_t>(port);
  e.virtual_port = static_cast<int32_t>(virtual_port);
  x.record.count = unzigzag(from.varint());
  constexpr int64_t farthest = int64_t{1} << 53;
  for (auto& figure : x.record.figures) {
    auto told = from.varint();
    is_fine &= told <= static_cast<uint64_t>(farthest) + 1;
    figure = is_fine ? static_cast<int64_t>(told) - 1 : not_told;
  }
  for (auto* time : {&x.first_ms, &x.last_ms}) {
    auto ago = unzigzag(from.varint());
    is_fine &= ago > -farthest && ago < farthest;
    *time = is_fine ? received_ms - ago : 0;
  }
  x.alarms = static_cast<uint32_t>(from.varint());
  return x;
}

} // namespace

std::string encode_window(const host_window& x, size_t most_bytes) {
  std::string out;
  out.push_back(static_cast<char>(window_format));
  for (const auto* text : {&x.host_id, &x.machine_id, &x.hostname, &x.agent})
    put_text(out, *text);
  put_signed(out, x.received_ms);
  put_signed(out, x.told_ms);
  put_signed(out, x.period_ms);
  put_varint(out, x.addresses.size());
  for (const auto& address : x.addresses)
    put_text(out, address);
  text_writer texts{out};
  put_varint(out, x.listening.size());
  for (const auto& s : x.listening) {
    texts.put(s.address);
    texts.put(s.process);
    put_varint(out, static_cast<uint64_t>(s.port));
  }
  put_varint(out, x.processes.size());
  for (const auto& p : x.processes) {
    for (const auto* text : {&p.name, &p.user, &p.command})
      texts.put(*text);
    put_varint(out, p.pids.size());
    for (auto pid : p.pids)
      put_signed(out, pid);
  }
  std::string links;
  text_writer link_texts{links};
  size_t told = 0;
  for (const auto& link : x.links) {
    if (out.size() + links.size() > most_bytes)
      break;
    put_link(links, link_texts, link, x.received_ms);
    ++told;
  }
  out.push_back(static_cast<char>(x.is_cut || told < x.links.size()));
  put_varint(out, told);
  return out + links;
}

expected<host_window> decode_window(std::string_view bytes) {
  auto broken = [] { return fail(ec::corrupt, "the window of a host does not read"); };
  byte_reader from{bytes};
  if (from.byte() != window_format)
    return broken();
  host_window x;
  bool is_fine = true;
  auto text = [&] {
    auto length = from.varint();
    is_fine &= length <= most_text;
    return std::string{is_fine ? from.bytes(length) : std::string_view{}};
  };
  auto count = [&] {
    auto n = from.varint();
    is_fine &= n <= most_items && from.ok();
    return is_fine ? n : 0;
  };
  for (auto* to : {&x.host_id, &x.machine_id, &x.hostname, &x.agent})
    *to = text();
  x.received_ms = unzigzag(from.varint());
  x.told_ms = unzigzag(from.varint());
  x.period_ms = unzigzag(from.varint());
  constexpr int64_t latest = int64_t{1} << 53;
  is_fine &= x.received_ms >= 0 && x.received_ms < latest;
  for (auto n = count(); n > 0 && is_fine && from.ok(); --n)
    x.addresses.push_back(text());
  text_reader texts{from};
  for (auto n = count(); n > 0 && texts.is_fine(); --n) {
    listening_socket s;
    s.address = texts.take();
    s.process = texts.take();
    auto port = from.varint();
    is_fine &= port <= 65535;
    s.port = static_cast<int32_t>(port);
    x.listening.push_back(std::move(s));
  }
  for (auto n = count(); n > 0 && texts.is_fine(); --n) {
    process_info p;
    for (auto* to : {&p.name, &p.user, &p.command})
      *to = texts.take();
    for (auto m = count(); m > 0 && from.ok(); --m)
      p.pids.push_back(unzigzag(from.varint()));
    x.processes.push_back(std::move(p));
  }
  x.is_cut = from.byte() != 0;
  text_reader link_texts{from};
  for (auto n = count(); n > 0 && is_fine && link_texts.is_fine(); --n) {
    x.links.push_back(take_link(from, link_texts, x.received_ms, is_fine));
    if (x.links.size() > 1 &&
        !(x.links[x.links.size() - 2].record.ends < x.links.back().record.ends))
      is_fine = false;
  }
  if (!is_fine || !texts.is_fine() || !link_texts.is_fine() || !from.at_end())
    return broken();
  return x;
}

} // namespace aops::topology
