#include "actors/store/password_hash.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/core/vault/password.hpp"

namespace aops::actors {

namespace {

constexpr size_t salt_bytes = 16;

std::string random_salt() {
  std::string salt(salt_bytes, '\0');
  base::fill_random({reinterpret_cast<uint8_t*>(salt.data()), salt.size()});
  return salt;
}

} // namespace

expected<std::string> new_password_hash(std::string_view password, const base::config& config) {
  vault::scrypt_cost cost;
  cost.n = static_cast<uint64_t>(config.auth.scrypt_n);
  return vault::hash_password(password, random_salt(), cost);
}

expected<std::string>
judged_hash(std::string_view password, std::string_view username, const base::config& config) {
  if (auto fine = vault::judge_password(password, username); !fine)
    return fail(std::move(fine.error()));
  return new_password_hash(password, config);
}

} // namespace aops::actors
