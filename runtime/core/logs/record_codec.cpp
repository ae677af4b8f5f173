#include "runtime/core/logs/record_codec.hpp"

#include "runtime/base/number_bytes.hpp"

#include <array>

namespace aops::logs {

namespace {

/// severity, facility, whether it is cut; the lengths of source, program and pid, the number of
/// fields and the lengths of their names and values; then these texts and the message, each after a
/// `border`, and another one: what packs lines looks for words, and must not find two in one.
constexpr uint8_t record_format = 2;
/// The same, each text with its length before it: source, program, pid, message, number of fields,
/// fields.
constexpr uint8_t old_format = 1;
constexpr char border = '\0';

void put_text(std::string& out, std::string_view text) {
  out += border;
  out += text;
}

std::string_view take_text(base::byte_reader& in) { return in.bytes(in.varint()); }

std::string_view take_text(base::byte_reader& in, uint64_t length) {
  in.byte();
  return in.bytes(length);
}

void decode_old(base::byte_reader& in, record& x) {
  for (auto* text : {&x.source, &x.program, &x.pid, &x.message})
    *text = take_text(in);
  auto fields = in.varint();
  for (uint64_t i = 0; i < fields && in.ok(); ++i) {
    std::string name{take_text(in)};
    x.fields.emplace_back(std::move(name), take_text(in));
  }
}

/// The message is what is left, up to a border that ends it.
void decode_texts(base::byte_reader& in, record& x) {
  std::array<uint64_t, 3> lengths{};
  for (auto& length : lengths)
    length = in.varint();
  auto fields = in.varint();
  std::vector<std::pair<uint64_t, uint64_t>> of_fields;
  for (uint64_t i = 0; i < fields && in.ok(); ++i) {
    auto name = in.varint();
    of_fields.emplace_back(name, in.varint());
  }
  size_t k = 0;
  for (auto* text : {&x.source, &x.program, &x.pid})
    *text = take_text(in, lengths[k++]);
  for (auto [name_length, value_length] : of_fields) {
    std::string name{take_text(in, name_length)};
    x.fields.emplace_back(std::move(name), take_text(in, value_length));
  }
  in.byte();
  auto message = in.bytes(in.left());
  if (!message.ends_with(border)) {
    in.bytes(1); // Damaged.
    return;
  }
  message.remove_suffix(1);
  x.message = message;
}

} // namespace

std::string encode_record(const record& x) {
  std::string out;
  out.reserve(x.message.size() + x.source.size() + x.program.size() + 32);
  out += static_cast<char>(record_format);
  out += static_cast<char>(x.severity);
  out += static_cast<char>(x.facility);
  out += static_cast<char>(x.is_cut);
  for (const auto* text : {&x.source, &x.program, &x.pid})
    base::put_varint(out, text->size());
  base::put_varint(out, x.fields.size());
  for (const auto& [name, value] : x.fields) {
    base::put_varint(out, name.size());
    base::put_varint(out, value.size());
  }
  for (const auto* text : {&x.source, &x.program, &x.pid})
    put_text(out, *text);
  for (const auto& [name, value] : x.fields) {
    put_text(out, name);
    put_text(out, value);
  }
  put_text(out, x.message);
  out += border;
  return out;
}

expected<record> decode_record(std::string_view bytes) {
  base::byte_reader in{bytes};
  record x;
  auto format = in.byte();
  x.severity = in.byte();
  x.facility = in.byte();
  x.is_cut = in.byte() != 0;
  if (format == record_format)
    decode_texts(in, x);
  else if (format == old_format)
    decode_old(in, x);
  else
    return fail(ec::corrupt, "a line is damaged");
  if (!in.ok() || !in.at_end())
    return fail(ec::corrupt, "a line is damaged");
  return x;
}

bool same_message(std::string_view a, std::string_view b) {
  auto x = decode_record(a), y = decode_record(b);
  return x && y && x->message == y->message;
}

} // namespace aops::logs
