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

/// What stands behind the format: whether there are facts, and instances among them.
enum : char { no_facts, with_facts, with_instances, last_kind = with_instances };

char kind_of(const std::optional<host_facts>& facts) {
  if (!facts)
    return no_facts;
  return facts->instances.empty() ? with_facts : with_instances;
}

void put_text(std::string& out, const std::string& text) {
  put_number(out, text.size());
  out += text;
}

void put_texts(std::string& out, const std::vector<std::string>& texts) {
  put_number(out, texts.size());
  for (const auto& text : texts)
    put_text(out, text);
}

void put_facts(std::string& out, const host_facts& facts) {
  put_number(out, facts.core_count ? uint64_t{*facts.core_count} + 1 : 0);
  put_texts(out, facts.disks);
  if (facts.instances.empty())
    return;
  put_number(out, facts.instances.size());
  for (const auto& [of, values] : facts.instances) {
    put_text(out, of.check_item);
    put_text(out, of.label);
    put_texts(out, values);
  }
}

bool read_text(reader& from, std::string& to) {
  auto size = from.number();
  auto text = size ? from.bytes(*size) : std::nullopt;
  if (text)
    to = *text;
  return text.has_value();
}

bool read_texts(reader& from, std::vector<std::string>& to) {
  auto count = from.number();
  if (!count)
    return false;
  for (uint64_t i = 0; i < *count; ++i)
    if (!read_text(from, to.emplace_back()))
      return false;
  return true;
}

std::optional<host_facts> read_facts(reader& from, char kind) {
  host_facts out;
  auto cores = from.number();
  if (!cores || *cores > uint64_t{UINT32_MAX} + 1 || !read_texts(from, out.disks))
    return std::nullopt;
  if (*cores > 0)
    out.core_count = static_cast<uint32_t>(*cores - 1);
  if (kind != with_instances)
    return out;
  auto rules = from.number();
  if (!rules)
    return std::nullopt;
  for (uint64_t i = 0; i < *rules; ++i) {
    rule_label of;
    std::vector<std::string> values;
    if (!read_text(from, of.check_item) || !read_text(from, of.label) || !read_texts(from, values))
      return std::nullopt;
    out.instances.emplace(std::move(of), std::move(values));
  }
  return out;
}

} // namespace

std::string encode_values(const std::optional<host_facts>& facts,
                          std::span<const node_value> nodes) {
  std::string out{format, kind_of(facts)};
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
  if (blob.size() < 2 || blob[0] != format || blob[1] < no_facts || blob[1] > last_kind)
    return corrupt("unknown format");
  reader from(blob.substr(2));
  stored_values out;
  if (blob[1] != no_facts) {
    out.facts = read_facts(from, blob[1]);
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
