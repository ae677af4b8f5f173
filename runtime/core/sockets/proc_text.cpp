#include "runtime/core/sockets/proc_text.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstring>
#include <tuple>

namespace aops::sockets {

namespace {

/// The next word of a line, which is taken from it.
std::string_view word_of(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
  auto word = rest.substr(0, rest.find_first_of(" \t"));
  rest.remove_prefix(word.size());
  return word;
}

std::string_view line_of(std::string_view& rest) {
  auto line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  return line;
}

template <class T>
bool read_whole(std::string_view text, T& to, int base = 10) {
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), to, base);
  return problem == std::errc{} && end == text.data() + text.size() && !text.empty();
}

/// Words of 32 bits in hex digits, each as this machine has it in memory.
std::optional<ip> ip_of_memory(std::string_view digits) {
  if (digits.size() != 8 && digits.size() != 32)
    return {};
  std::array<uint8_t, 16> bytes{};
  for (size_t i = 0; i < digits.size(); i += 8) {
    uint32_t word = 0;
    if (!read_whole(digits.substr(i, 8), word, 16))
      return {};
    std::memcpy(bytes.data() + i / 2, &word, sizeof word);
  }
  return digits.size() == 8 ? ip_of_v4(bytes.data()) : ip_of_v6(bytes.data());
}

bool read_end(std::string_view word, ip& address, uint16_t& port) {
  auto colon = word.find(':');
  if (colon == word.npos)
    return false;
  auto found = ip_of_memory(word.substr(0, colon));
  if (found)
    address = *found;
  return found && read_whole(word.substr(colon + 1), port, 16);
}

/// As /proc/net/ip_vs_conn has them: hex digits in the order of the network, or IPv6 as text.
std::optional<ip> ip_of_network(std::string_view word) {
  std::array<uint8_t, 16> bytes{};
  if (word.find(':') != word.npos) {
    if (word.starts_with('[') && word.ends_with(']'))
      word = word.substr(1, word.size() - 2);
    if (::inet_pton(AF_INET6, std::string{word}.c_str(), bytes.data()) != 1)
      return {};
    return ip_of_v6(bytes.data());
  }
  uint32_t number = 0;
  if (word.size() != 8 || !read_whole(word, number, 16))
    return {};
  number = htonl(number);
  std::memcpy(bytes.data(), &number, sizeof number);
  return ip_of_v4(bytes.data());
}

} // namespace

std::optional<socket_row> read_proc_tcp(std::string_view line) {
  socket_row row;
  word_of(line); // The number of the line.
  auto local = word_of(line), remote = word_of(line), state = word_of(line);
  if (!read_end(local, row.local, row.local_port) ||
      !read_end(remote, row.remote, row.remote_port) || !read_whole(state, row.state, 16))
    return {};
  for (int skipped = 0; skipped < 3; ++skipped)
    word_of(line); // Queues, timer, retransmits.
  if (!read_whole(word_of(line), row.uid))
    return {};
  word_of(line);
  if (!read_whole(word_of(line), row.inode))
    return {};
  row.cookie = row.inode;
  return row;
}

std::optional<uint32_t> inode_of_socket(std::string_view link) {
  constexpr std::string_view begin = "socket:[";
  uint32_t inode = 0;
  if (!link.starts_with(begin) || !link.ends_with(']') ||
      !read_whole(link.substr(begin.size(), link.size() - begin.size() - 1), inode))
    return {};
  return inode;
}

std::optional<stat_line> read_stat(std::string_view text) {
  auto open = text.find('('), close = text.rfind(')');
  if (open == text.npos || close == text.npos || close < open)
    return {};
  stat_line out;
  out.name = text.substr(open + 1, close - open - 1);
  auto rest = text.substr(close + 1);
  for (int field = 3; field < 22; ++field)
    word_of(rest);
  if (!read_whole(word_of(rest), out.start))
    return {};
  return out;
}

std::optional<uint32_t> effective_user(std::string_view status) {
  while (!status.empty()) {
    auto line = line_of(status);
    if (!line.starts_with("Uid:"))
      continue;
    line.remove_prefix(4);
    word_of(line);
    uint32_t uid = 0;
    if (!read_whole(word_of(line), uid))
      return {};
    return uid;
  }
  return {};
}

std::map<uint32_t, std::string> user_names(std::string_view passwd) {
  std::map<uint32_t, std::string> out;
  while (!passwd.empty()) {
    auto line = line_of(passwd);
    auto first = line.find(':');
    auto second = first == line.npos ? first : line.find(':', first + 1);
    if (first == 0 || second == line.npos)
      continue;
    auto number = line.substr(second + 1, line.find(':', second + 1) - second - 1);
    uint32_t uid = 0;
    if (read_whole(number, uid))
      out.emplace(uid, line.substr(0, first));
  }
  return out;
}

std::vector<ipvs_link> read_ipvs(std::string_view text, size_t most) {
  using key = std::tuple<ip, ip, uint16_t, ip, uint16_t>;
  std::map<key, uint64_t> counts;
  while (!text.empty()) {
    auto line = line_of(text);
    if (word_of(line) != "TCP")
      continue;
    auto client = ip_of_network(word_of(line));
    word_of(line); // The client's port is of no interest.
    auto virtual_ip = ip_of_network(word_of(line));
    uint16_t virtual_port = 0, server_port = 0;
    bool good = read_whole(word_of(line), virtual_port, 16);
    auto server = ip_of_network(word_of(line));
    good = read_whole(word_of(line), server_port, 16) && good;
    auto state = word_of(line);
    if (!good || !client || !virtual_ip || !server || state == "TIME_WAIT" || state == "CLOSE")
      continue;
    ++counts[{*client, *virtual_ip, virtual_port, *server, server_port}];
  }
  std::vector<ipvs_link> out;
  for (const auto& [k, n] : counts) {
    const auto& [client, virtual_ip, virtual_port, server, server_port] = k;
    out.push_back({client, virtual_ip, server, virtual_port, server_port, n});
  }
  std::stable_sort(out.begin(), out.end(), [](const ipvs_link& a, const ipvs_link& b) {
    return a.link_count > b.link_count;
  });
  if (out.size() > most)
    out.resize(most);
  return out;
}

} // namespace aops::sockets
