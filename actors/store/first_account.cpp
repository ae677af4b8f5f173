#include "actors/store/first_account.hpp"

#include "actors/store/password_hash.hpp"
#include "runtime/base/descriptor.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/log.hpp"
#include "runtime/core/vault/password.hpp"
#include "runtime/io/storage/account_repository.hpp"

#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

namespace aops::actors {

namespace {

constexpr std::string_view first = "admin";
constexpr size_t password_bytes = 12;

/// Written before the account is: a password that nobody knows would lock everybody out.
expected<std::string> write_password(const base::config& config, const std::string& password) {
  auto path = config.data_dir + "/first.password";
  std::error_code ignored;
  std::filesystem::create_directories(config.data_dir, ignored);
  std::filesystem::remove(path, ignored); // Of a start that was cut off: with its own rights.
  base::descriptor file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  auto text = password + "\n";
  if (!file || ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::fsync(file.get()) != 0)
    return fail(ec::store_unreachable, "cannot write " + path);
  return path;
}

expected<void>
seed_random(storage::account_repository& accounts, const base::config& config, int64_t now_ms) {
  auto password = base::random_hex(password_bytes);
  auto hash = new_password_hash(password, config);
  if (!hash)
    return fail(std::move(hash.error()));
  auto path = write_password(config, password);
  if (!path)
    return fail(std::move(path.error()));
  auto made = accounts.seed_administrator(first, *hash, now_ms);
  if (made && *made) {
    log::info("first-password",
              "the password of {} is in {}; it must be changed at the first log-in, then remove "
              "the file",
              first,
              *path);
    return {};
  }
  std::error_code ignored;
  std::filesystem::remove(*path, ignored); // Another node was faster.
  return made.map([](bool) {});
}

} // namespace

expected<void> seed_accounts(storage::database& db, const base::config& config, int64_t now_ms) {
  storage::account_repository accounts{db};
  // Not by its name: it may be deleted, and must not come back with a password that all know.
  if (auto known = accounts.has_accounts(); !known || *known)
    return known.map([](bool) {});
  if (config.auth.first_password == "random")
    return seed_random(accounts, config, now_ms);
  auto hash = new_password_hash(vault::default_password, config);
  if (!hash)
    return fail(hash.error());
  return accounts.seed_administrator(first, *hash, now_ms).map([](bool) {});
}

} // namespace aops::actors
