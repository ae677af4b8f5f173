#include "actors/store/host_credentials.hpp"

#include "runtime/base/digest.hpp"

#include <nlohmann/json.hpp>

namespace aops::actors {

namespace {

std::string random_bytes(size_t n) {
  std::string out(n, '\0');
  base::fill_random({reinterpret_cast<uint8_t*>(out.data()), out.size()});
  return out;
}

expected<std::string> wrapped(std::string_view user,
                              std::string_view key,
                              const vault::secret_bytes& data_key,
                              const base::config& config) {
  vault::scrypt_cost cost;
  cost.n = static_cast<uint64_t>(config.auth.scrypt_n);
  return vault::make_vault(
    user, key, data_key, random_bytes(vault::salt_bytes + vault::nonce_bytes), cost);
}

} // namespace

expected<vault_keys> open_or_make_vault(std::string_view user,
                                        std::string_view key,
                                        const std::optional<std::string>& verifier,
                                        const base::config& config) {
  vault_keys keys;
  if (verifier) {
    auto opened = vault::open_vault(user, key, *verifier);
    if (!opened)
      return fail(opened.error());
    keys.data_key = std::move(*opened);
    keys.verifier = *verifier;
    return keys;
  }
  keys.data_key = vault::secret_bytes{random_bytes(vault::data_key_bytes)};
  auto made = wrapped(user, key, keys.data_key, config);
  if (!made)
    return fail(made.error());
  keys.new_verifier = std::move(*made);
  return keys;
}

expected<std::string> rewrap_vault(std::string_view user,
                                   std::string_view key,
                                   std::string_view new_key,
                                   std::string_view verifier,
                                   const base::config& config) {
  auto data_key = vault::open_vault(user, key, verifier);
  if (!data_key)
    return fail(std::move(data_key.error()));
  return wrapped(user, new_key, *data_key, config);
}

expected<std::string> seal_credentials(const vault::secret_bytes& data_key,
                                       std::string_view user,
                                       std::string_view host_id,
                                       const std::string& username,
                                       const sealed_text& password,
                                       const sealed_text& sudo_password) {
  nlohmann::json plain{
    {"username", username}, {"password", password.text}, {"sudo_password", sudo_password.text}};
  vault::secret_bytes text{plain.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
  return vault::seal(data_key, user, host_id, random_bytes(vault::nonce_bytes), text.view());
}

} // namespace aops::actors
