#include "runtime/core/vault/password.hpp"

#include "runtime/base/digest.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <charconv>
#include <vector>

namespace aops::vault {

namespace {

constexpr size_t key_bytes = 32;

/// OpenSSL's own limit of 32 MiB refuses the default cost, which needs a little more.
constexpr uint64_t memory_limit = 64ULL << 20;

bool is_fair(scrypt_cost c) {
  return c.n >= 2 && c.n <= (1U << 20) && (c.n & (c.n - 1)) == 0 && c.r >= 1 && c.r <= 32 &&
         c.p >= 1 && c.p <= 16;
}

std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  for (;;) {
    auto at = text.find(by);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos)
      return parts;
    text.remove_prefix(at + 1);
  }
}

template <class T>
bool parse(std::string_view text, T& out) {
  auto [end, err] = std::from_chars(text.data(), text.data() + text.size(), out);
  return err == std::errc{} && end == text.data() + text.size();
}

std::string hex_of(std::string_view bytes) {
  return base::to_hex({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
}

size_t characters(std::string_view utf8) {
  return static_cast<size_t>(
    std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

} // namespace

expected<std::string> derive_key(std::string_view secret, std::string_view salt, scrypt_cost cost) {
  if (!is_fair(cost))
    return fail(ec::internal, "the scrypt cost is out of range");
  std::string key(key_bytes, '\0');
  // 128·N·r bytes and a little: the limit follows a dearer cost.
  auto limit = std::max<uint64_t>(memory_limit, 2 * 128 * cost.n * cost.r);
  if (EVP_PBE_scrypt(secret.data(),
                     secret.size(),
                     reinterpret_cast<const unsigned char*>(salt.data()),
                     salt.size(),
                     cost.n,
                     cost.r,
                     cost.p,
                     limit,
                     reinterpret_cast<unsigned char*>(key.data()),
                     key.size()) != 1)
    return fail(ec::internal, "scrypt failed");
  return key;
}

expected<std::string>
hash_password(std::string_view password, std::string_view salt, scrypt_cost cost) {
  auto key = derive_key(password, salt, cost);
  if (!key)
    return fail(key.error());
  return fmt::format("scrypt${},{},{}${}${}", cost.n, cost.r, cost.p, hex_of(salt), hex_of(*key));
}

expected<bool> verify_password(std::string_view password, std::string_view text_form) {
  auto parts = split(text_form, '$');
  if (parts.size() != 4 || parts[0] != "scrypt")
    return fail(ec::corrupt, "password hash");
  auto numbers = split(parts[1], ',');
  scrypt_cost cost;
  auto salt = base::from_hex(parts[2]);
  auto hash = base::from_hex(parts[3]);
  if (numbers.size() != 3 || !parse(numbers[0], cost.n) || !parse(numbers[1], cost.r) ||
      !parse(numbers[2], cost.p) || !salt || !hash)
    return fail(ec::corrupt, "password hash");
  auto key = derive_key(password, *salt, cost);
  if (!key)
    return fail(key.error());
  return base::same_secret(*key, *hash);
}

expected<void> judge_password(std::string_view password, std::string_view username) {
  if (auto n = characters(password); n < 8 || n > 128)
    return fail(ec::change_password, "password: must have 8 to 128 characters");
  if (password == username)
    return fail(ec::change_password, "password: must not be the user name");
  if (password == default_password)
    return fail(ec::change_password, "password: must not be the default password");
  return {};
}

} // namespace aops::vault
