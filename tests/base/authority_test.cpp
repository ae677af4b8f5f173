#include "runtime/base/authority.hpp"

#include <boost/test/unit_test.hpp>

namespace aops::base {

namespace {

struct authority_fixture {
  key_pair authority = *make_authority("test", 30);

  key_pair issued(const certificate_wish& wish) const {
    return *issue_certificate(authority, wish);
  }
  std::string refusal(const key_pair& x, const std::string& list = {}) const {
    auto how = check_certificate(x.certificate, authority.certificate, list);
    return how ? "good" : how.error().detail;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(certificates, authority_fixture)

BOOST_AUTO_TEST_CASE(an_issued_certificate_is_good_and_says_whom_it_is_for) {
  auto x = issued({.name = "node1", .addresses = {"node1.example.org", "10.0.0.1", "fd00::1"}});
  auto subject = check_certificate(x.certificate, authority.certificate, {});
  BOOST_REQUIRE(subject.has_value());
  std::vector<std::string> names{"node1", "node1", "node1.example.org", "10.0.0.1", "fd00::1"};
  BOOST_TEST(subject->names == names, boost::test_tools::per_element());
  BOOST_TEST(subject->serial.size() == 32);
  BOOST_TEST(check_key(x.certificate, x.key).has_value());
  BOOST_TEST(!check_key(x.certificate, authority.key).has_value());
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_certificate_is_said) {
  BOOST_TEST(refusal(issued({.name = "a"})) == "good");
  BOOST_TEST(refusal(issued({.name = "a", .days = -1})) == "certificate has expired");
  BOOST_TEST(refusal(issued({.name = "a", .for_client = false})) != "good");
  BOOST_TEST(refusal(issued({.name = "a", .for_server = false})) != "good");
  auto other = *make_authority("test", 30); // Of the same name.
  BOOST_TEST(refusal(*issue_certificate(other, {.name = "a"})) != "good");
  BOOST_TEST(refusal({"no PEM", ""}) != "good");
}

BOOST_AUTO_TEST_CASE(revoked_ones_are_refused_and_others_are_not) {
  auto a = issued({.name = "a"}), b = issued({.name = "b"}), c = issued({.name = "c"});
  auto list = *revoke_certificate(authority, {}, {});
  BOOST_TEST(refusal(a, list) == "good");
  list = *revoke_certificate(authority, list, a.certificate);
  list = *revoke_certificate(authority, list, b.certificate);
  list = *revoke_certificate(authority, list, a.certificate); // Again: no matter.
  BOOST_TEST(refusal(a, list) == "certificate revoked");
  BOOST_TEST(refusal(b, list) == "certificate revoked");
  BOOST_TEST(refusal(c, list) == "good");
  auto other = *make_authority("test", 30);
  BOOST_TEST(refusal(c, *revoke_certificate(other, {}, {})) != "good"); // A list of somebody else.
  BOOST_TEST(
    !revoke_certificate(authority, list, issue_certificate(other, {.name = "a"})->certificate));
  BOOST_TEST(!revoke_certificate(authority, "nonsense", a.certificate));
}

BOOST_AUTO_TEST_CASE(a_signature_is_of_one_key_and_one_text) {
  auto a = issued({.name = "a"}), b = issued({.name = "b"});
  auto signature = *sign_text(a.key, "nonce");
  BOOST_TEST(is_signed_by(a.certificate, "nonce", signature));
  BOOST_TEST(!is_signed_by(a.certificate, "another", signature));
  BOOST_TEST(!is_signed_by(b.certificate, "nonce", signature));
  BOOST_TEST(!is_signed_by(a.certificate, "nonce", ""));
  BOOST_TEST(!is_signed_by(a.certificate, "nonce", "zz"));
  BOOST_TEST(!sign_text("no key", "nonce"));
}

BOOST_AUTO_TEST_CASE(names_that_could_smuggle_something_in_are_refused) {
  for (auto name : {"", "a,DNS:b", "a\nb", "a b", "a/../b"})
    BOOST_TEST(!issue_certificate(authority, {.name = name}), name);
  for (auto address : {"", "x,IP:10.0.0.1", "email:root", "a b"})
    BOOST_TEST(!issue_certificate(authority, {.name = "a", .addresses = {address}}), address);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::base
