#include "runtime/core/sockets/socket_row.hpp"

#include <algorithm>
#include <arpa/inet.h>

namespace aops::sockets {

namespace {

constexpr std::array<uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

} // namespace

bool ip::is_v4() const {
  return std::equal(mapped_prefix.begin(), mapped_prefix.end(), bytes.begin());
}

bool ip::is_wildcard() const {
  auto first = bytes.begin() + (is_v4() ? 12 : 0);
  return std::all_of(first, bytes.end(), [](uint8_t x) { return x == 0; });
}

ip ip_of_v4(const uint8_t* bytes) {
  ip out;
  std::copy(mapped_prefix.begin(), mapped_prefix.end(), out.bytes.begin());
  std::copy_n(bytes, 4, out.bytes.begin() + 12);
  return out;
}

ip ip_of_v6(const uint8_t* bytes) {
  ip out;
  std::copy_n(bytes, 16, out.bytes.begin());
  return out;
}

std::string to_string(const ip& x) {
  char text[INET6_ADDRSTRLEN] = "";
  if (x.is_v4())
    ::inet_ntop(AF_INET, x.bytes.data() + 12, text, sizeof text);
  else
    ::inet_ntop(AF_INET6, x.bytes.data(), text, sizeof text);
  return text;
}

std::string_view name_of(counter x) {
  constexpr std::array<std::string_view, counters> names{
    "rx_bytes", "tx_bytes", "packets_in", "packets_out", "retran_packets"};
  return x < counters ? names[x] : std::string_view{};
}

} // namespace aops::sockets
