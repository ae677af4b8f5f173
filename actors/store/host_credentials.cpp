#include "actors/store/host_credentials.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/base/json_library.hpp"

#include <fmt/format.h>

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

expected<std::string> seal_login(const vault::secret_bytes& data_key,
                                 std::string_view user,
                                 std::string_view host_id,
                                 const host_login& login) {
  nlohmann::json plain{{"username", login.username},
                       {"password", login.password.text},
                       {"sudo_password", login.sudo_password.text}};
  if (!login.ssh_key.text.empty())
    plain["ssh_key"] = login.ssh_key.text;
  if (login.become != "sudo")
    plain["become"] = login.become;
  vault::secret_bytes text{plain.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
  return vault::seal(data_key, user, host_id, random_bytes(vault::nonce_bytes), text.view());
}

expected<host_login> open_login(const vault::secret_bytes& data_key,
                                std::string_view user,
                                std::string_view host_id,
                                std::string_view sealed) {
  if (data_key.view().size() != vault::data_key_bytes)
    return fail(ec::vault_key); // There was nothing to open a moment ago.
  auto text = vault::unseal(data_key, user, host_id, sealed);
  if (!text)
    return fail(std::move(text.error()));
  auto plain = nlohmann::json::parse(text->view(), nullptr, false);
  if (!plain.is_object())
    return fail(ec::corrupt, fmt::format("credentials of host {}", host_id));
  auto member = [&](const char* name) {
    auto it = plain.find(name);
    return it != plain.end() && it->is_string() ? it->get<std::string>() : std::string{};
  };
  host_login out{member("username"),
                 {member("password")},
                 {member("sudo_password")},
                 {member("ssh_key")},
                 "sudo"};
  if (member("become") == "su")
    out.become = "su";
  return out;
}

} // namespace aops::actors
