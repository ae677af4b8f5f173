#include "runtime/base/digest.hpp"
#include "runtime/core/vault/credentials.hpp"
#include "runtime/core/vault/password.hpp"
#include "runtime/core/vault/private_key.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <new>

namespace vault_test {

using namespace aops;

namespace {

constexpr vault::scrypt_cost cheap{1024, 8, 1};

std::string bytes(size_t n, char first = 'a') {
  std::string s(n, first);
  for (size_t i = 0; i < n; ++i)
    s[i] = static_cast<char>(first + i);
  return s;
}

vault::secret_bytes data_key() { return vault::secret_bytes{bytes(32, '0')}; }

std::string vault_of(std::string_view user, std::string_view key) {
  return *vault::make_vault(user, key, data_key(), bytes(28), cheap);
}

} // namespace

BOOST_AUTO_TEST_SUITE(bytes_that_are_wiped)

BOOST_AUTO_TEST_CASE(what_is_moved_away_leaves_nothing_behind) {
  constexpr std::string_view text =
    "a short secret"; // So short that it stands in the object itself.
  alignas(vault::secret_bytes) std::array<char, sizeof(vault::secret_bytes)> place{};
  std::string_view seen{place.data(), place.size()};
  auto* first = new (place.data()) vault::secret_bytes{std::string{text}};
  BOOST_TEST(seen.find(text.substr(1)) != std::string_view::npos);
  vault::secret_bytes second{std::move(*first)};
  BOOST_TEST(second.view() == text);
  BOOST_TEST(seen.find(text.substr(1)) == std::string_view::npos);
  *first = std::move(second);
  BOOST_TEST(seen.find(text.substr(1)) != std::string_view::npos);
  first->~secret_bytes();
  BOOST_TEST(seen.find(text.substr(1)) == std::string_view::npos);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(passwords)

BOOST_AUTO_TEST_CASE(scrypt_agrees_with_rfc_7914) {
  auto key = vault::derive_key("pleaseletmein", "SodiumChloride", {16384, 8, 1});
  BOOST_REQUIRE(key);
  // The first 32 of the 64 bytes of the RFC's third vector: PBKDF2 output begins alike whatever its
  // length.
  BOOST_TEST(base::to_hex({reinterpret_cast<const uint8_t*>(key->data()), key->size()}) ==
             "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2");
}

BOOST_AUTO_TEST_CASE(a_password_opens_only_its_own_hash) {
  auto text = vault::hash_password("correct horse", bytes(16), cheap);
  BOOST_REQUIRE(text);
  BOOST_TEST(text->find("correct") == std::string::npos);
  BOOST_TEST(*vault::verify_password("correct horse", *text));
  BOOST_TEST(!*vault::verify_password("Correct horse", *text));
}

BOOST_AUTO_TEST_CASE(the_default_cost_fits_the_memory_limit) {
  BOOST_TEST(vault::derive_key("x", bytes(16), {}).has_value());
}

BOOST_AUTO_TEST_CASE(a_broken_hash_is_corrupt_and_never_right) {
  for (auto text : {"",
                    "scrypt",
                    "scrypt$1,2$aa$bb",
                    "scrypt$1024,8,x$aa$bb",
                    "scrypt$1024,8,1$zz$bb",
                    "md5$1,1,1$aa$bb"})
    BOOST_TEST((vault::verify_password("x", text).error() == ec::corrupt), text);
}

BOOST_AUTO_TEST_CASE(weak_passwords_are_refused_with_the_rule) {
  BOOST_TEST((vault::judge_password("seven77", "admin").error() == ec::change_password));
  BOOST_TEST(
    (vault::judge_password(std::string(129, 'x'), "admin").error() == ec::change_password));
  BOOST_TEST((vault::judge_password("changeme", "admin").error() == ec::change_password));
  BOOST_TEST(
    (vault::judge_password("operator-one", "operator-one").error() == ec::change_password));
  BOOST_TEST(vault::judge_password("eight888", "admin").has_value());
  BOOST_TEST(vault::judge_password("密码密码密码密码", "admin").has_value());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(credentials)

BOOST_AUTO_TEST_CASE(what_is_sealed_comes_back_with_the_same_vault_key) {
  auto record = vault_of("admin", "vault key");
  auto key = vault::open_vault("admin", "vault key", record);
  BOOST_REQUIRE(key);
  auto sealed = vault::seal(*key, "admin", "h1", bytes(12), "root:secret");
  BOOST_REQUIRE(sealed);
  BOOST_TEST(sealed->find("secret") == std::string::npos);
  BOOST_TEST(vault::unseal(*key, "admin", "h1", *sealed)->view() == "root:secret");
}

BOOST_AUTO_TEST_CASE(another_vault_key_or_user_is_refused) {
  auto record = vault_of("admin", "vault key");
  BOOST_TEST((vault::open_vault("admin", "vault kex", record).error() == ec::vault_key));
  BOOST_TEST((vault::open_vault("eve", "vault key", record).error() == ec::vault_key));
}

BOOST_AUTO_TEST_CASE(records_of_two_hosts_cannot_be_swapped) {
  auto sealed = *vault::seal(data_key(), "admin", "h1", bytes(12), "secret");
  BOOST_TEST((vault::unseal(data_key(), "admin", "h2", sealed).error() == ec::vault_key));
  BOOST_TEST((vault::unseal(data_key(), "adminh", "1", sealed).error() == ec::vault_key));
}

BOOST_AUTO_TEST_CASE(every_changed_bit_is_noticed) {
  auto sealed = *vault::seal(data_key(), "admin", "h1", bytes(12), "secret");
  for (size_t i = 0; i < sealed.size(); ++i) {
    auto bad = sealed;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    BOOST_TEST(!vault::unseal(data_key(), "admin", "h1", bad).has_value());
  }
  BOOST_TEST((vault::unseal(data_key(), "admin", "h1", "").error() == ec::corrupt));
  BOOST_TEST((vault::open_vault("admin", "k", "short").error() == ec::corrupt));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(private_keys)

namespace {

constexpr const char* plain_key =
  "-----BEGIN OPENSSH PRIVATE "
  "KEY-----"
  "\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\nQyNTUxOQAAACCIECGfLy04"
  "jfC5p/leZUs26D30uJLXTwu8zrlC8D7qMAAAAIguGnoCLhp6\nAgAAAAtzc2gtZWQyNTUxOQAAACCIECGfLy04jfC5p/"
  "leZUs26D30uJLXTwu8zrlC8D7qMA\nAAAED/"
  "BGojLp6BTEOluLVgzuBtYIer9OfYHp2PE9CSUz2B3ogQIZ8vLTiN8Lmn+"
  "V5lSzbo\nPfS4ktdPC7zOuULwPuowAAAAAXgBAgME\n-----END OPENSSH PRIVATE KEY-----\n";
constexpr const char* locked_key =
  "-----BEGIN OPENSSH PRIVATE "
  "KEY-----\nb3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABCxtyOGzY\ne9P1+"
  "utDIM1KDyAAAAEAAAAAEAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIMx29Y4UcufH1Pgy\nTqzuc4Ua4kj3/"
  "bhiaFiJTBlgGQLgAAAAkL5M26m6Dn/"
  "+LZZXwYq3S4OydJanZATTiEn2xf\nq2jRRQGNakIRy1sCt50XHR++W4Ngnzhrd340EfuchY8l93XweD7MjVA+"
  "hkDg05XdcvzRBH\nwDqUJJ4C2ObU9ODf/"
  "Cvs0ymFODRxWvfVzxj7HeHs4HPGKYtU23LQcfXI7z6E4YytqNUote\nxA9+SHiQlscUee+A==\n-----END OPENSSH "
  "PRIVATE KEY-----\n";

std::string why_not(std::string_view text) {
  auto fine = vault::check_private_key(text);
  return fine ? std::string{} : fine.error().detail;
}

} // namespace

BOOST_AUTO_TEST_CASE(keys_that_ssh_can_use_are_taken) {
  BOOST_TEST(why_not(plain_key) == "");
  BOOST_TEST(why_not("-----BEGIN PRIVATE KEY-----\nMAAA\n-----END PRIVATE KEY-----\n") == "");
}

BOOST_AUTO_TEST_CASE(others_are_refused_without_being_shown) {
  for (const char* locked :
       {locked_key,
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMAAA\n-----END RSA PRIVATE "
        "KEY-----\n"})
    BOOST_TEST(why_not(locked).find("passphrase") != std::string::npos);
  for (const char* none :
       {"",
        "ssh-ed25519 AAAA",
        "-----BEGIN PUBLIC KEY-----\nMAAA\n-----END PUBLIC KEY-----\n",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nMAAA\n-----END OPENSSH PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\n???\n-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----"})
    BOOST_TEST(why_not(none).find("is no private key") != std::string::npos, none);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace vault_test
