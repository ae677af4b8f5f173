#include "runtime/core/fault/stored_values.hpp"

namespace aops::fault {
namespace {

constexpr char format = 1;

void put_number(std::string& out, uint64_t x) {
  for (; x >= 0x80; x >>= 7)
    out += static_cast<char>(0x80 | (x & 0x7F));
  out += static_cast<char>(x);
}

class reader {
public:
  explicit reader(std::string_view rest) : rest_(rest) {}

  std::optional<uint64_t> number() {
    uint64_t out = 0;
    for (int shift = 0; shift < 63 && !rest_.empty(); shift += 7) {
      auto byte = static_cast<uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      out |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80)
        return out;
    }
    return std::nullopt;
  }

  std::optional<std::string_view> bytes(uint64_t count) {
    if (count > rest_.size())
      return std::nullopt;
    auto out = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return out;
  }

  bool is_at_end() const { return rest_.empty(); }

private:
  std::string_view rest_;
};

void put_facts(std::string& out, const host_facts& facts) {
  put_number(out, facts.core_count ? uint64_t{*facts.core_count} + 1 : 0);
  put_number(out, facts.disks.size());
  for (const auto& disk : facts.disks) {
    put_number(out, disk.size());
    out += disk;
  }
}

std::optional<host_facts> read_facts(reader& from) {
  host_facts out;
  auto cores = from.number();
  auto disks = from.number();
  if (!cores || !disks || *cores > uint64_t{UINT32_MAX} + 1)
    return std::nullopt;
  if (*cores > 0)
    out.core_count = static_cast<uint32_t>(*cores - 1);
  for (uint64_t i = 0; i < *disks; ++i) {
    auto size = from.number();
    auto name = size ? from.bytes(*size) : std::nullopt;
    if (!name)
      return std::nullopt;
    out.disks.emplace_back(*name);
  }
  return out;
}

} // namespace

std::string encode_values(const std::optional<host_facts>& facts,
                          std::span<const node_value> nodes) {
  std::string out{format, static_cast<char>(facts ? 1 : 0)};
  out.reserve(out.size() + 4 + nodes.size() / 2);
  if (facts)
    put_facts(out, *facts);
  put_number(out, nodes.size());
  for (size_t i = 0; i < nodes.size(); i += 2) {
    auto high = i + 1 < nodes.size() ? nodes[i + 1] : node_value{0};
    out += static_cast<char>((nodes[i] & 15) | (high & 15) << 4);
  }
  return out;
}

expected<stored_values> decode_values(std::string_view blob) {
  auto corrupt = [](const char* why) {
    return fail(ec::corrupt, std::string("report values: ") + why);
  };
  if (blob.size() < 2 || blob[0] != format || (blob[1] != 0 && blob[1] != 1))
    return corrupt("unknown format");
  reader from(blob.substr(2));
  stored_values out;
  if (blob[1] == 1) {
    out.facts = read_facts(from);
    if (!out.facts)
      return corrupt("the host's facts do not read");
  }
  auto count = from.number();
  if (!count || *count > max_nodes)
    return corrupt("the number of nodes does not read");
  auto packed = from.bytes((*count + 1) / 2);
  if (!packed || !from.is_at_end())
    return corrupt("the length is wrong");
  for (uint64_t i = 0; i < *count; ++i) {
    auto byte = static_cast<uint8_t>((*packed)[i / 2]);
    out.nodes.push_back(i % 2 == 0 ? byte & 15 : byte >> 4);
  }
  return out;
}

} // namespace aops::fault
