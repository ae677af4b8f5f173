#include "runtime/core/logs/record_codec.hpp"

namespace aops::logs {

namespace {

/// severity, facility, whether it is cut; then texts, each with its length: source, program, pid,
/// message, number of fields, fields.
constexpr char record_format = 1;

void put_length(std::string& out, size_t x) {
  for (; x >= 0x80; x >>= 7)
    out += static_cast<char>(x | 0x80);
  out += static_cast<char>(x);
}

void put_text(std::string& out, std::string_view text) {
  put_length(out, text.size());
  out += text;
}

class record_reader {
public:
  explicit record_reader(std::string_view in) : in_(in) {}

  uint8_t byte() {
    if (in_.empty()) {
      is_good_ = false;
      return 0;
    }
    auto x = static_cast<uint8_t>(in_.front());
    in_.remove_prefix(1);
    return x;
  }

  size_t length() {
    size_t x = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      auto b = byte();
      x |= static_cast<size_t>(b & 0x7F) << shift;
      if (b < 0x80)
        return x;
    }
    is_good_ = false;
    return 0;
  }

  std::string_view text() {
    auto n = length();
    if (!is_good_ || n > in_.size()) {
      is_good_ = false;
      return {};
    }
    auto out = in_.substr(0, n);
    in_.remove_prefix(n);
    return out;
  }

  bool is_good() const { return is_good_; }
  bool is_at_end() const { return in_.empty(); }

private:
  std::string_view in_;
  bool is_good_ = true;
};

} // namespace

std::string encode_record(const record& x) {
  std::string out;
  out.reserve(x.message.size() + x.source.size() + x.program.size() + 32);
  out += record_format;
  out += static_cast<char>(x.severity);
  out += static_cast<char>(x.facility);
  out += static_cast<char>(x.is_cut);
  for (const auto* text : {&x.source, &x.program, &x.pid, &x.message})
    put_text(out, *text);
  put_length(out, x.fields.size());
  for (const auto& [name, value] : x.fields) {
    put_text(out, name);
    put_text(out, value);
  }
  return out;
}

expected<record> decode_record(std::string_view bytes) {
  record_reader in{bytes};
  record x;
  bool is_known = in.byte() == static_cast<uint8_t>(record_format);
  x.severity = in.byte();
  x.facility = in.byte();
  x.is_cut = in.byte() != 0;
  for (auto* text : {&x.source, &x.program, &x.pid, &x.message})
    *text = in.text();
  auto fields = in.length();
  for (size_t i = 0; i < fields && in.is_good(); ++i) {
    std::string name{in.text()};
    x.fields.emplace_back(std::move(name), in.text());
  }
  if (!is_known || !in.is_good() || !in.is_at_end())
    return fail(ec::corrupt, "a line is damaged");
  return x;
}

bool same_message(std::string_view a, std::string_view b) {
  auto x = decode_record(a), y = decode_record(b);
  return x && y && x->message == y->message;
}

} // namespace aops::logs
