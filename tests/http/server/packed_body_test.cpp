#include "http/server/dispatcher.hpp"
#include "http/server/packed_body.hpp"
#include "http/server/request_head.hpp"

#include <boost/test/unit_test.hpp>

using namespace std::string_view_literals;

namespace packed_body_test {

using namespace aops;
using http::unpacked_body;

namespace {

constexpr auto plain_text = "{\"log\":\"hello\"}\n"sv;
constexpr size_t plenty = 1000;

constexpr auto by_gzip =
  "\x1F\x8B\x08\x00\x00\x00\x00\x00\x02\x03\xAB\x56\xCA\xC9\x4F\x57\xB2\x52\xCA\x48"
  "\xCD\xC9\xC9\x57\xAA\xE5\x02\x00\x8B\x50\xBE\x4C\x10\x00\x00\x00"sv;
constexpr auto by_deflate =
  "\x78\x9C\xAB\x56\xCA\xC9\x4F\x57\xB2\x52\xCA\x48\xCD\xC9\xC9\x57\xAA\xE5\x02\x00"
  "\x2C\xD6\x05\x1B"sv;
constexpr auto by_zstd =
  "\x28\xB5\x2F\xFD\x04\x58\x81\x00\x00\x7B\x22\x6C\x6F\x67\x22\x3A\x22\x68\x65\x6C"
  "\x6C\x6F\x22\x7D\x0A\xBA\x42\x99\x6E"sv;
// 200,000 zeros.
constexpr auto bomb_by_gzip =
  "\x1F\x8B\x08\x00\x00\x00\x00\x00\x02\x03\xED\xC1\x31\x01\x00\x00\x00\xC2\xA0\xF5"
  "\x4F\x6D\x06\x7F\xA0\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
  "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
  "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
  "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
  "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
  "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
  "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
  "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
  "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
  "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\xD7"
  "\x00\x7B\x58\xE0\x5C\x40\x0D\x03\x00"sv;
constexpr auto bomb_by_zstd =
  "\x28\xB5\x2F\xFD\x04\x68\x4C\x00\x00\x08\x00\x01\x00\xFC\xFF\x39\x10\x02\x03\x6A"
  "\x08\x00\xC4\xE9\x74\x70"sv;

std::string head_with(std::string_view path, std::string_view headers) {
  return "POST " + std::string{path} + " HTTP/1.1\r\nHost: x\r\n" + std::string{headers} +
         "\r\n\r\n";
}

} // namespace

BOOST_AUTO_TEST_SUITE(packed_bodies)

BOOST_AUTO_TEST_CASE(what_was_packed_is_unpacked) {
  for (auto [bytes, how] : {std::pair{by_gzip, "gzip"},
                            {by_gzip, "X-GZIP"},
                            {by_deflate, "deflate"},
                            {by_zstd, "zstd"},
                            {plain_text, "identity"}}) {
    auto out = unpacked_body(bytes, how, plenty);
    BOOST_REQUIRE_MESSAGE(out, how);
    BOOST_TEST(*out == plain_text);
  }
  auto twice = unpacked_body(std::string{by_gzip} + std::string{by_gzip}, "gzip", plenty);
  BOOST_TEST((twice && *twice == std::string{plain_text} + std::string{plain_text}));
}

BOOST_AUTO_TEST_CASE(what_is_damaged_is_told) {
  for (auto [bytes, how] : {std::pair{by_gzip, "gzip"}, {by_deflate, "deflate"}, {by_zstd, "zstd"}})
    for (size_t n = 0; n < bytes.size(); ++n) {
      auto out = unpacked_body(bytes.substr(0, n), how, plenty);
      BOOST_TEST((!out && out.error() == ec::bad_request), how << " " << n);
    }
  BOOST_TEST(unpacked_body(plain_text, "gzip", plenty).error().detail ==
             "Content-Encoding: the body is no gzip");
}

BOOST_AUTO_TEST_CASE(a_bomb_is_not_unpacked_beyond_the_limit) {
  for (auto [bytes, how] : {std::pair{bomb_by_gzip, "gzip"}, {bomb_by_zstd, "zstd"}}) {
    BOOST_TEST(bytes.size() < plenty);
    auto out = unpacked_body(bytes, how, plenty);
    BOOST_TEST((!out && out.error() == ec::overloaded));
    BOOST_TEST(out.error().detail == "the body is longer than 1000 bytes when it is unpacked");
    BOOST_TEST(unpacked_body(bytes, how, 200'000).value().size() == 200'000u);
  }
  BOOST_TEST(unpacked_body(by_gzip, "gzip", plain_text.size()).has_value());
  BOOST_TEST(!unpacked_body(by_gzip, "gzip", plain_text.size() - 1));
}

BOOST_AUTO_TEST_CASE(nothing_is_unpacked_for_who_is_not_known) {
  std::string taken;
  http::service service;
  service.max_body = plenty;
  http::foreign_route r;
  r.path = "/take";
  r.bodies = {"application/json"};
  r.who = http::may::anyone;
  r.takes_packed = true;
  r.admit = [](const http::foreign_request& x) -> expected<void> {
    if (x.request.header("Access-Token") != "known")
      return fail(ec::session_invalid);
    return {};
  };
  r.answer = [&](const http::foreign_request& x) -> expected<http::http_response> {
    taken = x.request.body;
    return http::http_response{};
  };
  r.refuse = [](const error& e) {
    http::http_response out;
    out.status = e == ec::session_invalid ? 401 : 400;
    return out;
  };
  service.foreign = {std::move(r)};
  http::dispatcher it{std::move(service)};
  auto status = [&](const std::string& token, std::string_view how, std::string_view body) {
    http::http_request q;
    q.method = "POST";
    q.path = "/take";
    q.body = body;
    q.headers = {{"Access-Token", token}};
    if (!how.empty())
      q.headers.emplace_back(http::packed_header, how);
    return it.answer(q).status;
  };
  BOOST_TEST(status("known", "gzip", bomb_by_gzip) == 413);
  BOOST_TEST(status("known", "gzip", "no gzip") == 400);
  // A stranger does not even learn whether it would have been unpacked.
  BOOST_TEST(status("guess", "gzip", bomb_by_gzip) == 401);
  BOOST_TEST(status("guess", "zstd", bomb_by_zstd) == 401);
  BOOST_TEST(status("guess", "gzip", "no gzip") == 401);
  BOOST_TEST(taken == "");
  BOOST_TEST(status("known", "gzip", by_gzip) == 200);
  BOOST_TEST(taken == plain_text);
  BOOST_TEST(status("guess", "", plain_text) == 200); // Who takes it looks by himself.
}

BOOST_AUTO_TEST_CASE(packed_bodies_are_for_some_paths) {
  http::head_limits limits;
  limits.packed_paths = {"/logs/ingest"};
  auto status = [&](std::string_view path, std::string_view headers) {
    auto judged = http::judge_head(head_with(path, headers), limits);
    return judged ? 200 : judged.error().status;
  };
  BOOST_TEST(status("/logs/ingest", "Content-Encoding: gzip") == 200);
  BOOST_TEST(status("/logs/ingest?a=b", "content-encoding: ZSTD") == 200);
  BOOST_TEST(status("/logs/ingest", "Content-Encoding: br") == 415);
  BOOST_TEST(status("/logs/ingest", "Content-Encoding: gzip, gzip") == 415);
  BOOST_TEST(status("/logs/ingest", "Content-Encoding: gzip\r\nContent-Encoding: gzip") == 400);
  BOOST_TEST(status("/logs/ingest/", "Content-Encoding: gzip") == 415);
  BOOST_TEST(status("/host/add", "Content-Encoding: gzip") == 415);
}

BOOST_AUTO_TEST_CASE(the_library_does_not_see_that_a_body_is_packed) {
  auto tidy =
    http::tidy_head(head_with("/logs/ingest", "X-Aops-Packed: br\r\ncontent-encoding: gzip"));
  BOOST_TEST(tidy.find("content-encoding") == tidy.npos);
  BOOST_TEST(tidy.find("X-Aops-Packed: gzip\r\n") != tidy.npos);
  BOOST_TEST(tidy.find("br") == tidy.npos);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace packed_body_test
