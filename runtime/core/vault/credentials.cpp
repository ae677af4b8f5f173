#include "runtime/core/vault/credentials.hpp"

namespace aops::vault {

namespace {

using base::decrypt;
using base::encrypt;
using base::sealing_tag_bytes;

constexpr char format_number = 1;
constexpr size_t cost_bytes = 16; ///< n, r, p as little-endian numbers of 8, 4 and 4 bytes.

/// Lengths in front keep ("ab","c") and ("a","bc") apart.
std::string associated(std::string_view user, std::string_view host_id) {
  std::string aad = std::to_string(user.size()) + ":";
  aad.append(user).append(host_id);
  return aad;
}

template <class T>
void put(std::string& out, T x) {
  for (size_t i = 0; i < sizeof(T); ++i)
    out.push_back(static_cast<char>(x >> (8 * i)));
}

template <class T>
T take(std::string_view& in) {
  T x = 0;
  for (size_t i = 0; i < sizeof(T); ++i)
    x |= static_cast<T>(static_cast<unsigned char>(in[i])) << (8 * i);
  in.remove_prefix(sizeof(T));
  return x;
}

} // namespace

expected<std::string> make_vault(std::string_view user,
                                 std::string_view vault_key,
                                 const secret_bytes& data_key,
                                 std::string_view randomness,
                                 scrypt_cost cost) {
  if (randomness.size() != salt_bytes + nonce_bytes)
    return fail(ec::internal, "randomness of a wrong size");
  auto salt = randomness.substr(0, salt_bytes);
  auto nonce = randomness.substr(salt_bytes);
  auto wrapping = derive_key(vault_key, salt, cost);
  if (!wrapping)
    return fail(wrapping.error());
  secret_bytes wrapping_key{std::move(*wrapping)};
  auto wrapped = encrypt(wrapping_key.view(), nonce, associated(user, ""), data_key.view());
  if (!wrapped)
    return fail(wrapped.error());
  std::string record{format_number};
  put<uint64_t>(record, cost.n);
  put<uint32_t>(record, cost.r);
  put<uint32_t>(record, cost.p);
  return record.append(randomness).append(*wrapped);
}

expected<secret_bytes>
open_vault(std::string_view user, std::string_view vault_key, std::string_view record) {
  if (record.size() !=
        1 + cost_bytes + salt_bytes + nonce_bytes + data_key_bytes + sealing_tag_bytes ||
      record[0] != format_number)
    return fail(ec::corrupt, "vault record");
  record.remove_prefix(1);
  scrypt_cost cost;
  cost.n = take<uint64_t>(record);
  cost.r = take<uint32_t>(record);
  cost.p = take<uint32_t>(record);
  auto wrapping = derive_key(vault_key, record.substr(0, salt_bytes), cost);
  if (!wrapping)
    return fail(ec::corrupt, "vault record");
  secret_bytes wrapping_key{std::move(*wrapping)};
  return decrypt(wrapping_key.view(),
                 record.substr(salt_bytes, nonce_bytes),
                 associated(user, ""),
                 record.substr(salt_bytes + nonce_bytes));
}

expected<std::string> seal(const secret_bytes& data_key,
                           std::string_view user,
                           std::string_view host_id,
                           std::string_view nonce,
                           std::string_view plain) {
  auto body = encrypt(data_key.view(), nonce, associated(user, host_id), plain);
  if (!body)
    return fail(body.error());
  std::string record{format_number};
  return record.append(nonce).append(*body);
}

expected<secret_bytes> unseal(const secret_bytes& data_key,
                              std::string_view user,
                              std::string_view host_id,
                              std::string_view sealed) {
  if (sealed.size() < 1 + nonce_bytes + sealing_tag_bytes || sealed[0] != format_number)
    return fail(ec::corrupt, "sealed record");
  return decrypt(data_key.view(),
                 sealed.substr(1, nonce_bytes),
                 associated(user, host_id),
                 sealed.substr(1 + nonce_bytes));
}

} // namespace aops::vault
