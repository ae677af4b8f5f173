#pragma once

#include "messages/host.hpp"
#include "runtime/base/config.hpp"
#include "runtime/core/vault/credentials.hpp"
#include "runtime/core/vault/private_key.hpp"

#include <optional>
#include <string>

namespace aops::actors {

/// An opened vault.
struct vault_keys {
  vault::secret_bytes data_key;
  std::string verifier;     ///< As it was; empty: the user had none.
  std::string new_verifier; ///< To be stored with the first credentials, where he had none.
};

/// Opens the user's vault, or makes one with this key when there is none. Takes as long as scrypt's
/// cost says. ec::vault_key when the key is another than the one his hosts were sealed with.
expected<vault_keys> open_or_make_vault(std::string_view user,
                                        std::string_view key,
                                        const std::optional<std::string>& verifier,
                                        const base::config& config);

/// The verifier that opens with another vault key from now on; what is sealed stays. ec::vault_key
/// when the key of today is wrong.
expected<std::string> rewrap_vault(std::string_view user,
                                   std::string_view key,
                                   std::string_view new_key,
                                   std::string_view verifier,
                                   const base::config& config);

/// What tasks log in to a host with.
struct host_login {
  std::string username;
  sealed_text password, sudo_password, ssh_key; ///< Empty: none.
  std::string become = "sudo";                  ///< Or `su`.
};

/// That of a request that has one. ec::bad_request when its key is none that can be used.
template <class Request>
expected<host_login> login_of(const Request& x) {
  host_login out;
  out.username = x.username.value_or("");
  out.password = x.password.value_or(sealed_text{});
  out.sudo_password = x.sudo_password.value_or(sealed_text{});
  out.ssh_key = x.ssh_key.value_or(sealed_text{});
  out.become = x.become.value_or("sudo");
  if (!out.ssh_key.text.empty())
    if (auto fine = vault::check_private_key(out.ssh_key.text); !fine)
      return fail(ec::bad_request, "ssh_key: " + fine.error().detail);
  return out;
}

/// The sealed record of a host's login.
expected<std::string> seal_login(const vault::secret_bytes& data_key,
                                 std::string_view user,
                                 std::string_view host_id,
                                 const host_login& login);

/// What `seal_login` sealed, also by earlier versions. ec::vault_key when the key is another one,
/// ec::corrupt.
expected<host_login> open_login(const vault::secret_bytes& data_key,
                                std::string_view user,
                                std::string_view host_id,
                                std::string_view sealed);

/// Of a request that has credentials. Errors of both.
template <class Request>
expected<std::string> seal_credentials(const vault::secret_bytes& data_key,
                                       std::string_view user,
                                       std::string_view host_id,
                                       const Request& x) {
  auto login = login_of(x);
  if (!login)
    return fail(std::move(login.error()));
  return seal_login(data_key, user, host_id, *login);
}

} // namespace aops::actors
