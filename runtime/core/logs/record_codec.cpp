#include "runtime/core/logs/record_codec.hpp"

#include "runtime/base/number_bytes.hpp"

namespace aops::logs {

namespace {

/// severity, facility, whether it is cut; then texts, each with its length: source, program, pid,
/// message, number of fields, fields.
constexpr char record_format = 1;

void put_text(std::string& out, std::string_view text) {
  base::put_varint(out, text.size());
  out += text;
}

std::string_view take_text(base::byte_reader& in) { return in.bytes(in.varint()); }

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
  base::put_varint(out, x.fields.size());
  for (const auto& [name, value] : x.fields) {
    put_text(out, name);
    put_text(out, value);
  }
  return out;
}

expected<record> decode_record(std::string_view bytes) {
  base::byte_reader in{bytes};
  record x;
  bool is_known = in.byte() == static_cast<uint8_t>(record_format);
  x.severity = in.byte();
  x.facility = in.byte();
  x.is_cut = in.byte() != 0;
  for (auto* text : {&x.source, &x.program, &x.pid, &x.message})
    *text = take_text(in);
  auto fields = in.varint();
  for (uint64_t i = 0; i < fields && in.ok(); ++i) {
    std::string name{take_text(in)};
    x.fields.emplace_back(std::move(name), take_text(in));
  }
  if (!is_known || !in.ok() || !in.at_end())
    return fail(ec::corrupt, "a line is damaged");
  return x;
}

bool same_message(std::string_view a, std::string_view b) {
  auto x = decode_record(a), y = decode_record(b);
  return x && y && x->message == y->message;
}

} // namespace aops::logs
